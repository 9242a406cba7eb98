"""The admin API: instances, the coordinator, shards and cluster events."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN, AdminSystemTest
from support.keys import digest
from support.system import FAST
from support.wait import wait_until

SHARDS = FAST["shards"]
GETS = ("/admin/instances", "/admin/health/instances", "/admin/leader",
        "/admin/shards", "/admin/queues", "/admin/events")
CLUSTER = "websub:{c}:"
NOBODY = {"healthy": 0, "degraded": 0, "failed": 0, "unreachable": 0,
          "error": 0}


class ClusterTest(AdminSystemTest):
    """What a test plants is not disturbed by the hub's own registration: rows
    are told apart by their names."""

    settings = {"heartbeat_timeout_ms": 60000}

    def cluster(self, command, key, *args):
        return self.redis.call(command, CLUSTER + key, *args)

    def record(self, name, role="spreader", health="healthy", **members):
        """Plants a record; returns it."""
        record = {"v": 1, "name": name, "role": role, "site": "a",
                  "host": "h1", "pid": 17, "incarnation": 1795276380946,
                  "status": "127.0.0.1:8081", "listen": None,
                  "version": "0.1.0",
                  "started_ms": 1795276380900, "shards": 4, "health": health,
                  "consecutive_failures": 0,
                  "last_successful_registration_ms": 1795276380950, **members}
        self.cluster("HSET", "instances", name, json.dumps(record))
        return record

    def beat(self, name, role="spreader", age_ms=0):
        self.cluster("ZADD", f"heartbeats:{role}",
                     self.redis.now_ms() - age_ms, name)

    def live(self, name, role="spreader", health="healthy"):
        self.beat(name, role)
        return self.record(name, role, health)


class Instances(ClusterTest):
    def planted(self, **query):
        return [row for row in self.pages("/admin/instances", "instances",
                                          **query)
                if row["name"].startswith("test-")]

    def test_an_instance_is_told_whole(self):
        record = self.live("test-1")
        row, = self.planted()
        age = row.pop("heartbeat_age_ms")
        self.assertTrue(0 <= age < 60000, age)
        del record["v"]
        self.assertEqual(row, record)

    def test_health(self):
        self.live("test-1", health="degraded")
        self.record("test-2")
        self.record("test-3")
        self.beat("test-3", age_ms=60001 + 5000)
        self.beat("test-4")
        self.live("test-5")
        self.beat("test-5", age_ms=-120000)
        rows = {row["name"]: (row["health"], "role" in row,
                              row["heartbeat_age_ms"] is None)
                for row in self.planted()}
        self.assertEqual(rows, {"test-1": ("degraded", True, False),
                                "test-2": ("unreachable", True, True),
                                "test-3": ("unreachable", True, False),
                                "test-4": ("error", False, False),
                                "test-5": ("unreachable", True, False)})

    def test_a_record_that_can_not_be_read_is_an_error(self):
        bad = ("", "x", "[]", "7", '{"v":1}', b"\xff\xfe", '{"v":1,"role":"x"')
        for i, text in enumerate(bad):
            self.cluster("HSET", "instances", f"test-{i}", text)
        self.record("test-7", v=2)
        self.record("test-8", role="other")
        self.record("test-9", health="unreachable")
        self.assertEqual(self.planted(), [
            {"name": f"test-{i}", "health": "error", "heartbeat_age_ms": None}
            for i in range(10)])

    def test_a_record_may_lack_what_is_only_told(self):
        self.cluster("HSET", "instances", "test-1", json.dumps(
            {"v": 1, "role": "hub", "health": "healthy", "secret": "no"}))
        row, = self.planted()
        self.assertIsNone(row["pid"])
        self.assertNotIn("secret", row)

    def test_pages_are_sorted_by_name(self):
        names = [f"test-{i:03}" for i in range(250)]
        for name in reversed(names):
            self.live(name)
        self.cluster("HSET", "instances", b"test-\xff", "{}")
        for limit in (1, 7, 50, 200):
            rows = self.planted(limit=limit)
            self.assertEqual([row["name"] for row in rows], names, limit)

    def test_a_page_goes_on_when_its_first_name_has_left(self):
        for i in range(4):
            self.live(f"test-{i}")
        page = self.get("/admin/instances", limit=2, **{"from": "test-0"})
        self.assertEqual(page["next"], "test-2")
        self.cluster("HDEL", "instances", "test-2")
        self.cluster("ZREM", "heartbeats:spreader", "test-2")
        page = self.get("/admin/instances", limit=1,
                        **{"from": page["next"]})
        self.assertEqual([row["name"] for row in page["instances"]],
                         ["test-3"])

    def counts(self):
        return self.get("/admin/health/instances")

    def test_counts_per_role_and_state(self):
        before = self.counts()
        self.assertEqual(list(before),
                         ["hub", "spreader", "deliver", "unknown"])
        self.live("test-1")
        self.live("test-2")
        self.live("test-3", health="failed")
        self.record("test-4", role="deliver")
        self.cluster("HSET", "instances", "test-5", "x", "test-6", "x",
                     b"test-\xff", "x")
        self.beat("test-5", role="deliver")
        self.beat("test-7", role="spreader", age_ms=10 ** 6)
        after = self.counts()
        self.assertEqual(after.pop("hub"), before["hub"])
        self.assertEqual(after, {
            "spreader": {**NOBODY, "healthy": 2, "failed": 1, "error": 1},
            "deliver": {**NOBODY, "unreachable": 1, "error": 1},
            "unknown": {**NOBODY, "error": 2}})


class Leader(ClusterTest):
    def plant(self, until, **fields):
        row = {"name": "s1", "incarnation": 5, "epoch": 1795276380946,
               "until": until, **fields}
        self.cluster("HSET", "owner", *(part for pair in row.items()
                                        for part in pair))

    def test_nobody(self):
        for until in (None, 0, self.redis.now_ms() - 1,
                      self.redis.now_ms() + 10 ** 9):
            if until is not None:
                self.plant(until)
            self.assertEqual(self.get("/admin/leader"), {"leader": None})

    def test_the_coordinator(self):
        self.plant(self.redis.now_ms() + 50000)
        leader = self.get("/admin/leader")["leader"]
        lease = leader.pop("lease_ms")
        self.assertTrue(0 < lease <= 50000, lease)
        self.assertEqual(leader, {"instance": "s1", "incarnation": 5,
                                  "epoch": 1795276380946})


class Shards(ClusterTest):
    def plant(self, shard, key, *row):
        self.redis.call("HSET", f"websub:{{{shard}}}:{key}", *row)

    def test_of_a_new_system(self):
        rows = self.get("/admin/shards")["shards"]
        self.assertEqual(rows, [
            {"shard": n, "owner": None, "incarnation": None, "epoch": None,
             "lease_ms": None, "position": None, "begun": 0, "lag": 0,
             "open": 0, "bulk": 0, "outbox": 0, "oldest_ms": None}
            for n in range(SHARDS)])

    def test_a_shard_is_told_whole(self):
        log = "websub:{2}:log"
        first = self.redis.call("XADD", log, "*", "v", 1).decode()
        self.redis.call("XADD", log, "*", "v", 1)
        self.plant(2, "owner", "name", "s1", "incarnation", 5, "epoch", 9,
                   "until", self.redis.now_ms() + 50000)
        self.plant(2, "position", "id", first, "n", 1)
        self.plant(2, "fanout", first, "topic place")
        self.redis.call("XADD", "websub:{2}:bulk", "*", "e", first, "c", "x")
        row = self.get("/admin/shards", **{"from": "2-0-0"})["shards"][0]
        self.assertTrue(0 < row.pop("lease_ms") <= 50000)
        self.assertTrue(0 <= row.pop("oldest_ms") < 60000)
        self.assertEqual(row, {
            "shard": 2, "owner": "s1", "incarnation": 5, "epoch": 9,
            "position": f"2-{first}", "begun": 1, "lag": 1, "open": 1,
            "bulk": 1, "outbox": 0})

    def test_pages(self):
        for limit in (1, 3, 4, 200):
            rows = self.pages("/admin/shards", "shards", limit=limit)
            self.assertEqual([row["shard"] for row in rows],
                             list(range(SHARDS)), limit)


class Queues(ClusterTest):
    def test_what_waits_in_each_shard(self):
        self.redis.call("XADD", "websub:{1}:dead", "1-1", "v", 1)
        self.addCleanup(self.redis.call, "DEL", "websub:{1}:dead")
        rows = self.pages("/admin/queues", "queues", limit=1)
        self.assertEqual([row["shard"] for row in rows], list(range(SHARDS)))
        self.assertEqual(rows[0]["dead"], {"entries": 0, "oldest_ms": None})
        self.assertEqual(rows[1]["dead"]["entries"], 1)
        self.assertGreater(rows[1]["dead"]["oldest_ms"], 10 ** 12)
        self.assertEqual(rows[1]["pull"], {"entries": 0, "oldest_ms": None})

    def test_pages(self):
        for limit in (1, 2, SHARDS):
            rows = self.pages("/admin/queues", "queues", limit=limit)
            self.assertEqual([row["shard"] for row in rows],
                             list(range(SHARDS)), limit)


class Events(ClusterTest):
    settings = {**ClusterTest.settings, "cluster_events_topic": "told"}

    def tell(self, kind="alert", *fields):
        return self.cluster("XADD", "told", "*", "v", 1, "k", kind, "n",
                            "test", *fields).decode()

    def planted(self, **query):
        return [row for row in self.pages("/admin/events", "events", **query)
                if row.get("instance") == "test"]

    def test_an_event_has_the_fields_that_it_was_told_with(self):
        first = self.tell("shard_claimed", "i", 7, "r", "spreader", "s", 0,
                          "e", 9, "w", "few words")
        second = self.tell("of_a_later_version")
        self.assertEqual(self.planted(), [
            {"id": first, "at_ms": int(first.split("-")[0]),
             "kind": "shard_claimed", "instance": "test", "incarnation": 7,
             "role": "spreader", "shard": 0, "epoch": 9,
             "detail": "few words"},
            {"id": second, "at_ms": int(second.split("-")[0]),
             "kind": "unknown", "instance": "test"}])

    def test_pages_are_in_the_order_of_the_ids(self):
        told = [self.tell() for _ in range(25)]
        for limit in (1, 7, 25, 200):
            rows = self.planted(limit=limit)
            self.assertEqual([row["id"] for row in rows], told, limit)
        rows = self.planted(**{"from": told[20]})
        self.assertEqual([row["id"] for row in rows], told[21:])
        self.assertEqual(self.planted(**{"from": told[-1]}), [])

    def test_an_entry_of_another_version_is_unknown(self):
        bad = self.cluster("XADD", "told", "*", "v", 2, "k", "alert").decode()
        rows = self.pages("/admin/events", "events", limit=1)
        self.assertIn({"id": bad, "at_ms": int(bad.split("-")[0]),
                       "kind": "unknown"}, rows)

    def changed(self, shard, kind, td, cd):
        return self.redis.call("XADD", f"websub:{{{shard}}}:changes", "*", "v",
                               1, "k", kind, "td", td, "cd", cd).decode()

    def test_changes_of_a_shard(self):
        td, cd = digest("a.b"), digest("http://s.example/")
        self.redis.call("HSET", f"websub:{{1}}:sub:{td}", cd,
                        "1 9999999999 3600 7 - http://s.example/ -")
        self.redis.call("HSET", f"websub:{{1}}:topic:{td}", "t", "a.b")
        told = [self.changed(1, "subscription_created", td, cd),
                self.changed(1, "subscription_deleted", td, digest("x"))]
        self.changed(2, "subscription_created", td, cd)
        rows = self.pages("/admin/events", "events", shard=1, limit=1)
        self.assertEqual(rows, [
            {"id": told[0], "at_ms": int(told[0].split("-")[0]),
             "kind": "subscription_created", "topic_id": td, "callback_id": cd,
             "topic": "a.b", "callback": "http://s.example/"},
            {"id": told[1], "at_ms": int(told[1].split("-")[0]),
             "kind": "subscription_deleted", "topic_id": td,
             "callback_id": digest("x"), "topic": "a.b", "callback": None}])

    def test_garbage_among_the_changes(self):
        self.redis.call("XADD", "websub:{1}:changes", "*", "x", "y")
        row, = self.get("/admin/events", shard=1)["events"]
        self.assertEqual((row["kind"], row["topic_id"], row["topic"],
                          row["callback"]), ("unknown", None, None, None))


class BadRequests(ClusterTest):
    LIMITS = ("limit=0", "limit=201", "limit=x", "limit=", "limit=1&limit=1",
              "limit=-1", "from=", "from=a&from=a", "limit=%zz")

    def refuse(self, path, query):
        answer = self.hub.get(f"{path}?{query}", {
            "Authorization": f"Bearer {ADMIN}", "Accept": "application/json"})
        self.assertEqual(answer.status, 400, (path, query))
        error, = json.loads(answer.body)["errors"]
        self.assertEqual(error["code"], "bad-request")

    def test_pages(self):
        for path in ("/admin/instances", "/admin/shards", "/admin/queues",
                     "/admin/events"):
            for query in self.LIMITS:
                self.refuse(path, query)
        for query in ("from=x", "from=1", "from=1-", "from=1-1-1", "from=-1-1",
                      "from=1-99999999999999999999", "shard=", "shard=x",
                      f"shard={SHARDS}", "shard=-1", "shard=1&shard=1",
                      "shard=1x", "shard=99999999999999999999"):
            self.refuse("/admin/events", query)
        for query in ("from=x", "from=1-1", f"from={SHARDS}-0-0"):
            self.refuse("/admin/shards", query)
            self.refuse("/admin/queues", query)

    def test_tokens_and_methods(self):
        for path in GETS:
            for token in (None, "", "admin", ADMIN + "x"):
                self.assertEqual(self.ask(path, token=token).status, 401, path)
            self.assertEqual(self.hub.form([], ADMIN, path).status, 405)

    def test_without_redis_they_are_unavailable(self):
        self.redis.stop()
        self.addCleanup(self.redis.start)
        for path in GETS:
            self.assertEqual(self.ask(path).status, 503, path)

    def test_keys_of_another_kind_are_moved_out_of_the_way(self):
        for key in ("instances", "owner", "events"):
            self.cluster("DEL", key)
            self.cluster("SET", key, "x")
            self.addCleanup(self.cluster, "DEL", key)
        for path in ("/admin/instances", "/admin/health/instances",
                     "/admin/leader", "/admin/events"):
            wait_until(lambda path=path: self.ask(path).status == 200,
                       f"{path} is served")
        self.assertTrue(self.cluster("EXISTS", "damaged"))


if __name__ == "__main__":
    unittest.main()
