"""Sites: which hubs serve each, told anew whenever one comes or goes."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN
from support.cluster_test import ClusterTest
from support.wait import wait_until


class Sites(ClusterTest):
    def setUp(self):
        self.start(roles=("hub", "spreader"), admin_token=ADMIN)

    def sites(self):
        answer = self.system.hub.get("/admin/sites",
                                     {"Authorization": f"Bearer {ADMIN}"})
        self.assertEqual(answer.status, 200, answer)
        return {site.pop("site"): site
                for site in json.loads(answer.body)["sites"]}

    def wait_hubs(self, site, *addresses):
        """The site by then, once these hubs serve it."""
        def has():
            found = self.sites().get(site)
            serving = found and {hub["address"] for hub in found["hubs"]}
            return found if serving == set(addresses) else None
        return wait_until(has, f"{addresses} serve {site}")

    def told(self, kind):
        return [fields["n"] for k, fields in self.cluster.events()
                if k == kind]

    def start_hub(self, site="default"):
        hub = self.system.start("hub", site=site, listen="127.0.0.1:0")
        return hub, self.cluster.record_of(hub)["name"], hub.address()

    def test_hubs_come_and_go(self):
        first = self.system.hub.address
        before = self.wait_hubs("default", first)
        self.assertEqual(before["public_url"], f"http://{first}/")
        second, name, address = self.start_hub()
        both = self.wait_hubs("default", first, address)
        self.assertEqual(both["version"], before["version"] + 1)
        self.assertEqual([hub["name"] for hub in both["hubs"]],
                         sorted(hub["name"] for hub in both["hubs"]))
        second.terminate()
        after = self.wait_hubs("default", first)
        self.assertEqual(after["version"], both["version"] + 1)
        self.assertEqual(self.told("machine_added").count(name), 1)
        self.assertEqual(self.told("machine_removed"), [name])

    def test_a_hub_that_dies_serves_no_more(self):
        first = self.system.hub.address
        second, name, address = self.start_hub()
        self.wait_hubs("default", first, address)
        second.kill()
        self.wait_hubs("default", first)
        self.assertEqual(self.told("machine_removed"), [name])

    def test_a_site_without_hubs_stays(self):
        hub, _, address = self.start_hub("west")
        self.wait_hubs("west", address)
        hub.terminate()
        left = self.wait_hubs("west")
        self.assertEqual(left["public_url"], f"http://{address}/")

    def test_another_coordinator_finds_nothing_new(self):
        before = self.wait_hubs("default", self.system.hub.address)
        other = self.system.start("spreader")
        leaders = [fields for kind, fields in self.cluster.events()
                   if kind == "leader_changed"]
        self.system.program("spreader")
        self.system.programs[1].terminate()
        wait_until(lambda: len([k for k, _ in self.cluster.events()
                                if k == "leader_changed"]) > len(leaders),
                   "there is another coordinator")
        _, name, address = self.start_hub()
        after = self.wait_hubs("default", self.system.hub.address, address)
        self.assertEqual(after["version"], before["version"] + 1)
        self.assertTrue(other.running)
        self.assertEqual(self.told("machine_added").count(name), 1)

    def test_nobody_else_is_told(self):
        self.wait_hubs("default", self.system.hub.address)
        self.assertEqual(self.system.hub.get("/admin/sites").status, 401)


if __name__ == "__main__":
    unittest.main()
