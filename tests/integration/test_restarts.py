"""Programs that end at a bad moment: every event still arrives.

Each test names the moment, and the moment is made, not awaited: a subscriber
or publisher holds its answer back while the program is ended.
"""

import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.subscriber import held
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class Restarts(SystemTest):
    settings = {}

    def setUp(self):
        self.start_system(**self.settings)
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", topic=TOPIC, **options):
        callback = self.subscriber.callback(path, **options)
        self.system.activate(topic, callback)
        return callback

    def end(self, role, how):
        """Ends the program by the signal, at once or in order.  What a killed
        one held may be taken over."""
        program = self.system.program(role)
        if how == signal.SIGKILL:
            program.kill()
            self.system.store.age_claimed()
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

    def test_work_waits_for_a_deliver(self):
        callback = self.active()
        self.end("deliver", signal.SIGTERM).wait_exit(0)
        for number in range(20):
            self.system.push(TOPIC, b"%d" % number)
        self.system.start("deliver")
        callback.wait_deliveries(20)
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 20)


class Idle(Restarts):
    """What a killed one held is taken over once it is idle for long enough,
    1.5 timeouts and 3 s."""

    settings = {"timeout_ms": 1000}

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


if __name__ == "__main__":
    unittest.main()
