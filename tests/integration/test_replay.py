"""POST /admin/replay: events of the log are delivered again."""

import datetime
import json
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN
from support.keys import digest
from support.subscriber import Answer
from support.system import SystemTest
from support.wait import wait_until

URL_TOPIC = "http://publisher.example/topic"
EPOCH = "1970-01-01T00:00:00Z"
ORDERED = [("hub.websubd.ordered", "true")]


def moment(ms):
    """As RFC 3339 spells it."""
    return datetime.datetime.fromtimestamp(
        ms / 1000, datetime.timezone.utc).isoformat(timespec="milliseconds")


class ReplayTest(SystemTest):
    def start(self, **settings):
        self.start_system(admin_token=ADMIN, **settings)
        self.subscriber = self.system.subscriber()

    def request(self, method, path, body=None, token=ADMIN,
                kind="application/json"):
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = kind
            body = body if isinstance(body, bytes) else json.dumps(body)
        return self.system.hub.request(method, "/admin/replay" + path, body,
                                       headers)

    def replay(self, topic, start=EPOCH, **fields):
        """Its id."""
        answer = self.request("POST", "",
                              {"topic": topic, "from": start, **fields})
        self.assertEqual(answer.status, 202, answer)
        name = json.loads(answer.body)["id"]
        self.assertEqual(answer.headers["Location"], f"/admin/replay/{name}")
        return name

    def told(self, name):
        answer = self.request("GET", f"/{name}")
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def wait_done(self, name):
        wait_until(lambda: self.told(name)["state"] != "running",
                   "the replay has ended", 30)
        self.system.wait_idle()
        return self.told(name)

    def push_many(self, topic, count, first=0):
        """Their ids."""
        return [json.loads(self.system.push(topic, b"%d" % n).body)["id"]
                for n in range(first, first + count)]

    def again(self, callback):
        """Bodies of what was delivered again, in the order of arrival."""
        return [each.body for each in callback.deliveries
                if each.headers.get("Websubd-Replay") == "1"]


