"""Topic groups: the admin API, and how their versions come to every process."""

import json
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.groups import GroupsTest
from support.wait import wait_until

EVERYTHING = {
    "prefix": "orders.eu", "publish_tokens": ["one", "two"],
    "subscribe_tokens": [], "lease_default_s": 600, "lease_min_s": 60,
    "lease_max_s": 6000, "verify": False, "validate_topic": True,
    "max_body_bytes": 1000, "publish_rate": 5, "max_attempts": 3,
    "retry_base_ms": 10, "retry_cap_ms": 100, "delivery_deadline_s": 60,
    "retention_s": 100, "per_host": 2, "sites": ["default", "west"],
}
# SHA-256 of `one` and `two`.
DIGESTS = [
    "sha256:"
    "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
    "sha256:"
    "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"]


class Api(GroupsTest):
    roles = ("hub",)
    settings = {"max_groups": 3}

    def test_a_group_is_made_changed_and_deleted(self):
        made = self.put("eu", {"prefix": "orders.eu", "max_attempts": 3})
        self.assertEqual(made, {"version": 1, "id": "eu",
                                "prefix": "orders.eu", "max_attempts": 3})
        self.assertEqual(self.shown("eu"), made)
        changed = self.put("eu", {"prefix": "orders.eu"}, match='"1"')
        self.assertEqual(changed, {"version": 2, "id": "eu",
                                   "prefix": "orders.eu"})
        deleted = self.delete("eu", match='"2"')
        self.assertEqual(deleted, {"version": 3, "id": "eu", "deleted": True,
                                   "prefix": "orders.eu"})
        self.assertEqual(self.changes(), [("eu", 1), ("eu", 2), ("eu", 3)])
        for answer in (self.request("GET", "eu"),
                       self.request("DELETE", "eu", match="*"),
                       self.request("PUT", "eu", {"prefix": "other"}, "*")):
            self.errors(answer, 410)
        listed = json.loads(self.request("GET", None).body)
        self.assertEqual(listed, {"groups": [deleted]})

    def test_tokens_are_shown_and_kept_as_digests(self):
        shown = self.put("eu", EVERYTHING)
        self.assertEqual(shown, {**EVERYTHING, "id": "eu", "version": 1,
                                 "publish_tokens": DIGESTS})
        record = self.cluster.call("HGET", "groups", "eu")
        self.assertNotIn(b'"one"', record)
        again = self.put("eu", shown, match='"1"')
        self.assertEqual(again, {**shown, "version": 2})

    def test_a_version_must_be_the_one_that_is_there(self):
        self.errors(self.request("PUT", "eu", {"prefix": "eu"}, '"1"'), 404)
        self.errors(self.request("DELETE", "eu", match="*"), 404)
        self.errors(self.request("GET", "eu"), 404)
        self.put("eu", {"prefix": "eu"}, match=None)
        for match in ('"2"', None):
            for method in ("PUT", "DELETE"):
                body = {"prefix": "eu"} if method == "PUT" else None
                self.errors(self.request(method, "eu", body, match), 409)
        for match in ("1", '"x"', '""', 'W/"1"', '"1", "2"'):
            self.errors(self.request("DELETE", "eu", match=match), 400)
        self.assertEqual(self.changes(), [("eu", 1)])

    def test_every_wrong_field_is_named(self):
        wrong = {
            "id": "us", "prefix": "a..b", "publish_tokens": "x",
            "subscribe_tokens": ["a b"], "lease_default_s": 0,
            "lease_min_s": "1", "lease_max_s": 1.5, "verify": 1,
            "validate_topic": "no", "max_body_bytes": 0, "publish_rate": -1,
            "max_attempts": 1001, "retry_base_ms": True, "retry_cap_ms": [],
            "delivery_deadline_s": 1e99, "retention_s": 0, "per_host": 0,
            "sites": ["a/b"], "colour": 1}
        errors = self.errors(self.request("PUT", "eu", wrong, "*"), 400)
        self.assertEqual(set(errors), set(wrong))
        plain = self.request("PUT", "eu", wrong, "*", Accept="text/plain")
        for field in wrong:
            self.assertIn(f"{field} ".encode(), plain.body)
        errors = self.errors(self.request("PUT", "eu", {
            "prefix": "*", "lease_min_s": 10, "lease_max_s": 9,
            "retry_base_ms": 2, "retry_cap_ms": 1,
            "max_body_bytes": 64 << 20}, "*"), 400)
        self.assertEqual(set(errors), {"prefix", "lease_min_s",
                                       "retry_base_ms", "max_body_bytes"})
        self.assertEqual(set(self.errors(self.request("PUT", "eu", {}, "*"),
                                         400)), {"prefix"})
        for body in ("", "[]", "{", '{"prefix": "a", "prefix": "b"}'):
            self.errors(self.request("PUT", "eu", body, "*"), 400)
        self.errors(self.request("PUT", "a%2Fb", {"prefix": "a"}, "*"), 400)
        self.errors(self.request("PUT", "x" * 129, {"prefix": "a"}, "*"), 400)
        self.assertEqual(self.changes(), [])

    def test_who_may(self):
        body = {"prefix": "eu"}
        self.errors(self.request("PUT", "eu", body, token=None), 401)
        self.errors(self.request("GET", None, token="x"), 401)
        self.errors(self.request("PUT", "eu", body,
                                 Content_Type="text/plain"), 415)
        self.assertEqual(self.request("PUT", "eu", b" " * 65537).status, 413)
        self.assertEqual(self.request("POST", "eu").status, 405)

    def test_a_prefix_is_one_groups(self):
        self.put("eu", {"prefix": "orders.eu"})
        taken = {"prefix": "Orders.EU"}
        self.assertIn("prefix", self.errors(
            self.request("PUT", "other", taken, "*"), 409))
        self.assertIn("prefix", self.errors(
            self.request("PUT", "eu", {"prefix": "orders"}, "*"), 409))
        self.put("below", {"prefix": "orders.eu.fr"})
        self.delete("eu")
        for prefix in ("orders.eu", "orders.eu.de", "orders.eu.fr.x"):
            self.errors(self.request("PUT", "new", {"prefix": prefix}, "*"),
                        410)
        self.put("below", {"prefix": "orders.eu.fr", "verify": False})
        self.put("above", {"prefix": "orders"})
        self.put("beside", {"prefix": "orders.eux"})

    def test_urls(self):
        shown = self.put("a", {"prefix": "HTTP://A.example:80/%41/"})
        self.assertEqual(shown["prefix"], "http://a.example/A")
        self.errors(self.request("PUT", "b", {"prefix": "http://a.example/A"},
                                 "*"), 409)
        self.delete("a")
        self.errors(self.request("PUT", "b", {
            "prefix": "http://a.example/A/b"}, "*"), 410)
        self.put("b", {"prefix": "http://a.example/AB"})
        for prefix in ("http://a.example/?q", "ftp://a.example/", "/a"):
            self.errors(self.request("PUT", "c", {"prefix": prefix}, "*"), 400)

    def test_there_are_no_more_than_may_be(self):
        for name in ("a", "b", "c"):
            self.put(name, {"prefix": name})
        self.errors(self.request("PUT", "d", {"prefix": "d"}, "*"), 409)
        self.put("c", {"prefix": "c"}, match='"1"')
        self.delete("a")
        self.put("d", {"prefix": "d"})

    def test_the_list_has_pages_in_the_order_of_changes(self):
        for name in ("a", "b", "c"):
            self.put(name, {"prefix": name})
        self.put("a", {"prefix": "a"})
        seen, query = [], ""
        while query is not None:
            page = json.loads(self.hub.get(
                f"/admin/groups?limit=1{query}",
                {"Authorization": "Bearer admin-token"}).body)
            seen += [(g["id"], g["version"]) for g in page["groups"]]
            query = f"&from={page['next']}" if "next" in page else None
        self.assertEqual(seen, [("b", 1), ("c", 1), ("a", 2)])
        for query in ("?limit=0", "?from=x", "?from="):
            answer = self.hub.get("/admin/groups" + query, {
                "Authorization": "Bearer admin-token"})
            self.assertEqual(answer.status, 400)

    def test_of_those_who_change_one_version_one_succeeds(self):
        self.put("eu", {"prefix": "eu"})
        others = [self.system.start("hub", listen="127.0.0.1:0")
                  for _ in range(2)]
        hubs = [self.hub] + [self.hub_of(other) for other in others]
        answers = []
        threads = [threading.Thread(target=lambda hub=hub: answers.append(
            self.request("PUT", "eu", {"prefix": "eu"}, '"1"', hub).status))
            for hub in hubs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200, 409, 409])
        self.assertEqual(self.changes(), [("eu", 1), ("eu", 2)])


