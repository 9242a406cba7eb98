"""The admin API: suspended subscriptions, gaps, verifications and damaged entries;
and the requests that it refuses."""

import json
import sys
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import (ADMIN, CALLBACK, SHARDS, TOPIC, AdminTest,
                           topic_of_each_shard)
from support.keys import digest, shard
from support.system import SystemTest

GETS = ("/admin/dead-letters", "/admin/dead-letters/count",
        "/admin/suspended", "/admin/gaps", "/admin/verifications",
        "/admin/damaged", "/admin/subscriptions",
        "/admin/subscription")
POSTS = ("/admin/dead-letters/replay", "/admin/dead-letters/purge")


class Suspended(AdminTest):
    def rows(self, **query):
        return self.pages("/admin/suspended", "subscriptions", **query)

    def test_nothing(self):
        self.assertEqual(self.get("/admin/suspended"),
                         {"count": 0, "subscriptions": []})

    def test_a_subscription_is_told_with_what_it_missed(self):
        self.subscription()
        self.suspend()
        for _ in range(2):
            self.fan_out(self.event())
        since = int(self.redis.call(
            "ZSCORE", self.system.store.key(TOPIC, "suspended"),
            f"{digest(TOPIC)}:{digest(CALLBACK)}"))
        self.assertEqual(self.get("/admin/suspended"), {
            "count": 1, "subscriptions": [{
                "topic": TOPIC, "callback": CALLBACK, "since_ms": since,
                "missed": 3}]})

    def fan_out(self, event):
        """Indexes the event, which posts no job: a cursor job sends it."""
        _, epoch = self.script(TOPIC, "claim", "spreader", 1, 60000)
        position = self.redis.call(
            "HGET", self.system.store.key(TOPIC, "position"), "id") or "0-0"
        self.assertEqual(self.script(
            TOPIC, "begin", epoch, position, 3600000, event, TOPIC, "",
            1, digest(TOPIC)), [event.encode(), 0, 1])

    def test_pages_go_over_all_shards(self):
        expected = set()
        for topic in topic_of_each_shard():
            for n in range(3):
                callback = f"{CALLBACK}/{n}"
                self.subscription(topic, callback)
                self.suspend(topic, callback)
                expected.add((topic, callback))
        for limit in (1, 2, 3, 4, 12, 200):
            found = [(row["topic"], row["callback"])
                     for row in self.rows(limit=limit)]
            self.assertEqual((len(found), set(found)),
                             (len(expected), expected), limit)

    def test_those_of_one_moment_are_all_told(self):
        key = self.system.store.key(TOPIC, "suspended")
        for n in range(7):
            self.redis.call("ZADD", key, 1700000000000 + n // 5,
                            f"{digest(TOPIC)}:{digest(f'{CALLBACK}/{n}')}")
        for limit in (1, 2, 3, 7):
            self.assertEqual([row["since_ms"] for row in
                              self.rows(limit=limit)],
                             [1700000000000] * 5 + [1700000000001] * 2)


