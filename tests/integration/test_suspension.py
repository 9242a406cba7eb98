"""A subscription that keeps failing is suspended: it costs the same however
many events pass it, and gets what it missed, in order, when it answers."""

import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.keys import digest
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
AFTER = 3  # failures that suspend


class Suspension(SystemTest):
    def start(self, **settings):
        self.start_system(**{"suspend_after": AFTER, "max_attempts": 1000,
                             "retry_base_ms": 20, "retry_cap_ms": 100,
                             "probe_cap_ms": 100, **settings})
        self.store = self.system.store
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", **options):
        callback = self.subscriber.callback(path, **options)
        self.system.activate(TOPIC, callback)
        return callback

    def key(self, name):
        return self.store.key(TOPIC, name)

    def call(self, *words):
        return self.system.redis.call(*words)

    def is_suspended(self, callback):
        member = f"{digest(TOPIC)}:{digest(callback.url)}"
        return self.call("ZSCORE", self.key("suspended"), member) is not None

    def wait_suspended(self, callback):
        wait_until(lambda: self.is_suspended(callback),
                   f"{callback.url} is suspended")

    def suspended(self, answer=500, events=AFTER):
        """A callback that fails until the test says otherwise, suspended; no
        job of it is on its way any more, only the cursor job.  It fails once
        all events have come: a suspended one has no jobs of later ones."""
        callback = self.active()
        gate = self.gate()
        callback.default = Answer(answer, gate=gate)
        for n in range(events):
            self.system.push(TOPIC, f"{n}".encode())
        callback.wait_deliveries(events)
        callback.default = answer
        gate.set()
        self.wait_suspended(callback)
        missed = self.key(f"missed:{digest(TOPIC)}:{digest(callback.url)}")
        wait_until(lambda: self.call("ZCARD", missed) == events,
                   "its jobs are missed")
        return callback

    def push_past(self, first, count):
        """Pushes events and waits until each is fanned out."""
        for n in range(first, first + count):
            self.system.push(TOPIC, f"{n}".encode())
        wait_until(self.store.fanned_out, "all are fanned out")

    def recover(self, callback):
        callback.default = 204
        wait_until(lambda: not self.call("EXISTS",
                   self.key(f"cursor:{digest(TOPIC)}")), "it has caught up")
        self.system.wait_idle()

    def flag(self, callback):
        """Of the subscription's record."""
        return self.store.record(TOPIC, callback.url).flags

    def delivered(self, callback):
        """The bodies that were answered well, in the order of arrival."""
        return [int(d.body) for d in callback.deliveries if d.answered == 204]


