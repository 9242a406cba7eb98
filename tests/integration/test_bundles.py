"""Bundles in the real programs: jobs share what an entry costs, and nothing
else."""

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
OTHER = "http://publisher.example/other"
IDLE = 3  # slots of the readers that wait for entries of a shard


class Gauge:
    """A gate of answers that counts those it holds back at a time."""

    def __init__(self):
        self._lock = threading.Lock()
        self._open = threading.Event()
        self.now = self.most = 0

    def wait(self, seconds):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self._open.wait(seconds)
        with self._lock:
            self.now -= 1

    def set(self):
        self._open.set()


class BundlesTest(SystemTest):
    def start(self, **settings):
        self.start_system(**{"shards": 1, "per_host": 64, "timeout_ms": 20000,
                             "connect_timeout_ms": 5000, **settings})
        self.store = self.system.store
        self.subscriber = self.system.subscriber()

    def call(self, command, key, *args):
        return self.system.redis.call(*command.split(),
                                      self.store.key(TOPIC, key), *args)

    def subscribe(self, count, topic=TOPIC):
        """Subscriptions that answer at once."""
        name = topic.rpartition("/")[2]
        callbacks = [self.subscriber.callback(f"/{name}/{n}")
                     for n in range(count)]
        for callback in callbacks:
            self.system.request(topic, callback)
        wait_until(lambda: self.store.subscribers(topic) == count,
                   "all are active")
        self.system.wait_idle()
        return callbacks

    def hang(self, *callbacks):
        """Their next answers are held back; returns the gate."""
        gate = self.gate()
        for callback in callbacks:
            callback.next_answers(Answer(204, gate=gate))
        return gate

    def references(self):
        """How many jobs each event still has."""
        return sorted(int(count) for count in self.call("HVALS", "refs"))

    def wait_references(self, *counts):
        wait_until(lambda: self.references() == sorted(counts),
                   f"events have {counts} jobs")

    def sent(self, callbacks):
        return [len(callback.deliveries) for callback in callbacks]

    def replace_killed(self):
        """Another deliver, which takes over what the killed one held."""
        self.system.program("deliver").kill()
        self.store.age_claimed()
        return self.system.start("deliver")

    def check_empty(self):
        """All is settled, and nothing of it is left."""
        self.system.wait_idle()
        for lane in ("outbox", "bulk"):
            self.assertEqual(self.call("XLEN", lane), 0)
        for key in ("refs", "parts"):
            self.assertEqual(self.call("EXISTS", key), 0, key)
        self.assertEqual(self.store.dead_letters(TOPIC), [])


class Slow(BundlesTest):
    def test_one_that_hangs_holds_no_slot_but_its_own(self):
        self.start(concurrency=32, shards=8)
        callbacks = self.subscribe(64)
        slow, others = callbacks[30], callbacks[:30] + callbacks[31:]
        gate = self.hang(slow)
        self.system.push(TOPIC, b"1")
        slow.wait_deliveries()
        self.wait_references(1)
        self.assertEqual(self.sent(callbacks), [1] * 64)
        for n in range(2, 5):
            self.system.push(TOPIC, b"%d" % n)
            wait_until(lambda: self.sent(others) == [n] * 63,
                       "the others get the next")
        self.wait_references(1)
        self.assertEqual(len(self.call("HGETALL", "parts")), 2)
        gate.set()
        self.check_empty()
        self.assertEqual(self.sent(callbacks), [4] * 64)

    def test_several_that_end_one_after_another(self):
        self.start()
        callbacks = self.subscribe(40)
        gates = [self.hang(callback) for callback in callbacks[::10]]
        self.system.push(TOPIC, b"body")
        for left in (4, 3, 2, 1):
            self.wait_references(left)
            gates.pop().set()
        self.check_empty()
        self.assertEqual(self.sent(callbacks), [1] * 40)

    def test_a_failure_is_tried_again_by_itself(self):
        self.start(max_attempts=3, suspend_after=1000)
        callbacks = self.subscribe(40)
        again, gone, lost, slow = callbacks[3:7]
        again.next_answers(500, 503)
        gone.next_answers(410)
        lost.default = 500
        gate = self.hang(slow)
        self.system.push(TOPIC, b"body")
        again.wait_deliveries(3)
        self.system.wait_gone(TOPIC, gone)
        letter, = wait_until(lambda: self.store.dead_letters(TOPIC),
                             "a dead letter")
        self.assertEqual(letter[b"c"].decode(), digest(lost.url))
        self.wait_references(2)  # the one that hangs, the dead letter
        gate.set()
        self.system.wait_idle()
        self.assertEqual(self.sent(callbacks),
                         [1] * 3 + [3, 1, 3, 1] + [1] * 33)
        self.assertEqual(self.references(), [1])