class Delivered(ReplayTest):
    def test_events_come_again_with_their_ids(self):
        self.start()
        callback = self.subscriber.callback("/cb")
        self.system.activate(URL_TOPIC, callback)
        ids = self.push_many(URL_TOPIC, 3)
        callback.wait_deliveries(3)
        told = self.wait_done(self.replay(URL_TOPIC))
        callback.wait_deliveries(6)
        self.assertEqual(sorted(self.again(callback)), [b"0", b"1", b"2"])
        events = [each.headers["Websubd-Event"]
                  for each in callback.deliveries]
        self.assertEqual(sorted(events), sorted(ids * 2))
        self.assertEqual((told["state"], told["percent"], told["events"],
                          told["deliveries"], told["trimmed"]),
                         ("done", 100, 3, 3, False))
        self.assertEqual(self.system.store.events_kept(), 0)

    def test_from_and_to_are_events(self):
        self.start()
        callback = self.subscriber.callback("/cb")
        self.system.activate(URL_TOPIC, callback)
        ids = self.push_many(URL_TOPIC, 5)
        callback.wait_deliveries(5)
        self.wait_done(self.replay(URL_TOPIC, ids[1], to=ids[3]))
        self.assertEqual(sorted(self.again(callback)), [b"1", b"2", b"3"])

    def test_from_and_to_are_times(self):
        self.start()
        callback = self.subscriber.callback("/cb")
        self.system.activate(URL_TOPIC, callback)
        ids = self.push_many(URL_TOPIC, 1)
        start = int(ids[0].split("-")[1]) + 1
        wait_until(lambda: self.system.redis.now_ms() > start, "it is later")
        ids = self.push_many(URL_TOPIC, 2, first=1)
        end = int(ids[-1].split("-")[1])
        wait_until(lambda: self.system.redis.now_ms() > end, "it is later")
        self.push_many(URL_TOPIC, 1, first=3)
        callback.wait_deliveries(4)
        self.wait_done(self.replay(URL_TOPIC, moment(start), to=moment(end)))
        self.assertEqual(sorted(self.again(callback)), [b"1", b"2"])

    def test_one_subscription_or_all_that_there_are_now(self):
        self.start()
        one, gone = (self.subscriber.callback(path) for path in ("/a", "/b"))
        for callback in (one, gone):
            self.system.activate(URL_TOPIC, callback)
        self.push_many(URL_TOPIC, 1)
        one.wait_deliveries()
        gone.wait_deliveries()
        self.system.hub.unsubscribe(URL_TOPIC, gone.url)
        self.system.wait_gone(URL_TOPIC, gone)
        late = self.subscriber.callback("/c")
        self.system.activate(URL_TOPIC, late)
        self.wait_done(self.replay(URL_TOPIC, callback=late.url))
        self.assertEqual([self.again(each) for each in (one, gone, late)],
                         [[], [], [b"0"]])
        self.wait_done(self.replay(URL_TOPIC))
        self.assertEqual([self.again(each) for each in (one, gone, late)],
                         [[b"0"], [], [b"0"] * 2])

    def test_a_level_gets_what_is_below_it(self):
        self.start()
        exact, above, every = (self.subscriber.callback(path)
                               for path in ("/a", "/b", "/c"))
        self.system.activate("a.b.c", exact)
        self.system.activate("a.b", above)
        self.system.activate("*", every)
        self.push_many("a.b.c", 1)
        self.push_many("a.bc", 1, first=1)
        every.wait_deliveries(2)
        self.system.wait_idle()
        self.wait_done(self.replay("a.b"))
        self.assertEqual([self.again(each) for each in (exact, above, every)],
                         [[], [b"0"], []])

    def test_every_dotted_topic_of_every_shard(self):
        self.start()
        callback = self.subscriber.callback("/cb")
        self.system.activate("*", callback)
        topics = [f"{name}.x" for name in "abcdefgh"]
        for topic in topics:
            self.system.push(topic, topic.encode())
        callback.wait_deliveries(len(topics))
        self.system.wait_idle()
        told = self.wait_done(self.replay("*"))
        self.assertEqual(sorted(self.again(callback)),
                         [topic.encode() for topic in topics])
        self.assertEqual((told["events"], told["deliveries"]), (8, 8))

    def test_a_failed_one_is_tried_again_and_stays_a_replay(self):
        self.start()
        callback = self.subscriber.callback("/cb")
        self.system.activate(URL_TOPIC, callback)
        self.push_many(URL_TOPIC, 1)
        callback.wait_deliveries()
        callback.next_answers(500, 500)
        self.wait_done(self.replay(URL_TOPIC))
        self.assertEqual(self.again(callback), [b"0"] * 3)

    def test_it_knows_no_deadline(self):
        self.start(delivery_deadline_s=1)
        callback = self.subscriber.callback("/cb")
        self.system.activate(URL_TOPIC, callback)
        event, = self.push_many(URL_TOPIC, 1)
        callback.wait_deliveries()
        late_ms = int(event.split("-")[1]) + 1500
        wait_until(lambda: self.system.redis.now_ms() > late_ms, "it is later")
        self.wait_done(self.replay(URL_TOPIC))
        self.assertEqual(self.again(callback), [b"0"])

    def test_an_ordered_subscription_gets_them_one_by_one_in_order(self):
        self.start()
        callback = self.subscriber.callback("/cb")
        self.system.activate(URL_TOPIC, callback, extra=ORDERED)
        self.push_many(URL_TOPIC, 20)
        callback.wait_deliveries(20)
        self.system.wait_idle()
        gate = self.gate()
        callback.next_answers(Answer(gate=gate))
        name = self.replay(URL_TOPIC)
        wait_until(lambda: self.told(name)["state"] == "done", "it is posted")
        missed = self.system.store.key(
            URL_TOPIC, f"missed:{digest(URL_TOPIC)}:{digest(callback.url)}")
        wait_until(lambda: self.system.redis.call("ZCARD", missed) >= 19,
                   "they wait for each other")
        gate.set()
        callback.wait_deliveries(40)
        self.system.wait_idle()
        self.assertEqual(sorted(self.again(callback)),
                         sorted(b"%d" % n for n in range(20)))
        self.assertEqual(self.again(callback)[1:], sorted(
            self.again(callback)[1:], key=int))

    def test_what_is_larger_than_a_page_comes_to_all_once(self):
        self.start(replay_rate=100000)
        callbacks = [self.subscriber.callback(f"/{n}") for n in range(60)]
        for callback in callbacks:
            self.system.request(URL_TOPIC, callback)
        wait_until(lambda: self.system.store.subscribers(URL_TOPIC) == 60,
                   "all are active", 30)
        self.push_many(URL_TOPIC, 30)
        self.system.wait_idle(30)
        told = self.wait_done(self.replay(URL_TOPIC))
        self.assertEqual(told["deliveries"], 1800)
        for callback in callbacks:
            self.assertEqual(sorted(self.again(callback), key=int),
                             [b"%d" % n for n in range(30)])


