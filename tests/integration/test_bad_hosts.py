"""Many hosts that accept and never respond leave enough for the others."""

import os
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.silent import Silent
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
EVENTS = 20
LONG_MS = 120000  # longer than the tests wait: nothing is freed by a timeout

# As many as the files of one process allow; the short form has fewer slots too.
HOSTS, SLOTS = (5000, 1024) if os.environ.get("WEBSUBD_SLOW") else (600, 64)


class BadHosts(SystemTest):
    def start(self, files=None, **settings):
        """`files`: how many deliver may open, soft and hard limit."""
        silent = Silent(HOSTS)
        self.start_system(**{"roles": ("hub", "spreader"),
                             "shards": 2, "timeout_ms": LONG_MS,
                             "connect_timeout_ms": 5000, "concurrency": SLOTS,
                             **settings})
        self.system.start("deliver", files=files)
        self.addCleanup(silent.close)
        self.callback = self.system.subscriber().callback("/healthy")
        self.system.request(TOPIC, self.callback)
        wait_until(lambda: self.system.store.record(TOPIC, self.callback.url),
                   "it is active")
        self.system.push(TOPIC, b"first")  # a good response
        self.callback.wait_deliveries()
        return silent.urls

    def metric(self, name):
        return self.system.program("deliver").metric("websubd_deliver_" + name)

    def check_healthy(self):
        for n in range(EVENTS):
            self.system.push(TOPIC, b"%d" % n)
        self.callback.wait_deliveries(1 + EVENTS)

    def end_at_once(self):
        """Attempts that hang would keep the programs from draining."""
        for program in self.system.programs:
            program.kill()

    def push_to(self, urls):
        for number, url in enumerate(urls):
            self.system.hub.subscribe(f"{TOPIC}/{number}", url)
        for number in range(len(urls)):
            self.system.push(f"{TOPIC}/{number}", b"bad")

    def test_deliveries_to_the_others_go_on(self):
        self.push_to(self.start(verify="off"))
        wait_until(lambda: self.metric("requests_lingering") == 3 * SLOTS,
                   "as many linger as may")
        self.check_healthy()
        self.end_at_once()

    def test_so_they_do_after_a_restart(self):
        """Redis knows who did well; the process that does not has nothing left
        for hosts that it does not know."""
        urls = self.start(verify="off")
        self.callback.next_answers(500)
        self.system.push(TOPIC, b"second")
        self.callback.wait_deliveries(3)
        wait_until(lambda: self.last_status() == 204, "the log has it")
        self.system.program("deliver").kill()
        self.push_to(urls)
        self.system.presume_dead(self.system.program("deliver"))
        self.system.start("deliver")
        wait_until(lambda: self.metric("requests_lingering") == 3 * SLOTS,
                   "as many linger as may")
        before = len(self.callback.deliveries)
        self.system.push(TOPIC, b"third")
        self.callback.wait_deliveries(before + 1)
        self.end_at_once()

    def last_status(self):
        """Of the callback's last attempt, as the attempt log has it."""
        log = self.system.store.attempt_log(TOPIC, self.callback.url)
        return log.attempts[0].status if log and log.attempts else None

    def test_so_they_do_where_files_are_few(self):
        urls = self.start(files=(256, 256), verify="off", concurrency=1024)
        self.push_to(urls)
        wait_until(self.is_used_up, "no more are sent to bad hosts")
        self.check_healthy()
        self.end_at_once()

    def is_used_up(self):
        """All that could be sent has been for a while, and lingers."""
        before = self.metric("requests_lingering")
        time.sleep(2)
        return 0 < before == self.metric("requests_lingering")

    def test_requests_of_strangers_hold_up_no_delivery(self):
        urls = self.start()
        for number, url in enumerate(urls):
            self.system.hub.subscribe(f"{TOPIC}/{number}", url)
        wait_until(lambda: self.metric("requests_lingering") == 3 * SLOTS,
                   "as many linger as may")
        self.check_healthy()
        self.end_at_once()


if __name__ == "__main__":
    unittest.main()
