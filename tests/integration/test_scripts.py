"""The scripts page, groups and leave, and what holds for all of them."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.redis import RedisError
from support.scripts import (CALLBACK, CD, GROUPS, PREFIX, TD, TOPIC,
                             ScriptTest, pairs)


class Page(ScriptTest):
    def page(self, event, size=10, td=TD):
        return self.post_page(event, size, (td,))

    def opened(self, count, **options):
        """An event of a topic with `count` subscriptions."""
        self.cds = [f"{n:022d}" for n in range(count)]
        self.subscribe(*self.cds)
        return self.event(**options)

    def finish(self, event, size=10):
        """Pages to the end; returns how many jobs were posted."""
        total = 0
        while True:
            jobs, done = self.page(event, size)
            total += jobs
            if done:
                return total

    def check_posted_once(self, event):
        self.assertEqual(self.posted(event), self.cds)
        self.assertEqual(self.hash("refs").get(event.encode()),
                         b"%d" % len(self.cds))
        self.assertFalse(self.exists("fanout"))

    def test_pages_end_exactly(self):
        for count, size, pages in ((0, 3, [(0, 1)]), (1, 3, [(1, 1)]),
                                   (3, 3, [(3, 0), (0, 1)]),
                                   (7, 3, [(3, 0), (3, 0), (1, 1)])):
            with self.subTest(count=count):
                self.setUp()
                event = self.opened(count)
                self.assertEqual([self.page(event, size) for _ in pages],
                                 pages)
                self.assertEqual(self.posted(event), self.cds)
                self.assertFalse(self.exists("fanout"))

    def test_two_owners_share_many_pages(self):
        event = self.opened(1000)
        for n in range(100):
            self.page(event, 7)
            self.run_script("release", self.epoch)
            self.own_shard(("spreader", n))
        self.assertEqual(self.finish(event, 7), 300)
        self.check_posted_once(event)

    def test_a_finished_event_posts_nothing_more(self):
        event = self.opened(5)
        self.finish(event)
        self.assertEqual(self.unchanged_by(lambda: self.page(event)), (0, 1))

    def test_an_event_from_before_a_flush_posts_nothing(self):
        event = self.opened(5)
        self.page(event, 2)
        self.empty()
        self.subscribe(CD)
        self.assertEqual(
            tuple(self.as_owner("page", event, 2, 1000, TD)), (0, 1))
        self.assertEqual(self.posted(), [])

    def test_the_index_changes_between_pages(self):
        event = self.opened(6)
        self.page(event, 3)
        self.unindex(self.cds[1], self.cds[2], self.cds[4])
        self.subscribe(f"{0:021d}", f"{3:022d}x", "zzz")
        self.assertEqual(self.finish(event, 3), 4)
        self.assertEqual(self.posted(event),
                         self.cds[:4] + [f"{3:022d}x", self.cds[5], "zzz"])
        self.assertEqual(self.hash("refs")[event.encode()], b"7")

    def test_every_subscription_may_go_between_pages(self):
        event = self.opened(6)
        self.page(event, 3)
        self.call("DEL", "subs:")
        self.assertEqual(self.page(event, 3), (0, 1))
        self.assertEqual(len(self.posted()), 3)

    def test_jobs_may_be_settled_between_pages(self):
        event = self.opened(6)
        self.page(event, 3)
        settled = self.posted(event)
        self.settle_all("bulk")
        self.assertFalse(self.exists("refs"))
        self.assertEqual(self.posted(), [])
        self.finish(event, 3)
        self.assertEqual(self.hash("refs")[event.encode()], b"3")
        self.assertEqual(settled + self.posted(event), self.cds)

    def test_events_and_topics_do_not_meet(self):
        one = self.opened(4)
        two = self.event(topic="other")
        self.subscribe("a", "b", "c", td="OTHER")
        self.page(one, 2)
        self.page(two, 2, td="OTHER")
        self.page(one, 10)
        self.page(two, 10, td="OTHER")
        self.assertEqual(self.posted(one), self.cds)
        self.assertEqual(self.posted(two), ["a", "b", "c"])


class Groups(ScriptTest):
    def groups(self):
        return [name.decode() for name in self.run_script("groups")]

    def start(self, stream):
        """Where the stream's group stands."""
        info = pairs(self.call("XINFO GROUPS", stream)[0])
        return info[b"last-delivered-id"].decode()

    def test_what_is_missing_is_made(self):
        self.redis.call("FLUSHALL")
        self.assertEqual(self.groups(), list(GROUPS))
        self.assertEqual(self.groups(), [])
        self.call("XGROUP DESTROY", "verify", "deliver")
        self.call("DEL", "bulk")
        self.assertEqual(self.groups(), ["bulk", "verify"])

    def test_queues_start_at_their_beginning(self):
        for stream in GROUPS:
            self.call("XADD", stream, "5-5", "a", "b")
            self.call("XGROUP DESTROY", stream, GROUPS[stream])
        self.groups()
        self.assertEqual([self.start(stream) for stream in GROUPS],
                         ["0-0", "0-0", "0-0"])

    def test_a_key_of_another_kind_is_an_error(self):
        self.call("SET", "verify", "x")
        with self.assertRaisesRegex(RedisError, "WRONGTYPE"):
            self.groups()

    def test_pending_work_of_a_lost_group_is_read_again(self):
        self.call("XADD", "outbox", "*", "e", "1-1", "c", CD)
        self.read("outbox")
        self.call("XGROUP DESTROY", "outbox", "deliver")
        self.groups()
        self.assertEqual(len(self.read("outbox")), 1)


