"""The scripts of topic groups and sites alone: who may change what, called twice,
out of order, and where Redis has lost something."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import Cluster
from support.redis import RedisError
from support.scripts import FullRedis, ScriptTest

CLUSTER = "websub:{c}:"
EVENTS = ("events", 1000)
HOUR_MS = 3600000


class GroupsTest(ScriptTest):
    def setUp(self):
        self.redis.call("FLUSHALL")
        self.cluster = Cluster(self.redis)

    def run_cluster(self, name, *args):
        return self.redis.call("EVAL", self.texts[name], 1, CLUSTER, *args)

    def put(self, name="one", match="*", prefix="a.b", members="}", known=0,
            most=10, above=("a",)):
        reply = self.run_cluster("group_put", *EVENTS, name, match, known, most,
                                 prefix, members, *above)
        return [word.decode() for word in reply]

    def delete(self, name="one", match="*", known=0):
        reply = self.run_cluster("group_delete", *EVENTS, name, match, known)
        return [word.decode() for word in reply]

    def apply(self, *records):
        return self.run_cluster("group_apply", *EVENTS, *records)

    def changes(self, revision=0, born="", limit=100):
        """When revisions began, the last one, and the changes."""
        born, last, *words = self.run_cluster("group_changes", revision, born,
                                              limit)
        return (born.decode(), int(last),
                [(int(r), name.decode(), record.decode()) for r, name, record
                 in zip(words[::3], words[1::3], words[2::3])])

    def record(self, name="one"):
        return json.loads(self.cluster.call("HGET", "groups", name))

    def told(self):
        return [(fields["g"], int(fields["gv"]))
                for kind, fields in self.cluster.events()
                if kind == "config_changed"]

    def state(self):
        flat = self.cluster.call("HGETALL", "group_state")
        return {k.decode(): int(v) for k, v in zip(flat[::2], flat[1::2])}


class Put(GroupsTest):
    def test_a_new_group(self):
        reply = self.put(members=',"verify":false}')
        self.assertEqual(reply[:2], ["done", "1"])
        self.assertEqual(json.loads(reply[2]), self.record())
        self.assertEqual(self.record(), {"v": 1, "version": 1, "id": "one",
                                         "prefix": "a.b", "verify": False})
        self.assertEqual(self.told(), [("one", 1)])
        self.assertEqual({k: self.state()[k] for k in ("n", "live")},
                         {"n": 1, "live": 1})

    def test_a_version_is_changed_once(self):
        self.put()
        self.assertEqual(self.put(match="1")[:2], ["done", "2"])
        self.assertEqual(self.unchanged_by(lambda: self.put(match="1")),
                         ["stale", "2"])
        self.assertEqual(self.unchanged_by(lambda: self.put(match="")),
                         ["stale", "2"])
        self.assertEqual(self.told(), [("one", 1), ("one", 2)])

    def test_there_is_none(self):
        self.assertEqual(self.unchanged_by(lambda: self.put(match="1")),
                         ["missing"])
        self.assertEqual(self.unchanged_by(self.delete), ["missing"])

    def test_a_prefix_is_taken(self):
        self.put()
        self.assertEqual(self.unchanged_by(lambda: self.put("two")),
                         ["taken", "one"])
        self.assertEqual(
            self.unchanged_by(lambda: self.put(prefix="a.c")),
            ["prefix", "a.b"])

    def test_a_prefix_of_a_lost_group_is_free(self):
        self.put()
        self.cluster.call("HDEL", "groups", "one")
        self.assertEqual(self.put("two")[0], "done")

    def test_a_lost_group_gets_a_greater_version(self):
        self.assertEqual(self.put(known=7)[:2], ["done", "8"])
        self.assertEqual(self.put(known=3)[:2], ["done", "9"])

    def test_there_are_enough(self):
        self.put(most=1)
        self.assertEqual(
            self.unchanged_by(lambda: self.put("two", prefix="x", most=1)),
            ["full"])
        self.assertEqual(self.put(most=1)[0], "done")
        self.delete()
        self.assertEqual(self.put("two", prefix="x", above=(), most=1)[0],
                         "done")

    def test_an_unreadable_record_is_replaced(self):
        self.put()
        self.cluster.call("HSET", "groups", "one", "x")
        self.assertEqual(self.put(known=1)[:2], ["done", "2"])


class Delete(GroupsTest):
    def test_it_stays_deleted(self):
        self.put(members=',"verify":false,"sites":["a","b"]}')
        self.assertEqual(self.unchanged_by(lambda: self.delete(match="2")),
                         ["stale", "1"])
        self.assertEqual(self.delete(match="1")[:2], ["done", "2"])
        self.assertEqual(self.record(), {
            "v": 1, "version": 2, "id": "one", "prefix": "a.b",
            "deleted": True, "sites": ["a", "b"]})
        for act in (self.delete, self.put, lambda: self.put(match="")):
            self.assertEqual(self.unchanged_by(act), ["gone"])
        for prefix, above in (("a.b", ("a",)), ("a.b.c", ("a.b", "a"))):
            self.assertEqual(self.unchanged_by(lambda: self.put(
                "two", prefix=prefix, above=above)), ["covered", "one"])
        self.assertEqual(self.put("two", prefix="a", above=())[0], "done")
        self.assertEqual(self.told(), [("one", 1), ("one", 2), ("two", 1)])

    def test_a_token_named_so_is_no_tombstone(self):
        self.put(members=',"publish_tokens":["\\"deleted\\":true"],"x":1}')
        self.assertEqual(self.put()[:2], ["done", "2"])


class Apply(GroupsTest):
    def of(self, version, name="one", more="}"):
        return (f'{{"v":1,"version":{version},"id":"{name}",'
                f'"prefix":"p.{name}"{more}')

    def test_only_a_greater_version_counts(self):
        self.assertEqual(self.apply(self.of(3), self.of(1, "two")), [1, 1])
        self.assertEqual(
            self.unchanged_by(lambda: self.apply(self.of(3), self.of(2))),
            [0, -1])
        self.assertEqual(self.apply(self.of(2), self.of(4), self.of(4)),
                         [-1, 1, 0])
        self.assertEqual(self.told(), [("one", 3), ("two", 1), ("one", 4)])

    def test_what_is_no_record_is_left_out(self):
        self.assertEqual(self.apply("x", "", self.of(1)), [-2, -2, 1])

    def test_it_counts_and_covers(self):
        self.apply(self.of(1), self.of(1, "two", ',"deleted":true}'))
        self.assertEqual(self.state()["live"], 1)
        self.assertEqual(self.put("x", prefix="p.two.y", above=("p.two", "p")),
                         ["covered", "two"])
        self.apply(self.of(2, more=',"deleted":true}'))
        self.assertEqual(self.state()["live"], 0)


class Changes(GroupsTest):
    def test_what_has_changed_since(self):
        self.assertEqual(self.changes(), ("", 0, []))
        for name in ("one", "two", "three"):
            self.put(name, prefix=name, above=())
        self.put("one", prefix="one", above=())
        born, last, changes = self.changes()
        self.assertEqual((last, [(r, n) for r, n, _ in changes]),
                         (4, [(2, "two"), (3, "three"), (4, "one")]))
        self.assertEqual([n for _, n, _ in self.changes(2, born)[2]],
                         ["three", "one"])
        self.assertEqual(self.changes(4, born)[2], [])
        self.assertEqual([n for _, n, _ in self.changes(2, born, 1)[2]],
                         ["three"])
        self.assertEqual([n for _, n, _ in self.changes(3, "*")[2]], ["one"])
        self.unchanged_by(self.changes)

    def test_other_revisions_are_given_from_the_start(self):
        self.put()
        born = self.changes()[0]
        self.assertEqual(len(self.changes(1, "5")[2]), 1)
        self.assertEqual(len(self.changes(2, born)[2]), 1)

    def test_ten_thousand_groups_are_no_matter(self):
        self.redis.call_many(
            [["EVAL", self.texts["group_put"], 1, CLUSTER, *EVENTS, f"g{i}",
              "*", 0, 20000, f"p{i}.x", "}", f"p{i}"] for i in range(10000)])
        born = self.changes(limit=1)[0]
        self.redis.call("CONFIG", "RESETSTAT")
        for _ in range(20):
            self.assertEqual(self.changes(10000, born)[2], [])
        stats = self.redis.call("INFO", "commandstats").decode()
        self.assertNotIn("hgetall", stats)


class Full(FullRedis, GroupsTest):
    def test_changes_are_made_at_the_memory_limit(self):
        self.put()
        self.full()
        self.assertEqual(self.put()[0], "done")
        self.assertEqual(self.delete()[0], "done")

    def event(self):
        self.redis.call("SET", "x", "y" * 1000)


class Sites(GroupsTest):
    def setUp(self):
        super().setUp()
        self.epoch = self.run_cluster("claim", "me", 7, HOUR_MS // 60)[1]

    def put_site(self, *hubs, site="west", url="http://w/", epoch=None):
        words = [word for hub in hubs for word in hub]
        version, is_new = self.run_cluster(
            "site_put", epoch or self.epoch, *EVENTS, site, url, *words)
        return int(version), is_new

    def site(self):
        return json.loads(self.cluster.call("HGET", "sites", "west"))

    def machines(self):
        return [(kind, fields["n"], fields["w"])
                for kind, fields in self.cluster.events()
                if kind.startswith("machine_")]

    def test_only_what_is_new_is_written(self):
        one, two = ("one", "h:1"), ("two", "h:2")
        self.assertEqual(self.put_site(one), (1, 1))
        self.assertEqual(self.unchanged_by(lambda: self.put_site(one)), (1, 0))
        self.assertEqual(self.put_site(one, two), (2, 1))
        self.assertEqual(self.put_site(two), (3, 1))
        self.assertEqual(self.put_site(("two", "h:3")), (4, 1))
        self.assertEqual(self.site(), {
            "v": 1, "version": 4, "site": "west", "public_url": "http://w/",
            "hubs": [{"name": "two", "address": "h:3"}]})
        self.assertEqual(self.machines(), [
            ("machine_added", "one", "west"), ("machine_added", "two", "west"),
            ("machine_removed", "one", "west")])

    def test_the_url_stays_without_a_hub(self):
        self.put_site(("one", "h:1"))
        self.assertEqual(self.put_site(url=""), (2, 1))
        self.assertEqual(self.site()["public_url"], "http://w/")
        self.assertEqual(self.site()["hubs"], [])

    def test_who_is_the_coordinator_no_more_writes_nothing(self):
        with self.assertRaisesRegex(RedisError, "^FENCED "):
            self.unchanged_by(lambda: self.put_site(("one", "h:1"), epoch=5))


if __name__ == "__main__":
    unittest.main()
