"""Programs and Redis that end at a bad moment: every event still arrives.

Each test names the moment, and the moment is made, not awaited: a subscriber
or publisher holds its answer back while the program is ended.
"""

import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.sink import Sink, send_forms, subscribe_form
from support.subscriber import held
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class Restarts(SystemTest):
    OPTIONS = {}

    def setUp(self):
        self.start_system(**self.OPTIONS)
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", topic=TOPIC, **options):
        callback = self.subscriber.callback(path, **options)
        self.system.activate(topic, callback)
        return callback

    def end(self, role, how):
        """Ends the program by the signal, at once or in order."""
        program = self.system.program(role)
        if how == signal.SIGKILL:
            program.kill()
        else:
            program.terminate()
        return program


class Hub(Restarts):
    def test_accepted_work_outlives_a_killed_hub(self):
        callback = self.active()
        late = self.subscriber.callback("/late")
        self.system.request(TOPIC, late)
        self.system.push(TOPIC, b"1")
        self.end("hub", signal.SIGKILL)
        callback.wait_deliveries()
        self.system.wait_active(TOPIC, late)
        self.system.start("hub")
        self.system.push(TOPIC, b"2")
        late.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(sorted(callback.bodies()), [b"1", b"2"])

    def test_hub_is_replaced_in_order(self):
        callback = self.active()
        self.end("hub", signal.SIGTERM).wait_exit(0)
        self.system.start("hub")
        self.system.push(TOPIC, b"1")
        self.assertEqual(callback.wait_deliveries()[0].body, b"1")

    def test_hub_starts_before_redis_and_recovers_by_itself(self):
        self.end("hub", signal.SIGTERM).wait_exit(0)
        self.system.redis.stop()
        hub = self.system.start("hub", wait=False)
        hub.address()
        self.assertEqual(self.system.hub.get("/readyz").status, 503)
        self.system.redis.start()
        hub.wait_ready()
        wait_until(lambda: self.system.hub.get("/readyz").status == 200,
                   "the hub is ready")
        self.active()


class Deliver(Restarts):
    def verification_survives(self, how):
        gate = self.gate()
        callback = self.subscriber.callback("/cb", confirm=[held(gate)])
        self.system.request(TOPIC, callback)
        callback.wait_verifications()
        old = self.end("deliver", how)
        gate.set()
        if how == signal.SIGTERM:
            old.wait_exit(0)
        self.system.start("deliver")
        self.system.wait_active(TOPIC, callback)
        challenges = [v.challenge for v in callback.verifications]
        self.assertEqual(len(set(challenges)), len(challenges))
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()

    def test_killed_while_a_subscriber_is_asked(self):
        self.verification_survives(signal.SIGKILL)

    def test_ended_while_a_subscriber_is_asked(self):
        self.verification_survives(signal.SIGTERM)

    def deliveries_survive(self, how):
        gate = self.gate()
        callbacks = [self.subscriber.callback(
            f"/{n}", answers=[Answer(200, gate=gate)] * 2) for n in range(30)]
        for callback in callbacks:
            self.system.activate(TOPIC, callback)
        for body in (b"1", b"2"):
            self.system.push(TOPIC, body)
        wait_until(lambda: sum(len(c.deliveries) for c in callbacks) >= 10,
                   "deliveries are in flight")
        old = self.end("deliver", how)
        gate.set()
        if how == signal.SIGTERM:
            old.wait_exit(0)
        self.system.start("deliver")
        for callback in callbacks:
            wait_until(lambda c=callback: set(c.bodies()) == {b"1", b"2"},
                       "both events arrive")
        self.system.wait_idle()
        self.assertEqual(self.system.store.events_kept(), 0)
        self.assertEqual(self.system.store.dead_letters(TOPIC), [])
        return callbacks

    def test_killed_with_deliveries_in_flight(self):
        self.deliveries_survive(signal.SIGKILL)

    def test_ended_with_deliveries_in_flight(self):
        for callback in self.deliveries_survive(signal.SIGTERM):
            self.assertEqual(sorted(callback.bodies()), [b"1", b"2"])

    def test_another_one_takes_over_what_a_killed_one_held(self):
        gate = self.gate()
        callback = self.active(answers=[Answer(200, gate=gate)])
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()
        first = self.system.program("deliver")
        self.system.start("deliver")
        first.kill()
        callback.wait_deliveries(2)
        self.system.wait_idle()

    def test_work_waits_for_a_deliver(self):
        callback = self.active()
        self.end("deliver", signal.SIGTERM).wait_exit(0)
        for number in range(20):
            self.system.push(TOPIC, b"%d" % number)
        self.system.start("deliver")
        callback.wait_deliveries(20)
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 20)