class Spreading(GroupsTest):
    """Versions come to processes that did not serve the request."""

    def test_an_event_brings_a_version_to_all_once(self):
        self.system.start("hub", listen="127.0.0.1:0")
        self.system.start("spreader")
        self.system.start("deliver")
        self.put("first", {"prefix": "first"})
        self.wait_applied("first", 1)
        self.put("eu", {"prefix": "orders.eu"})
        self.wait_applied("eu", 1, source="event")
        self.delete("eu")
        self.wait_applied("eu", 2, source="event")
        self.assertEqual(self.changes("eu"), [("eu", 1), ("eu", 2)])
        for program in self.system.programs:
            self.assertEqual(self.applied(program, "eu"),
                             [(1, "event"), (2, "event")])

    def test_a_process_that_starts_reads_all(self):
        for name in ("a", "b"):
            self.put(name, {"prefix": name})
        self.delete("b")
        for role in ("hub", "spreader", "deliver"):
            options = {"listen": "127.0.0.1:0"} if role == "hub" else {}
            program = self.system.start(role, **options)
            self.wait_applied("a", 1, program, source="miss")
            self.wait_applied("b", 2, program, source="miss")

    def test_a_killed_process_has_missed_nothing(self):
        spreader = self.system.program("spreader")
        spreader.kill()
        self.put("eu", {"prefix": "orders.eu"})
        other = self.system.start("spreader")
        self.wait_applied("eu", 1, other, source="miss")


