"""Who has changed what by the admin API, and which requests the hub had."""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN, TOPIC, AdminSystemTest
from support.hub import Hub
from support.wait import wait_until

JSON = "application/json"
ALICE, READER = "alices-token-1", "readers-token-1"


def file_of(case, text):
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(text)
    case.addCleanup(os.unlink, file.name)
    return file.name


class Audit(AdminSystemTest):
    def setUp(self):
        self.settings = {
            "admin_tokens_file": file_of(self, f"alice {ALICE}\nmore-token\n"),
            "admin_read_tokens_file": file_of(self, f"bob {READER}\n")}
        super().setUp()

    def order(self, path, body, token=ALICE, method="POST", kind=JSON,
              hub=None):
        return (hub or self.hub).request(
            method, path, body if isinstance(body, str) else json.dumps(body),
            {"Authorization": f"Bearer {token}", "Content-Type": kind})

    def lines(self):
        return self.system.program("hub").events("audit")

    def rows(self):
        return self.get("/admin/audit", limit=200)["audit"]

    def wait_rows(self, count):
        return wait_until(lambda: len(self.rows()) == count and self.rows(),
                          f"{count} changes are noted")

    def test_each_change_names_whose_token_it_was(self):
        self.order("/admin/hosts/open", {"host": "http://a.example"})
        self.order("/admin/deny", f"hub.topic={TOPIC}&hub.reason=spam", ADMIN,
                   kind="application/x-www-form-urlencoded")
        self.order("/admin/health/cleanup", {"enabled": True}, "more-token",
                   "PUT")
        third, second, first = self.wait_rows(3)
        self.assertEqual((first["token"], first["method"], first["path"],
                          first["detail"], first["status"]),
                         ("alice", "POST", "/admin/hosts/open",
                          {"host": "http://a.example"}, 200))
        self.assertEqual(second["token"], "admin-1")
        self.assertEqual(second["detail"],
                         {"hub.topic": TOPIC, "hub.reason": "spam"})
        self.assertEqual((third["token"], third["method"], third["detail"]),
                         ("admin-3", "PUT", {"enabled": True}))
        lines = wait_until(lambda: len(self.lines()) == 3 and self.lines(),
                           "the log has them too")
        self.assertEqual([line["token"] for line in lines],
                         ["alice", "admin-1", "admin-3"])
        self.assertEqual(lines[0]["status"], "200")

    def test_refused_changes_are_noted_too(self):
        self.assertEqual(self.order("/admin/hosts/open", {}).status, 400)
        self.assertEqual(
            self.order("/admin/hosts/close", {"host": "http://a.example"},
                       READER).status, 403)
        self.assertEqual(self.order("/admin/instances/x/restart", "").status,
                         404)
        rows = self.wait_rows(3)
        self.assertEqual([(row["token"], row["status"]) for row in rows],
                         [("alice", 404), ("bob", 403), ("alice", 400)])

    def test_refusals_of_a_reader_push_nothing_out(self):
        for _ in range(20):
            self.assertEqual(
                self.order("/admin/hosts/close", {"host": "http://a.example"},
                           READER).status, 403)
        self.order("/admin/fsck", {"repair": False})
        rows = self.wait_rows(2)
        self.assertEqual([row["token"] for row in rows], ["alice", "bob"])

    def test_an_export_of_secrets_is_noted(self):
        for query in ("", "?secrets=false", "?secrets=true"):
            self.assertEqual(self.ask("/admin/export" + query).status, 200)
        row, = self.wait_rows(1)
        self.assertEqual((row["method"], row["path"], row["detail"]),
                         ("GET", "/admin/export", {"secrets": "true"}))

    def test_what_changes_nothing_is_not_noted(self):
        self.assertEqual(
            self.order("/admin/hosts/open", {}, "strangers").status, 401)
        self.get("/admin/shards")
        self.hub.push(TOPIC, b"one")
        self.order("/admin/fsck", {"repair": False})
        row, = self.wait_rows(1)
        self.assertEqual(row["path"], "/admin/fsck")

    def test_no_secret_is_noted(self):
        secret = "a-secret-of-mine"
        self.order("/admin/groups/g", {"prefix": "a", "publish_tokens":
                                       [secret]}, method="PUT")
        self.order("/admin/subscriptions/pause",
                   {"topic": TOPIC, "callback": "http://a.example/",
                    "secret": secret})
        self.wait_rows(2)
        shown = json.dumps(self.rows()) + self.system.log()
        self.assertNotIn(secret, shown)
        for token in (ALICE, READER):
            self.assertNotIn(token, shown)

    def test_a_client_that_hangs_up_is_noted(self):
        head = (f"POST /admin/fsck HTTP/1.1\r\nHost: a\r\nAuthorization: "
                f"Bearer {ALICE}\r\nContent-Type: {JSON}\r\n"
                "Content-Length: 15\r\n\r\n")
        stream = self.hub.stream((head + '{"repair":true}').encode())
        stream.close()
        row, = self.wait_rows(1)
        self.assertEqual(row["path"], "/admin/fsck")

    def test_any_hub_shows_what_was_done_at_all(self):
        other = self.system.start("hub", listen="127.0.0.1:0")
        self.order("/admin/fsck", {"repair": False}, hub=Hub(other.address()))
        self.order("/admin/health/check", "")
        newest, oldest = self.wait_rows(2)
        self.assertNotEqual(newest["instance"], oldest["instance"])
        page = self.get("/admin/audit", limit=1)
        self.assertEqual(page["audit"], [newest])
        self.assertEqual(self.get("/admin/audit", **{"from": page["next"]}),
                         {"audit": [oldest]})
        self.assertEqual(self.ask("/admin/audit", **{"from": "x"}).status, 400)


class AccessLog(AdminSystemTest):
    settings = {"access_log": "yes"}

    def lines(self):
        return self.system.program("hub").events("request")

    def test_each_request_has_a_line(self):
        for _ in range(20):
            self.hub.get("/healthz")
        self.hub.get(f"/events/1-1-1?access_token={ADMIN}")
        self.hub.push(TOPIC, b"12345")
        wait_until(lambda: len(self.lines()) == 22, "all are there")
        self.assertEqual({line["path"] for line in self.lines()[:20]},
                         {"/healthz"})
        self.assertEqual([line["status"] for line in self.lines()[20:]],
                         ["404", "202"])
        last = self.lines()[-1]
        self.assertEqual((last["method"], last["path"], last["client"],
                          last["body_bytes"]),
                         ("POST", "/publish", "127.0.0.1", "5"))
        self.assertNotIn(ADMIN, self.system.log())

    def test_a_body_that_comes_in_parts_counts_whole(self):
        body = b"{}\n" * 70000
        for sent in (body, [body]):  # http.client sends a list in chunks
            answer = self.hub.request(
                "POST", "/admin/import", sent, {
                    "Authorization": f"Bearer {ADMIN}",
                    "Content-Type": "application/x-ndjson"})
            self.assertEqual(answer.status, 200, answer)
            self.hub.get("/healthz")
        wait_until(lambda: len(self.lines()) == 4, "all are there")
        self.assertEqual([line["body_bytes"] for line in self.lines()],
                         [str(len(body)), "0"] * 2)


class NoAccessLog(AdminSystemTest):
    def test_there_is_none_unless_it_is_wanted(self):
        self.hub.get("/healthz")
        self.assertEqual(self.system.program("hub").events("request"), [])


if __name__ == "__main__":
    unittest.main()
