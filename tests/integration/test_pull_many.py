"""Many who wait: what they cost, and that an event reaches whom it is for and
nobody else.  Sizes and counts only, no times."""

import os
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.memory import has_shadow
from support.pull_crowd import Crowd, is_response, messages
from support.puller import waiting
from support.system import LONG_TIMEOUTS, SystemTest
from support.wait import wait_until

MANY = 10000 if os.environ.get("WEBSUBD_SLOW") else 1000
LONG_S = 60       # a wait that is not to be waited for
QUIET_S = 2       # for which commands are counted
# A process has some of these without anybody: heartbeats, the metrics that the
# test reads, reads of a log that end by themselves.
OTHER_COMMANDS = 150
KIB_A_CLIENT = 8  # measured: 5
MIB_OF_OTHERS = 4
TOPIC = "http://publisher.example/topic"


def own(number):
    return f"{TOPIC}/{number}"


def shared(_number):
    return TOPIC


class Many(SystemTest):
    def start(self, count=MANY):
        self.start_system(roles=("hub",), **LONG_TIMEOUTS, hub_only={
            "max_connections": MANY + 500,
            "max_connections_per_client": MANY + 500,
            "max_streams": MANY})
        self.hub = self.system.program("hub")
        self.crowd = Crowd(self.system.hub, count)
        self.addCleanup(self.crowd.close)

    def add_waiting(self, topic_of):
        self.crowd.add(topic_of)
        self.wait_for_messages()

    def wait_for_messages(self):
        self.crowd.wait_for_messages(LONG_S)
        self.wait_gathering(len(self.crowd))

    def wait_gathering(self, count):
        wait_until(lambda: waiting(self.system) == count, f"{count} wait")
        self.wait_quiet()

    def wait_streams(self, count):
        wait_until(lambda: self.hub.metric("websubd_hub_streams") == count,
                   f"{count} stream")
        self.wait_quiet()

    def commands(self):
        """That Redis has carried out, those of scripts included."""
        text = self.system.redis.call("INFO", "stats").decode()
        return int(text.split("total_commands_processed:")[1].split()[0])

    def commands_of(self, seconds):
        before, end = self.commands(), time.monotonic() + seconds
        wait_until(lambda: time.monotonic() >= end, "nothing happens")
        return self.commands() - before

    def wait_quiet(self):
        """What those who began had to tell Redis is done."""
        wait_until(lambda: self.commands_of(0.5) < OTHER_COMMANDS / 3,
                   "Redis has nothing to do")

    def resident_kib(self):
        with open(f"/proc/{self.hub.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file
                        if line.startswith("VmRSS:"))

    def push(self, topic, body=b"message"):
        self.assertEqual(self.system.push(topic, body, "text/plain").status,
                         202)

    def check_memory(self, before_kib):
        if has_shadow(self.hub.pid):
            return
        grown = self.resident_kib() - before_kib
        self.assertLess(grown, MANY * KIB_A_CLIENT + MIB_OF_OTHERS * 1024)


class Polls(Many):
    def test_waiting_costs_no_commands_and_little_memory(self):
        self.start()
        before = self.resident_kib()
        self.add_waiting(own)
        self.check_memory(before)
        self.assertLess(self.commands_of(QUIET_S), OTHER_COMMANDS)

    def test_an_event_wakes_only_who_wants_it(self):
        self.start()
        self.add_waiting(own)
        before = self.commands()
        self.push(own(7))
        read = self.crowd.wait_read(is_response, 1)
        self.assertEqual({number: messages(text)
                          for number, text in read.items()},
                         {7: ["message"]})
        self.wait_gathering(MANY - 1)
        self.assertLess(self.commands() - before, 2 * OTHER_COMMANDS)

    def test_an_event_for_all_comes_to_each_once_and_others_are_served(self):
        self.start()
        self.add_waiting(shared)
        for text in ("first", "second"):
            self.push(TOPIC, text.encode())
            for _ in range(50):
                self.push(TOPIC + "/nobody")
            read = self.crowd.wait_read(is_response)
            self.assertEqual([messages(read[n]) for n in range(MANY)],
                             [[text]] * MANY)
            self.wait_for_messages()


class Streams(Many):
    def test_an_event_for_all_comes_to_each_once(self):
        self.start()
        before = self.resident_kib()
        self.crowd.stream(shared)
        self.wait_streams(MANY)
        self.check_memory(before)
        self.assertLess(self.commands_of(QUIET_S), OTHER_COMMANDS)
        self.crowd.wait_read(lambda read: b"retry:" in read)
        for text in (b"first", b"second"):
            self.push(TOPIC, text)
            read = self.crowd.wait_read(lambda read: text in read)
            self.assertEqual({one.count(b"data: ") for one in read.values()},
                             {1})
        self.crowd.close()
        self.wait_streams(0)

    def test_an_event_for_one_comes_to_no_other(self):
        self.start()
        self.crowd.stream(own)
        self.wait_streams(MANY)
        self.crowd.wait_read(lambda read: b"retry:" in read)
        self.push(own(7))
        read = self.crowd.wait_read(lambda read: b"data: message" in read, 1)
        self.assertEqual(list(read), [7])


if __name__ == "__main__":
    unittest.main()