class Gaps(AdminTest):
    def test_nothing(self):
        self.assertEqual(self.get("/admin/gaps"), {"gaps": []})

    def note(self, topic, entry_id, to, count=1):
        self.redis.call("XADD", self.system.store.key(topic, "gaps"),
                        entry_id, "td", digest(topic), "cd",
                        digest(CALLBACK), "from", "1-1", "to", to, "n", count)

    def test_what_next_has_noted(self):
        """The missed event goes first; those after it have left."""
        self.subscription()
        event = self.suspend()
        td, cd = digest(TOPIC), digest(CALLBACK)
        key = self.system.store.key
        self.redis.call("HINCRBY", key(TOPIC, f"topic:{td}"), "n", 3)
        cursor_job = self.redis.call("XADD", key(TOPIC, "outbox"), "*",
                                     "f", td, "c", cd, "u", 1).decode()
        self.redis.call("XREADGROUP", "GROUP", "deliver", "one", "STREAMS",
                        key(TOPIC, "outbox"), ">")
        self.assertEqual(self.script(TOPIC, "next_event", td, cd, 1, "outbox",
                                     cursor_job)[0].decode(), event)
        self.redis.call("DEL", key(TOPIC, f"missed:{td}:{cd}"))
        self.script(TOPIC, "next_event", td, cd, 1, "outbox", cursor_job)
        gap, = self.get("/admin/gaps")["gaps"]
        number = shard(TOPIC, SHARDS)
        self.assertGreater(gap.pop("at_ms"), 1700000000000)
        self.assertEqual(gap, {"topic": TOPIC, "callback": CALLBACK,
                               "count": 3, "from": f"{number}-0-0",
                               "to": None})

    def test_pages_are_newest_first_over_all_shards(self):
        topics = topic_of_each_shard()
        order = []
        for at in range(1, 6):
            for number, topic in enumerate(topics):
                self.note(topic, f"{at}-{number % 2}", "5-5")
                order.append((at, number % 2, number))
        order.sort(reverse=True)
        for limit in (1, 2, 3, 7, 20, 200):
            rows = self.pages("/admin/gaps", "gaps", limit=limit)
            self.assertEqual([(row["at_ms"], int(row["to"].split("-")[0]))
                              for row in rows],
                             [(at, number) for at, _, number in order], limit)

    def test_of_a_subscription_that_has_ended_the_callback_is_not_known(self):
        self.note(TOPIC, "*", "-")
        gap, = self.get("/admin/gaps")["gaps"]
        self.assertIsNone(gap["callback"])


class Verifications(AdminTest):
    PATH = "/admin/verifications"

    def note(self, topic, entry_id, why):
        self.redis.call("XADD", self.system.store.key(topic, "verifications"),
                        entry_id, "m", "s", "t", topic, "c", CALLBACK, "o",
                        "refused", "n", 0, "why", why)

    def test_nothing(self):
        self.assertEqual(self.get(self.PATH), {"verifications": []})

    def test_the_newest_of_the_last_hour_come_first_page_by_page(self):
        now = self.redis.now_ms()
        order = []
        for number, topic in enumerate(topic_of_each_shard()):
            self.note(topic, f"{now - 3600000 - 60000}-1", "too old")
            for ago in (2, 1, 0):
                self.note(topic, f"{now - ago}-{number}", f"{number}-{ago}")
                order.append((now - ago, number, f"{number}-{ago}"))
        order.sort(reverse=True)
        for limit in (1, 2, 5, 200):
            rows = self.pages(self.PATH, "verifications", limit=limit)
            self.assertEqual([row["why"] for row in rows],
                             [why for _, _, why in order], limit)


class Damaged(AdminTest):
    def test_nothing(self):
        self.assertEqual(self.get("/admin/damaged"), {"damaged": []})

    def test_the_newest_come_first_page_by_page(self):
        order = []
        for number, topic in enumerate(topic_of_each_shard()):
            for n in (1, 2):
                self.redis.call("XADD", self.system.store.key(topic, "damaged"),
                                f"{n}-{number}", "v", 1, "key", f"sub:{n}",
                                "why", "wrong", "part", "p", "value", b"\xff")
                order.append((n, number))
        order.sort(reverse=True)
        for limit in (1, 3, 200):
            rows = self.pages("/admin/damaged", "damaged", limit=limit)
            self.assertEqual([(row["at_ms"], row["shard"]) for row in rows],
                             order, limit)
        self.assertEqual({key: rows[0][key] for key in ("key", "why", "part")},
                         {"key": "sub:2", "why": "wrong", "part": "p"})


