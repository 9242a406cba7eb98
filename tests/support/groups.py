"""Topic groups: requests of an operator, and what processes have applied."""

import json
import re

from support.admin import ADMIN
from support.cluster import Cluster
from support.cluster_test import QUICK
from support.hub import Hub
from support.system import SystemTest
from support.wait import wait_until

JSON = "application/json"
NEVER_MS = 3600000  # an interval that no test lives to see


class GroupsTest(SystemTest):
    """A system with the admin API that looks for changes by itself only when a test
    makes that short."""

    roles = ("hub", "spreader", "deliver")
    settings = {}

    def setUp(self):
        self.start_system(roles=self.roles, **{
            **QUICK, "admin_token": ADMIN,
            "group_watch_interval_ms": NEVER_MS, **self.settings})
        self.hub = self.system.hub
        self.redis = self.system.redis
        self.cluster = Cluster(self.redis)

    def request(self, method, group, body=None, match=None, hub=None,
                token=ADMIN, **headers):
        """A request for one group, or for the list without a name."""
        headers = {name.replace("_", "-"): value
                   for name, value in headers.items()}
        headers.setdefault("Accept", JSON)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if match is not None:
            headers["If-Match"] = match
        if body is not None:
            headers.setdefault("Content-Type", JSON)
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body)
        path = "/admin/groups" + (f"/{group}" if group else "")
        return (hub or self.hub).request(method, path, body, headers)

    def hub_of(self, program):
        """For requests to a hub that is not the first one."""
        return Hub(program.address())

    def put(self, group, body, match="*", hub=None):
        """The group by then; the request must succeed."""
        answer = self.request("PUT", group, body, match, hub)
        self.assertEqual(answer.status, 200, answer)
        shown = json.loads(answer.body)
        self.assertEqual(answer.headers["ETag"], f'"{shown["version"]}"')
        return shown

    def delete(self, group, match="*"):
        answer = self.request("DELETE", group, match=match)
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def shown(self, group, hub=None):
        answer = self.request("GET", group, hub=hub)
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def errors(self, answer, status):
        """The parameters that the response names, and the details."""
        self.assertEqual(answer.status, status, answer)
        errors = json.loads(answer.body)["errors"]
        return {error.get("source", {}).get("parameter"): error["detail"]
                for error in errors}

    def applied(self, program, group):
        """Version and source of what the process has applied, one after the
        other."""
        found = re.findall(r"config-applied group=(\S+) version=(\d+) "
                           r"source=(\w+)", program.log())
        return [(int(version), source) for name, version, source in found
                if name == group]

    def wait_applied(self, group, version, *programs, source=None, seconds=20):
        """All processes, or those, have applied that version."""
        for program in programs or self.system.programs:
            def has():
                return [(v, s) for v, s in self.applied(program, group)
                        if v == version and source in (None, s)]
            wait_until(has, f"{program.name} has applied {group} {version}",
                       seconds)

    def wait_line(self, program, text):
        wait_until(lambda: text in program.log(),
                   f"{program.name} says {text}")

    def changes(self, group=None):
        """Versions that a cluster event told of."""
        return [(fields["g"], int(fields["gv"]))
                for kind, fields in self.cluster.events()
                if kind == "config_changed" and group in (None, fields["g"])]