class Watching(GroupsTest):
    """Without cluster events."""

    settings = {"enable_cluster_event_subscriptions": "no",
                "group_watch_interval_ms": 300}

    def test_what_no_event_told_of_is_found(self):
        self.put("eu", {"prefix": "orders.eu"})
        self.wait_applied("eu", 1, self.system.program("spreader"),
                          self.system.program("deliver"), source="watch")
        self.assertEqual(self.applied(self.system.program("hub"), "eu"),
                         [(1, "event")])

    def test_an_older_version_is_ignored(self):
        self.put("eu", {"prefix": "orders.eu"})
        newer = self.put("eu", {"prefix": "orders.eu"})
        self.wait_applied("eu", 2)
        record = self.cluster.call("HGET", "groups", "eu")
        self.cluster.call("HSET", "groups", "eu",
                          record.replace(b'"version":2', b'"version":1'))
        revision = self.cluster.call("HINCRBY", "group_state", "n", 1)
        self.cluster.call("ZADD", "group_revisions", revision, "eu")
        for program in self.system.programs:
            self.wait_line(program, "ignored-stale group=eu")
        self.assertEqual(newer["version"], 2)
        self.assertEqual(self.put("eu", {"prefix": "orders.eu"})["version"], 3)
        self.wait_applied("eu", 3)

    def test_redis_is_emptied(self):
        for name in ("a", "b"):
            self.put(name, {"prefix": name, "publish_tokens": []})
        self.wait_applied("b", 1)
        self.assertEqual(self.hub.push("a", b"x").status, 401)
        self.redis.call("FLUSHALL")
        wait_until(lambda: self.hub.push("a", b"x").status == 202,
                   "the group is forgotten")
        self.put("a", {"prefix": "a", "publish_tokens": []})
        self.wait_applied("a", 1, self.system.program("deliver"))
        self.assertEqual(self.hub.push("a", b"x").status, 401)
        self.assertEqual(self.hub.push("b", b"x").status, 202)


class Emptied(GroupsTest):
    """Before the hub has looked again since it made its first group."""

    settings = {"enable_cluster_event_subscriptions": "no",
                "group_watch_interval_ms": 3000}
    roles = ("hub",)

    def test_the_first_group_is_forgotten(self):
        self.put("a", {"prefix": "a", "publish_tokens": []})
        self.redis.call("FLUSHALL")
        self.assertEqual(self.hub.push("a", b"x").status, 401)
        wait_until(lambda: self.hub.push("a", b"x").status == 202,
                   "the group is forgotten")


class Missing(GroupsTest):
    """A hub that nobody tells anything."""

    settings = {"enable_cluster_event_subscriptions": "no"}

    def test_a_group_is_applied_when_it_is_read(self):
        other = self.system.start("hub", listen="127.0.0.1:0")
        self.put("eu", {"prefix": "orders.eu"})
        self.assertEqual(self.applied(other, "eu"), [])
        self.shown("eu", self.hub_of(other))
        self.wait_applied("eu", 1, other, source="miss")


class Polling(GroupsTest):
    settings = {"enable_cluster_event_subscriptions": "no",
                "group_poll_interval_s": 1}
    roles = ("hub", "deliver")

    def test_all_are_looked_at_now_and_then(self):
        self.put("eu", {"prefix": "orders.eu"})
        self.wait_applied("eu", 1, self.system.program("deliver"),
                          source="poll")


if __name__ == "__main__":
    unittest.main()
