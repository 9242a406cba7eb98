"""The admin API: dead letters, listed, counted, replayed and purged."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import (CALLBACK, SHARDS, TOPIC, AdminTest,
                           topic_of_each_shard)
from support.keys import digest, shard
from support.wait import wait_until


class DeadLetters(AdminTest):
    PATH = "/admin/dead-letters"

    def letters(self, **query):
        return self.pages(self.PATH, "dead_letters", **query)

    def count(self, **query):
        answer = self.get(self.PATH + "/count", **query)
        self.assertEqual(list(answer), ["count"])
        return answer["count"]

    def refs(self):
        return self.system.store.events_kept()

    def jobs(self, topic):
        """What is in the outbox of the topic's shard."""
        key = self.system.store.key(topic, "outbox")
        return [dict(zip(fields[::2], fields[1::2]))
                for _, fields in self.redis.call("XRANGE", key, "-", "+")]

    def test_nothing_is_an_empty_list(self):
        self.assertEqual(self.get(self.PATH), {"dead_letters": []})
        self.assertEqual(self.count(), 0)
        for what in ("replay", "purge"):
            self.assertEqual(self.done(what, all="true"), 0)

    def test_a_letter_is_told_whole(self):
        event = self.bury(why="timeout")
        letter, = self.letters()
        number = shard(TOPIC, SHARDS)
        self.assertRegex(letter["id"], rf"\A{number}-\d+-\d+\Z")
        self.assertEqual(letter.pop("at_ms"),
                         int(letter.pop("id").split("-")[1]))
        self.assertEqual(letter, {
            "event": f"{number}-{event}", "topic": TOPIC,
            "callback": CALLBACK, "attempts": 3, "why": "timeout"})

    def test_pages_go_over_all_shards(self):
        topics = topic_of_each_shard()
        events = [self.bury(topic) for topic in topics for _ in range(3)]
        for limit in (1, 2, 3, 5, 12, 200):
            found = self.letters(limit=limit)
            self.assertEqual([letter["event"].split("-", 1)[1]
                              for letter in found], events, limit)
        self.assertEqual(self.count(), len(events))

    def test_filters(self):
        other_topic, other = topic_of_each_shard()[0], CALLBACK + "/other"
        for topic, callback in ((TOPIC, CALLBACK), (TOPIC, other),
                                (other_topic, CALLBACK), (TOPIC, CALLBACK)):
            self.bury(topic, callback)
        first = self.letters()[0]["id"]
        for query, count in (({"hub_topic": TOPIC}, 3),
                             ({"hub_callback": CALLBACK}, 3),
                             ({"hub_callback": other}, 1),
                             ({"id": first}, 1),
                             ({"id": "0-1-1"}, 0),
                             ({"hub_topic": "a.b"}, 0)):
            for limit in (1, 50):
                self.assertEqual(len(self.letters(limit=limit, **query)),
                                 count, query)
            self.assertEqual(self.count(**query), count, query)
        both = self.letters(hub_topic=TOPIC, hub_callback=CALLBACK, limit=1)
        self.assertEqual(len(both), 2)
        self.assertEqual(self.letters(id=first, hub_callback=other + "x"), [])

    def test_a_rare_one_among_many_is_found(self):
        """More letters than one request looks at: pages may be empty."""
        rare = topic_of_each_shard()[2]
        self.bury(rare, CALLBACK + "/rare")
        key = self.system.store.key(topic_of_each_shard()[1], "dead")
        for _ in range(25):
            self.redis.call_all([["XADD", key, "*", "v", 1, "e", "1-1", "t",
                                  TOPIC, "c", digest(CALLBACK), "cb",
                                  CALLBACK, "n", 1, "why", "-"]] * 500)
        first = self.get(self.PATH, hub_callback=CALLBACK + "/rare")
        self.assertEqual(first["dead_letters"], [])
        self.assertIn("next", first)
        self.assertEqual(
            len(self.letters(hub_callback=CALLBACK + "/rare")), 1)
        self.assertEqual(self.count(), 12501)

    def test_replay_by_each_choice(self):
        for name in ("id", "hub_topic", "hub_callback", "all"):
            with self.subTest(choice=name):
                event = self.bury()
                before = len(self.jobs(TOPIC))
                chosen = {"id": self.letters()[0]["id"], "hub_topic": TOPIC,
                          "hub_callback": CALLBACK, "all": "true"}[name]
                self.assertEqual(self.done("replay", **{name: chosen}), 1)
                self.assertEqual(self.count(), 0)
                jobs = self.jobs(TOPIC)
                self.assertEqual(len(jobs), before + 1)
                self.assertEqual(jobs[-1], {b"e": event.encode(),
                                            b"c": digest(CALLBACK).encode()})
        self.assertEqual(self.refs(), 4)

    def test_purge_takes_what_was_chosen(self):
        topics = topic_of_each_shard()
        for topic in topics:
            self.bury(topic)
        self.assertEqual(self.done("purge", hub_topic=topics[0]), 1)
        self.assertEqual(self.done("purge", hub_topic=topics[0]), 0)
        self.assertEqual((self.count(), self.refs()), (3, 3))
        self.assertEqual(self.done("purge", id=self.letters()[0]["id"]), 1)
        self.assertEqual(self.done("purge", all="true"), 2)
        self.assertEqual((self.count(), self.refs()), (0, 0))
        self.assertEqual([self.jobs(topic) for topic in topics],
                         [[]] * SHARDS)

    def test_hundreds_are_walked_page_by_page(self):
        for topic in topic_of_each_shard()[:2]:
            key = self.system.store.key(topic, "dead")
            self.redis.call_all([["XADD", key, "*", "v", 1, "e", "1-1", "t",
                                  topic, "c", digest(CALLBACK), "cb",
                                  CALLBACK, "n", 1, "why", "-"]] * 450)
        self.assertEqual(self.count(), 900)
        self.assertEqual(self.done("replay", all="true"), 900)
        self.assertEqual(self.count(), 0)
        self.assertEqual(len(self.jobs(topic_of_each_shard()[0])), 450)


