"""hub.websubd.ordered: one delivery at a time, in the order of the events,
through failures."""

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
ORDERED = [("hub.websubd.ordered", "true")]


class Ordered(SystemTest):
    def setUp(self):
        self.start_system(max_attempts=3, suspend_after=1000)
        self.subscriber = self.system.subscriber()
        self.store = self.system.store

    def ordered(self, path="/cb", topic=TOPIC, **options):
        callback = self.subscriber.callback(path, **options)
        self.system.activate(topic, callback, extra=ORDERED)
        return callback

    def push(self, *numbers):
        for n in numbers:
            self.system.push(TOPIC, f"{n}".encode())

    def good(self, callback):
        return [int(d.body) for d in callback.deliveries if d.answered == 204]

    def cursor_entry(self, callback, topic=TOPIC):
        return self.system.redis.call(
            "HGET", self.store.key(topic, f"cursor:{digest(topic)}"),
            digest(callback.url))


class Deliveries(Ordered):
    def test_a_hundred_events_arrive_in_order(self):
        callback = self.ordered()
        self.push(*range(100))
        callback.wait_deliveries(100)
        self.system.wait_idle()
        self.assertEqual(self.good(callback), list(range(100)))

    def test_one_delivery_at_a_time(self):
        gate = self.gate()
        callback = self.ordered(answers=[Answer(204, gate=gate)])
        witness = self.subscriber.callback("/witness")
        self.system.activate(TOPIC, witness)
        self.push(*range(5))
        witness.wait_deliveries(5)
        self.assertEqual(len(callback.wait_deliveries(1)), 1)
        gate.set()
        callback.wait_deliveries(5)
        self.system.wait_idle()
        self.assertEqual(self.good(callback), list(range(5)))

    def test_a_failed_event_is_tried_again_before_the_next(self):
        callback = self.ordered(answers=[204, 500, 500, 204])
        self.push(*range(4))
        callback.wait_deliveries(6)
        self.system.wait_idle()
        self.assertEqual([int(body) for body in callback.bodies()],
                         [0, 1, 1, 1, 2, 3])

    def test_an_event_that_is_given_up_becomes_a_dead_letter(self):
        callback = self.ordered(answers=[204, 500, 500, 500])
        self.push(*range(3))
        callback.wait_deliveries(5)
        self.system.wait_idle()
        self.assertEqual(self.good(callback), [0, 2])
        letter, = self.store.dead_letters(TOPIC)
        self.assertEqual(letter[b"cb"].decode(), callback.url)
        self.assertEqual(int(letter[b"n"]), 3)
        self.assertEqual(self.store.events_kept(), 1)  # the letter's

    def test_it_is_exact_through_the_end_of_workers(self):
        callback = self.ordered()
        for round_ in range(3):
            self.push(*range(round_ * 20, round_ * 20 + 20))
            callback.wait_deliveries(round_ * 20 + 5)
            self.system.program("deliver").kill()
            self.store.age_claimed()
            self.system.start("deliver")
        wait_until(lambda: callback.deliveries[-1].body == b"59", "the last")
        self.system.wait_idle()
        arrived = self.good(callback)
        self.assertEqual(arrived, sorted(arrived))
        self.assertEqual(sorted(set(arrived)), list(range(60)))

    def test_several_subscribers_each_have_their_order(self):
        callbacks = [self.ordered(f"/{n}") for n in range(10)]
        self.push(*range(20))
        for callback in callbacks:
            callback.wait_deliveries(20)
        self.system.wait_idle()
        for callback in callbacks:
            self.assertEqual(self.good(callback), list(range(20)))

    def test_a_dotted_topic_in_order_over_all_its_levels(self):
        callback = self.ordered(topic="orders")
        for n in range(30):
            self.system.push("orders" + ".new" * (n % 3), f"{n}".encode())
        callback.wait_deliveries(30)
        self.system.wait_idle()
        self.assertEqual(self.good(callback), list(range(30)))


class SeveralSpreaders(Ordered):
    EVENTS = 240

    def test_the_order_is_strict_whoever_fans_out(self):
        """Four publishers, while spreaders begin, end and are killed; the
        order is that of the accepted ids."""
        callback = self.ordered()
        ids = {}
        threads = [threading.Thread(target=self.publish, args=(n, ids))
                   for n in range(4)]
        for thread in threads:
            thread.start()
        for is_killed in (True, False, True):
            known = len(callback.deliveries)
            wait_until(lambda: len(callback.deliveries) > known or
                       len(ids) == self.EVENTS, "one more is delivered")
            old = self.system.program("spreader")
            self.system.start("spreader")
            if is_killed:
                old.kill()
                self.system.presume_dead(old)
            else:
                old.stop()
        for thread in threads:
            thread.join()
        callback.wait_deliveries(self.EVENTS, 120)
        self.system.wait_idle()
        self.assertEqual(self.good(callback), sorted(ids, key=ids.get))

    def publish(self, start, ids):
        for n in range(start, self.EVENTS, 4):
            answer = self.system.push(TOPIC, f"{n}".encode())
            event_id = answer.headers["Location"].rpartition("/")[2]
            _, ms, seq = event_id.split("-")
            ids[n] = int(ms), int(seq)

    def test_what_a_spreader_left_unread_comes_first(self):
        callback = self.ordered()
        spreader = self.system.program("spreader")
        spreader.kill()
        self.push(0, 1)
        self.system.presume_dead(spreader)
        self.system.start("spreader")
        self.push(2, 3)
        callback.wait_deliveries(4)
        self.system.wait_idle()
        self.assertEqual(self.good(callback), [0, 1, 2, 3])


class Changes(Ordered):
    def test_a_renewal_without_it_ends_it(self):
        callback = self.ordered()
        self.push(0)
        callback.wait_deliveries(1)
        self.system.wait_idle()
        self.assertIsNotNone(self.cursor_entry(callback))
        self.system.activate(TOPIC, callback)
        self.assertIsNone(self.cursor_entry(callback))
        self.push(1)
        callback.wait_deliveries(2)
        self.system.wait_idle()

    def test_a_renewal_with_it_begins_it(self):
        callback = self.subscriber.callback("/cb")
        self.system.activate(TOPIC, callback)
        self.push(0)
        callback.wait_deliveries(1)
        self.system.activate(TOPIC, callback, extra=ORDERED)
        self.push(*range(1, 20))
        callback.wait_deliveries(20)
        self.system.wait_idle()
        self.assertEqual(self.good(callback), list(range(20)))

    def test_the_end_of_the_subscription_ends_all_of_it(self):
        callback = self.ordered()
        self.push(0)
        callback.wait_deliveries(1)
        self.system.hub.unsubscribe(TOPIC, callback.url)
        self.system.wait_gone(TOPIC, callback)
        self.assertIsNone(self.cursor_entry(callback))
        self.push(1)
        self.system.wait_idle()
        self.assertEqual(self.good(callback), [0])


if __name__ == "__main__":
    unittest.main()
