"""A system whose health is checked, and requests of its admin API."""

import json

from support.admin import ADMIN, AdminSystemTest
from support.cluster import Cluster
from support.keys import digest, shard
from support.wait import wait_until

QUICK = {"health_check_interval_s": 3600, "cleanup_pause_ms": 200,
         "heartbeat_interval_ms": 200}
KINDS = ("stale", "orphaned", "missing", "corrupt")


class HealthTest(AdminSystemTest):
    roles = ("hub", "spreader", "deliver")
    settings = {**QUICK, "shards": 2}

    def send(self, method, path, body=None, token=ADMIN):
        """A request with a JSON body; returns the response."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body)
        return self.hub.request(method, path, body, headers)

    def last(self):
        answer = self.ask("/admin/health/last")
        return json.loads(answer.body) if answer.status == 200 else None

    def check(self):
        """A check from now on; returns its report."""
        number = json.loads(
            self.send("POST", "/admin/health/check").body)["check"]

        def reported():
            report = self.last()
            return report if report and report["check"] >= number else None
        return wait_until(reported, "the check is over")

    def issues(self, report=None):
        """What a check finds: kind, key and action of each sample."""
        report = report or self.check()
        return {(kind, sample["key"], sample["action"])
                for kind in KINDS
                for sample in report["issues"][kind]["samples"]}

    def noted(self):
        """All that is wrong as the coordinator has noted it: action by shard,
        key and member."""
        flat = self.redis.call("HGETALL", "websub:{c}:health_attempts")
        return {tuple(thing.decode(errors="replace").split("\n", 2)):
                note.decode().split(" ")[0]
                for thing, note in zip(flat[::2], flat[1::2])}

    def wait_mended(self):
        wait_until(lambda: not self.noted(), "all is well")

    def switch(self, enabled):
        answer = self.send("PUT", "/admin/health/cleanup",
                           {"enabled": enabled})
        self.assertEqual((answer.status, json.loads(answer.body)),
                         (200, {"enabled": enabled}))
        self.assertEqual(self.cleanup(), enabled)

    def cleanup(self):
        return json.loads(self.send("GET", "/admin/health/cleanup",
                                    None).body)["enabled"]

    def fsck(self, repair=True, seconds=60):
        """Runs one to its end; returns its progress."""
        answer = self.send("POST", "/admin/fsck", {"repair": repair})
        self.assertEqual(answer.status, 202, answer)
        return self.fsck_done(json.loads(answer.body)["fsck"], seconds)

    def fsck_state(self):
        return self.get("/admin/fsck")

    def fsck_done(self, number, seconds=60):
        def done():
            now = self.fsck_state()
            self.assertEqual(now["fsck"], number)
            return now["state"] == "done" and now["progress"]
        return wait_until(done, "the fsck is done", seconds)

    def key(self, name, topic=None):
        """A key of the topic's shard, or of shard 0."""
        number = shard(topic, self.settings["shards"]) if topic else 0
        return f"websub:{{{number}}}:{name}"

    def call(self, command, name, *args, topic=None):
        return self.redis.call(*command.split(), self.key(name, topic), *args)

    def exists(self, name, topic=None):
        return self.call("EXISTS", name, topic=topic) == 1


TOPIC = "http://publisher.example/topic"
TD = digest(TOPIC)


class HealthWorkTest(HealthTest):
    """One shard, and one subscription, whose retries wait for a minute."""

    settings = {**HealthTest.settings, "shards": 1, "suspend_after": 2,
                "probe_cap_ms": 600000, "retry_cap_ms": 600000, "retry_base_ms": 60000,
                "heartbeat_timeout_ms": 1500, "shard_lease_ms": 1000}

    def setUp(self):
        super().setUp()
        self.cluster = Cluster(self.redis)
        self.callback = self.system.subscriber().callback("/cb")
        self.cd = digest(self.callback.url)
        self.system.activate(TOPIC, self.callback)

    def mended(self, *found):
        """A check finds these (kind, key, action) while nothing is mended, and
        they go once things are."""
        found = set(found)
        self.assertLessEqual(found, self.issues())
        self.switch(True)
        self.check()
        wait_until(lambda: not found & self.issues(), f"{found} are mended")

    def suspend(self):
        self.callback.default = 500
        self.system.push(TOPIC, b"fails")
        self.system.push(TOPIC, b"fails too")
        wait_until(lambda: self.exists("suspended"), "it is suspended")