class BadRequests(AdminTest):
    BAD_PAGES = ("limit=0", "limit=201", "limit=x", "limit=", "limit=1&limit=1",
                 "limit=-1", "from=", "from=x", "from=9-1-1", "from=0-1",
                 "from=0-1-1x", "from=0-1-99999999999999999999",
                 "from=-0-1-1", "from=0-1-1&from=0-1-1", "limit=%zz")
    BAD_FILTERS = ("id=", "id=x", "id=0-1-1&id=0-1-1", "hub.topic=",
                   "hub.topic=x/", "hub.topic=a.b&hub.topic=a.b",
                   "hub.callback=", "hub.callback=x")

    def refuse(self, path, query, status=400):
        answer = self.hub.get(f"{path}?{query}", {
            "Authorization": f"Bearer {ADMIN}", "Accept": "application/json"})
        self.assertEqual(answer.status, status, (path, query))
        self.assertEqual(json.loads(answer.body)["errors"][0]["status"],
                         status)

    def test_places_where_nothing_can_be(self):
        top = 2 ** 64 - 1
        for path in ("dead-letters", "suspended", "gaps", "verifications",
                     "rejected", "damaged", "audit", "alerts", "events",
                     "subscriptions", "topics", "shards", "queues", "hosts"):
            for place in ("0-0", f"{top}-{top}", f"0-{top}", f"{top}-0"):
                for name in (place, f"0-{place}"):
                    status = self.hub.get(f"/admin/{path}?from={name}", {
                        "Authorization": f"Bearer {ADMIN}"}).status
                    self.assertIn(status, (200, 400), (path, name))

    def test_lists(self):
        for path in ("/admin/dead-letters", "/admin/suspended",
                     "/admin/gaps", "/admin/verifications"):
            for query in self.BAD_PAGES:
                self.refuse(path, query)
        for path in ("/admin/dead-letters", "/admin/dead-letters/count"):
            for query in self.BAD_FILTERS:
                self.refuse(path, query)
        self.refuse("/admin/dead-letters/count", "id=0-1-1&hub.topic=a.b")

    def test_one_subscription(self):
        for query in ("", "hub.topic=a.b", "hub.callback=http://a.example/",
                      "hub.topic=a.b&hub.callback=x"):
            self.refuse("/admin/subscription", query)

    def test_orders(self):
        before = self.redis.snapshot()
        for path in POSTS:
            for query in (*self.BAD_FILTERS, "", "all=", "all=yes",
                          "all=true&all=true", "all=true&id=0-1-1",
                          "hub.topic=a.b&hub.callback=http://a.example/"):
                fields = urllib.parse.parse_qsl(query, keep_blank_values=True)
                answer = self.hub.form(fields, ADMIN, path)
                self.assertEqual(answer.status, 400, (path, query))
            answer = self.hub.request("POST", path, b"{}", {
                "Authorization": f"Bearer {ADMIN}"})
            self.assertEqual(answer.status, 415)
        self.assertEqual(self.redis.snapshot(), before)

    def test_tokens_and_methods(self):
        for token in (None, "", "admin", ADMIN + "x"):
            for path in GETS:
                answer = self.ask(path, token=token)
                self.assertEqual(answer.status, 401, path)
                self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
            for path in POSTS:
                self.assertEqual(
                    self.hub.form([("all", "true")], token, path).status, 401)
        for path in GETS:
            if path != "/admin/subscriptions":
                self.assertEqual(self.order(path).status, 405)
        for path in POSTS:
            self.assertEqual(self.ask(path).status, 405)

    def test_without_redis_they_are_unavailable(self):
        self.redis.stop()
        self.addCleanup(self.redis.start)
        for path in GETS[:-1]:
            self.assertEqual(self.ask(path).status, 503, path)
        self.assertEqual(self.ask("/admin/subscription", hub_topic=TOPIC,
                                  hub_callback=CALLBACK).status, 503)
        for path in POSTS:
            self.assertEqual(self.order(path, all="true").status, 503)

    def test_while_redis_does_not_answer_they_are_unavailable(self):
        self.redis.freeze()
        self.addCleanup(self.redis.thaw)
        for path in GETS[:-1]:
            self.assertEqual(self.ask(path).status, 503, path)


class Off(SystemTest):
    def test_without_a_token_there_is_nothing(self):
        self.start_system(roles=("hub",))
        for token in ("", "x"):
            headers = {"Authorization": f"Bearer {token}"}
            for path in GETS:
                self.assertEqual(self.system.hub.get(path, headers).status,
                                 404)
            for path in POSTS:
                self.assertEqual(self.system.hub.form(
                    [("all", "true")], token, path).status, 404)


if __name__ == "__main__":
    unittest.main()
