"""Subscriptions as JSON lines, out of a hub and into one."""

import json
import os
import pty
import sys
import tempfile
import time
import tty
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN, TOPIC, AdminSystemTest
from support.ctl import Ctl
from support.hub import Hub
from support.memory import has_shadow
from support.wait import wait_until

LINES = "application/x-ndjson"
READER = "readers-token-1"
SECRET = "a secret of 1 subscriber"


class Transfer(AdminSystemTest):
    roles = ("hub",)

    def setUp(self):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write(f"bob {READER}\n")
        self.addCleanup(os.unlink, file.name)
        self.settings = {"admin_read_tokens_file": file.name, **self.settings}
        super().setUp()
        self.ctl = Ctl(self.hub, ADMIN)

    def bring(self, *rows, kind=LINES, token=ADMIN, hub=None):
        body = "\n".join(row if isinstance(row, str) else json.dumps(row)
                         for row in rows)
        return (hub or self.hub).request(
            "POST", "/admin/import", body,
            {"Authorization": f"Bearer {token}", "Content-Type": kind})

    def brought(self, *rows):
        answer = self.bring(*rows)
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def exported(self, *options):
        rows = [json.loads(line) for line in
                self.ctl.text("export", *options).splitlines()]
        return sorted(rows, key=lambda row: (row["topic"], row["callback"]))


class Lines(Transfer):
    def test_what_is_exported_is_imported_elsewhere(self):
        ends = int(time.time()) + 86400
        rows = sorted([
            {"topic": "*", "callback": "http://127.0.0.1:9/all",
             "lease_ends_at": ends},
            {"topic": "orders.created", "callback": "http://127.0.0.1:9/a",
             "lease_ends_at": ends + 5, "ordered": True, "secret": SECRET},
            {"topic": TOPIC, "callback": "http://127.0.0.1:9/b?x=%41",
             "lease_ends_at": ends, "signature": "sha512",
             "headers": "standard", "paused": True}],
            key=lambda row: (row["topic"], row["callback"]))
        self.assertEqual(self.brought(*rows),
                         {"imported": 3, "unchanged": 0, "refused": 0,
                          "errors": []})
        first = self.exported("--secrets")
        for row, want in zip(first, rows):
            got = row.pop("lease_ends_at")
            self.assertLessEqual(abs(got - want["lease_ends_at"]), 2)
            self.assertEqual(row.pop("has_secret"), "secret" in want)
            self.assertEqual(row, {"ordered": False, **{
                name: value for name, value in want.items()
                if name != "lease_ends_at"}})
        other = self.system.start("hub", listen="127.0.0.1:0",
                                  key_prefix="other", admin_token=ADMIN)
        self.addCleanup(other.close)
        there = Ctl(type(self.hub)(other.address()), ADMIN)
        text = self.ctl.text("export", "--secrets")
        self.assertEqual(there.text("import", given=text),
                         "3 imported, 0 unchanged, 0 refused\n")
        self.assertEqual(sorted(there.text("export").splitlines())[0][:12],
                         sorted(self.ctl.text("export").splitlines())[0][:12])
        self.assertEqual(there.text("import", given=text),
                         "0 imported, 3 unchanged, 0 refused\n")

    def test_secrets_are_not_for_who_only_reads(self):
        self.brought({"topic": TOPIC, "callback": "http://127.0.0.1:9/",
                      "secret": SECRET})
        row, = self.exported()
        self.assertTrue(row["has_secret"])
        self.assertNotIn("secret", row)
        reader = Ctl(self.hub, READER)
        self.assertNotIn(SECRET, reader.text("export"))
        self.assertIn("reading only", reader.run("export",
                                                 "--secrets").stderr)
        self.assertEqual(self.bring({}, token=READER).status, 403)
        answer = self.brought({**row, "topic": "other"})
        self.assertIn("export with secrets", answer["errors"][0]["detail"])

    def test_what_is_there_stays_as_it_is(self):
        row = {"topic": TOPIC, "callback": "http://127.0.0.1:9/"}
        self.brought({**row, "ordered": True})
        self.assertEqual(self.brought({**row, "ordered": False})["unchanged"],
                         1)
        self.assertTrue(self.exported()[0]["ordered"])

    def test_each_bad_line_is_told_and_the_others_are_imported(self):
        good = {"topic": TOPIC, "callback": "http://127.0.0.1:9/good"}
        bad = ["{", "[]", "7", {}, {**good, "callback": "nonsense"},
               {**good, "lease_ends_at": 1}, {**good, "lease_ends_at": "x"},
               {**good, "lease_ends_at": -2 ** 63},
               {**good, "lease_seconds": 10 ** 20},
               {**good, "has_secret": True}, {**good, "has_secret": "yes"},
               {**good, "has_secret": True, "secret": ""},
               {**good, "frob": 1}, {**good, "ordered": 1},
               {**good, "signature": "md5"},
               {**good, "callback": "ftp://a/", "topic": "a b"}]
        answer = self.brought(*bad, "", good)
        self.assertEqual(answer["imported"], 1)
        self.assertEqual([error["line"] for error in answer["errors"]],
                         list(range(1, len(bad) + 1)))
        both = answer["errors"][-1]["detail"]
        self.assertIn("hub.topic", both)
        self.assertIn("hub.callback", both)
        self.assertEqual(len(self.exported()), 1)

    def test_a_line_that_is_too_long_is_told_of(self):
        good = {"topic": TOPIC, "callback": "http://127.0.0.1:9/good"}
        answer = self.brought("x" * 65537, good, "y" * 200000)
        self.assertEqual((answer["imported"], answer["refused"]), (1, 2))
        self.assertEqual([(error["line"], error["detail"])
                          for error in answer["errors"]],
                         [(line, "The line is longer than 64 KiB.")
                          for line in (1, 3)])

    def test_a_thousand_errors_are_named_and_all_are_counted(self):
        answer = self.brought(*["{"] * 2500)
        self.assertEqual((answer["refused"], len(answer["errors"])),
                         (2500, 1000))

    def test_other_types_are_refused(self):
        self.assertEqual(self.bring({}, kind="application/json").status, 415)
        self.assertEqual(self.ask("/admin/export", secrets="x").status, 400)

    def test_while_redis_is_away_nothing_is_half_done(self):
        self.redis.kill()
        wait_until(lambda: self.ask("/admin/export").status == 503,
                   "the hub knows it")
        answer = self.bring({"topic": TOPIC,
                             "callback": "http://127.0.0.1:9/"})
        self.assertEqual(answer.status, 503)


