"""The metrics of each program: Prometheus' own check of their text, and what they
count of traffic that has a bit of everything."""

import re
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import skipped
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "orders.created"
ROLES = ("hub", "spreader", "deliver")
SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(\{[^}]*\})? (\S+)$")
PROCESS = ("process_cpu_seconds_total", "process_resident_memory_bytes",
           "process_start_time_seconds", "process_open_fds",
           "process_max_fds")
ANSWER_S = 0.020  # for 256 shards


def samples(text):
    """{name and labels: value}; each is there once."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = SAMPLE.match(line).groups()
        key = name + (labels or "")
        assert key not in found, f"{key} is there twice"
        found[key] = float(value)
    return found


class Metrics(SystemTest):
    def metrics(self, role):
        return samples(self.system.program(role).status("/metrics")[1])

    def check_with_promtool(self):
        if shutil.which("promtool") is None:
            self.skipTest("promtool is not installed (metrics_packages of "
                          "dev/packages.sh)")
        for role in ROLES:
            with self.subTest(role=role):
                text = self.system.program(role).status("/metrics")[1]
                done = subprocess.run(
                    ["promtool", "check", "metrics"], input=text, text=True,
                    capture_output=True, timeout=60, check=False)
                self.assertEqual((done.returncode, done.stdout + done.stderr),
                                 (0, ""))

    def traffic(self):
        """Deliveries that go well and that fail, a fetch, a duplicate."""
        server = self.system.subscriber()
        good, bad = server.callback("/good"), server.callback("/bad")
        self.system.activate(TOPIC, good)
        self.system.activate("orders", bad)
        bad.default = 503
        for _ in range(2):
            self.system.push(TOPIC, b"body", key="one")
        good.wait_deliveries()
        topic = self.system.publisher().topic("/feed")
        self.system.activate(topic.url, server.callback("/fetched"))
        self.system.announce(topic.url)
        self.system.hub.get("/stranger/" + "x" * 100)
        self.system.wait_idle()

    def active(self):
        """The subscriptions of all shards, by what they are to."""
        sums = {}
        for name, value in self.metrics("spreader").items():
            if name.startswith("websubd_subscriptions{"):
                kind = name.split('kind="')[1].split('"')[0]
                sums[kind] = sums.get(kind, 0) + value
        return sums

    def test_what_they_count(self):
        self.start_system(max_attempts=3, hub_only={"admin_token": "admin"})
        self.traffic()
        hub, spreader, deliver = map(self.metrics, ROLES)
        self.assertEqual(hub["websubd_hub_duplicates_total"], 1)
        self.assertEqual(hub["websubd_hub_push_seconds_count"], 2)
        self.assertEqual(hub['websubd_http_request_seconds_count{'
                             'server="public",method="POST",route="/publish",'
                             'code="2xx"}'], 2)
        self.assertEqual(hub['websubd_http_request_seconds_count{'
                             'server="public",method="other",route="other",'
                             'code="4xx"}'], 1)
        self.assertNotIn("stranger", "".join(hub))
        self.assertGreater(hub["websubd_redis_memory_used_bytes"], 0)
        self.assertEqual(spreader["websubd_spreader_fetch_seconds_count"], 1)
        self.assertGreater(spreader['websubd_redis_script_seconds_count{'
                                    'script="begin"}'], 0)
        attempts = {name.split('"')[1]: value for name, value in
                    deliver.items() if name.startswith(
                        "websubd_deliver_attempts_total")}
        self.assertEqual((attempts["2xx"], attempts["5xx"]), (2, 3))
        self.assertEqual(sum(attempts.values()), 5)
        self.assertEqual(deliver["websubd_deliver_retries_total"], 2)
        self.assertEqual(deliver['websubd_deliver_delay_seconds_count{'
                                 'attempt="first"}'], 2)
        self.assertEqual(deliver['websubd_deliver_attempt_seconds_count{'
                                 'result="5xx"}'], 3)
        wait_until(lambda: self.system.program("spreader").waiting("dead") == 1,
                   "the dead letter is counted")
        wait_until(lambda: self.active() == {"url": 1, "dotted": 2,
                                             "wildcard": 0},
                   "subscriptions are counted")
        for role, found in zip(ROLES, (hub, spreader, deliver)):
            for name in PROCESS:
                self.assertGreater(found[name], 0, name)
            self.assertEqual(
                [value for name, value in found.items() if name.startswith(
                    f'websubd_build_info{{program="websub-{role}",')], [1])
        self.check_with_promtool()

    def test_each_shard_of_many(self):
        """Printed: how long the answer for 256 shards takes."""
        self.start_system(roles=("hub", "spreader"), shards=256)
        spreader = self.system.program("spreader")
        wait_until(lambda: sum('queue="log"' in name for name in
                               self.metrics("spreader")
                               if name.startswith("websubd_waiting_entries"))
                   == 256, "all have been looked at")
        took = []
        for _ in range(10):
            began = time.monotonic()
            text = spreader.status("/metrics")[1]
            took.append(time.monotonic() - began)
        print(f"256 shards: {len(text)} bytes in {min(took) * 1000:.1f} ms")
        self.assertLess(min(took), 10 * ANSWER_S)


if __name__ == "__main__":
    skipped.main()
