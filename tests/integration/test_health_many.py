"""A health check of many subscriptions: half of them to one topic, half to a
topic each.  WEBSUBD_SLOW=1 makes it a million, and prints how long the check
took, and for how long it kept Redis at most."""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.health import HealthTest
from support.scripts import with_libs
from support.wait import wait_until

IS_SLOW = bool(os.environ.get("WEBSUBD_SLOW"))
COUNT = 1000000 if IS_SLOW else 10000
AT_ONCE = 500
SHARDS = 4

# ARGV: the first number, how many, 1 for one topic.  Digests are made up, in
# the form of real ones.
LOAD = with_libs(("shard", "index_add", "subscription_set", "quota_count",
                  "host"), """
local function id(text)
    return string.sub(redis.sha1hex(text), 1, 22)
end

for i = tonumber(ARGV[1]), ARGV[1] + ARGV[2] - 1 do
    local td = id(ARGV[3] == '1' and 'topic' or 'topic' .. i)
    local cd = id('callback' .. i)
    local callback = 'http://host' .. i % 1000 .. '.example/callback/' .. i
    set_sub(td, cd, { expires = 9999999999, lease = 864000, generation = 1,
                      flags = '-', choices = '', callback = callback,
                      secret = '-' })
    index_add(td, cd, 9999999999)
    count_subscription(td, false, host_id(callback), '1')
end
""")


class Many(HealthTest):
    settings = {**HealthTest.settings, "shards": SHARDS,
                "redis_timeout_ms": 30000}

    def load(self):
        sha = self.redis.call("SCRIPT", "LOAD", LOAD)
        for at in range(0, COUNT, AT_ONCE):
            number = at // AT_ONCE
            self.redis.call("EVALSHA", sha, 1,
                            f"websub:{{{number % SHARDS}}}:", at, AT_ONCE,
                            int(number // SHARDS % 2))

    def slowest_us(self):
        """Of the calls of Redis that the check made."""
        entries = self.redis.call("SLOWLOG", "GET", -1)
        return max((int(entry[2]) for entry in entries), default=0)

    def test_of_many(self):
        self.load()
        self.redis.call("CONFIG", "SET", "slowlog-log-slower-than", 1000)
        self.redis.call("SLOWLOG", "RESET")
        report = self.check_many()
        self.assertEqual(report["summary"], "all is well", report)
        self.assertEqual(report["totals"]["subscriptions"], COUNT)
        if IS_SLOW:
            print(f"{COUNT} subscriptions: {report['check_duration_ms']} ms, "
                  f"no call longer than {self.slowest_us()} us", flush=True)

    def check_many(self):
        number = self.send("POST", "/admin/health/check").body
        number = int(number.split(b":")[1].strip(b"}\n "))
        return wait_until(lambda: (self.last() or {"check": 0})["check"] >=
                          number and self.last(), "the check is over", 300)


if __name__ == "__main__":
    unittest.main()