class Recovery(Suspension):
    def setUp(self):
        self.start()

    def test_what_was_missed_arrives_once_and_in_order(self):
        callback = self.suspended()
        self.push_past(AFTER, 50)
        self.recover(callback)
        self.assertEqual(self.delivered(callback), list(range(AFTER + 50)))
        self.assertFalse(self.is_suspended(callback))
        self.assertEqual(self.flag(callback), "-")
        self.assertEqual(self.store.events_kept(), 0)

    def test_what_comes_while_it_catches_up_arrives_once(self):
        """Only what it had missed is in order."""
        callback = self.suspended()
        self.push_past(AFTER, 50)
        callback.default = 204
        self.push_past(AFTER + 50, 50)
        self.recover(callback)
        got = self.delivered(callback)
        self.assertEqual(sorted(got), list(range(AFTER + 100)))
        self.assertEqual([n for n in got if n < AFTER + 50],
                         list(range(AFTER + 50)))

    def test_suspended_again_it_gets_both_parts_once_and_in_order(self):
        callback = self.suspended()
        self.push_past(AFTER, 50)
        gate = self.gate()
        callback.next_answers(*[204] * 5, Answer(500, gate=gate))
        wait_until(lambda: len(self.delivered(callback)) == 5,
                   "it is in backfill")
        self.assertEqual(self.flag(callback), "c")
        gate.set()
        self.wait_suspended(callback)
        self.push_past(AFTER + 50, 50)
        self.recover(callback)
        self.assertEqual(self.delivered(callback), list(range(AFTER + 100)))
        self.assertEqual(self.flag(callback), "-")

    def test_it_is_told_once_whatever_is_in_flight(self):
        """Several events by two processes find out at the same time."""
        gate = self.gate()
        callback = self.system.subscriber().callback("/many")
        callback.default = Answer(500, gate=gate)
        self.system.activate(TOPIC, callback)
        self.system.start("deliver")
        for n in range(6):
            self.system.push(TOPIC, f"{n}".encode())
        callback.wait_deliveries(6)
        callback.default = 500
        gate.set()
        self.wait_suspended(callback)
        callback.wait_deliveries(10)
        told = wait_until(lambda: [
            line for program in self.system.programs
            for line in program.events("subscription-suspended")],
            "it is logged")
        self.assertEqual([line["callback"] for line in told], [callback.url])

    def test_afterwards_it_is_as_any_other(self):
        callback = self.suspended()
        self.recover(callback)
        self.push_past(AFTER, 1)
        self.system.wait_idle()
        self.assertEqual(self.delivered(callback), list(range(AFTER + 1)))

    def test_it_is_probed_with_one_event_only(self):
        callback = self.suspended()
        self.push_past(AFTER, 20)
        seen = len(callback.deliveries)
        callback.wait_deliveries(seen + 5)
        self.assertEqual(len({d.body for d in callback.deliveries[seen:]}), 1)

    def test_nothing_of_it_becomes_a_dead_letter(self):
        callback = self.suspended()
        callback.wait_deliveries(20)
        self.assertEqual(self.store.dead_letters(TOPIC), [])
        self.recover(callback)

    def test_others_of_the_topic_get_everything(self):
        witness = self.active("/witness")
        callback = self.suspended()
        self.push_past(AFTER, 20)
        witness.wait_deliveries(AFTER + 20)
        self.recover(callback)
        self.assertEqual(sorted(self.delivered(witness)),
                         list(range(AFTER + 20)))
        self.assertEqual(self.delivered(callback), list(range(AFTER + 20)))

    def test_unsubscribing_ends_it(self):
        callback = self.suspended()
        self.system.hub.unsubscribe(TOPIC, callback.url)
        self.system.wait_gone(TOPIC, callback)
        self.system.wait_idle()
        for name in (f"cursor:{digest(TOPIC)}", "suspended",
                     f"missed:{digest(TOPIC)}:{digest(callback.url)}"):
            self.assertEqual(self.call("EXISTS", self.key(name)), 0, name)

    def test_410_ends_it(self):
        callback = self.suspended()
        callback.default = 410
        self.system.wait_gone(TOPIC, callback)
        self.system.wait_idle()

    def test_it_survives_the_end_of_its_worker(self):
        callback = self.suspended()
        self.system.program("deliver").kill()
        self.push_past(AFTER, 10)
        self.system.start("deliver")
        self.recover(callback)
        self.assertEqual(self.delivered(callback), list(range(AFTER + 10)))

    def test_a_dotted_topic_does_the_same_at_every_level(self):
        callback = self.subscriber.callback("/dotted")
        self.system.activate("orders", callback)
        callback.default = 500
        topics = ("orders", "orders.new", "orders.new.eu")
        for n in range(AFTER):
            self.system.push(topics[n % 3], f"{n}".encode())
        key = self.store.key("orders", f"cursor:{digest('orders')}")
        wait_until(lambda: self.call("EXISTS", key), "it is in cursor mode")
        for n in range(AFTER, 30):
            self.system.push(topics[n % 3], f"{n}".encode())
        callback.default = 204
        wait_until(lambda: not self.call("EXISTS", key), "it caught up")
        self.system.wait_idle()
        self.assertEqual(self.delivered(callback), list(range(30)))


class Slow(Suspension):
    TAKES_S = 0.05
    PAUSE_S = 0.02
    MISSED = AFTER + 40

    def flow(self, first):
        """Pushes events, numbered from `first`, until what it returns is
        called, which returns how many it were."""
        pushed, stop = [], threading.Event()

        def run():
            while not stop.wait(self.PAUSE_S):
                self.system.push(TOPIC, f"{first + len(pushed)}".encode())
                pushed.append(None)

        def end():
            stop.set()
            thread.join()
            return len(pushed)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return end

    def test_it_catches_up_under_a_flow_that_one_at_a_time_would_not_bear(
            self):
        self.start()
        callback = self.suspended()
        self.push_past(AFTER, self.MISSED - AFTER)
        end_flow = self.flow(self.MISSED)
        callback.default = Answer(204, takes_s=self.TAKES_S)
        wait_until(lambda: self.flag(callback) == "-", "it has caught up")
        self.assertEqual(self.call("EXISTS", self.key(
            f"cursor:{digest(TOPIC)}")), 0)
        count = end_flow()
        self.assertGreater(count, self.MISSED, "the flow was faster")
        self.system.wait_idle()
        got = self.delivered(callback)
        self.assertEqual(sorted(got), list(range(self.MISSED + count)))
        self.assertEqual([n for n in got if n < self.MISSED],
                         list(range(self.MISSED)))


