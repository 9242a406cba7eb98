"""Topic groups whose registry of record is another Redis: who changes them, who takes
them over, and what happens while it is away."""

import http.client
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.groups import GroupsTest
from support.redis import Redis
from support.wait import wait_until


class Registry(GroupsTest):
    """The registry of record is another Redis."""

    settings = {"group_watch_interval_ms": 300}

    def setUp(self):
        self.registry = Redis()
        self.addCleanup(self.registry.close)
        self.settings = {**Registry.settings,
                         "registry_redis_url": self.registry.url}
        super().setUp()

    def test_versions_are_of_the_registry(self):
        self.put("eu", {"prefix": "orders.eu"})
        self.wait_applied("eu", 1)
        self.assertEqual(self.registry.call("HGET", "websub:{c}:groups", "eu"),
                         self.cluster.call("HGET", "groups", "eu"))
        self.delete("eu")
        self.wait_applied("eu", 2)
        self.assertEqual(self.changes(), [("eu", 1), ("eu", 2)])

    def test_what_another_site_changes_comes_by_the_coordinator(self):
        record = b'{"v":1,"version":7,"id":"eu","prefix":"orders.eu"}'
        self.plant("eu", record)
        self.wait_applied("eu", 7)
        self.assertEqual(self.cluster.call("HGET", "groups", "eu"), record)
        self.assertEqual(self.changes(), [("eu", 7)])
        self.assertEqual(self.put("eu", {"prefix": "orders.eu"})["version"], 8)

    def plant(self, name, record):
        base = "websub:{c}:"
        self.registry.call("HSET", base + "groups", name, record)
        self.registry.call("HSET", base + "group_state", "born", 5)
        revision = self.registry.call("HINCRBY", base + "group_state", "n", 1)
        self.registry.call("ZADD", base + "group_revisions", revision, name)

    def test_the_registry_is_away(self):
        self.put("eu", {"prefix": "orders.eu"})
        self.registry.kill()
        for program in self.system.programs[:2]:
            self.wait_line(program, "registry-down")
        for method in ("PUT", "DELETE"):
            body = {"prefix": "orders.eu"} if method == "PUT" else None
            answer = self.request(method, "eu", body, "*")
            self.assertIn("read-only", self.errors(answer, 503)[None])
            self.assertIn("Retry-After", answer.headers)
        self.assertEqual(self.shown("eu")["version"], 1)
        subscriber = self.system.subscriber()
        self.system.activate("orders.eu", subscriber.callback("/cb"))
        self.system.push("orders.eu", b"x")
        self.system.wait_idle()
        started = self.system.start("deliver")
        self.wait_applied("eu", 1, started, source="miss")

    def test_the_own_redis_is_emptied(self):
        self.put("eu", {"prefix": "orders.eu"})
        self.wait_applied("eu", 1)
        self.redis.call("FLUSHALL")
        wait_until(lambda: self.cluster.call("HGET", "groups", "eu"),
                   "the group is there again")

    def test_a_change_survives_the_hub_that_served_it(self):
        """Its hub dies between the registry and the own Redis."""
        self.redis.freeze()
        answers = []
        asking = threading.Thread(target=lambda: answers.append(
            self.try_put("eu", {"prefix": "orders.eu"})), daemon=True)
        asking.start()
        wait_until(lambda: self.registry.call("HGET", "websub:{c}:groups",
                                              "eu"), "it is given out")
        self.system.program("hub").kill()
        self.redis.thaw()
        asking.join()
        self.assertEqual(answers, [None])
        self.wait_applied("eu", 1, self.system.program("spreader"),
                          self.system.program("deliver"))
        self.assertEqual(self.changes(), [("eu", 1)])

    def try_put(self, group, body):
        """The status, or None where the hub was gone."""
        try:
            return self.request("PUT", group, body, "*").status
        except (OSError, http.client.HTTPException):
            return None

    def test_an_older_version_is_ignored(self):
        self.put("eu", {"prefix": "orders.eu"})
        self.put("eu", {"prefix": "orders.eu"})
        self.wait_applied("eu", 2)
        self.plant("eu", b'{"v":1,"version":1,"id":"eu","prefix":"orders.eu"}')
        self.wait_line(self.system.program("spreader"), "ignored-stale of=")
        self.assertEqual(self.shown("eu")["version"], 2)


if __name__ == "__main__":
    unittest.main()
