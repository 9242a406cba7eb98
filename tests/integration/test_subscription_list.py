"""GET /admin/subscriptions: rows, filters, pages, and what is refused."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import (CALLBACK, SHARDS, TOPIC, AdminTest,
                           topic_of_each_shard)
from support.keys import digest, shard

PATH = "/admin/subscriptions"


class Listing(AdminTest):
    def rows(self, **query):
        return self.pages(PATH, "subscriptions", **query)

    def found(self, **query):
        return {(row["topic"], row["callback"]) for row in self.rows(**query)}

    def row(self, **query):
        row, = self.rows(**query)
        return row


class Rows(Listing):
    def test_nothing(self):
        self.assertEqual(self.get(PATH), {"subscriptions": []})

    def test_a_plain_one(self):
        self.subscription()
        self.assertEqual(self.row(), {
            "topic": TOPIC, "callback": CALLBACK, "state": "active",
            "ordered": False, "lease_ends_at": 9999999999, "generation": 7,
            "has_secret": False, "signature": None, "headers": None,
            "since_ms": None, "missed": 0})

    def test_what_was_chosen_is_told_but_for_the_secret(self):
        td, cd = digest(TOPIC), digest(CALLBACK)
        self.subscription()
        self.redis.call("HSET", self.system.store.key(TOPIC, f"sub:{td}"), cd,
                        f"1 9999999999 3600 7 -5s {CALLBACK} sealed-secret")
        answer = self.ask(PATH)
        self.assertNotIn(b"sealed", answer.body)
        row = self.row()
        self.assertEqual((row["has_secret"], row["signature"],
                          row["headers"]), (True, "sha512", "standard"))

    def test_states(self):
        for n, flags in enumerate("-coff"):
            self.subscription(callback=f"{CALLBACK}/{n}", flags=flags)
        key, td = self.system.store.key, digest(TOPIC)
        self.redis.call("ZADD", key(TOPIC, "suspended"), 1700000000003,
                        f"{td}:{digest(CALLBACK + '/3')}",
                        1700000000000, f"{td}:{digest(CALLBACK + '/4')}")
        self.redis.call("ZADD", key(TOPIC, "paused"), 1700000000004,
                        f"{td}:{digest(CALLBACK + '/4')}")
        expected = [("active", None), ("backfill", None), ("ordered", None),
                    ("suspended", 1700000000003), ("paused", 1700000000004)]
        for n, (state, since) in enumerate(expected):
            row = self.row(state=state)
            self.assertEqual((row["callback"], row["since_ms"]),
                             (f"{CALLBACK}/{n}", since))
        self.assertEqual(len(self.rows()), 5)

    def test_what_is_missed_is_counted(self):
        self.subscription()
        self.suspend()
        row = self.row()
        self.assertEqual((row["state"], row["missed"]), ("suspended", 1))

    def test_replicas_are_told_of_once(self):
        self.subscription("*", CALLBACK)
        line = self.redis.call("HGET", self.system.store.key(
            "*", f"sub:{digest('*')}"), digest(CALLBACK))
        for base in self.system.store.bases():
            self.redis.call("HSET", f"{base}sub:{digest('*')}",
                            digest(CALLBACK), line, "t", "*")
            self.redis.call("ZADD", f"{base}subs:", 0,
                            f"{digest('*')}:{digest(CALLBACK)}")
        self.assertEqual(self.row()["topic"], "*")
        self.assertEqual(len(self.rows(hub_topic="*")), 1)

    def test_a_record_of_another_version_is_left_out(self):
        self.subscription()
        self.redis.call("HSET", self.system.store.key(
            TOPIC, f"sub:{digest(TOPIC)}"), "c" * 22, "2 whatever")
        self.redis.call("ZADD", self.system.store.key(TOPIC, "subs:"), 0,
                        f"{digest(TOPIC)}:{'c' * 22}")
        self.assertEqual(len(self.rows()), 1)


class Filters(Listing):
    def setUp(self):
        super().setUp()
        self.all = set()
        for topic in (*topic_of_each_shard(), "orders.created",
                      "orders.deleted"):
            for host in ("one.example", "two.example:8080", "[2001:db8::1]"):
                for n in range(2):
                    callback = f"http://{host}/{n}"
                    self.subscription(topic, callback)
                    self.all.add((topic, callback))

    def where(self, check):
        return {pair for pair in self.all if check(*pair)}

    def test_all(self):
        self.assertEqual(self.found(), self.all)

    def test_a_topic(self):
        self.assertEqual(self.found(hub_topic="Orders.created"),
                         self.where(lambda t, c: t == "orders.created"))

    def test_a_topic_and_a_callback(self):
        callback = "http://one.example/1"
        self.assertEqual(self.found(hub_topic="orders.created",
                                    hub_callback=callback),
                         {("orders.created", callback)})
        self.assertEqual(self.found(hub_topic="orders.created",
                                    hub_callback=callback + "x"), set())

    def test_a_callback(self):
        callback = "http://one.example/1"
        self.assertEqual(self.found(hub_callback=callback),
                         self.where(lambda t, c: c == callback))

    def test_a_prefix(self):
        for prefix in ("orders.", "orders.d", "http://publisher", "x", ""):
            self.assertEqual(self.found(topic_prefix=prefix), self.where(
                lambda t, c, p=prefix: t.startswith(p)))

    def test_a_host(self):
        for host in ("one.example", "ONE.example.", "two.example",
                     "[2001:db8::1]", "[2001:DB8:0::1]", "three.example"):
            name = host.lower().rstrip(".").replace("db8:0:", "db8:")
            self.assertEqual(self.found(host=host), self.where(
                lambda t, c, h=name: c.startswith((f"http://{h}/",
                                                   f"http://{h}:"))), host)

    def test_all_of_them_must_match(self):
        self.assertEqual(
            self.found(topic_prefix="orders", host="one.example",
                       state="active", hub_callback="http://one.example/0"),
            self.where(lambda t, c: t.startswith("orders") and
                       c == "http://one.example/0"))
        self.assertEqual(self.found(hub_topic="orders.created",
                                    topic_prefix="http"), set())
        self.assertEqual(self.found(host="one.example", state="paused"), set())

    def test_pages_of_any_size(self):
        for limit in (1, 2, 3, 7, 50, 200):
            rows = self.rows(limit=limit)
            self.assertEqual(len(rows), len(self.all))
            self.assertEqual({(row["topic"], row["callback"])
                              for row in rows}, self.all)
        self.assertEqual(len(self.rows(limit=1, hub_topic="orders.created")),
                         6)
        self.assertEqual(len(self.rows(limit=1, host="one.example")),
                         len(self.all) // 3)

    def test_a_subscription_that_ends_between_two_pages(self):
        first = self.get(PATH, limit=1)
        self.redis.call("FLUSHALL")
        self.assertEqual(self.get(PATH, **{"from": first["next"]}),
                         {"subscriptions": []})


class Many(Listing):
    COUNT = 12000

    def test_a_request_is_bounded_and_the_pages_have_all(self):
        """All but one are left out by the filter."""
        td = digest(TOPIC)
        key = self.system.store.key
        names = [f"{n:022}" for n in range(self.COUNT)]
        for at in range(0, self.COUNT, 1000):
            part = names[at:at + 1000]
            self.redis.call("HSET", key(TOPIC, f"sub:{td}"), *(
                word for cd in part for word in
                (cd, f"1 9999999999 3600 1 - http://a.example/{cd} -")))
            self.redis.call("ZADD", key(TOPIC, "subs:"), *(
                word for cd in part for word in (0, f"{td}:{cd}")))
        last = names[-1]
        self.redis.call("HSET", key(TOPIC, f"sub:{td}"), last,
                        "1 9999999999 3600 1 - http://b.example/ -")
        page = self.get(PATH, host="b.example", hub_topic=TOPIC)
        self.assertEqual(page["subscriptions"], [])
        self.assertIn("next", page)
        self.assertEqual(self.row(host="b.example")["callback"],
                         "http://b.example/")
        self.assertEqual(len(self.rows(limit=200)), self.COUNT)


class Refused(AdminTest):
    def check(self, words, **query):
        answer = self.ask(PATH, **query)
        self.assertEqual(answer.status, 400, answer)
        for word in words:
            self.assertIn(word, answer.body.decode())

    def test_each_parameter(self):
        self.check(["hub.topic"], hub_topic="a..b")
        self.check(["hub.callback"], hub_callback="nothing")
        self.check(["host"], host="a.example:80")
        self.check(["host"], host="a b")
        self.check(["host"], host="")
        self.check(["state"], state="sleeping")
        self.check(["limit"], limit=201)
        self.check(["topic_prefix"], topic_prefix="x" * 2049)
        for place in ("x", "", "1", "99:", "0:" + "x" * 46, "-1:"):
            self.check(["from"], **{"from": place})

    def test_all_at_once(self):
        self.check(["hub.topic", "hub.callback", "state", "host", "from",
                    "limit"], hub_topic="a..b", hub_callback="x", state="x",
                   host="/", limit="x", **{"from": "x"})

    def test_a_place_of_another_shard_than_the_topics(self):

        other = (shard(TOPIC, SHARDS) + 1) % SHARDS
        self.check(["from"], hub_topic=TOPIC, **{"from": f"{other}:"})

    def test_without_a_token(self):
        self.assertEqual(self.ask(PATH, token=None).status, 401)


if __name__ == "__main__":
    unittest.main()
