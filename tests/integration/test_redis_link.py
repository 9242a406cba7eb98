"""Faults of Redis and of the way to it: the programs recover by themselves,
later events arrive, and nothing turns in circles."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.proxy import Proxy
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
ROLES = ("hub", "spreader", "deliver")
IDLE_S = 2
# What the programs send in a second when nothing happens: eight blocked reads
# and four sweeps, promoters, takeovers.  A busy loop sends thousands.
IDLE_RATE_MAX = 100
SENT = ("xreadgroup", "xautoclaim", "evalsha", "ping", "auth", "mget",
        "hgetall", "config|get", "script|load", "hmget", "hget")


class FaultTest(SystemTest):
    def start_all(self, redis_options=(), through_proxy=False, **settings):
        self.start_system(roles=(), redis_options=redis_options, **settings)
        self.redis = self.system.redis
        url = {}
        if through_proxy:
            self.proxy = Proxy(self.redis)
            self.addCleanup(self.proxy.close)
            url = {"redis_url": self.proxy.url}
        for role in ROLES:
            self.system.start(role, **url)
        self.callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, self.callback)
        self.sent = 0

    def accepted(self):
        """Pushes the next event until the hub takes it; returns its body."""
        self.sent += 1
        body = b"event %d" % self.sent
        wait_until(lambda: self.system.hub.push(TOPIC, body).status == 202,
                   f"{body} is accepted")
        return body

    def check_works(self):
        """A new event arrives, and then the programs are idle."""
        body = self.accepted()
        wait_until(lambda: body in self.callback.bodies(),
                   f"{body} is delivered")
        wait_until(self.nothing_is_left, "all work is done")
        self.check_calm()

    def nothing_is_left(self):
        """As Store.idle(), but a group that was made again on a trimmed
        stream stands at its beginning and has read nothing."""
        for key in self.redis.keys():
            if self.redis.call("TYPE", key) == b"zset":
                if key.endswith(b":retry"):
                    return False
            elif self.redis.call("TYPE", key) == b"stream":
                groups = self.redis.call("XINFO", "GROUPS", key)
                if not all(self.is_settled(key, group) for group in groups):
                    return False
        return True

    def is_settled(self, key, group):
        about = dict(zip(group[::2], group[1::2]))
        read_to = about[b"last-delivered-id"].decode()
        return about[b"pending"] == 0 and not self.redis.call(
            "XRANGE", key, "(" + read_to, "+", "COUNT", 1)

    def commands(self):
        """How many commands Redis has had from the programs."""
        total = 0
        for line in self.redis.call("INFO",
                                    "commandstats").decode().splitlines():
            name, _, rest = line.partition(":calls=")
            if name.removeprefix("cmdstat_") in SENT:
                total += int(rest.split(",")[0])
        return total

    def redis_s(self):
        seconds, micros = self.redis.call("TIME")
        return int(seconds) + int(micros) / 1000000

    def check_calm(self):
        """While Redis' clock goes on, it gets but few commands."""
        start, before = self.redis_s(), self.commands()
        wait_until(lambda: self.redis_s() >= start + IDLE_S, "time passes")
        sent = self.commands() - before
        self.assertLess(sent, IDLE_RATE_MAX * (self.redis_s() - start))

    def check_delivered_once(self):
        bodies = self.callback.bodies()
        self.assertEqual(len(bodies), len(set(bodies)), bodies)


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
                    for group in ("spread", "deliver"):
                        self.redis.call("XGROUP", "DESTROY", key, group)
            self.check_works()
        self.assertEqual(self.redis.call("EXISTS", "websub:meta"), 1)

    def test_everything_is_flushed(self):
        self.check_works()
        self.redis.call("FLUSHALL")
        self.system.activate(TOPIC, self.callback)
        self.check_works()

    def test_meta_comes_back_after_a_flush(self):
        """Else a program with other shards, or a deliver that waits for the
        hub's URL, finds nothing."""
        fields = ("HMGET", "websub:meta", "format", "shards", "public_url")
        before = self.redis.call(*fields)
        self.redis.call("FLUSHALL")
        wait_until(lambda: self.redis.call(*fields) == before, "meta is back")

    def test_a_policy_that_may_evict_ends_the_programs(self):
        """Their readers still wait in Redis at that moment."""
        self.check_works()
        self.redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        for line in self.redis.call("CLIENT", "LIST").decode().splitlines():
            if "cmd=xreadgroup" not in line and "cmd=client" not in line:
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
        self.redis.call("ACL", "SETUSER", "default", "-script|load")
        self.redis.call("SCRIPT", "FLUSH")
        self.check_calm()
        self.redis.call("ACL", "SETUSER", "default", "+script|load")
        self.check_works()


class Way(FaultTest):
    """Faults between the programs and Redis."""

    def setUp(self):
        self.start_all(through_proxy=True, redis_timeout_ms=2000)

    def test_connections_break_in_the_middle_of_answers(self):
        self.check_works()
        for after_bytes in (1, 7, 64, 333, 1000, 2500):
            with self.subTest(after_bytes=after_bytes):
                self.proxy.cut_replies(after_bytes)
                known = self.proxy.accepted
                self.system.hub.push(TOPIC, b"cut %d" % after_bytes)
                wait_until(lambda: self.proxy.accepted > known,
                           "a connection broke and was built again")
                self.proxy.heal()
                self.check_works()

    def test_answers_stay_away(self):
        known = self.proxy.accepted
        self.proxy.silence()
        self.system.hub.push(TOPIC, b"silent")
        wait_until(lambda: self.proxy.accepted >= known + len(ROLES),
                   "the programs tried again")
        self.proxy.heal()
        self.check_works()

    def test_redis_loads_its_data(self):
        self.proxy.loading()
        wait_until(lambda: self.system.hub.push(TOPIC, b"x").status == 503,
                   "the hub knows")
        self.check_calm()
        self.proxy.heal()
        self.check_works()


if __name__ == "__main__":
    unittest.main()
