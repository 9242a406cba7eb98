"""Content is sent unless it is what the subscribers have: announcements, pushes,
and subscribers that come and go, in any order."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.system import SystemTest

A, B = b"<feed>A</feed>", b"<feed>B</feed>"


class WhatTheyHave(SystemTest):
    def setUp(self):
        self.start_system()
        self.publisher = self.system.publisher()
        self.server = self.system.subscriber()
        self.count = 0

    def topic(self, **options):
        """A topic that has no subscriber so far."""
        self.count += 1
        self.topic_now = self.publisher.topic(f"/{self.count}", A, **options)
        self.callback = self.server.callback(f"/cb{self.count}")
        return self.topic_now

    def join(self):
        self.system.activate(self.topic_now.url, self.callback)

    def leave(self):
        """Nothing happens when there is no subscription."""
        self.system.hub.unsubscribe(self.topic_now.url, self.callback.url)
        self.system.wait_gone(self.topic_now.url, self.callback)

    def announce(self, body):
        if body != self.topic_now.body:
            self.topic_now.update(body)
        self.system.announce(self.topic_now.url)

    def push(self, body):
        self.system.push(self.topic_now.url, body)

    def append(self, body):
        """As a direct producer does."""
        store, url = self.system.store, self.topic_now.url
        self.system.redis.call("XADD", store.key(url, "log"), "*", "v", 1,
                               "t", url, "ct", "text/plain", "b", body)

    def follow(self, *steps):
        """Each step after the one before has had its effect; returns what
        arrived."""
        for step, *words in steps:
            getattr(self, step)(*words)
            self.system.wait_idle()
        return self.callback.bodies()

    def test_announced_pushed_and_announced_again(self):
        for validators in (True, False):
            for push in ("push", "append"):
                with self.subTest(validators=validators, push=push):
                    self.topic(validators=validators)
                    self.assertEqual(self.follow(
                        ["join"], ["announce", A], [push, B], ["announce", A]),
                        [A, B, A])

    def test_all_leave_and_what_comes_back_is_new_to_the_next(self):
        self.topic()
        self.assertEqual(self.follow(
            ["join"], ["announce", A], ["leave"], ["announce", B], ["join"],
            ["announce", A]), [A, A])
        self.assertEqual(self.follow(["announce", A]), [A, A])

    def test_also_when_what_came_meanwhile_was_pushed_or_not_announced(self):
        for unseen in (["push", B], ["join"]):
            with self.subTest(unseen=unseen):
                self.topic()
                self.assertEqual(self.follow(
                    ["join"], ["announce", A], ["leave"], unseen, ["join"],
                    ["announce", A]), [A, A])

    def test_one_of_two_leaves_and_the_other_gets_nothing_twice(self):
        self.topic()
        other = self.server.callback("/other")
        self.system.activate(self.topic_now.url, other)
        self.follow(["join"], ["announce", A], ["leave"], ["announce", A])
        self.assertEqual(other.bodies(), [A])

    def test_a_push_during_the_fetch_that_was_announced_before_it(self):
        topic, gate = self.topic(), self.gate()
        self.follow(["join"], ["announce", A])
        topic.next_answers(Answer(200, A, gate=gate))
        self.announce(A)
        topic.wait_fetches(2)
        self.push(B)
        self.callback.wait_deliveries(2)
        gate.set()
        self.system.wait_idle()
        self.assertEqual(self.callback.bodies(), [A, B])

    def test_pushed_and_announced_at_once(self):
        """The event of the push may not have begun when the fetch does."""
        self.topic()
        self.follow(["join"], ["announce", A])
        for count in range(1, 20):
            self.append(B)
            self.announce(A)
            self.system.wait_idle()
            # Two events of which neither waits for the other.
            self.assertCountEqual(self.callback.bodies()[-2:], [B, A])
            self.assertEqual(len(self.callback.deliveries), 1 + 2 * count)

    def expected(self, steps):
        have, joined, arrives = None, False, []
        for step, *words in steps:
            if step in ("join", "leave"):
                have = have if step == "join" and joined else None
                joined = step == "join"
            elif joined and step == "announce" and words[0] != have:
                have = words[0]
                arrives.append(have)
            elif joined and step in ("push", "append"):
                have = None
                arrives.append(words[0])
        return arrives

    def test_in_any_order(self):
        chance = random.Random(14)
        kinds = [["announce", A], ["announce", B], ["push", A], ["push", B],
                 ["append", A], ["join"], ["join"], ["leave"]]
        for _ in range(40):
            self.topic(validators=chance.random() < 0.7)
            steps = [["join"], *(chance.choice(kinds) for _ in range(6))]
            with self.subTest(steps=steps):
                self.assertEqual(self.follow(*steps), self.expected(steps))


if __name__ == "__main__":
    unittest.main()
