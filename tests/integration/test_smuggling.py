"""Requests that two readers could frame in two ways, on a real connection.

Behind each stands a good request.  A request that is served gets its response,
its body is stored as it is meant, and the good one gets the second response.  A
request that is refused gets the only response, and the connection ends: nothing
behind it is read.  What a body hides is never a request.
"""

import re
import socket
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: hub\r\n\r\n"
GOOD = b"GET /healthz HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"
PUSH = b"POST /publish?hub.topic=orders HTTP/1.1\r\nHost: hub\r\n"
TE = b"Transfer-Encoding: chunked\r\n"
LEN = b"Content-Length: %d\r\n"
END = b"0\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def push(lines, body):
    """A push with these header lines, whatever they are."""
    return PUSH + lines + b"\r\n" + body


def by_length(value):
    return push(b"Content-Length:" + value + b"\r\n", b"abcde" + HIDDEN)


def by_coding(value):
    """It would end at once for a reader of chunks, and hide a request."""
    return push(b"Transfer-Encoding:" + value + b"\r\n", END + HIDDEN)


def both(coding_line):
    """A reader that sees no chunks goes by the length."""
    return push(LEN % len(END + HIDDEN) + coding_line, END + HIDDEN)


def chunks(data):
    return push(TE, data)


def head(line):
    """A head with that line in it."""
    return b"GET /healthz HTTP/1.1\r\nHost: hub\r\n" + line + b"\r\n"


LENGTHS = {name: by_length(value) for name, value in {
    "plus": b" +5", "minus": b" -5", "minus zero": b" -0", "two": b" 5 5",
    "list": b" 5, 5", "list without blank": b" 5,5", "list of two": b" 5, 6",
    "empty list item": b" 5,", "hexadecimal": b" 0x5", "letters": b" five",
    "fraction": b" 5.0", "exponent": b" 5e0", "quoted": b' "5"',
    "semicolon": b" 5;", "underscore": b" 5_0", "comment": b" 5 (x)",
    "fullwidth": " \uff15".encode(), "empty": b"", "blank": b" ",
    "zero byte behind": b" 5\0", "zero byte before": b" \0" b"5",
    "vertical tab": b" 5\x0b", "form feed": b" \x0c5", "bare CR": b" 5\r",
    "CR within": b" 5\r0", "bare LF": b" 5\n", "fold": b"\r\n 5",
    "fold behind": b" 5\r\n 0", "no-break space": b" 5\xa0",
}.items()}

HUGE_LENGTHS = {str(value): by_length(b" %d" % value) for value in (
    (1 << 20) + 1, 1 << 31, 1 << 32, (1 << 32) + 5, 1 << 63, (1 << 64) - 1,
    1 << 64, (1 << 64) + 5, 10 ** 40)}

DOUBLED_LENGTHS = {
    "the same": push(LEN % 5 + LEN % 5, b"abcde" + HIDDEN),
    "another": push(LEN % 5 + LEN % 0, b"abcde" + HIDDEN),
    "other case": push(LEN % 0 + b"content-LENGTH: 5\r\n", b"abcde" + HIDDEN),
    "an empty one": push(LEN % 5 + b"Content-Length:\r\n", b"abcde" + HIDDEN),
    "apart": push(LEN % 5 + b"X: y\r\n" + LEN % 6, b"abcde" + HIDDEN),
}

CODINGS = {name: by_coding(value) for name, value in {
    "unknown": b" cow", "longer": b" xchunked", "cut": b" chunke",
    "behind": b" chunkedx", "identity": b" identity", "empty": b"",
    "blank": b" \t", "quoted": b' "chunked"', "apostrophes": b" 'chunked'",
    "parameter": b" chunked;q=1", "comma behind": b" chunked,",
    "comma before": b" ,chunked", "twice": b" chunked, chunked",
    "not last": b" chunked, identity", "gzip first": b" gzip, chunked",
    "two words": b" chunked chunked", "zero byte behind": b" chunked\0",
    "zero byte before": b" \0chunked", "vertical tab": b"\x0bchunked",
    "form feed behind": b" chunked\x0c", "bare CR": b" chunked\r",
    "bare LF before": b"\n chunked", "fold": b"\r\n chunked",
    "fold behind": b" chunked\r\n , identity", "no-break space": b"\xa0chunked",
    "byte order mark": b"\xef\xbb\xbfchunked",
}.items()}

