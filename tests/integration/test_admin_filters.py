"""The admin API: each list by what an operator looks for."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN, AdminTest, TOPIC
from support.keys import digest

OTHER_TOPIC = "orders.created"
CALLBACK = "http://127.0.0.1:9/cb"
OTHER = "http://127.0.0.2:9/other"
# Of one subscription each, in every spelling.
BY_SUBSCRIPTION = ({"hub_topic": "Orders.Created"},
                   {"hub_callback": "http://127.0.0.2:9/%6Fther"},
                   {"host": "127.0.0.2"},
                   {"hub_topic": OTHER_TOPIC, "host": "127.0.0.2"})


class Filters(AdminTest):
    def rows(self, path, name, **query):
        """All that match, read in pages of all sizes."""
        found = [self.pages(path, name, **{**query, "limit": limit})
                 for limit in (1, 2, 200)]
        self.assertEqual(found[0], found[1], query)
        self.assertEqual(found[0], found[2], query)
        return found[0]

    def assert_by_subscription(self, path, name):
        for query in BY_SUBSCRIPTION:
            self.assertEqual([row["callback"] for row
                              in self.rows(path, name, **query)], [OTHER], query)
        self.assertEqual(self.rows(path, name, hub_topic=OTHER_TOPIC,
                                   hub_callback=CALLBACK), [])
        self.assertEqual(len(self.rows(path, name)), 3)

    def subscriptions(self):
        yield TOPIC, CALLBACK
        yield OTHER_TOPIC, OTHER
        yield TOPIC + "/2", CALLBACK

    def test_suspended(self):
        for topic, callback in self.subscriptions():
            self.subscription(topic, callback)
            self.suspend(topic, callback)
        self.assert_by_subscription("/admin/suspended", "subscriptions")
        self.assertEqual(self.get("/admin/suspended", host="127.0.0.2")["count"],
                         3)

    def test_gaps(self):
        for topic, callback in self.subscriptions():
            self.subscription(topic, callback)
            self.redis.call("XADD", self.system.store.key(topic, "gaps"), "*",
                            "td", digest(topic), "cd", digest(callback),
                            "from", "1-1", "to", "2-1", "n", 1)
        self.assert_by_subscription("/admin/gaps", "gaps")

    def test_verifications(self):
        for mode, (topic, callback) in zip("sud", self.subscriptions()):
            self.redis.call("XADD", self.system.store.key(
                topic, "verifications"), "*", "m", mode, "t", topic, "c",
                callback, "o", "refused", "n", 0, "why", "no")
        path, name = "/admin/verifications", "verifications"
        self.assert_by_subscription(path, name)
        row, = self.rows(path, name, mode="unsubscribe")
        self.assertEqual(row["callback"], OTHER)

    def test_dead_letters(self):
        self.bury(TOPIC, CALLBACK, "status 500")
        self.bury(OTHER_TOPIC, OTHER, "timeout")
        self.bury(TOPIC, CALLBACK, "status 404")
        path, name = "/admin/dead-letters", "dead_letters"
        for query in ({"host": "127.0.0.2"}, {"why": "time"},
                      {"why": "timeout", "hub_topic": OTHER_TOPIC}):
            self.assertEqual([row["callback"] for row
                              in self.rows(path, name, **query)], [OTHER], query)
        self.assertEqual(len(self.rows(path, name, why="status ")), 2)
        self.assertEqual(self.rows(path, name, why="status 500",
                                   host="127.0.0.2"), [])

    def test_damaged(self):
        for topic, key in ((TOPIC, "sub:x"), (OTHER_TOPIC, "refs"),
                           (TOPIC, "refs")):
            self.redis.call("XADD", self.system.store.key(topic, "damaged"),
                            "*", "v", 1, "key", key, "why", "wrong",
                            "part", "p", "value", "v")
        path, name = "/admin/damaged", "damaged"
        self.assertEqual(len(self.rows(path, name, key="re")), 2)
        shard = self.rows(path, name, key="sub:")[0]["shard"]
        self.assertEqual({row["shard"] for row
                          in self.rows(path, name, shard=shard)}, {shard})
        self.assertEqual(self.rows(path, name, shard=shard, key="sub:x")[0]["key"],
                         "sub:x")

    def test_groups_and_what_tells_of_them(self):
        headers = {"Authorization": f"Bearer {ADMIN}", "If-Match": "*",
                   "Content-Type": "application/json"}
        for name in ("orders", "orders.eu", "users"):
            self.assertEqual(self.hub.request(
                "PUT", f"/admin/groups/{name}", json.dumps({"prefix": name}),
                headers).status, 200)
        self.hub.request("DELETE", "/admin/groups/users", headers=headers)
        path, name = "/admin/groups", "groups"
        for query, ids in (({"prefix": "orders"}, ["orders", "orders.eu"]),
                           ({"deleted": "true"}, ["users"]),
                           ({"deleted": "false", "prefix": "orders."},
                            ["orders.eu"])):
            self.assertEqual([row["id"] for row
                              in self.rows(path, name, **query)], ids, query)
        for query, count in (("method=PUT", 3), ("method=DELETE", 1),
                             ("path=/admin/groups/orders", 2),
                             ("token=admin-1&status=200", 4),
                             ("token=alice", 0), ("status=404", 0),
                             ("instance=nobody", 0)):
            self.assertEqual(len(self.get(f"/admin/audit?{query}")["audit"]),
                             count, query)
        for query, count in (({"kind": "config_changed"}, 4),
                             ({"kind": "no-such"}, 0)):
            self.assertEqual(len(self.rows("/admin/events", "events", **query)),
                             count, query)

    def test_replays(self):
        ids = []
        for topic in (TOPIC, OTHER_TOPIC):
            self.event(topic)
            answer = self.hub.request("POST", "/admin/replay", json.dumps(
                {"topic": topic, "from": "2020-01-01T00:00:00Z"}),
                {"Authorization": f"Bearer {ADMIN}",
                 "Content-Type": "application/json"})
            ids.append(json.loads(answer.body)["id"])
        self.hub.request("POST", f"/admin/replay/{ids[0]}/cancel",
                         headers={"Authorization": f"Bearer {ADMIN}"})
        for query, found in (({"state": "cancelled"}, ids[:1]),
                             ({"state": "running"}, ids[1:]),
                             ({"hub_topic": OTHER_TOPIC}, ids[1:]),
                             ({"state": "done"}, [])):
            self.assertEqual([row["id"] for row in self.get(
                "/admin/replay", **query)["replays"]], found, query)

    def test_wrong_values_are_all_named(self):
        for path, query, wrong in (
                ("/admin/instances", {"role": "x", "health": "y"},
                 ["role", "health"]),
                ("/admin/audit", {"method": "HEAD", "status": "many"},
                 ["method", "status"]),
                ("/admin/suspended", {"hub_topic": "a..b", "hub_callback": "c",
                                      "host": "d:1", "limit": 0},
                 ["hub.topic", "hub.callback", "host", "limit"]),
                ("/admin/queues", {"queue": "x"}, ["queue"]),
                ("/admin/replay", {"state": "x"}, ["state"])):
            answer = self.ask(path, **query)
            self.assertEqual(answer.status, 400, answer)
            lines = answer.body.decode().splitlines()
            self.assertEqual(sorted(line.split(" ")[0] for line in lines),
                             sorted(wrong))


class OfTheCluster(AdminTest):
    roles = ("hub", "spreader", "deliver")

    def test_processes_and_their_shards(self):
        rows = self.pages("/admin/instances", "instances", role="spreader",
                          limit=1)
        self.assertEqual([row["role"] for row in rows], ["spreader"])
        owner = rows[0]["name"]
        healthy = self.pages("/admin/instances", "instances", health="healthy",
                             site="default", limit=2)
        self.assertEqual(len(healthy), 3)
        self.assertEqual(self.pages("/admin/instances", "instances",
                                    site="elsewhere"), [])
        for query, count in (({"owner": owner}, 4), ({"owner": ""}, 0)):
            self.assertEqual(len(self.pages("/admin/shards", "shards",
                                            limit=3, **query)), count, query)
        self.redis.call("XADD", "websub:{1}:dead", "1-1", "v", 1)
        self.assertEqual([row["shard"] for row in self.pages(
            "/admin/queues", "queues", queue="dead", limit=1)], [1])
        self.assertEqual({row["instance"] for row in self.pages(
            "/admin/events", "events", instance=owner, limit=1)}, {owner})


if __name__ == "__main__":
    unittest.main()
