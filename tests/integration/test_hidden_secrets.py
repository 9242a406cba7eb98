"""Secrets that were used are nowhere in the memory of the programs, nor in what
the system shows of them."""

import re
import resource
import sys
import tempfile
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.memory import copies, has_shadow
from support.subscriber import signature
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
SECRET = "Qx7-a-secret-that-is-nowhere-else-"
TOKEN = "Vk3-a-token-that-is-nowhere-else"
KEY = "first " + "1f" * 32 + "\n"


class HiddenSecrets(SystemTest):
    def start(self, **settings):
        with tempfile.NamedTemporaryFile("w", delete=False) as ring:
            ring.write(KEY)
        self.addCleanup(Path(ring.name).unlink)
        self.start_system(secret_keys_file=ring.name, **settings)

    def test_secrets_of_subscribers_are_wiped_after_use(self):
        self.start()
        server = self.system.subscriber()
        for i in range(10):
            secret = SECRET + str(i) * (i * 15 + 1)
            callback = server.callback(f"/{i}")
            self.system.activate(TOPIC, callback, secret=secret)
        self.system.push(TOPIC, b"body")
        delivery = callback.wait_deliveries()[0]
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature(secret, b"body"))
        self.system.wait_idle()
        for program in self.system.programs:
            self.assert_nowhere(program, SECRET)

    def assert_nowhere(self, program, secret):
        if has_shadow(program.pid):
            self.skipTest("a sanitizer keeps what was freed")
        self.assertEqual(copies(program.pid, secret.encode()), [],
                         program.name)

    def form(self, secret, callback="http://127.0.0.1:9/cb"):
        return urllib.parse.urlencode(
            {"hub.mode": "subscribe", "hub.topic": TOPIC,
             "hub.callback": callback, "hub.secret": secret}).encode()

    def test_so_are_those_of_requests_that_come_to_nothing(self):
        """Refused, in chunks, several at once, broken off."""
        self.start()
        hub = self.system.hub
        head = (b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Type: "
                b"application/x-www-form-urlencoded\r\n")
        form = self.form(SECRET + "1", "ftp://no.example/")
        whole = b"%sContent-Length: %d\r\n\r\n%s" % (head, len(form), form)
        broken = self.form(SECRET + "2") + b"&hub.lease_seconds=%zz"
        chunk = b"%x\r\n%s\r\n" % (len(form), form)
        long = self.form(SECRET * 9) + b"&x=" + b"y" * 20000
        with_token = b"%sAuthorization: Bearer %s\r\nContent-Length: 0\r\n\r\n"
        for count, data in (
                (3, whole * 3),
                (1, b"%sContent-Length: %d\r\n\r\n%s"
                    % (head, len(broken), broken)),
                (1, head + b"Transfer-Encoding: chunked\r\n\r\n"
                    + chunk + b"0\r\n\r\n"),
                (1, b"%sContent-Length: %d\r\n\r\n%s"
                    % (head, len(long), long)),
                (1, with_token % (head, TOKEN.encode()))):
            link = hub.stream(data)
            for _ in range(count):
                self.assertIn(link.answer().status, (400, 401, 404))
            link.close()
        hub.stream(whole[:-10]).close()
        hub.stream(head + b"Transfer-Encoding: chunked\r\n\r\n"
                   + chunk[:-20]).close()
        wait_until(lambda: self.system.program("hub").metric(
            "websubd_http_connections") <= 1, "the connections have gone")
        for secret in (SECRET, TOKEN):
            self.assert_nowhere(self.system.program("hub"), secret)

    def test_tokens_leave_the_environment_and_the_command_line(self):
        self.start(admin_token=TOKEN, publish_token=TOKEN)
        for program in self.system.programs:
            for name in ("environ", "cmdline"):
                text = Path(f"/proc/{program.pid}/{name}").read_bytes()
                self.assertNotIn(TOKEN.encode(), text)
            self.assertIn(b"WEBSUB_SHARDS=4",
                          Path(f"/proc/{program.pid}/environ").read_bytes())

    def test_no_core_is_written_unless_asked(self):
        self.start()
        self.system.start("deliver", core_dumps="yes")
        *closed, asked = self.system.programs
        for program in closed:
            self.assertEqual(self.core_limit(program), "0")
        limit, _ = resource.getrlimit(resource.RLIMIT_CORE)
        self.assertEqual(self.core_limit(asked), "unlimited"
                         if limit == resource.RLIM_INFINITY else str(limit))

    @staticmethod
    def core_limit(program):
        text = Path(f"/proc/{program.pid}/limits").read_text()
        return re.search("^Max core file size +([0-9a-z]+)", text, re.M)[1]


if __name__ == "__main__":
    unittest.main()