CODING_LINES = {name: both(line + b"\r\n") for name, line in {
    "and a length": b"Transfer-Encoding: chunked",
    "other case": b"tRANSFER-eNCODING: CHUNKED",
    "identity": b"Transfer-Encoding: identity",
    "twice": TE + b"Transfer-Encoding: chunked",
    "identity first": b"Transfer-Encoding: identity\r\n" + TE[:-2],
    "identity behind": TE + b"Transfer-Encoding: identity",
    "space before the colon": b"Transfer-Encoding : chunked",
    "tab before the colon": b"Transfer-Encoding\t: chunked",
    "zero byte before the colon": b"Transfer-Encoding\0: chunked",
    "CR before the colon": b"Transfer-Encoding\r: chunked",
    "LF before the colon": b"Transfer-Encoding\n: chunked",
    "space before the name": b" Transfer-Encoding: chunked",
    "zero byte before the name": b"\0Transfer-Encoding: chunked",
    "behind a bare LF": b"X: y\nTransfer-Encoding: chunked",
    "behind a bare CR": b"X: y\rTransfer-Encoding: chunked",
    "behind two CRs": b"X: y\r\r\nTransfer-Encoding: chunked",
    "behind LF CR": b"X: y\n\rTransfer-Encoding: chunked",
    "no colon": b"Transfer-Encoding chunked",
}.items()}

SIZES = {name: chunks(size + b"\r\nabcde\r\n" + END + HIDDEN)
         for name, size in {
    "plus": b"+5", "minus": b"-5", "hexadecimal": b"0x5", "empty": b"",
    "blank before": b" 5", "blank behind": b"5 ", "tab before": b"\t5",
    "tab behind": b"5\t", "letter": b"5h", "only an extension": b";a=b",
    "zero byte": b"5\0", "zero byte before": b"\0" b"5", "comma": b"5,5",
    "CR behind": b"5\r", "LF behind": b"5\n", "quoted": b'"5"',
    "fullwidth": "\uff15".encode(), "underscore": b"0_5",
    "bare LF in an extension": b"5;a\nb", "bare CR in an extension": b"5;a\rb",
    "zero byte in an extension": b"5;a\0", "control in an extension": b"5;\x01",
    "LF in a quoted extension": b'5;a="\n"', "extension without semicolon":
    b"5 a", "long extension": b"5;" + b"a" * 600,
}.items()}

HUGE_SIZES = {size.decode(): chunks(size + b"\r\nabcde\r\n" + END + HIDDEN)
              for size in (
    b"100001", b"80000000", b"100000005", b"7fffffffffffffff",
    b"8000000000000005", b"ffffffffffffffff", b"fffffffffffffffb",
    b"10000000000000005", b"0" * 40 + b"ffffffff", b"f" * 40)}

CHUNKS = {
    "size ended by LF": chunks(b"5\nabcde\r\n" + END + HIDDEN),
    "size ended by CR": chunks(b"5\rabcde\r\n" + END + HIDDEN),
    "data longer": chunks(b"4\r\nabcde\r\n" + END + HIDDEN),
    "data shorter": chunks(b"6\r\nabcde\r\n" + END + HIDDEN),
    "data ended by LF": chunks(b"5\r\nabcde\n" + END + HIDDEN),
    "data ended by CR": chunks(b"5\r\nabcde\r" + END + HIDDEN),
    "data ended by nothing": chunks(b"5\r\nabcde" + END + HIDDEN),
    "data ended by two bytes": chunks(b"5\r\nabcdeXX" + END + HIDDEN),
    "data ended by CR CR": chunks(b"5\r\nabcde\r\r" + END + HIDDEN),
    "LF at the end": chunks(b"0\r\n\n" + HIDDEN),
    "last size ended by LF": chunks(b"0\n\r\n" + HIDDEN),
    "all lines ended by LF": chunks(b"0\n\n" + HIDDEN),
    "folded trailer": chunks(b"0\r\nX: y\r\n z\r\n\r\n" + HIDDEN),
    "trailer of a blank": chunks(b"0\r\n \r\n\r\n" + HIDDEN),
    "trailer without colon": chunks(b"0\r\nGET / HTTP/1.1\r\n\r\n" + HIDDEN),
    "space before a trailer's colon": chunks(b"0\r\nX : y\r\n\r\n" + HIDDEN),
    "zero byte in a trailer": chunks(b"0\r\nX: \0\r\n\r\n" + HIDDEN),
    "bare CR in a trailer": chunks(b"0\r\nX: y\rZ: z\r\n\r\n" + HIDDEN),
    "trailer ended by LF": chunks(b"0\r\nX: y\n\r\n" + HIDDEN),
    "no chunk": chunks(b"\r\n" + HIDDEN),
    "a request for a chunk": chunks(HIDDEN),
}

