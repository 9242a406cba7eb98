"""docker/prometheus and docker/grafana: Prometheus' own check of the configuration
and of the rules, the rules' unit tests, and that every metric that rules and
dashboard name is one that the programs have."""

import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support import skipped

PROMETHEUS = ROOT / "docker/prometheus"
DASHBOARDS = ROOT / "docker/grafana/dashboards"
METRIC = re.compile(r"\b(?:websubd|process)_[a-z_]+\b")
OF_HISTOGRAM = re.compile(r"_(bucket|sum|count)$")


def known():
    """The names of all metrics, by the sources."""
    return {name for folder in ("common", "hub", "spreader", "deliver")
            for path in (ROOT / folder).rglob("*.c")
            for name in re.findall(r'"((?:websubd|process)_[a-z_]+)"',
                                   path.read_text())}


class Monitoring(unittest.TestCase):
    def promtool(self, *words):
        if shutil.which("promtool") is None:
            self.skipTest("promtool is not installed (metrics_packages of "
                          "dev/packages.sh)")
        done = subprocess.run(["promtool", *words], cwd=PROMETHEUS, text=True,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_configuration(self):
        self.promtool("check", "config", "prometheus.yml")

    def test_the_rules(self):
        self.promtool("check", "rules", "rules.yml")
        self.promtool("test", "rules", "rules_test.yml")

    def check_known(self, text, name):
        names = {OF_HISTOGRAM.sub("", name) for name in METRIC.findall(text)}
        self.assertTrue(names)
        self.assertEqual(names - known(), set(), name)

    def test_every_metric_of_the_rules_is_there(self):
        self.check_known((PROMETHEUS / "rules.yml").read_text(), "rules.yml")

    def test_every_metric_of_the_dashboards_is_there(self):
        for path in DASHBOARDS.glob("*.json"):
            dashboard = json.loads(path.read_text())
            text = " ".join(target["expr"] for panel in dashboard["panels"]
                            for target in panel["targets"])
            self.check_known(text, path.name)
            ids = [panel["id"] for panel in dashboard["panels"]]
            self.assertEqual(len(set(ids)), len(ids))


if __name__ == "__main__":
    skipped.main()
