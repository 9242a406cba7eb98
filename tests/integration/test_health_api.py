"""What the admin API says about health, and GET /healthz?verbose=1: each status
and each bad request."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.health import HealthTest
from support.wait import wait_until

TARGET = {"shard": 0, "key": "attempts:x", "member": "y"}
SWITCHES = (("PUT", "/admin/health/cleanup", "enabled"),
            ("POST", "/admin/fsck", "repair"))
BAD_ITEMS = (
    {"target": TARGET},
    {"action": 1, "target": TARGET},
    {"action": "drop-member"},
    {"action": "drop-member", "target": "attempts:x"},
    {"action": "drop-member", "target": {**TARGET, "shard": 2}},
    {"action": "drop-member", "target": {**TARGET, "shard": -1}},
    {"action": "drop-member", "target": {**TARGET, "shard": "0"}},
    {"action": "drop-member", "target": {"key": "x"}},
    {"action": "drop-member", "target": {**TARGET, "key": ""}},
    {"action": "drop-member", "target": {**TARGET, "member": 1}},
)


class Api(HealthTest):
    def status(self, method, path, body=None, **options):
        return self.send(method, path, body, **options).status

    def test_before_the_first(self):
        """Nothing was checked while no spreader was there."""
        self.redis.call("DEL", "websub:{c}:health")
        self.assertEqual(self.status("GET", "/admin/health/last"), 404)
        self.assertEqual(self.status("GET", "/admin/fsck"), 404)
        self.assertEqual(self.status("POST", "/admin/health/check"), 202)
        wait_until(self.last, "there is a report")

    def test_who_may(self):
        for method, path in (("POST", "/admin/health/check"),
                             ("GET", "/admin/health/last"),
                             ("PUT", "/admin/health/cleanup"),
                             ("POST", "/admin/health/cleanup"),
                             ("POST", "/admin/fsck"), ("GET", "/admin/fsck")):
            for token in (None, "wrong"):
                self.assertEqual(self.status(method, path, token=token), 401)

    def test_other_methods(self):
        for method, path in (("GET", "/admin/health/check"),
                             ("POST", "/admin/health/last"),
                             ("DELETE", "/admin/health/cleanup"),
                             ("PUT", "/admin/fsck")):
            self.assertEqual(self.status(method, path), 405, path)

    def test_switches(self):
        for method, path, name in SWITCHES:
            for body in ({}, {name: 1}, {name: "true"}, {name: None},
                         {"other": True}, {name: True, "other": 1}, [], True,
                         b"{", b""):
                self.assertEqual(self.status(method, path, body), 400,
                                 (path, body))
            answer = self.hub.request(method, path, b"{}", {
                "Authorization": "Bearer admin-token",
                "Content-Type": "text/plain"})
            self.assertEqual(answer.status, 415)
            self.assertEqual(self.status(method, path, b"x" * 5000), 413)

    def test_an_item(self):
        path = "/admin/health/cleanup"
        for body in BAD_ITEMS:
            self.assertEqual(self.status("POST", path, body), 400, body)
        item = {"action": "drop-member", "target": TARGET}
        self.assertEqual(self.status("POST", path, item), 404)
        self.switch(False)
        self.call("HSET", "attempts:x", "y", "z")
        self.check()
        for other in ({**item, "action": "drop"},
                      {**item, "target": {**TARGET, "member": "z"}},
                      {**item, "target": {**TARGET, "shard": 1}},
                      {**item, "target": {**TARGET, "shard": None}}):
            self.assertEqual(self.status("POST", path, other), 404, other)
        self.assertTrue(self.exists("attempts:x"))
        self.assertEqual(self.status("POST", path, item), 202)
        wait_until(lambda: not self.exists("attempts:x"), "it is dropped")

    def test_an_fsck_under_way(self):
        self.system.program("spreader").terminate()
        self.assertEqual(self.status("POST", "/admin/fsck", {"repair": True}),
                         202)
        self.assertEqual(self.status("POST", "/admin/fsck", {"repair": True}),
                         409)
        state = self.fsck_state()
        self.assertEqual((state["state"], state["repair"], state["progress"]),
                         ("requested", True, None))
        self.system.start("spreader")
        self.fsck_done(state["fsck"])

    def test_redis_away(self):
        self.redis.freeze()
        self.addCleanup(self.redis.thaw)
        for method, path, body in (
                ("POST", "/admin/health/check", None),
                ("GET", "/admin/health/last", None),
                ("GET", "/admin/health/cleanup", None),
                ("PUT", "/admin/health/cleanup", {"enabled": True}),
                ("POST", "/admin/health/cleanup",
                 {"action": "drop", "target": TARGET}),
                ("GET", "/admin/fsck", None),
                ("POST", "/admin/fsck", {"repair": True}),
                ("GET", "/healthz?verbose=1", None)):
            self.assertEqual(self.status(method, path, body), 503, path)
        self.redis.thaw()


class Vitals(HealthTest):
    def vitals(self, status=200):
        answer = self.hub.get("/healthz?verbose=1")
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        return json.loads(answer.body)

    def wait_status(self, status, code=200):
        def found():
            answer = self.hub.get("/healthz?verbose=1")
            vitals = json.loads(answer.body)
            return vitals["status"] == status and answer.status == code and \
                vitals
        return wait_until(found, f"it is {status}")

    def test_of_a_sound_system(self):
        """Without a token, and without a word of where anything is."""
        callback = self.system.subscriber().callback("/cb")
        self.system.activate("http://publisher.example/topic", callback)
        vitals = self.wait_status("healthy")
        self.assertEqual(vitals["shards"], {"status": "healthy", "all": 2,
                                            "owned": 2})
        self.assertEqual(vitals["instances"]["deliver"]["healthy"], 1)
        self.assertRegex(vitals["redis"]["version"], r"^\d+\.\d+")
        self.assertTrue(vitals["redis"]["persistence"]["append_only_file"])
        wait_until(lambda: self.vitals()["subscriptions"] ==
                   {"status": "healthy", "active": 1, "suspended": 0},
                   "it is counted")
        text = json.dumps(vitals)
        for word in ("127.0.0.1", "sock", "publisher", "vm", self.hub.address):
            self.assertNotIn(word, text)

    def test_without_verbose(self):
        for path in ("/healthz", "/healthz?verbose=0", "/healthz?x",
                     "/healthz?%"):
            answer = self.hub.get(path)
            self.assertEqual((answer.status, answer.body), (200, b"ok\n"))

    def test_without_a_deliver(self):
        self.system.program("deliver").terminate()
        vitals = self.wait_status("unhealthy", 503)
        self.assertEqual(vitals["instances"]["status"], "unhealthy")

    def test_without_an_owner(self):
        self.system.program("spreader").terminate()
        vitals = self.wait_status("unhealthy", 503)
        self.assertEqual(vitals["shards"]["owned"], 0)

    def test_of_memory(self):
        used = int(self.redis.call("INFO", "memory").decode()
                   .split("used_memory:")[1].split()[0])
        self.redis.call("CONFIG", "SET", "maxmemory", used * 100 // 80)
        vitals = self.wait_status("degraded")
        self.assertEqual(vitals["redis"]["memory"]["status"], "degraded")
        self.redis.call("CONFIG", "SET", "maxmemory", used * 100 // 94)
        vitals = self.wait_status("unhealthy", 503)
        self.assertGreaterEqual(vitals["redis"]["memory"]["used_percent"], 90)
        self.redis.call("CONFIG", "SET", "maxmemory", 0)


if __name__ == "__main__":
    unittest.main()
