"""A system with clients that pull."""

import json

from support.hub import Hub
from support.puller import Puller, waiting
from support.system import SystemTest
from support.wait import wait_until

LONG_S = 20  # a wait that is not to be waited for


class PullTest(SystemTest):
    def start(self, hubs=1, **settings):
        self.start_system(roles=("hub", "spreader"), **settings)
        self.hubs = [self.system.hub]
        for _ in range(hubs - 1):
            program = self.system.start("hub", listen="127.0.0.1:0")
            self.hubs.append(Hub(program.address()))

    def puller(self, name="a", hub=0, **fields):
        puller = Puller(self.hubs[hub], name)
        puller.add(**fields)
        return puller

    def push(self, topic, body):
        return json.loads(self.system.push(topic, body.encode(),
                                           "text/plain").body)["id"]

    def wait_waiting(self, count):
        wait_until(lambda: waiting(self.system) == count,
                   f"{count} requests wait")