class Spreader(Restarts):
    def test_killed_during_a_fetch(self):
        self.fetch_survives(signal.SIGKILL)

    def test_ended_during_a_fetch(self):
        self.fetch_survives(signal.SIGTERM)

    def fetch_survives(self, how):
        topic = self.system.publisher().topic("/feed", b"<feed/>")
        gate = self.gate()
        topic.next_answers(Answer(200, b"<feed/>", gate=gate))
        callback = self.active(topic=topic.url)
        self.system.announce(topic.url)
        topic.wait_fetches()
        old = self.end("spreader", how)
        gate.set()
        if how == signal.SIGTERM:
            old.wait_exit(0)
        self.system.start("spreader")
        callback.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"<feed/>"])

    def test_events_wait_for_a_spreader(self):
        callback = self.active()
        self.end("spreader", signal.SIGTERM).wait_exit(0)
        for number in range(20):
            self.system.push(TOPIC, b"%d" % number)
        self.system.start("spreader")
        callback.wait_deliveries(20)
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 20)


class SpreaderInFanout(Restarts):
    SUBSCRIBERS, EVENTS = 1000, 20
    OPTIONS = {"per_host": 64, "timeout_ms": 20000,
               "connect_timeout_ms": 5000, "drain_timeout_ms": 20000}

    def fanout_survives(self, how):
        sink = Sink()
        self.addCleanup(sink.close)
        forms = [subscribe_form(TOPIC, f"{sink.url}/{n}")
                 for n in range(self.SUBSCRIBERS)]
        self.assertEqual(send_forms(self.system.hub.address, forms),
                         {202: self.SUBSCRIBERS})
        wait_until(lambda: self.system.store.subscribers(TOPIC)
                   == self.SUBSCRIBERS, "all are active", 60)
        self.system.wait_idle()
        for number in range(self.EVENTS):
            self.system.push(TOPIC, b"%d" % number)
        outbox = self.system.store.key(TOPIC, "outbox")
        wait_until(lambda: self.system.redis.call("XLEN", outbox) > 0,
                   "the fan-out has begun")
        old = self.end("spreader", how)
        if how == signal.SIGTERM:
            old.wait_exit(0)
        self.system.start("spreader")
        self.system.wait_idle(60)
        self.assertEqual(sink.arrived, {
            (f"/{n}", b"%d" % event): 1 for n in range(self.SUBSCRIBERS)
            for event in range(self.EVENTS)})

    def test_killed_in_the_middle_posts_no_job_twice(self):
        self.fanout_survives(signal.SIGKILL)

    def test_ended_in_the_middle_posts_no_job_twice(self):
        self.fanout_survives(signal.SIGTERM)

    def test_two_spreaders_post_no_job_twice(self):
        self.system.start("spreader")
        self.system.start("deliver")
        self.EVENTS = 5
        self.fanout_survives(signal.SIGKILL)


class RedisEnds(Restarts):
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
        for name, group in (("log", "spread"), ("outbox", "deliver"),
                            ("verify", "deliver"), ("pings", "spread")):
            if redis.call("EXISTS", store.key(TOPIC, name)):
                redis.call("XGROUP", "DESTROY", store.key(TOPIC, name), group)
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


if __name__ == "__main__":
    unittest.main()