class Limits(BundlesTest):
    CONCURRENCY = 20

    def test_never_more_are_in_flight_than_slots_and_may_linger(self):
        self.start(concurrency=self.CONCURRENCY, per_host=200)
        callbacks = self.subscribe(250)
        others = self.subscribe(40, OTHER)  # whose jobs are in `outbox`
        gauge = Gauge()
        self.addCleanup(gauge.set)
        for callback in callbacks + others:
            callback.default = Answer(204, gate=gauge)
        for body in (b"1", b"2"):
            self.system.push(TOPIC, body)
            self.system.push(OTHER, body)
        wait_until(lambda: gauge.now >= self.CONCURRENCY - IDLE,
                   "the slots are used")
        gauge.set()
        self.check_empty()
        self.assertEqual(self.sent(callbacks + others), [2] * 290)
        self.assertLessEqual(gauge.most, 4 * self.CONCURRENCY)

    def test_ended_in_order_while_jobs_wait_for_slots(self):
        self.start(concurrency=8)
        callbacks = self.subscribe(40)
        gate = self.hang(*callbacks)
        self.system.push(TOPIC, b"body")
        wait_until(lambda: sum(self.sent(callbacks)) >= 5,
                   "the slots are used")
        deliver = self.system.program("deliver")
        deliver.terminate()
        deliver.wait_event("draining")
        gate.set()
        deliver.wait_exit(0)
        self.assertLessEqual(sum(self.sent(callbacks)), 8)
        self.system.start("deliver")
        self.check_empty()
        self.assertEqual(self.sent(callbacks), [1] * 40)

    def test_ended_in_order_between_parts(self):
        self.start()
        callbacks = self.subscribe(40)
        gate = self.hang(*callbacks[::13])
        self.system.push(TOPIC, b"body")
        self.wait_references(4)
        deliver = self.system.program("deliver")
        deliver.terminate()
        deliver.wait_event("draining")
        gate.set()
        deliver.wait_exit(0)
        self.assertTrue(self.store.idle())
        self.system.start("deliver")
        self.check_empty()
        self.assertEqual(self.sent(callbacks), [1] * 40)


class TakenOver(BundlesTest):
    def test_only_what_was_not_settled_comes_again(self):
        self.start()
        callbacks = self.subscribe(40)
        slow = callbacks[::13]
        gate = self.hang(*slow)
        self.system.push(TOPIC, b"body")
        self.wait_references(len(slow))
        self.replace_killed()
        gate.set()
        for callback in slow:
            callback.wait_deliveries(2)
        self.check_empty()
        self.assertEqual(self.sent(callbacks),
                         [2 if callback in slow else 1
                          for callback in callbacks])

    def test_all_come_again_when_none_was_settled(self):
        self.start()
        callbacks = self.subscribe(40)
        gate = self.hang(*callbacks)
        self.system.push(TOPIC, b"body")
        wait_until(lambda: self.sent(callbacks) == [1] * 40, "all are sent")
        self.replace_killed()
        gate.set()
        for callback in callbacks:
            callback.wait_deliveries(2)
        self.check_empty()
        self.assertEqual(self.sent(callbacks), [2] * 40)

    def test_what_the_first_one_says_late_counts_nothing_twice(self):
        """It stood still, its bundles were taken apart meanwhile."""
        self.start(max_attempts=1000, suspend_after=1000)
        callbacks = self.subscribe(40)
        gate = self.hang(*callbacks[::2])
        self.system.push(TOPIC, b"body")
        self.wait_references(20)
        first = self.system.program("deliver")
        first.freeze()
        gate.set()
        callbacks[0].default = Answer(204, gate=self.gate())
        self.store.age_claimed()
        self.system.start("deliver")
        self.wait_references(1)
        first.thaw()
        wait_until(lambda: first.metric("websubd_deliver_slots_used") <= IDLE,
                   "the first one has told all")
        self.assertEqual(self.references(), [1])
        callbacks[0].default.gate.set()
        self.check_empty()
        self.assertEqual(self.sent(callbacks[1:]), [1] + [2, 1] * 19)


class GroupLost(BundlesTest):
    def permit(self, *rules):
        self.system.redis.change_rights(*rules)

    def test_an_outcome_that_was_not_stored_is_not_lost(self):
        """A job fails while the group is missing, so that its outcome is not
        stored; the bundle is still held, for another job that hangs."""
        self.start(timeout_ms=5000)
        callbacks = self.subscribe(16)
        failing, slow = callbacks[4:6]
        fails, hangs = self.gate(), self.hang(slow)
        for callback in callbacks:
            if callback is not slow:
                callback.next_answers(Answer(500, gate=fails))
        self.system.push(TOPIC, b"body")
        wait_until(lambda: self.sent(callbacks) == [1] * 16, "all are sent")
        self.permit("-xgroup", "+xgroup|destroy")
        self.call("XGROUP DESTROY", "outbox", "deliver")
        fails.set()
        deliver = self.system.program("deliver")
        wait_until(lambda: deliver.metric("websubd_deliver_slots_used") <= 2,
                   "the settler took the failures")
        self.permit("+xgroup")
        deliver.wait_event("groups-lost")
        hangs.set()
        for callback in callbacks:
            if callback is not slow:
                wait_until(lambda: any(one.answered == 204 for one in
                                       callback.deliveries), "it arrives")
        self.check_empty()


class Malformed(BundlesTest):
    def test_an_entry_that_makes_no_sense_is_held_with_its_bytes(self):
        self.start()
        callback, = self.subscribe(1)
        cd = digest(callback.url)
        bad = [" ".join([cd] * 17), f"{cd} {cd[1:]} {cd}", f"{cd}  {cd}",
               f" {cd}", f"{cd} ", "", f"{cd}:x {cd}", f"{cd},{cd}"]
        for targets in bad:
            self.call("XADD", "outbox", "*", "e", "1-1", "c", targets)
        turn = ("f", digest(TOPIC), "c", f"{cd} {cd}", "u", 1)
        self.call("XADD", "bulk", "*", *turn)
        self.system.push(TOPIC, b"body")
        callback.wait_deliveries()
        wait_until(lambda: self.call("XLEN", "held") == len(bad) + 1,
                   "all of them are held")
        held = [dict(zip(fields[::2], fields[1::2]))
                for _, fields in self.call("XRANGE", "held", "-", "+")]
        self.assertEqual(sorted(one[b".c"].decode() for one in held),
                         sorted([*bad, f"{cd} {cd}"]))
        self.assertEqual(callback.bodies(), [b"body"])


if __name__ == "__main__":
    unittest.main()
