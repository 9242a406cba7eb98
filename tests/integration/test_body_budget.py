"""Many large bodies at once: the hub holds as many as max_inflight_bytes."""

import socket
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.programs import binary
from support.system import SystemTest
from support.wait import wait_until

COUNT = 500
BODY = 900 * 1024
BUDGET = 128 << 20
RSS_MAX = 200 << 20
BYTES = b"x" * BODY


class Upload:
    """A push of which everything is sent but the last byte, as far as the
    hub takes it."""

    def __init__(self, address, chunked):
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket()
        # What the hub does not read stays here, and not in the kernel.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        self.socket.connect((host, int(port)))
        self.socket.setblocking(False)
        if chunked:
            framing = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % BODY
            self.end = BYTES[:1] + b"\r\n0\r\n\r\n"
        else:
            framing = b"Content-Length: %d\r\n\r\n" % BODY
            self.end = BYTES[:1]
        self.rest = memoryview(b"POST /publish?hub.topic=orders HTTP/1.1\r\n"
                               b"Host: hub\r\n" + framing + BYTES[1:])

    def advance(self):
        """Sends what the kernel takes; returns how much."""
        try:
            sent = self.socket.send(self.rest)
        except BlockingIOError:
            return 0
        self.rest = self.rest[sent:]
        return sent

    def finish(self):
        self.socket.settimeout(30)
        self.socket.sendall(self.end)

    def status_line(self):
        return self.socket.recv(12)


def is_sanitized():
    return b"__asan_init" in Path(binary("websub-hub")).read_bytes()


class Bodies(SystemTest):
    def peak(self):
        return self.system.program("hub").peak_kb() * 1024

    def metric(self, name):
        return self.system.program("hub").metric("websubd_hub_" + name)

    def upload(self, chunked):
        uploads = [Upload(self.system.hub.address, chunked)
                   for _ in range(COUNT)]
        for upload in uploads:
            self.addCleanup(upload.socket.close)
        return uploads

    def wait_full(self, uploads, count):
        """Sends until so many are through, and most of the others wait."""
        def is_full():
            for upload in uploads:
                if upload.rest:
                    upload.advance()
            return (sum(not upload.rest for upload in uploads) >= count
                    and self.metric("bodies_waiting") > COUNT / 2)
        wait_until(is_full, "the budget is used up")

    def check_held(self):
        """The budget holds, and small requests go on."""
        self.assertLessEqual(self.metric("body_bytes"), BUDGET + 2 * BODY)
        self.assertEqual(self.system.hub.push("orders", b"{}").status, 202)
        if not is_sanitized():
            self.assertLess(self.peak(), RSS_MAX)
        self.system.program("hub").wait_event("bodies-wait")

    def finish(self, uploads):
        """Ends those that were read, and drops the others."""
        done = [upload for upload in uploads if not upload.rest]
        for upload in uploads:
            if upload.rest:
                upload.socket.close()
        for upload in done:
            upload.finish()
        for upload in done:
            self.assertEqual(upload.status_line(), b"HTTP/1.1 202")
            if not is_sanitized():
                self.assertLess(self.peak(), RSS_MAX)
        wait_until(lambda: self.metric("body_bytes") == 0, "all is given back")
        self.assertEqual(self.metric("bodies_waiting"), 0)
        self.system.program("hub").wait_event("bodies-wait-no-more")
        return len(done)

    def test_500_bodies_of_900_kib_take_no_more_than_the_budget(self):
        self.start_system(roles=("hub",), publish_open="yes",
                          request_timeout_ms=120000)
        uploads = self.upload(chunked=False)
        self.wait_full(uploads, BUDGET // BODY)
        self.check_held()
        self.assertEqual(self.finish(uploads), BUDGET // BODY)

    def test_bodies_in_chunks_share_it_and_none_waits_for_ever(self):
        self.start_system(roles=("hub",), publish_open="yes",
                          request_timeout_ms=120000)
        uploads = self.upload(chunked=True)
        self.wait_full(uploads, 1)
        self.check_held()
        self.assertGreater(self.finish(uploads), 0)

    def test_bodies_that_are_only_announced_hold_nothing(self):
        self.start_system(roles=("hub",), publish_open="yes",
                          request_timeout_ms=120000)
        for number in range(COUNT):
            link = self.system.hub.stream(
                b"POST /publish?hub.topic=orders HTTP/1.1\r\nHost: hub\r\n"
                b"%sContent-Length: %d\r\n\r\n"
                % (b"Expect: 100-continue\r\n" if number % 2 else b"", BODY))
            self.addCleanup(link.close)
        self.assertEqual(self.system.hub.push("orders", BYTES).status, 202)
        self.assertEqual(self.metric("body_bytes"), 0)
        self.assertEqual(self.metric("bodies_waited_total"), 0)

    def test_a_client_with_many_bodies_does_not_hold_up_another(self):
        self.start_system(roles=("hub",), publish_open="yes",
                          request_timeout_ms=120000,
                          max_inflight_bytes=4 << 20)
        uploads = self.upload(chunked=False)
        self.wait_full(uploads, 4)
        # All of these stall, and 496 more wait.
        host, port = self.system.hub.address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=60,
                                      source_address=("127.0.0.2", 0)) as link:
            link.sendall(b"POST /publish?hub.topic=orders HTTP/1.1\r\n"
                         b"Host: hub\r\nContent-Length: %d\r\n\r\n" % BODY
                         + BYTES)
            self.assertEqual(link.recv(12), b"HTTP/1.1 202")
        self.assertGreater(self.metric("bodies_waiting"), COUNT / 2)

    def test_all_of_them_arrive_when_they_go_on(self):
        self.start_system(roles=("hub",), publish_open="yes",
                          request_timeout_ms=120000,
                          max_inflight_bytes=4 << 20)
        uploads = [Upload(self.system.hub.address, number % 2 == 1)
                   for number in range(60)]
        left = list(uploads)

        def is_done():
            for upload in list(left):
                upload.advance()
                if not upload.rest:
                    upload.finish()
                    left.remove(upload)
            return not left

        wait_until(is_done, "all are sent")
        for upload in uploads:
            self.assertEqual(upload.status_line(), b"HTTP/1.1 202")
            upload.socket.close()
        self.assertGreater(self.metric("bodies_waited_total"), 0)


if __name__ == "__main__":
    unittest.main()