class Renewed(Suspension):
    def test_who_renews_is_probed_at_once(self):
        self.start(probe_cap_ms=3600000, retry_cap_ms=3600000,
                   retry_base_ms=20)
        callback = self.suspended()
        wait_until(self.push_retry_away, "the cursor job waits for its time")
        callback.default = 204
        before = len(callback.deliveries)
        self.system.activate(TOPIC, callback)
        callback.wait_deliveries(before + AFTER)
        wait_until(lambda: self.flag(callback) == "-", "it has caught up")
        self.system.make_due()  # the old cursor job comes, and does nothing
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), before + AFTER)
        self.assertEqual(sorted(set(self.delivered(callback))),
                         list(range(AFTER)))

    def push_retry_away(self):
        """What waits for its time does so for an hour; returns how much."""
        return sum(
            self.system.redis.call(
                "ZADD", base + "retry", "XX", "CH",
                self.system.redis.now_ms() + 3600000, member)
            for base in self.store.bases()
            for member in self.system.redis.call("ZRANGE", base + "retry",
                                                 0, -1))


class Unreachable(Suspension):
    def test_a_host_that_is_down_suspends_without_attempts(self):
        self.start(suspend_after=20)
        other = self.system.subscriber("127.0.0.2")
        callback = other.callback("/cb")
        self.system.activate(TOPIC, callback)
        other.close()
        for n in range(40):
            self.system.push(TOPIC, f"{n}".encode())
        self.wait_suspended(callback)
        deliver = self.system.program("deliver")
        wait_until(lambda: deliver.broken_hosts() == 1,
                   "the metric knows of it")


class Standstill(Suspension):
    TIMEOUT_MS = 500

    def test_a_worker_that_stood_still_blames_no_subscriber(self):
        self.start(timeout_ms=self.TIMEOUT_MS, max_attempts=1,
                   per_callback=2 * AFTER)
        callback = self.active()
        callback.default = Answer(204, gate=self.gate())
        deliver = self.system.program("deliver")
        for n in range(2 * AFTER):
            self.system.push(TOPIC, f"{n}".encode())
        callback.wait_deliveries(2 * AFTER)
        deliver.freeze()
        sent = self.redis_ms()
        callback.default.gate.set()
        wait_until(lambda: self.redis_ms() > sent + 3 * self.TIMEOUT_MS,
                   "the attempts have timed out")
        deliver.thaw()
        self.system.wait_idle()
        self.assertEqual(deliver.events("subscription-suspended"), [])
        self.assertEqual(self.store.dead_letters(TOPIC), [])
        self.assertEqual({int(body) for body in callback.bodies()},
                         set(range(2 * AFTER)))

    def redis_ms(self):
        seconds, micros = self.call("TIME")
        return int(seconds) * 1000 + int(micros) // 1000


class Gaps(Suspension):
    def test_what_left_by_retention_is_reported(self):
        self.start(retention_s=1)
        callback = self.suspended(answer=500)
        self.push_past(AFTER, 20)
        log = self.key("log")
        wait_until(lambda: self.call("XLEN", log) == 0, "retention is over", 20)
        self.push_past(AFTER + 20, 5)
        self.recover(callback)
        got = self.delivered(callback)
        missed = int(sum(int(fields[fields.index(b"n") + 1])
                         for _, fields in self.call("XRANGE", self.key("gaps"),
                                                    "-", "+")))
        self.assertEqual(got, sorted(got))
        self.assertEqual(missed + len(got), AFTER + 25)
        self.assertGreater(missed, 0)
        deliver = self.system.program("deliver")
        wait_until(lambda: sum(int(event["count"]) for event in
                               deliver.events("events-missed")) == missed,
                   "the log says the same")


class Memory(Suspension):
    def test_a_dead_callback_costs_the_same_however_much_passes_it(self):
        self.start(retention_s=1)
        callback = self.suspended()

        def sizes():
            """Bytes of what belongs to the callback, as of one moment."""
            missed = self.store.key(TOPIC, f"missed:{digest(TOPIC)}:"
                                    + digest(callback.url))
            keys = [missed] + [self.key(name) for name in (
                f"cursor:{digest(TOPIC)}", "suspended", "retry", "bulk",
                "refs", "outbox")]
            answers = self.system.redis.call_all(
                [["MEMORY", "USAGE", key] for key in keys] +
                [["XLEN", self.key("outbox")]])
            # A stream with an entry takes 4 KiB at once: its cursor job is to be
            # in `retry`.
            return sum(filter(None, answers[:-1])) if not answers[-1] else 0

        def cost():
            return wait_until(sizes, "its cursor job waits for its time")

        self.push_past(AFTER, 100)
        before = cost()
        self.push_past(AFTER + 100, 3000)
        self.assertLessEqual(cost(), before + 200)
        self.assertEqual(self.call("XLEN", self.key("dead")), 0)


if __name__ == "__main__":
    unittest.main()
