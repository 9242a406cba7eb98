"""Pull subscriptions in Redis pass the suite that those in memory pass
(tests/support/pull_suite.h), with the rights of the programs."""

import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.programs import binary
from support.redis import Redis


class PullStore(unittest.TestCase):
    def test_the_suite(self):
        redis = Redis(clock=True)
        self.addCleanup(redis.close)
        ran = subprocess.run(
            [binary("pull-in-redis"), redis.url_of("hub"),
             redis.url_of("spreader"), redis.socket_path, redis.clock_file],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=250,
            check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout.decode())
        self.assertEqual(redis.refused(), [])


if __name__ == "__main__":
    unittest.main()
