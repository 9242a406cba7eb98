"""A system whose processes find out soon when one of them has died."""

from support.cluster import Cluster
from support.system import SystemTest
from support.wait import wait_until

TIMEOUT_MS = 1500  # of heartbeats: a machine may stand still for a second
QUICK = {"heartbeat_interval_ms": 100, "heartbeat_check_interval_ms": 100,
         "heartbeat_timeout_ms": TIMEOUT_MS}


class ClusterTest(SystemTest):
    def start(self, **settings):
        self.start_system(**{**QUICK, **settings})
        self.redis = self.system.redis
        self.cluster = Cluster(self.redis)
        self.wait_registered(*self.system.programs)

    def wait_registered(self, *programs):
        def records():
            found = [self.cluster.record_of(p) for p in programs]
            return found if all(found) else None
        return wait_until(records, "all are registered")

    def wait_removed(self, record):
        def removed():
            now = self.cluster.records().get(record["name"])
            return not now or now["incarnation"] > record["incarnation"]
        wait_until(removed, f"{record['name']} is removed")
        self.assertEqual(self.cluster.removing(), {})

    def removals(self):
        return [fields["n"] for kind, fields in self.cluster.events()
                if kind == "instance_removed"]
