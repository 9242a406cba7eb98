"""Faults of Redis: the programs recover by themselves, later events arrive, and
nothing turns in circles."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.faults import ROLES, TOPIC, FaultTest
from support.wait import wait_until


class Server(FaultTest):
    """Faults of Redis itself."""

    def setUp(self):
        self.start_all()

    def test_idle(self):
        self.check_works()

    def test_scripts_are_flushed(self):
        for _ in range(3):
            self.redis.call("SCRIPT", "FLUSH")
            self.check_works()
        self.check_delivered_once()

    def test_every_connection_is_killed(self):
        for _ in range(3):
            self.redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME",
                            "yes")
            self.check_works()

    def test_every_group_is_destroyed(self):
        self.check_works()
        for _ in range(3):
            for key in self.redis.keys():
                if self.redis.call("TYPE", key) == b"stream":
                    self.redis.call("XGROUP", "DESTROY", key, "deliver")
            self.check_works()
        self.assertEqual(self.redis.call("EXISTS", "websub:meta"), 1)

    def test_everything_is_flushed(self):
        self.check_works()
        self.redis.call("FLUSHALL")
        self.system.activate(TOPIC, self.callback)
        self.check_works()

    def test_a_policy_that_may_evict_ends_the_programs(self):
        """Their readers still wait in Redis at that moment."""
        self.check_works()
        self.redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        for line in self.redis.call("CLIENT", "LIST").decode().splitlines():
            if "cmd=xread" not in line and "cmd=client" not in line:
                self.redis.call("CLIENT", "KILL", "ID",
                                line.split()[0].removeprefix("id="))
        for program in self.system.programs:
            program.wait_exit(1)


class Frozen(FaultTest):
    def test_a_frozen_redis_does_not_keep_the_programs(self):
        """What they wait for is given up at the drain deadline."""
        self.start_all(drain_timeout_ms=500)
        self.redis.freeze()
        self.addCleanup(self.redis.thaw)
        for program in self.system.programs:
            program.terminate()
        for program in self.system.programs:
            program.wait_exit((0, 2))


class Password(FaultTest):
    def url(self, password):
        return f"unix://:{password}@{self.redis.socket_path}"

    def test_the_password_changes_and_changes_back(self):
        self.start_all()
        self.redis.call("CONFIG", "SET", "requirepass", "other")
        self.redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        wait_until(lambda: self.system.hub.push(TOPIC, b"x").status == 503,
                   "the hub is locked out")
        self.check_calm()
        self.redis.call("CONFIG", "SET", "requirepass", "")
        self.check_works()

    def test_the_right_password_works_and_a_wrong_one_stays_calm(self):
        self.start_system(roles=(), redis_options=())
        self.redis = self.system.redis
        self.redis.call("CONFIG", "SET", "requirepass", "p@ss/word")
        wrong = self.system.start("deliver", wait=False,
                                  redis_url=self.url("wrong"))
        wrong.wait_event("redis-down")
        self.check_calm()
        self.assertEqual(wrong.events("ready"), [])
        self.assertNotIn("wrong", wrong.log().replace("WRONGPASS", ""))
        for role in ROLES:
            self.system.start(role, redis_url=self.url("p%40ss%2Fword"))
        self.callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, self.callback)
        self.sent = 0
        self.check_works()

    def test_scripts_that_may_not_be_loaded_cause_no_storm(self):
        self.start_all()
        self.redis.change_rights("-script|load")
        self.redis.call("SCRIPT", "FLUSH")
        self.check_calm()
        self.redis.change_rights("+script|load")
        self.check_works()


if __name__ == "__main__":
    unittest.main()