class Many(Transfer):
    settings = {**Transfer.settings, "max_body_bytes": 65536}
    count = 8000

    def lines(self):
        for n in range(self.count):
            yield json.dumps({"topic": f"many.t{n % 100}",
                              "callback": f"http://127.0.0.1:9/{n}"}) + "\n"

    def send(self, body, **headers):
        """One request; http.client sends in chunks what has no length."""
        return self.hub.request(
            "POST", "/admin/import", body, {
                "Authorization": f"Bearer {ADMIN}", "Content-Type": LINES,
                **headers})

    def active(self):
        return sum(int(self.redis.call("HGET", base + "counts", "s") or 0)
                   for base in self.system.store.bases())

    def check_brought(self, answer, imported):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(json.loads(answer.body), {
            "imported": imported, "unchanged": self.count - imported,
            "refused": 0, "errors": []})

    def test_one_request_may_have_all_in_bounded_memory(self):
        hub = self.system.program("hub")
        self.brought({"topic": TOPIC, "callback": "http://127.0.0.1:9/"})
        before = hub.peak_kb()
        self.check_brought(self.send("".join(self.lines())), self.count)
        self.check_brought(self.send(map(str.encode, self.lines())), 0)
        if not has_shadow(hub.pid):
            self.assertLess(hub.peak_kb() - before, 4096)
        self.assertEqual(len(self.exported()), self.count + 1)

    def test_a_client_that_goes_leaves_what_it_has_brought(self):
        body = "".join(self.lines()).encode()
        for length in (len(body), None):
            framing = f"Content-Length: {length}" if length else \
                "Transfer-Encoding: chunked"
            size = b"" if length else b"%x\r\n" % len(body)
            stream = self.hub.stream(
                f"POST /admin/import HTTP/1.1\r\nHost: a\r\nAuthorization: "
                f"Bearer {ADMIN}\r\nContent-Type: {LINES}\r\n{framing}\r\n"
                "\r\n".encode() + size + body[:300000])
            wait_until(lambda: self.active() > 1000, "some are there")
            stream.close()
        answer = self.send(body)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.active(), self.count)

    def test_a_redis_that_goes_ends_it_and_all_may_be_sent_again(self):
        def lines():
            for n, line in enumerate(self.lines()):
                if n == self.count // 2:
                    wait_until(lambda: self.active() > 1000, "some are there")
                    self.redis.kill()
                yield line.encode()
        try:
            answer = self.send(lines())
            self.assertEqual(answer.status, 503, answer)
        except ConnectionError:
            pass  # it was sent while the hub had responded already
        self.redis.start()
        wait_until(lambda: self.ask("/admin/export").status == 200,
                   "the hub is back")
        answer = self.send(map(str.encode, self.lines()))
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.active(), self.count)

    def test_several_hubs_may_bring_the_same_at_once(self):
        def bring(address):
            return Hub(address).request(
                "POST", "/admin/import", body,
                {"Authorization": f"Bearer {ADMIN}", "Content-Type": LINES})

        body = "".join(self.lines())
        for _ in range(2):
            self.system.start("hub", listen="127.0.0.1:0")
        addresses = [program.address() for program in self.system.programs]
        with ThreadPoolExecutor() as threads:
            answers = [json.loads(answer.body)
                       for answer in threads.map(bring, addresses)]
        self.assertEqual([answer["refused"] for answer in answers], [0] * 3)
        self.assertEqual(sum(answer["imported"] for answer in answers),
                         self.count)
        self.assertEqual(sum(answer["unchanged"] for answer in answers),
                         2 * self.count)
        self.assertEqual(self.active(), self.count)
        self.assertEqual(len(self.exported()), self.count)

    def test_many_are_streamed(self):
        count = 10000
        lines = "".join(json.dumps(
            {"topic": f"many.t{n % 100}",
             "callback": f"http://127.0.0.1:9/{n}"}) + "\n"
            for n in range(count))
        self.assertEqual(self.ctl.text("import", "-", given=lines),
                         f"{count} imported, 0 unchanged, 0 refused\n")
        hub = self.system.program("hub")
        before = hub.peak_kb()
        stream = self.hub.stream(
            f"GET /admin/export HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
            f"{ADMIN}\r\n\r\n".encode())
        self.assertEqual(len(self.exported()), count)
        stream.close()  # a client that has not read
        if not has_shadow(hub.pid):  # a sanitizer keeps what was freed
            self.assertLess(hub.peak_kb() - before, 4096)
        callbacks = {row["callback"] for row in self.exported()}
        self.assertEqual(len(callbacks), count)

    def test_a_file_that_cant_be_read_is_not_taken_for_an_empty_one(self):
        folder = os.path.dirname(__file__)
        done = self.ctl.run("import", folder)
        self.assertEqual((done.returncode, done.stderr),
                         (2, f"websub-hub ctl: {folder}: Is a directory\n"))
        done = self.ctl.run("import", "/nonexistent")
        self.assertEqual((done.returncode, done.stdout), (2, ""))

    def test_what_can_be_read_in_part_is_no_whole(self):
        reader, writer = pty.openpty()  # whose reader fails when it is closed
        tty.setraw(writer)

        def write():
            lines = [f'{{"topic":"t","callback":"http://127.0.0.1:9/{n}"}}\n'
                     for n in range(503)]
            with open(writer, "w") as file:
                file.write("".join(lines).removesuffix('"}\n'))
        with open(reader, "rb") as file, ThreadPoolExecutor() as threads:
            threads.submit(write)
            done = self.ctl.run("import", stdin=file)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, "500 imported, 0 unchanged, 0 refused\n")
        self.assertEqual(done.stderr, "websub-hub ctl: standard input: "
                         "Input/output error\n")
        self.assertEqual(len(self.exported()), 500)


if __name__ == "__main__":
    unittest.main()
