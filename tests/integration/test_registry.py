"""Processes register, say that they live, and are fenced when they are not
who they were."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import Cluster
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class RegistryTest(SystemTest):
    def start(self, **settings):
        self.start_system(**settings)
        self.cluster = Cluster(self.system.redis)

    def wait_registered(self, *programs):
        """Waits until each has its record; returns the records."""
        def records():
            found = [self.cluster.record_of(p) for p in programs]
            return found if all(found) else None
        return wait_until(records, "all are registered")


class Registry(RegistryTest):
    def test_every_program_registers(self):
        self.start()
        self.system.start("hub", listen="127.0.0.1:0")
        records = self.wait_registered(*self.system.programs)
        self.assertEqual([r["role"] for r in records],
                         ["hub", "spreader", "deliver", "hub"])
        for program, record in zip(self.system.programs, records):
            self.assertEqual(record["v"], 1)
            self.assertEqual(record["pid"], program.pid)
            self.assertEqual(record["status"], program.status_address())
            self.assertEqual(record["health"], "healthy")
            self.assertLess(self.cluster.age_ms(record["role"],
                                                record["name"]), 30000)
            wait_until(lambda p=program: p.status("/readyz")[0] == 200,
                       "it is ready")
            self.check_metrics(program, record)

    def test_a_process_that_ends_takes_its_record_along(self):
        self.start()
        self.wait_registered(*self.system.programs)
        for program in self.system.programs:
            program.stop()
        self.assertEqual(self.cluster.records(), {})
        for role in ("hub", "spreader", "deliver"):
            self.assertEqual(self.cluster.heartbeats(role), {})
        kinds = [kind for kind, _ in self.cluster.events()]
        self.assertEqual(kinds.count("instance_registered"), 3)
        self.assertEqual(kinds.count("instance_stopped"), 3)

    def test_the_next_process_of_a_name_takes_it_over(self):
        for role in ("hub", "spreader", "deliver"):
            with self.subTest(role):
                self.start(roles=(role,), instance_name="one")
                old = self.system.programs[0]
                before, = self.wait_registered(old)
                new = self.system.start(role, listen="127.0.0.1:0")
                old.wait_event("fenced")
                old.wait_exit(1)
                after, = self.wait_registered(new)
                self.assertEqual(after["incarnation"],
                                 before["incarnation"] + 1)
                self.assertIn("give each an instance_name", old.log())
                self.system.programs.remove(old)

    def test_who_stood_still_goes_on_under_a_new_incarnation(self):
        self.start(heartbeat_interval_ms=50, heartbeat_timeout_ms=400)
        deliver = self.system.program("deliver")
        before, = self.wait_registered(deliver)
        deliver.freeze()
        self.cluster.forget("deliver", before["name"])
        deliver.thaw()
        deliver.wait_event("fenced")
        after, = self.wait_registered(deliver)
        self.assertGreater(after["incarnation"], before["incarnation"])
        self.check_deliveries()

    def test_a_record_that_is_lost_is_written_again(self):
        self.start(heartbeat_interval_ms=50)
        before = self.wait_registered(*self.system.programs)
        self.system.redis.call("FLUSHALL")
        after = self.wait_registered(*self.system.programs)
        for old, new in zip(before, after):
            self.assertGreater(new["incarnation"], old["incarnation"])

    def test_who_may_not_register_ends_with_the_reason(self):
        self.start(roles=())
        self.system.redis.change_rights("-zadd")
        program = self.system.start("deliver", wait=False)
        program.wait_exit(1)
        self.assertIn("can't be registered", program.log())
        self.system.programs.remove(program)

    def test_after_a_reconnect_all_register_again(self):
        self.start()
        before = self.wait_registered(*self.system.programs)
        since_ms = self.system.redis.now_ms()
        self.system.redis.call("CLIENT", "KILL", "TYPE", "normal")

        def again():
            records = self.wait_registered(*self.system.programs)
            return all(r["last_successful_registration_ms"] >= since_ms
                       for r in records) and records
        after = wait_until(again, "all have registered again")
        self.assertEqual([r["incarnation"] for r in after],
                         [r["incarnation"] for r in before])

    def test_a_process_that_fails_to_register_says_so_and_recovers(self):
        self.start(roles=("deliver",), normal_reregister_interval_ms=50,
                   initial_reregister_interval_ms=50,
                   retry_reregister_interval_ms=50,
                   enable_exponential_backoff="no",
                   failure_notification_threshold=2,
                   max_consecutive_failures=4)
        deliver = self.system.program("deliver")
        self.wait_registered(deliver)
        self.system.redis.change_rights("-zadd")
        why = deliver.wait_event("instance-failed")["why"]
        self.assertIn("command", why)  # Redis' own words
        self.assertNotIn("user_script", why)
        self.assertEqual(len(deliver.events("instance-degraded")), 1)
        self.assertEqual(deliver.metric("websubd_instance_state",
                                        '{state="failed"}'), 1)
        self.system.redis.change_rights("+zadd")
        # One attempt a minute, or one when Redis is back.
        self.system.redis.call("CLIENT", "KILL", "TYPE", "normal")
        deliver.wait_event("instance-recovered")
        wait_until(lambda: self.cluster.record_of(deliver)["health"] ==
                   "healthy", "its record says so")
        told = [kind for kind, _ in self.cluster.events()]
        for kind, count in (
                ("instance_degraded", 1), ("registration_failed", 1),
                ("breaker_opened", 1), ("alert", 2),
                ("instance_recovered", 1), ("breaker_closed", 1)):
            self.assertEqual(told.count(kind), count, kind)

    def check_metrics(self, program, record):
        for state, value in (("healthy", 1), ("degraded", 0), ("failed", 0),
                             ("unregistered", 0)):
            self.assertEqual(program.metric("websubd_instance_state",
                                            f'{{state="{state}"}}'), value)
        self.assertEqual(program.metric("websubd_instance_incarnation"),
                         record["incarnation"])
        self.assertEqual(
            program.metric("websubd_instance_consecutive_failures"), 0)
        self.assertGreater(
            program.metric("websubd_instance_last_registration_seconds"), 0)

    def check_deliveries(self):
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"body")
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"body"])


if __name__ == "__main__":
    unittest.main()