class Owners(ReplayTest):
    def slow(self):
        """A replay of 60 events at 20 a second, which has begun."""
        self.start(replay_rate=20)
        self.callback = self.subscriber.callback("/cb")
        self.system.activate(URL_TOPIC, self.callback)
        self.push_many(URL_TOPIC, 60)
        self.callback.wait_deliveries(60)
        name = self.replay(URL_TOPIC)
        self.callback.wait_deliveries(65)
        self.assertEqual(self.told(name)["state"], "running")
        return name

    def check_once(self, name):
        told = self.wait_done(name)
        self.assertEqual((told["state"], told["events"], told["deliveries"]),
                         ("done", 60, 60))
        self.assertEqual(sorted(self.again(self.callback), key=int),
                         [b"%d" % n for n in range(60)])

    def test_it_survives_the_death_of_its_owner(self):
        name = self.slow()
        old = self.system.program("spreader")
        self.system.start("spreader")
        old.kill()
        self.system.presume_dead(old)
        self.check_once(name)

    def test_it_goes_on_with_an_owner_that_takes_over(self):
        name = self.slow()
        old = self.system.program("spreader")
        self.system.start("spreader")
        old.stop()
        self.check_once(name)

    def test_live_events_go_first(self):
        self.slow()
        gate = self.gate()
        self.callback.next_answers(Answer(gate=gate))
        live = self.subscriber.callback("/live")
        self.system.activate("live.topic", live)
        self.push_many("live.topic", 20)
        live.wait_deliveries(20)
        gate.set()

    def test_cancelled_it_posts_nothing_more(self):
        name = self.slow()
        answer = self.request("POST", f"/{name}/cancel", b"")
        self.assertEqual(answer.status, 200, answer)
        told = self.wait_done(name)
        self.assertEqual(told["state"], "cancelled")
        self.assertLess(told["deliveries"], 60)
        self.assertEqual(len(self.again(self.callback)), told["deliveries"])
        self.assertEqual(self.request("POST", f"/{name}/cancel", b"").status,
                         409)


class Refused(ReplayTest):
    def check(self, expected, parameter, body, **options):
        answer = self.request("POST", "", body, **options)
        self.assertEqual(answer.status, expected, answer)
        errors = json.loads(answer.body)["errors"]
        self.assertIn(parameter, [error.get("source", {}).get("parameter")
                                  for error in errors])

    def test_what_is_wrong_is_named_and_changes_nothing(self):
        self.start()
        good = {"topic": "a.b", "from": EPOCH}
        for body, status_, parameter in (
                (b"", 400, None), (b"[]", 400, None), (b"{", 400, None),
                (b'{"topic":"a.b","from":"%s","topic":"a.c"}' % EPOCH.encode(),
                 400, None),
                (b"[" * 9000, 400, None), (b'{"topic":"\xff"}', 400, None),
                ({**good, "callbak": "http://127.0.0.1:9/x"}, 400, None),
                ({**good, "topic": "a\0b"}, 400, "topic"),
                ({}, 400, "topic"), ({}, 400, "from"),
                ({**good, "topic": None}, 400, "topic"),
                ({**good, "topic": 7}, 400, "topic"),
                ({**good, "topic": "a..b"}, 400, "topic"),
                ({**good, "from": "now"}, 400, "from"),
                ({**good, "from": 1795946400}, 400, "from"),
                ({**good, "to": "2026-02-30T00:00:00Z"}, 400, "to"),
                ({**good, "from": "2026-01-02T00:00:00Z",
                  "to": "2026-01-01T00:00:00Z"}, 400, "to"),
                ({**good, "from": "99-1-1"}, 400, "from"),
                ({"topic": "*", "from": "0-1-1"}, 400, "from"),
                ({**good, "callback": "ftp://x/"}, 400, "callback"),
                ({**good, "callback": "http://127.0.0.1:9/none"}, 404,
                 "callback")):
            with self.subTest(body=body):
                self.check(status_, parameter, body)
        answer = self.request("POST", "", good, kind="text/plain")
        self.assertEqual(answer.status, 415, answer)
        self.assertEqual(self.request("POST", "", good, token="x").status, 401)
        self.assertEqual(json.loads(self.request("GET", "").body),
                         {"replays": []})

    def test_an_event_of_other_topics_says_nothing(self):
        self.start(shards=4)
        event = json.loads(self.system.push("a.b", b"1").body)["id"]
        other = next(name for name in "bcdefgh" if self.system.store.key(
            name, "") != self.system.store.key("a", ""))
        self.check(400, "from", {"topic": other, "from": event})

    def test_there_is_none_of_that_id(self):
        self.start()
        for name in ("x", "0-1", "99-1", "all-1", "0-" + "1" * 60, "0%2d1",
                     "0-%2f", "0-%00", "all-%c3%a4"):
            self.assertEqual(self.request("GET", f"/{name}").status, 404)
            self.assertEqual(
                self.request("POST", f"/{name}/cancel", b"").status, 404)

    def test_as_many_run_as_may(self):
        self.start(roles=("hub",))
        for _ in range(16):
            self.replay("a.b")
        answer = self.request("POST", "", {"topic": "a.b", "from": EPOCH})
        self.assertEqual(answer.status, 409, answer)
        listed = json.loads(self.request("GET", "").body)["replays"]
        self.assertEqual([row["state"] for row in listed], ["running"] * 16)
        began = [row["began_ms"] for row in listed]
        self.assertEqual(began, sorted(began, reverse=True))


if __name__ == "__main__":
    unittest.main()
