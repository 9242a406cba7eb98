"""GET /events/ID: what an event is, how its deliveries stand, and its body."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.subscriber import Answer
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
BODY = b"\0\xff<script>"
TYPE = "text/html; charset=x"
ORDERED = [("hub.websubd.ordered", "true")]


class StatusTest(SystemTest):
    def push(self, body=BODY, topic=TOPIC, **options):
        """Pushes; returns where the event is."""
        answer = self.system.push(topic, body, TYPE, **options)
        return answer.headers["Location"]

    def status(self, location):
        answer = self.system.hub.get(location)
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def deliveries(self, location):
        """(posted, delivered, waiting, dead, ended), which must add up."""
        told = self.status(location)["deliveries"]
        self.assertEqual(set(told), {"posted", "delivered", "waiting", "dead",
                                     "ended"})
        posted, *rest = (told[name] for name in (
            "posted", "delivered", "waiting", "dead", "ended"))
        self.assertEqual(posted, sum(rest), told)
        return (posted, *rest)

    def wait_deliveries(self, location, expected):
        wait_until(lambda: self.deliveries(location) == expected,
                   f"{expected}, not {self.deliveries(location)}")


class Told(StatusTest):
    def test_an_event_is_told_as_it_was_pushed(self):
        self.start_system()
        location = self.push()
        self.system.wait_idle()
        event = location[len("/events/"):]
        self.assertEqual(self.status(location), {
            "id": event, "at_ms": int(event.split("-")[1]), "topic": TOPIC,
            "content_type": TYPE, "content_encoding": None,
            "size": len(BODY), "fanned_out": True,
            "deliveries": {"posted": 0, "delivered": 0, "waiting": 0,
                           "dead": 0, "ended": 0}})

    def test_before_it_is_fanned_out_nothing_is_posted(self):
        self.start_system(roles=("hub",))
        told = self.status(self.push())
        self.assertFalse(told["fanned_out"])
        self.assertEqual(told["deliveries"]["posted"], 0)

    def test_what_is_no_event_is_404(self):
        hub = self.start_system(roles=("hub",)).hub
        number, ms, seq = self.push()[len("/events/"):].split("-")
        for bad in ("0", "x", f"{number}-{ms}", f"{number}-{ms}-{int(seq) + 1}",
                    f"{(int(number) + 1) % 4}-{ms}-{seq}", f"99-{ms}-{seq}",
                    f"{number}-{ms}-{seq}x", "9" * 80, "%2e%2e"):
            for path in (f"/events/{bad}", f"/events/{bad}/body"):
                with self.subTest(path=path):
                    self.assertEqual(hub.get(path).status, 404)

    def test_after_retention_it_is_404(self):
        self.start_system(retention_s=1)
        location = self.push()
        wait_until(lambda: self.system.hub.get(location).status == 404,
                   "the event has left")
        self.assertEqual(
            self.system.hub.get(location + "/body").status, 404)

    def test_without_redis_it_is_503(self):
        self.start_system(roles=("hub",))
        location = self.push()
        self.system.redis.stop()
        self.addCleanup(self.system.redis.start)
        self.assertEqual(self.system.hub.get(location).status, 503)


class Bodies(StatusTest):
    def test_who_may_push_gets_the_body(self):
        self.start_system(roles=("hub",), publish_token="t")
        hub = self.system.hub
        location = self.push(token="t") + "/body"
        for headers in ({}, {"Authorization": "Bearer x"}):
            self.assertEqual(hub.get(location, headers).status, 401)
        answer = hub.get(location, {"Authorization": "Bearer t"})
        self.assertEqual((answer.status, answer.body), (200, BODY))
        self.assertEqual(answer.headers["Content-Type"], TYPE)
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(answer.headers["Content-Security-Policy"], "sandbox")
        self.assertEqual(self.status(location[:-len("/body")])["size"],
                         len(BODY))

    def test_it_has_its_coding(self):
        self.start_system(roles=("hub",))
        answer = self.system.hub.request(
            "POST", "/publish?hub.topic=a", b"coded",
            {"Content-Type": "text/plain", "Content-Encoding": "gzip"})
        location = answer.headers["Location"]
        self.assertEqual(self.status(location)["content_encoding"], "gzip")
        answer = self.system.hub.get(location + "/body")
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        self.assertEqual(answer.body, b"coded")


class Deliveries(StatusTest):
    def subscribe(self, path="/cb", topic=TOPIC, answers=(), extra=()):
        callback = self.system.subscriber().callback(path, answers=answers)
        self.system.activate(topic, callback, extra=extra)
        return callback

    def test_they_wait_and_are_delivered(self):
        self.start_system()
        gate = self.gate()
        self.subscribe(answers=[Answer(200, gate=gate)])
        self.subscribe()
        location = self.push()
        self.wait_deliveries(location, (2, 1, 1, 0, 0))
        gate.set()
        self.wait_deliveries(location, (2, 2, 0, 0, 0))

    def test_a_dead_letter_is_replayed_and_purged(self):
        self.start_system(max_attempts=1, admin_token="t")
        self.subscribe(answers=[500, 500, 200])
        location = self.push()
        self.wait_deliveries(location, (1, 0, 0, 1, 0))

        def letters(act):
            answer = self.system.hub.form(
                [("all", "true")], "t", f"/admin/dead-letters/{act}")
            self.assertEqual(answer.status, 200, answer)

        letters("replay")
        self.system.wait_idle()
        self.wait_deliveries(location, (1, 0, 0, 1, 0))
        letters("replay")
        self.wait_deliveries(location, (1, 1, 0, 0, 0))
        self.subscribe(answers=[500])
        purged = self.push()
        self.wait_deliveries(purged, (2, 1, 0, 1, 0))
        letters("purge")
        self.wait_deliveries(purged, (2, 1, 0, 0, 1))

    def test_an_old_dead_letter_has_ended(self):
        self.start_system(max_attempts=1, dead_letter_retention_s=1)
        self.subscribe(answers=[500])
        location = self.push()
        self.wait_deliveries(location, (1, 0, 0, 0, 1))

    def test_410_and_nobody_have_ended_without_a_delivery(self):
        self.start_system()
        self.subscribe(answers=[410])
        gone = self.push()
        self.wait_deliveries(gone, (1, 0, 0, 0, 1))
        left = self.subscribe()
        self.system.program("deliver").stop()
        location = self.push()
        self.wait_deliveries(location, (1, 0, 1, 0, 0))
        self.system.redis.call(
            "HDEL", self.system.store.key(TOPIC, "sub:" + digest(TOPIC)),
            digest(left.url))
        self.system.start("deliver")
        self.wait_deliveries(location, (1, 0, 0, 0, 1))

    def test_ordered_ones_are_counted_too(self):
        self.start_system(max_attempts=1, suspend_after=1000)
        gate = self.gate()
        self.subscribe(answers=[Answer(200, gate=gate), 500, 200],
                       extra=ORDERED)
        self.subscribe()
        first, second, third = self.push(), self.push(b"2"), self.push(b"3")
        for location in (first, second, third):
            self.wait_deliveries(location, (2, 1, 1, 0, 0))
        gate.set()
        self.wait_deliveries(first, (2, 2, 0, 0, 0))
        self.wait_deliveries(second, (2, 1, 0, 1, 0))
        self.wait_deliveries(third, (2, 2, 0, 0, 0))

    def test_those_missed_while_suspended_are_delivered_later(self):
        self.start_system(suspend_after=2, retry_base_ms=20, probe_cap_ms=50)
        callback = self.subscribe(answers=[500] * 4)
        locations = [self.push(b"%d" % number) for number in range(3)]
        for location in locations:
            self.wait_deliveries(location, (1, 1, 0, 0, 0))
        self.assertGreater(len(callback.deliveries), 4)

    def test_large_events_are_counted_over_all_pages(self):
        count = 650
        self.start_system(verify="off")
        server = self.system.subscriber()
        callbacks = [server.callback(f"/{number}") for number in range(count)]
        for callback in callbacks:
            self.system.request(TOPIC, callback)
        location = self.push()
        self.wait_deliveries(location, (count, count, 0, 0, 0))
        self.assertTrue(self.status(location)["fanned_out"])

    def test_levels_of_a_dotted_topic_count_a_callback_once(self):
        self.start_system()
        callback = self.subscribe(topic="a")
        self.system.activate("a.b", callback)
        self.system.activate("*", callback)
        self.subscribe("/other", topic="*")
        location = self.push(topic="a.b.c")
        self.wait_deliveries(location, (2, 2, 0, 0, 0))

    def test_counts_end_with_the_retention(self):
        self.start_system(retention_s=1, shards=1)
        self.subscribe(answers=[410])
        self.wait_deliveries(self.push(), (1, 0, 0, 0, 1))
        for name in ("posted", "tally"):
            key, = self.system.redis.call("KEYS", f"*:{name}:*")
            left_ms = self.system.redis.call("PTTL", key)
            self.assertGreater(left_ms, 0)
            self.assertLessEqual(left_ms, 61000)


if __name__ == "__main__":
    unittest.main()