HEADS = {
    "no colon": head(b"X\r\n"),
    "no name": head(b": y\r\n"),
    "blank in a name": head(b"X Y: z\r\n"),
    "blank before the colon": head(b"X : y\r\n"),
    "zero byte in a name": head(b"X\0: y\r\n"),
    "zero byte in a value": head(b"X: \0y\r\n"),
    "control in a value": head(b"X: \x1by\r\n"),
    "DEL in a value": head(b"X: \x7f\r\n"),
    "bracket in a name": head(b"X[]: y\r\n"),
    "non-ASCII in a name": head("\u00e4: y\r\n".encode()),
    "fold": head(b"X: y\r\n z\r\n"),
    "fold by a tab": head(b"X: y\r\n\tz\r\n"),
    "fold of nothing": head(b"X: y\r\n \r\n"),
    "hidden behind a fold": head(b"X: y\r\n " + HIDDEN),
    "bare LF": head(b"X: y\nZ: z\r\n"),
    "bare CR": head(b"X: y\rZ: z\r\n"),
    "LF LF": head(b"X: y\n\n") + HIDDEN,
    "CR CR": head(b"X: y\r\r") + HIDDEN,
    "CR CR LF": head(b"X: y\r\r\n"),
    "empty line by LF": b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\n" + HIDDEN,
    "second Host": head(b"Host: hub\r\n"),
    "other second Host": head(b"hOST: other\r\n"),
    "folded Host": b"GET /healthz HTTP/1.1\r\nHost:\r\n hub\r\n\r\n",
    "no Host": b"GET /healthz HTTP/1.1\r\nX: y\r\n\r\n",
    "Host behind a fold": b"GET /healthz HTTP/1.1\r\n Host: hub\r\n\r\n",
}

LINES = {
    "two blanks": b"GET  /healthz HTTP/1.1",
    "blank behind": b"GET /healthz HTTP/1.1 ",
    "tab": b"GET\t/healthz HTTP/1.1",
    "vertical tab": b"GET\x0b/healthz HTTP/1.1",
    "blank before": b" GET /healthz HTTP/1.1",
    "blank in the target": b"GET /healthz /hidden HTTP/1.1",
    "zero byte in the target": b"GET /healthz\0 HTTP/1.1",
    "zero byte behind": b"GET /healthz HTTP/1.1\0",
    "CR in the target": b"GET /healthz\rHTTP/1.1",
    "LF in the target": b"GET /healthz\nX: HTTP/1.1",
    "fragment": b"GET /healthz#x HTTP/1.1",
    "non-ASCII": "GET /healthz\u00e4 HTTP/1.1".encode(),
    "no version": b"GET /healthz",
    "half a version": b"GET /healthz HTTP/1.",
    "long version": b"GET /healthz HTTP/1.01",
    "longer version": b"GET /healthz HTTP/01.1",
    "lower case": b"GET /healthz http/1.1",
    "version twice": b"GET /healthz HTTP/1.1 HTTP/1.1",
    "no target": b"GET HTTP/1.1",
    "no path": b"GET healthz HTTP/1.1",
    "user information": b"GET http://a@hub/healthz HTTP/1.1",
    "no scheme": b"GET //@:x HTTP/1.1\r\nHost: a",
    "asterisk": b"GET * HTTP/1.1",
    "authority": b"CONNECT hub:80 HTTP/1.1",
}