class EndToEnd(AdminTest):
    roles = ("hub", "spreader", "deliver")
    settings = {"max_attempts": 1}

    def test_a_failed_delivery_is_listed_replayed_and_delivered(self):
        callback = self.system.subscriber().callback("/cb",
                                                     answers=[500, 500])
        self.system.activate(TOPIC, callback)
        event = json.loads(self.system.push(TOPIC, b"1").body)["id"]
        self.system.wait_idle()
        for _ in range(2):
            letter, = self.get("/admin/dead-letters")["dead_letters"]
            self.assertEqual((letter["event"], letter["topic"],
                              letter["callback"], letter["attempts"]),
                             (event, TOPIC, callback.url, 1))
            self.assertEqual(self.done("replay", id=letter["id"]), 1)
            self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"1"] * 3)
        self.assertEqual(self.get("/admin/dead-letters/count"), {"count": 0})
        self.assertEqual(self.system.store.events_kept(), 0)

    def test_attempts_are_noted(self):
        callback = self.system.subscriber().callback("/cb", answers=[500])
        self.system.activate(TOPIC, callback)
        for body in (b"1", b"22"):
            self.system.push(TOPIC, body)
            self.system.wait_idle()

        def noted():
            found = self.get("/admin/subscription", hub_topic=TOPIC,
                             hub_callback=callback.url)
            return found if len(found["attempts"]) == 2 else None
        found = wait_until(noted, "deliver has noted them")
        self.assertEqual((found["state"], found["delivered"],
                          found["failed"], found["bytes"]),
                         ("active", 1, 1, 3))
        self.assertEqual([(row["status"], row["bytes"])
                          for row in found["attempts"]], [(204, 2), (500, 1)])

    def test_a_purged_one_is_not_delivered(self):
        callback = self.system.subscriber().callback("/cb", answers=[500])
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        self.assertEqual(self.done("purge", hub_callback=callback.url), 1)
        self.system.push(TOPIC, b"2")
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"1", b"2"])
        self.assertEqual(self.system.store.events_kept(), 0)


if __name__ == "__main__":
    unittest.main()