class Leave(ScriptTest):
    def leave(self, consumer="one", group="deliver"):
        return self.run_script("leave", group, consumer, "verify", "outbox",
                               "bulk")

    def consumers(self, stream):
        return [pairs(row)[b"name"].decode() for row in
                self.call("XINFO CONSUMERS", stream, GROUPS[stream])]

    def test_an_idle_consumer_goes(self):
        for stream, consumer in (("outbox", "one"), ("verify", "one"),
                                 ("outbox", "two")):
            self.call("XGROUP CREATECONSUMER", stream, "deliver", consumer)
        self.assertEqual(self.leave(), 0)
        self.assertEqual(self.consumers("outbox"), ["two"])
        self.assertEqual(self.consumers("verify"), [])
        self.assertEqual(self.unchanged_by(self.leave), 0)

    def test_a_consumer_that_holds_work_stays_where_it_does(self):
        self.call("XADD", "outbox", "*", "e", "1-1", "c", CD)
        held, = self.read("outbox")
        self.call("XGROUP CREATECONSUMER", "verify", "deliver", "one")
        self.assertEqual(self.leave(), 1)
        self.assertEqual(self.consumers("outbox"), ["one"])
        self.assertEqual(self.consumers("verify"), [])
        self.assertEqual(self.pending("outbox"), [held[0]])
        self.call("XACK", "outbox", "deliver", held[0])
        self.assertEqual(self.leave(), 0)
        self.assertEqual(self.consumers("outbox"), [])

    def test_missing_groups_streams_and_consumers_are_fine(self):
        self.assertEqual(self.leave("nobody"), 0)
        self.call("XGROUP DESTROY", "outbox", "deliver")
        self.call("DEL", "verify")
        self.assertEqual(self.leave(), 0)


class AllScripts(ScriptTest):
    def test_each_touches_its_shard_only(self):
        """Every key a script makes has the shard's prefix."""
        event = self.event()
        self.request_script()
        self.run_script("verified", TD, CD, "s", 1, "confirmed", 0, 0, 0, "-")
        self.post_page(event)
        (entry, _), = self.read("outbox")
        self.run_script("settle", "job", "outbox", entry,
                        "retry", event, CD, 1, 0, 0, TD)
        self.promote()
        self.sweep(0, 0, 9)
        self.announce(TOPIC)
        self.as_owner("take", 1, 9, 9)
        self.as_owner("postpone", 1, f"p {TOPIC}", 0, TD)
        self.as_owner("take", 2, 9, 9)
        self.as_owner("fetch_state", 1000, TD, TOPIC)
        self.as_owner("fetched", 2, TD, TOPIC, "content", 200, "", "", "", "d",
                      "t", "b", "", "", 0, -1, "", 1000, "", "")
        self.request_script(how="validate")
        self.as_owner("take", 3, 9, 9)
        self.as_owner("validated", TD, CD, 2, TOPIC, "denied", "why", 0, 0,
                      3)
        ping = self.call("XADD", "pings", "*", "v", 1, "t", TOPIC)
        self.as_owner("announced", ping, TOPIC, TD)
        self.as_owner("reject", "log", self.event(), "why", self.position())
        self.as_owner("resume")
        for key in self.redis.keys():
            self.assertTrue(key.startswith(PREFIX.encode()), key)


if __name__ == "__main__":
    unittest.main()
