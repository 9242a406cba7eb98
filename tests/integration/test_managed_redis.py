"""Redis as others run it: without CONFIG, without INFO, as a cluster."""

import random
import socket
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.programs import Program
from support.redis import Redis, RedisError
from support.system import FAST, SystemTest
from support.wait import wait_until

TOPIC = "orders.created"
ROLES = ("hub", "spreader", "deliver")


CLUSTER = ("--cluster-enabled", "yes", "--bind", "127.0.0.1")


def is_free(port):
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports():
    """Two, as text, for which that of the cluster's bus (10,000 more) is free
    too.  Connections are given ports beyond these."""
    found = []
    while len(found) < 2:
        port = random.randrange(12000, 22000)
        if is_free(port) and is_free(port + 10000) and str(port) not in found:
            found.append(str(port))
    return found


class Policy(unittest.TestCase):
    def start(self, policy, *denied):
        """A server whose user may not send some commands."""
        redis = Redis("--maxmemory-policy", policy)
        self.addCleanup(redis.close)
        redis.change_rights(*(f"-{word}" for word in denied))
        return redis

    def programs(self, redis):
        settings = {**FAST, "redis_url": redis.url}
        for role in ROLES:
            yield Program(f"websub-{role}", settings)

    def test_a_policy_that_evicts_is_refused_where_config_is(self):
        redis = self.start("allkeys-lru", "config")
        for program in self.programs(redis):
            program.wait_exit(1)
            self.assertIn("maxmemory-policy allkeys-lru", program.log())

    def test_one_that_does_not_is_accepted_without_a_word(self):
        redis = self.start("noeviction", "config")
        for program in self.programs(redis):
            program.wait_ready()
            self.assertEqual(program.events("redis-policy-unknown"), [])
            program.stop()

    def test_one_that_nobody_tells_is_accepted_with_a_warning(self):
        redis = self.start("noeviction", "config", "info")
        for program in self.programs(redis):
            program.wait_ready()
            program.wait_event("redis-policy-unknown")
            program.stop()


class Cluster(SystemTest):
    def test_a_server_without_its_slots_is_named_with_a_delay_that_grows(self):
        self.start_system(roles=(), redis_options=CLUSTER)
        self.check_named()

    def test_a_server_that_says_moved_is_named_with_a_delay_that_grows(self):
        ports = free_ports()
        self.start_system(roles=(), redis_options=(
            *CLUSTER, "--port", ports[0]))
        other = Redis(*CLUSTER, "--port", ports[1])
        self.addCleanup(other.close)
        other.call("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        self.system.redis.call("CLUSTER", "MEET", "127.0.0.1", ports[1])

        def moved():
            try:
                self.system.redis.call("GET", "key")
            except RedisError as error:
                return str(error).startswith("MOVED")
        wait_until(moved, "all keys are at the other server")
        self.check_named()

    def check_named(self):
        redis = self.system.redis
        programs = [self.system.start(role, wait=False) for role in ROLES]
        for program in programs:
            told = program.wait_event("redis-down")
            self.assertIn("cluster", told["why"])
            # The first to be told asked for the layout, before the program began.
            wait_until(lambda p=program: "Redis is a cluster" in
                       p.status("/readyz")[1], f"{program.name} says so too")
            self.assertEqual(program.status("/readyz")[0], 503)

        def connections():
            stats = redis.call("INFO", "stats").decode()
            return int(stats.split("total_connections_received:")[1]
                       .split("\r\n")[0])
        start, before = redis.now_ms(), connections()
        wait_until(lambda: redis.now_ms() - start > 3000, "time passes")
        # Three programs with a few links each: a link that does not wait makes
        # twenty connections a second.
        seconds = (redis.now_ms() - start) / 1000
        self.assertLess(connections() - before, 20 * seconds)
        for program in programs:
            self.assertLess(len(program.lines), 20, program.log())


if __name__ == "__main__":
    unittest.main()
