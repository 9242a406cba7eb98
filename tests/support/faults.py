"""What tests of faults of Redis share: a system whose programs must recover by
themselves, and then be idle."""

from support.proxy import Proxy
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
ROLES = ("hub", "spreader", "deliver")
# What the programs send when nothing happens: some tens of commands a second,
# scripts' own ones included, several of them at one moment, and all at once where
# Redis was emptied.  A busy loop sends thousands a second.
IDLE_MS = 500
IDLE_MAX = 300
IDLE_RATE_MAX = 100
SENT = ("xread", "xreadgroup", "xautoclaim", "evalsha", "ping", "auth", "mget",
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
            if key.endswith((b":retry", b":fetch", b":fetching")):
                return False
            if self.redis.call("TYPE", key) == b"stream":
                groups = self.redis.call("XINFO", "GROUPS", key)
                if not all(self.is_settled(key, group) for group in groups):
                    return False
        return self.system.store.fanned_out()

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

    def check_calm(self):
        """While Redis' clock goes on, it gets but few commands."""
        start, before = self.redis.now_ms(), self.commands()
        wait_until(lambda: self.redis.now_ms() >= start + IDLE_MS,
                   "time passes")
        sent = self.commands() - before
        seconds = (self.redis.now_ms() - start) / 1000
        self.assertLess(sent, IDLE_MAX + IDLE_RATE_MAX * seconds)

    def check_delivered_once(self):
        bodies = self.callback.bodies()
        self.assertEqual(len(bodies), len(set(bodies)), bodies)
