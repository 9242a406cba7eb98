"""Few files: limits that shells and service managers give, and none left.

A host is an address of loopback: 127.1.x.y, one port."""

import resource
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.programs import run
from support.sink import Sink, send_forms, subscribe_form
from support.system import LONG_TIMEOUTS, SystemTest
from support.wait import wait_until

TOPIC = "orders.created"
HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
ROLES = ("hub", "spreader", "deliver")


class ManyHosts(SystemTest):
    def serve(self, hosts, **limits):
        """Subscriptions on so many hosts, and programs with those limits."""
        self.start_system(roles=(), suspend_after=1,
                          **LONG_TIMEOUTS)
        for role in ROLES:
            self.system.start(role, files=limits.get(role))
        self.sink = Sink("0.0.0.0")
        self.addCleanup(self.sink.close)
        self.paths = [f"/{n}" for n in range(hosts)]
        forms = [subscribe_form(
            TOPIC, f"http://127.1.{n // 200}.{n % 200 + 1}:{self.sink.port}/{n}")
            for n in range(hosts)]
        statuses = send_forms(self.system.hub.address, forms)
        self.assertEqual(statuses, {202: hosts})
        wait_until(lambda: self.system.program("deliver").metric(
            "websubd_deliver_verifications_total",
            '{outcome="confirmed"}') == hosts, "all are verified", 120)

    def check_arrives(self, body):
        self.system.push(TOPIC, body)
        wait_until(lambda: all((path, body) in self.sink.arrived
                               for path in self.paths), "all arrive", 120)

    def check_nobody_is_charged(self):
        deliver = self.system.program("deliver")
        for outcome in ("suspended", "retried", "dead"):
            self.assertEqual(deliver.metric("websubd_deliver_jobs_total",
                                            f'{{outcome="{outcome}"}}'), 0)

    def test_the_soft_limit_of_a_shell_serves_1500_hosts(self):
        soft = {role: (1024, HARD) for role in ROLES}
        self.serve(1500, **soft)
        self.check_arrives(b"one")
        self.check_arrives(b"two")
        self.check_nobody_is_charged()

    def test_few_files_serve_many_hosts_one_after_the_other(self):
        self.serve(600, **{role: (256, 256) for role in ROLES})
        for body in (b"one", b"two", b"three"):
            self.check_arrives(body)
        self.check_nobody_is_charged()
        for role in ROLES:
            limited = self.system.program(role).events("files-limited")
            self.assertEqual([line["limit"] for line in limited], ["256"])

    def test_descriptors_that_run_out_meanwhile_are_charged_to_nobody(self):
        self.serve(300)
        self.check_arrives(b"one")
        deliver = self.system.program("deliver")
        used = len(list(Path(f"/proc/{deliver.pid}/fd").iterdir()))
        for body in (b"two", b"three"):
            resource.prlimit(deliver.pid, resource.RLIMIT_NOFILE, (20, HARD))
            self.sink.drop_all()
            self.system.push(TOPIC, body)
            deliver.wait_event("no-descriptors")
            resource.prlimit(deliver.pid, resource.RLIMIT_NOFILE,
                             (used, HARD))
            wait_until(lambda b=body: all((path, b) in self.sink.arrived
                                          for path in self.paths),
                       "all arrive", 120)
        resource.prlimit(deliver.pid, resource.RLIMIT_NOFILE, (HARD, HARD))
        self.check_nobody_is_charged()


class Meanwhile(SystemTest):
    """Descriptors run out in a program that works: max_attempts=1, so that one
    failure would be the last."""

    def setUp(self):
        self.start_system(max_attempts=1, suspend_after=1,
                          validate_topic="yes")
        self.publisher = self.system.publisher()
        hub = self.system.hub.url
        url = self.publisher.url + "/feed"
        self.topic = self.publisher.topic("/feed", links={
            "Link": f'<{hub}>; rel="hub", <{url}>; rel="self"'})
        self.callback = self.system.subscriber().callback("/cb")

    def starve(self, role):
        """No socket can be opened by that program until allow()."""
        program = self.system.program(role)
        resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (3, HARD))
        return program

    def allow(self, program, count=1):
        wait_until(lambda: len(program.events("no-descriptors")) >= count,
                   "none is left")
        resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (HARD, HARD))

    def test_a_validation_is_made_again(self):
        spreader = self.starve("spreader")
        self.system.request(self.topic.url, self.callback)
        self.allow(spreader)
        self.system.wait_active(self.topic.url, self.callback)

    def test_a_verification_is_made_again(self):
        deliver = self.starve("deliver")
        self.system.request(self.topic.url, self.callback)
        self.allow(deliver)
        self.system.wait_active(self.topic.url, self.callback)

    def test_a_fetch_is_made_again(self):
        self.system.activate(self.topic.url, self.callback)
        self.topic.next_answers(Answer(200, b"x", {"Connection": "close"}))
        self.system.announce(self.topic.url)
        self.callback.wait_deliveries()
        spreader = self.starve("spreader")
        self.topic.update(b"second")
        self.system.announce(self.topic.url)
        self.allow(spreader)
        wait_until(lambda: b"second" in self.callback.bodies(), "it arrives")
        self.assertEqual(
            self.system.store.fetch_state(self.topic.url)[b"failures"], b"0")


class Floor(unittest.TestCase):
    def test_a_limit_below_the_floor_is_refused_with_one_sentence(self):
        for role in ROLES:
            done = run(f"websub-{role}", "--shards", "64", files=(60, 60))
            self.assertEqual(done.returncode, 1, done)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1)
            self.assertIn("open files", done.stderr)


if __name__ == "__main__":
    unittest.main()
