"""POST /admin/instances/NAME/restart: a process drains and executes itself
again."""

import socket
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import Cluster
from support.httpd import Answer
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
TOKEN = "secret"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RestartRequests(SystemTest):
    def start(self, **settings):
        # An address that is still its own when it is executed again.
        self.start_system(hub_only={"admin_token": TOKEN,
                                    "listen": f"127.0.0.1:{free_port()}"},
                          **settings)
        self.cluster = Cluster(self.system.redis)
        self.hub = self.system.hub

    def record(self, program):
        return wait_until(lambda: self.cluster.record_of(program),
                          "it is registered")

    def ask(self, name, token=TOKEN):
        return self.hub.request(
            "POST", f"/admin/instances/{name}/restart",
            headers={"Authorization": f"Bearer {token}"})

    def wait_again(self, program, before):
        def is_again():
            record = self.cluster.record_of(program)
            return record and record["incarnation"] > before["incarnation"] \
                and record
        return wait_until(is_again, "it is registered again")

    def test_each_program_restarts_as_the_same_process(self):
        self.start()
        for program in self.system.programs:
            before = self.record(program)
            begin = time.monotonic()
            self.assertEqual(self.ask(before["name"]).status, 202)
            after = self.wait_again(program, before)
            took_s = time.monotonic() - begin
            print(f"{before['role']} restarted in {took_s:.2f} s",
                  file=sys.stderr)
            self.assertEqual(after["incarnation"], before["incarnation"] + 1)
            self.assertEqual(after["name"], before["name"])
            wait_until(lambda p=program: len(p.events("started")) == 2,
                       "the log says so")
            wait_until(lambda p=program: p.events("ready")[1:], "it is up")
        self.check_deliveries()
        self.assertEqual(self.cluster.call("HGETALL", "restarts"), [])

    def test_who_asks_twice_gets_a_conflict(self):
        self.start(timeout_ms=60000)
        gate = self.gate()
        callback = self.system.subscriber().callback(
            "/cb", answers=[Answer(204, gate=gate)])
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"body")
        callback.wait_deliveries(1)
        deliver = self.system.program("deliver")
        before = self.record(deliver)
        self.assertEqual(self.ask(before["name"]).status, 202)
        deliver.wait_event("restarting")  # it drains, and waits for us
        self.assertEqual(self.ask(before["name"]).status, 409)
        self.assertEqual(self.cluster.record_of(deliver)["incarnation"],
                         before["incarnation"])
        gate.set()
        self.wait_again(deliver, before)
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"body"])

    def test_sigterm_makes_an_end_of_a_restart(self):
        self.start(timeout_ms=60000)
        gate = self.gate()
        callback = self.system.subscriber().callback(
            "/cb", answers=[Answer(204, gate=gate)])
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"body")
        callback.wait_deliveries(1)
        deliver = self.system.program("deliver")
        name = self.record(deliver)["name"]
        self.ask(name)
        deliver.wait_event("restarting")
        deliver.terminate()
        deliver.wait_event("restart-cancelled")
        gate.set()
        deliver.wait_exit(0)
        self.assertNotIn(name, self.cluster.records())

    def test_who_is_unknown_is_not_found(self):
        self.start()
        for name in ("nobody", "n" * 300):
            self.assertEqual(self.ask(name).status, 404)
        for path in ("/admin/instances//restart", "/admin/instances/a/b",
                     "/admin/instances/a/restart/b"):
            answer = self.hub.request(
                "POST", path, headers={"Authorization": f"Bearer {TOKEN}"})
            self.assertEqual(answer.status, 404)

    def test_a_token_is_needed(self):
        self.start()
        name = self.record(self.system.program("deliver"))["name"]
        self.assertEqual(self.ask(name, token="other").status, 401)
        self.assertEqual(self.cluster.call("HGETALL", "restarts"), [])

    def check_deliveries(self):
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"body")
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"body"])


if __name__ == "__main__":
    unittest.main()