# What is served: the bytes, the status, and the body that is stored (None: the
# request stores nothing).
SERVED = {
    "length": (push(LEN % 5, b"abcde"), 202, b"abcde"),
    "zeros before a length": (push(b"Content-Length: 0005\r\n", b"abcde"),
                              202, b"abcde"),
    "white space around a length":
        (push(b"Content-Length: \t5\t \r\n", b"abcde"), 202, b"abcde"),
    "no length": (push(b"", b""), 202, b""),
    "hidden by a length": (push(LEN % len(HIDDEN), HIDDEN), 202, HIDDEN),
    "hidden by a chunk": (chunks(chunk(HIDDEN) + END), 202, HIDDEN),
    "chunks": (chunks(chunk(b"ab") + chunk(b"cde") + END), 202, b"abcde"),
    "a chunk that looks like an end":
        (chunks(chunk(END + HIDDEN) + END), 202, END + HIDDEN),
    "zeros before a size": (chunks(b"00000005\r\nabcde\r\n000\r\n\r\n"), 202,
                            b"abcde"),
    "large letters": (chunks(b"A\r\n0123456789\r\n" + END), 202,
                      b"0123456789"),
    "extension": (chunks(b"5;a=b;c=\"d;e\"\r\nabcde\r\n0;f\r\n\r\n"), 202,
                  b"abcde"),
    "blank before an extension": (chunks(b"5 \t;a\r\nabcde\r\n" + END), 202,
                                  b"abcde"),
    "hidden in an extension":
        (chunks(b"5;GET /hidden HTTP/1.1\r\nabcde\r\n" + END), 202, b"abcde"),
    "trailers that name the framing":
        (chunks(chunk(b"abcde") + b"0\r\nContent-Length: 100\r\n"
                b"Transfer-Encoding: gzip\r\nHost: other\r\n\r\n"), 202,
         b"abcde"),
    "coding in large letters":
        (push(b"TRANSFER-ENCODING:\tCHUNKED\t\r\n", chunk(b"ab") + END), 202,
         b"ab"),
    "a name that is nearly the coding's":
        (push(b"Transfer_Encoding: chunked\r\n" + LEN % 5, b"abcde"), 202,
         b"abcde"),
    "a name that is nearly the length's":
        (push(b"Content_Length: 100\r\n" + LEN % 5, b"abcde"), 202, b"abcde"),
    "length named by Connection":
        (push(b"Connection: Content-Length\r\n" + LEN % 5, b"abcde"), 202,
         b"abcde"),
    "coding named by Connection":
        (push(b"Connection: Transfer-Encoding\r\n" + TE, chunk(b"ab") + END),
         202, b"ab"),
    "upgrade": (push(b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + LEN % 5,
                     b"abcde"), 202, b"abcde"),
    "expectation, and the body at once":
        (push(b"Expect: 100-continue\r\n" + LEN % 5, b"abcde"), 202, b"abcde"),
    "TE is no coding": (push(b"TE: chunked\r\n" + LEN % 5, b"abcde"), 202,
                        b"abcde"),
    "empty line before": (b"\r\n" + push(LEN % 5, b"abcde"), 202, b"abcde"),
    "absolute target":
        (b"POST http://other/publish?hub.topic=orders HTTP/1.1\r\nHost: hub\r\n"
         + LEN % 5 + b"\r\nabcde", 202, b"abcde"),
    "HTTP/1.0": (PUSH.replace(b"/1.1", b"/1.0") + b"Connection: keep-alive\r\n"
                 + LEN % 5 + b"\r\nabcde", 202, b"abcde"),
    "GET with a body": (head(LEN % len(HIDDEN)) + HIDDEN, 200, None),
    "GET with chunks": (head(TE) + chunk(HIDDEN) + END, 200, None),
    "OPTIONS with a body":
        (head(LEN % len(HIDDEN)).replace(b"GET", b"OPTIONS") + HIDDEN, 204,
         None),
    "DELETE with a body":
        (head(LEN % len(HIDDEN)).replace(b"GET", b"DELETE") + HIDDEN, 405,
         None),
    "unknown path with a body":
        (head(LEN % len(HIDDEN)).replace(b"/healthz", b"/none") + HIDDEN, 404,
         None),
    "form of another type":
        (b"POST / HTTP/1.1\r\nHost: hub\r\n" + LEN % len(HIDDEN) + b"\r\n"
         + HIDDEN, 415, None),
}

