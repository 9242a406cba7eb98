"""A scripted name server: UDP, and TCP on the same port, on loopback.

    dns = Dns()
    dns.names["a.test"] = Name("127.0.0.1", ttl=60)
    dns.names["b.test"] = Name(rcode=SERVFAIL)

What is not in `names` does not exist, unless `otherwise` has a Name for it.
`queries` counts what was asked by UDP, by (name, type).
"""

import collections
import ipaddress
import select
import socket
import struct
import threading

A, AAAA, _SOA = 1, 28, 6
SERVFAIL, NXDOMAIN = 2, 3
_RESPONSE, _TRUNCATED, _RECURSION = 0x8000, 0x0200, 0x0180
_BUFFER_BYTES = 1 << 20  # for bursts while Python takes its time
_FORCE = 33  # SO_RCVBUFFORCE, beyond the system's limit, for root


class Name:
    """How a name is answered.

    `silent`: nothing is ever answered.  `held`: nothing is answered until
    Dns.release().  `truncated`: UDP only says to ask by TCP.  `garbage`:
    bytes that are no answer come instead, or with "first" ahead of it.
    `absent_s`: for how long the zone wants it kept that there is none."""

    def __init__(self, *addresses, ttl=60, rcode=0, silent=False, held=False,
                 truncated=False, garbage=None, absent_s=None):
        self.addresses = [ipaddress.ip_address(one) for one in addresses]
        self.ttl = ttl
        self.rcode = rcode
        self.silent = silent
        self.held = held
        self.truncated = truncated
        self.garbage = garbage
        self.absent_s = absent_s

    def records(self, kind):
        version = {A: 4, AAAA: 6}.get(kind)
        return [one for one in self.addresses if one.version == version]


class Dns:
    """Listens from its creation on; close() ends it."""

    def __init__(self, host="127.0.0.1", port=0):
        self.names = {}
        self.otherwise = lambda name: Name(rcode=NXDOMAIN)
        self.queries = collections.Counter()
        self.tcp_queries = 0
        self._held = []  # (query, client)
        self._lock = threading.Lock()
        self._udp, self._tcp = _listen(host, port)
        self.address = f"{host}:{self._udp.getsockname()[1]}"
        self._wake, self._end = socket.socketpair()
        self._threads = [threading.Thread(target=act, daemon=True)
                         for act in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    def asked(self, name):
        """How often the name was asked for, by the type asked most."""
        return max(self.queries[name, A], self.queries[name, AAAA])

    def waiting(self):
        """The names whose queries are held."""
        with self._lock:
            return {_question(query)[0] for query, _ in self._held}

    def release(self):
        """Answers what is held, and holds nothing any more."""
        with self._lock:
            held, self._held = self._held, []
            for name in self.names.values():
                name.held = False
        for query, client in held:
            self._udp.sendto(_answer(query, self._name(query)), client)

    def close(self):
        self._end.close()
        for thread in self._threads:
            thread.join()
        for one in (self._udp, self._tcp, self._wake):
            one.close()

    def _name(self, query):
        name = _question(query)[0]
        return self.names.get(name) or self.otherwise(name)

    def _serve_udp(self):
        while True:
            ready, _, _ = select.select([self._udp, self._wake], [], [])
            if self._wake in ready:
                return
            query, client = self._udp.recvfrom(4096)
            self._answer_udp(query, client)

    def _answer_udp(self, query, client):
        self.queries[_question(query)[:2]] += 1
        name = self._name(query)
        if name.silent:
            return
        with self._lock:
            if name.held:
                self._held.append((query, client))
                return
        if name.garbage:
            self._udp.sendto(query[:2] + b"\xff" * 30, client)
            self._udp.sendto(b"\x00", client)
            # A fine question, and an answer that promises more than it has.
            broken = _answer(query, name, _RESPONSE | _RECURSION)[:-3]
            if name.garbage != "first":
                self._udp.sendto(broken, client)
                return
        flags = _RESPONSE | _RECURSION
        if name.truncated:
            self._udp.sendto(_header(query, flags | _TRUNCATED, 0), client)
        else:
            self._udp.sendto(_answer(query, name), client)

    def _serve_tcp(self):
        while True:
            ready, _, _ = select.select([self._tcp, self._wake], [], [])
            if self._wake in ready:
                return
            link, _ = self._tcp.accept()
            threading.Thread(target=self._talk_tcp, args=(link,),
                             daemon=True).start()

    def _talk_tcp(self, link):
        with link, link.makefile("rb") as stream:
            while True:
                head = stream.read(2)
                if len(head) < 2:
                    return
                query = stream.read(struct.unpack(">H", head)[0])
                self.tcp_queries += 1
                answer = _answer(query, self._name(query))
                link.sendall(struct.pack(">H", len(answer)) + answer)


def _listen(host, port):
    """Sockets of both kinds on one port."""
    while True:
        tcp = socket.create_server((host, port))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.setsockopt(socket.SOL_SOCKET, _FORCE, _BUFFER_BYTES)
        except PermissionError:
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        try:
            udp.bind(tcp.getsockname())
            return udp, tcp
        except OSError:
            udp.close()
            tcp.close()
            if port:
                raise


def _question(query):
    """The name, the type, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += 1 + query[at]
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    return b".".join(labels).decode().lower(), kind, at + 5


def _header(query, flags, count, zones=0):
    end = _question(query)[2]
    return (query[:2] + struct.pack(">HHHHH", flags, 1, count, zones, 0)
            + query[12:end])


def _zone(seconds):
    """A SOA record (RFC 2308 section 5) of the zone `test`."""
    about = b"\0\0" + struct.pack(">IIIII", 1, seconds, seconds, seconds,
                                  seconds)
    return b"\4test\0" + struct.pack(">HHIH", _SOA, 1, seconds,
                                     len(about)) + about


def _answer(query, name, flags=_RESPONSE | _RECURSION):
    kind = _question(query)[1]
    records = [] if name.rcode else name.records(kind)
    absent = name.absent_s is not None and not records
    answer = _header(query, flags | name.rcode, len(records), int(absent))
    for address in records:
        answer += struct.pack(">HHHIH", 0xc00c, kind, 1, name.ttl,
                              len(address.packed)) + address.packed
    return answer + (_zone(name.absent_s) if absent else b"")
