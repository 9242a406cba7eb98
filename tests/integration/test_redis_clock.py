"""Redis' clock goes wrong for a while: three hours ahead for some seconds, three
hours back, six days forward."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "orders.created"
FEED = b"<feed/>"
HOURS = 3600
DAY = 24 * HOURS


class ClockTest(SystemTest):
    def start(self, **settings):
        self.start_system(redis_clock=True, heartbeat_interval_ms=500,
                          heartbeat_timeout_ms=2000, shard_lease_ms=2000,
                          retry_cap_ms=2000, **settings)
        self.redis = self.system.redis
        wait_until(lambda: b"cmdstat_xpending" in
                   self.redis.call("INFO", "commandstats"), "it has looked")
        self.subscriber = self.system.subscriber()

    def active(self, path, **options):
        callback = self.subscriber.callback(path, **options)
        self.system.activate(TOPIC, callback)
        return callback

    def move(self, seconds):
        """Moves the clock, and waits until the spreader has seen it."""
        spreader = self.system.program("spreader")
        seen = len(spreader.events("redis-clock-moved"))
        self.redis.set_clock(seconds)
        wait_until(lambda: len(spreader.events("redis-clock-moved")) > seen,
                   "the spreader says that the clock was moved")

    def key(self, name):
        return self.system.store.key(TOPIC, name)

    def check_works(self, callback, body):
        self.system.push(TOPIC, body)
        wait_until(lambda: body in callback.bodies(), f"{body} arrives")
        self.system.wait_idle()


class Ahead(ClockTest):
    def test_a_retry_that_was_planned_then_is_made_soon(self):
        self.start(max_attempts=50)
        callback = self.active("/cb", answers=[500])
        self.move(3 * HOURS)
        gate = self.gate()
        callback.default = Answer(500, gate=gate)
        self.system.push(TOPIC, b"event")
        wait_until(lambda: len(callback.deliveries) >= 2, "it is tried")
        gate.set()
        wait_until(self.system.store.delayed, "it waits for another try")
        callback.default = 204
        self.move(0)
        wait_until(lambda: any(d.answered == 204 for d in callback.deliveries),
                   "it is tried again")
        self.check_works(callback, b"after")

    def test_an_announced_topic_is_fetched_again_soon(self):
        self.start(max_attempts=50)
        publisher = self.system.publisher()
        topic = publisher.topic("/feed")
        callback = self.subscriber.callback("/cb")
        self.system.activate(topic.url, callback)
        self.move(3 * HOURS)
        topic.next_answers(*[500] * 1000)
        self.system.announce(topic.url)
        topic.wait_fetches(2)
        self.move(0)
        topic.next_answers()
        callback.wait_deliveries()
        self.system.wait_idle()

    def test_what_a_killed_worker_had_claimed_then_is_taken_over(self):
        self.start(timeout_ms=5000)
        gate = self.gate()
        callback = self.active("/cb")
        callback.default = Answer(204, gate=gate)
        self.move(3 * HOURS)
        self.system.push(TOPIC, b"event")
        callback.wait_deliveries()
        self.system.program("deliver").kill()
        self.system.programs.remove(self.system.program("deliver"))
        self.move(0)
        callback.default = 204
        gate.set()
        self.system.start("deliver")
        callback.wait_deliveries(2)
        self.check_works(callback, b"after")

    def test_a_claim_of_then_is_idle_from_now_on(self):
        self.start()
        callback = self.active("/cb")
        self.check_works(callback, b"before")
        call = self.redis.call
        self.move(3 * HOURS)
        self.system.program("deliver").freeze()
        try:
            call("XADD", self.key("outbox"), "*", "e", "1-1", "c", "n" * 22)
            call("XREADGROUP", "GROUP", "deliver", "one:1", "STREAMS",
                 self.key("outbox"), ">")
            self.move(0)

            def idle():
                claims = call("XPENDING", self.key("outbox"), "deliver", "-",
                              "+", 10)
                return claims and max(claim[2] for claim in claims) > 0
            wait_until(idle, "it is idle")
        finally:
            self.system.program("deliver").thaw()
        self.system.wait_idle()

    def test_what_has_ids_of_then_is_trimmed_when_its_time_has_passed(self):
        self.start(retention_s=2, dead_letter_retention_s=2, max_attempts=1)
        callback = self.active("/cb")
        callback.default = 500
        self.move(3 * HOURS)
        for body in (b"one", b"two"):
            self.system.push(TOPIC, body)
        wait_until(lambda: self.redis.call("XLEN", self.key("dead")) == 2,
                   "dead letters")
        self.move(0)
        self.system.push(TOPIC, b"three")
        for name in ("log", "dead"):
            wait_until(lambda n=name: self.redis.call("XLEN", self.key(n)) == 0,
                       f"{name} is trimmed")
        callback.default = 204
        self.check_works(callback, b"after")

    def test_a_subscription_suspended_then_recovers(self):
        self.start(suspend_after=2, probe_cap_ms=200, max_attempts=50)
        callback = self.active("/cb")
        callback.default = 500
        self.move(3 * HOURS)
        for n in range(4):
            self.system.push(TOPIC, b"%d" % n)
        self.system.program("deliver").wait_event("subscription-suspended")
        self.move(0)
        callback.default = 204
        wait_until(lambda: {b"0", b"1", b"2", b"3"} <=
                   {d.body for d in callback.deliveries if d.answered == 204},
                   "all arrive")
        self.check_works(callback, b"after")

    def test_one_warning_is_written_for_each_move(self):
        self.start()
        self.active("/cb")
        self.move(3 * HOURS)
        self.move(0)
        self.system.wait_idle()
        spreader = self.system.program("spreader")
        told = wait_until(
            lambda: spreader.events("redis-clock-moved")[1:] and
            spreader.events("redis-clock-moved"), "both are logged")
        moves = [round(int(line["by_ms"]) / HOURS / 1000) for line in told]
        self.assertEqual(moves, [3, -3])


class Elsewhere(ClockTest):
    def test_three_hours_back_changes_nothing(self):
        self.start()
        callback = self.active("/cb")
        self.check_works(callback, b"before")
        self.move(-3 * HOURS)
        self.check_works(callback, b"after")
        other = self.active("/other")
        self.check_works(other, b"and more")

    def test_six_days_forward_the_log_says_that_leases_end(self):
        self.start(lease_max_s=10 * DAY)
        callback = self.active("/short")  # 5 days
        lasting = self.subscriber.callback("/lasting")
        self.system.activate(TOPIC, lasting, lease=9 * DAY)
        self.move(6 * DAY)
        told = self.system.program("spreader").wait_event("leases-ended")
        self.assertEqual((told["leases"], "forward" in told["why"]),
                         ("1", True))
        self.system.wait_gone(TOPIC, callback)
        self.check_works(lasting, b"after")
        self.move(0)
        self.check_works(lasting, b"and back")


if __name__ == "__main__":
    unittest.main()
