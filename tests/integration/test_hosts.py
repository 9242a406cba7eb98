"""Operators see the hosts of all processes, and open and close their breakers."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN, TOPIC, AdminSystemTest
from support.wait import wait_until

JSON = "application/json"


class Hosts(AdminSystemTest):
    roles = ("hub", "spreader", "deliver", "deliver")
    settings = {"retry_base_ms": 100, "retry_cap_ms": 300}

    def setUp(self):
        super().setUp()
        self.server = self.system.subscriber()
        self.callback = self.server.callback("/cb")
        self.system.activate(TOPIC, self.callback)
        self.host = self.callback.url.rsplit("/", 1)[0]

    def order(self, action, body, token=ADMIN):
        return self.hub.request(
            "POST", f"/admin/hosts/{action}",
            body if isinstance(body, str) else json.dumps(body),
            {"Authorization": f"Bearer {token}", "Content-Type": JSON,
             "Accept": JSON})

    def ordered(self, action, **body):
        answer = self.order(action, {"host": self.host, **body})
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def row(self, **query):
        rows = self.get("/admin/hosts", **query)["hosts"]
        return next((row for row in rows if row["host"] == self.host), None)

    def breakers(self):
        row = self.row() or {"processes": []}
        return [process["breaker"] for process in row["processes"]
                if process["role"] == "deliver"]

    def carried_out(self, action):
        return [deliver for deliver in self.delivers()
                if any(event["breaker"] == action
                       for event in deliver.events("host-ordered"))]

    def waiting_ms(self):
        """How long the jobs that wait in Redis wait yet."""
        rows = [self.redis.call("ZRANGE", base + "retry", 0, -1, "WITHSCORES")
                for base in self.system.store.bases()]
        return [int(due) - self.redis.now_ms() for row in rows
                for member, due in zip(row[::2], row[1::2])
                if member.startswith(b"d ")]

    def delivers(self):
        return [program for program in self.system.programs
                if program.name == "websub-deliver"]

    def test_an_open_host_gets_nothing_until_it_is_closed(self):
        shown = self.ordered("open", seconds=600)
        self.assertEqual(shown["host"], self.host)
        wait_until(lambda: len(self.carried_out("open")) == 2,
                   "both delivers have the order")
        self.system.push(TOPIC, b"one")
        wait_until(lambda: "open" in self.breakers(), "it is seen as open")
        row = self.row(breaker="open", host="127.0.0.1")
        self.assertEqual(row["order"]["action"], "open")
        self.assertEqual(row["order"]["until_ms"], shown["until_ms"])
        self.assertEqual(self.row(breaker="half open"), None)
        self.assertEqual(self.row(host="other.example"), None)
        wait_until(self.waiting_ms, "the job waits")
        self.assertLess(max(self.waiting_ms()), 61000, "a minute at most")
        self.assertEqual(len(self.callback.deliveries), 0)
        self.ordered("close")
        wait_until(lambda: len(self.carried_out("close")) == 2, "carried out")
        self.system.make_due()
        self.callback.wait_deliveries(1)
        wait_until(lambda: self.breakers() and "open" not in self.breakers(),
                   "it is seen as closed")

    def test_a_deliver_that_starts_later_follows_an_order(self):
        self.ordered("open", seconds=600)
        wait_until(lambda: len(self.carried_out("open")) == 2, "carried out")
        for program in self.delivers():
            program.kill()
        late = self.system.start("deliver")
        late.wait_event("host-ordered")
        self.system.push(TOPIC, b"one")
        wait_until(lambda: "open" in self.breakers(), "it is seen as open")
        self.assertEqual(len(self.callback.deliveries), 0)

    def test_what_fails_is_told_with_its_last_failure(self):
        self.callback.default = 502
        self.system.push(TOPIC, b"one")

        def failing():
            row = self.row() or {"processes": []}
            return next((process for process in row["processes"]
                         if process["failing_ms"] is not None), None)
        seen = wait_until(failing, "a process tells that it fails")
        self.assertEqual(seen["last_failure"], "HTTP status 502")

    def test_bad_orders_change_nothing(self):
        for body, parameter in (({}, "host"), ({"host": 1}, "host"),
                                ({"host": "a.example"}, "host"),
                                ({"host": "http://a.example/cb"}, "host"),
                                ({"host": "http://a.example?x"}, "host"),
                                ({"host": self.host, "seconds": 0}, "seconds"),
                                ({"host": self.host, "seconds": "1"},
                                 "seconds"),
                                ({"host": self.host, "x": 1}, None),
                                ("[]", None), ("{", None)):
            with self.subTest(body=body):
                answer = self.order("open", body)
                self.assertEqual(answer.status, 400, answer)
                errors = json.loads(answer.body)["errors"]
                self.assertEqual([error.get("source", {}).get("parameter")
                                  for error in errors], [parameter])
        self.assertEqual(self.order("open", {"host": self.host}, "x").status,
                         401)
        self.assertEqual(self.redis.call("EXISTS", "websub:{c}:host_orders"),
                         0)
        for query in ({"breaker": "x"}, {"limit": 0}):
            self.assertEqual(self.ask("/admin/hosts", **query).status, 400)

    def test_there_are_as_many_orders_as_may_be(self):
        for n in range(1000):
            self.redis.call("HSET", "websub:{c}:host_orders",
                            f"http://h{n}.example:80", "open 1 99999999999999")
        self.assertEqual(self.order("open", {"host": self.host}).status, 409)
        self.redis.call("HSET", "websub:{c}:host_orders",
                        "http://h0.example:80", "open 1 2")
        self.assertEqual(self.order("open", {"host": self.host}).status, 200)

    def test_the_list_has_pages(self):
        for n in range(5):
            self.redis.call("HSET", "websub:{c}:host_orders",
                            f"http://h{n}.example:80", "open 1 99999999999999")
        rows = self.pages("/admin/hosts", "hosts", limit=2)
        names = [row["host"] for row in rows]
        self.assertEqual(names, sorted(set(names)))
        self.assertEqual([name for name in names if name.startswith("http://h")],
                         [f"http://h{n}.example:80" for n in range(5)])


if __name__ == "__main__":
    unittest.main()
