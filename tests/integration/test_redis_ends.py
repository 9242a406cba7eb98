"""Redis ends, forgets or drops: the programs recover by themselves, and what
was accepted arrives.
"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class RedisEnds(SystemTest):
    def setUp(self):
        # `everysec` holds writes back while the disk is busy with the ones
        # before, so a kill loses what was acknowledged.
        self.start_system(redis_options=("--appendfsync", "always"))
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", **options):
        callback = self.subscriber.callback(path, **options)
        self.system.activate(TOPIC, callback)
        return callback

    def statuses(self):
        hub = self.system.hub
        return {hub.subscribe(TOPIC, "http://127.0.0.1:9/cb").status,
                hub.announce("http://127.0.0.1:9/feed").status,
                hub.push("http://127.0.0.1:9/other", b"x").status,
                hub.get("/readyz").status}

    def redis_returns(self, end):
        callback = self.active()
        gate = self.gate()
        slow = self.active("/slow", answers=[Answer(200, gate=gate)])
        self.system.push(TOPIC, b"before")
        slow.wait_deliveries()
        callback.wait_deliveries()
        end()
        self.assertEqual(self.statuses(), {503})
        answer = self.system.hub.push(TOPIC, b"never accepted")
        self.assertEqual(answer.headers["Retry-After"], "5")
        gate.set()
        self.system.redis.start()
        wait_until(lambda: self.system.hub.get("/readyz").status == 200,
                   "the hub is ready again")
        self.system.push(TOPIC, b"after")
        for one in (callback, slow):
            wait_until(lambda c=one: b"after" in c.bodies(), "it arrives")
        self.system.wait_idle()
        self.assertEqual(set(callback.bodies()) | set(slow.bodies()),
                         {b"before", b"after"})
        self.assertEqual(self.system.store.events_kept(), 0)

    def test_stopped_and_started_with_its_data(self):
        self.redis_returns(self.system.redis.stop)

    def test_killed_and_started_with_its_data(self):
        self.redis_returns(self.system.redis.kill)

    def test_events_accepted_before_it_ended_arrive(self):
        callback = self.active()
        self.system.program("spreader").stop()
        for number in range(10):
            self.system.push(TOPIC, b"%d" % number)
        self.system.redis.kill()
        self.system.redis.start()
        self.system.start("spreader")
        callback.wait_deliveries(10)
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 10)

    def test_lost_groups_scripts_and_links_are_made_again(self):
        callback = self.active()
        redis, store = self.system.redis, self.system.store
        redis.call("SCRIPT", "FLUSH")
        redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        for name in ("outbox", "bulk", "verify"):
            if redis.call("EXISTS", store.key(TOPIC, name)):
                redis.call("XGROUP", "DESTROY", store.key(TOPIC, name),
                           "deliver")
        wait_until(lambda: self.system.hub.get("/readyz").status == 200,
                   "the hub is ready again")
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()
        self.active("/new")
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"1"])

    def test_everything_serves_again_after_a_flush(self):
        self.active()
        self.system.redis.call("FLUSHALL")
        callback = self.subscriber.callback("/again")
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()

    def test_a_flush_is_told_and_meta_comes_back(self):
        """Else a program with other shards, or a deliver that waits for the
        hub's URL, finds nothing."""
        self.active()
        redis = self.system.redis
        fields = ("HMGET", "websub:meta", "format", "shards", "public_url")
        before = redis.call(*fields)
        redis.call("FLUSHALL")
        wait_until(lambda: redis.call(*fields) == before, "meta is back")
        for program in self.system.programs:
            program.wait_event("redis-data-lost")
        wait_until(lambda: any(p.events("groups-lost")
                               for p in self.system.programs),
                   "who makes the groups again says so")

    def test_started_again_without_its_data(self):
        self.active()
        self.system.redis.kill()
        self.system.redis.forget()
        self.system.redis.start()
        for program in self.system.programs:
            program.wait_event("redis-data-lost")
        callback = self.subscriber.callback("/again")
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()
        self.system.wait_idle()

    def test_paused_for_five_seconds(self):
        callback = self.active()
        self.system.redis.call("CLIENT", "PAUSE", 5000, "ALL")
        self.system.redis.call("PING")  # answered when the pause is over
        wait_until(lambda: self.system.hub.get("/readyz").status == 200,
                   "the hub is ready again")
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"1"])
        for program in self.system.programs:
            self.assertEqual(program.events("redis-data-lost"), [])


if __name__ == "__main__":
    unittest.main()