# Refused at the head: nobody knows whether their body follows.
CUT = {
    "expectation": (head(b"Expect: 100-continue\r\n" + LEN % len(HIDDEN))
                    .replace(b"/healthz", b"/none") + HIDDEN, 404),
    "chunks": (head(TE).replace(b"/healthz", b"/none") + chunk(HIDDEN) + END,
               404),
    "large": (head(LEN % 5000).replace(b"/healthz", b"/none")
              + HIDDEN.ljust(5000), 404),
    "other expectation": (push(b"Expect: 100-continue, x\r\n" + LEN % 5,
                               b"abcde" + HIDDEN), 417),
    "no expectation": (push(b"Expect: x\r\n" + LEN % 5, b"abcde" + HIDDEN),
                       417),
    "chunks in HTTP/1.0": (chunks(chunk(b"ab") + END)
                           .replace(b"/1.1", b"/1.0"), 400),
    "unknown method": (push(LEN % 5, b"abcde").replace(b"POST", b"POSTS"),
                       501),
    "small letters": (push(LEN % 5, b"abcde").replace(b"POST", b"post"), 501),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
}


def responses(data):
    """(status, headers, body) of each, but for 1xx."""
    found = []
    while data:
        lines, _, data = data.partition(b"\r\n\r\n")
        status = int(re.match(rb"HTTP/1\.1 (\d{3}) ", lines).group(1))
        length = re.search(rb"\r\nContent-Length: (\d+)", lines)
        size = int(length.group(1)) if length else 0
        if status >= 200:
            found.append((status, lines, data[:size]))
        data = data[size:]
    return found


class Smuggling(SystemTest):
    def setUp(self):
        self.start_system(roles=("hub",), publish_open="yes")
        host, port = self.system.hub.address.rsplit(":", 1)
        self.target = (host, int(port))

    def send(self, pieces):
        """Sends the pieces; returns all that comes until the end."""
        data = b""
        with socket.create_connection(self.target, timeout=30) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for piece in pieces:
                    link.sendall(piece)
                while part := link.recv(65536):
                    data += part
            except ConnectionError:
                pass  # it had the last response before
        return responses(data)

    def ways(self, data):
        """At once, and byte by byte."""
        yield [data + GOOD]
        yield [data[at:at + 1] for at in range(len(data))] + [GOOD]

    def check_refused(self, data, status):
        for pieces in self.ways(data):
            got = self.send(pieces)
            self.assertEqual([response[0] for response in got], [status], data)
            self.assertIn(b"\r\nConnection: close", got[0][1])

    def check_served(self, data, status, body):
        for pieces in self.ways(data):
            got = self.send(pieces)
            self.assertEqual([response[0] for response in got], [status, 200],
                             data)
            self.assertEqual(got[1][2], b"ok\n")
            if body is None:
                continue
            place = re.search(rb"\r\nLocation: (\S+)", got[0][1]).group(1)
            stored = self.system.hub.get(place.decode() + "/body")
            self.assertEqual(stored.body, body)

    def refuse_all(self, cases, status):
        for name, data in cases.items():
            with self.subTest(case=name):
                self.check_refused(data, status)

    def test_what_is_served_is_read_in_one_way(self):
        for name, (data, status, body) in SERVED.items():
            with self.subTest(case=name):
                self.check_served(data, status, body)

    def test_requests_that_are_cut_off(self):
        for name, (data, status) in CUT.items():
            with self.subTest(case=name):
                self.check_refused(data, status)

    def test_lengths(self):
        self.refuse_all(LENGTHS, 400)
        self.refuse_all(DOUBLED_LENGTHS, 400)
        self.refuse_all(HUGE_LENGTHS, 413)

    def test_codings(self):
        self.refuse_all(CODINGS, 400)
        self.refuse_all(CODING_LINES, 400)

    def test_chunks(self):
        self.refuse_all(SIZES, 400)
        self.refuse_all(CHUNKS, 400)
        self.refuse_all(HUGE_SIZES, 413)

    def test_heads(self):
        self.refuse_all(HEADS, 400)

    def test_request_lines(self):
        self.refuse_all({name: line + b"\r\nHost: hub\r\n\r\n" + HIDDEN
                         for name, line in LINES.items()}, 400)

    def test_there_are_more_than_a_hundred_cases(self):
        tables = (LENGTHS, HUGE_LENGTHS, DOUBLED_LENGTHS, CODINGS,
                  CODING_LINES, SIZES, HUGE_SIZES, CHUNKS, HEADS, LINES, CUT,
                  SERVED)
        self.assertGreater(sum(len(table) for table in tables), 200)


if __name__ == "__main__":
    unittest.main()
