"""Where each program serves what: the API, the operators' API, health and
metrics."""

import json
import socket
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.programs import Program
from support.redis import Redis

DEFAULTS = {"hub": 8081, "spreader": 8082, "deliver": 8083}
HEALTH = ("/healthz", "/readyz")


def status_of(address, path, token=None):
    request = urllib.request.Request(f"http://{address}{path}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Listeners(unittest.TestCase):
    def setUp(self):
        self.redis = Redis()
        self.addCleanup(self.redis.close)

    def start(self, role="hub", **settings):
        made = Program(f"websub-{role}", {
            "redis_url": self.redis.url, "listen": "127.0.0.1:0", "shards": 2,
            "admin_token": "admin", **settings})
        self.addCleanup(made.close)
        made.wait_event("registered")
        return made

    def record(self, program):
        name = program.wait_event("started")["instance"]
        return json.loads(
            self.redis.call("HGET", "websub:{c}:instances", name))

    def check(self, address, **expected):
        """The status of each path, by a name."""
        paths = {"api": "/", "health": "/healthz", "ready": "/readyz",
                 "metrics": "/metrics", "admin": "/admin/queues",
                 "dashboard": "/dashboard", "files": "/dashboard/app.js",
                 "verbose": "/healthz?verbose=1"}
        self.assertEqual({name: status_of(address, paths[name], "admin")
                          for name in expected}, expected)

    def test_metrics_of_the_hub_are_off_its_public_port(self):
        hub = self.start()
        self.check(hub.address(), api=200, health=200, ready=200, metrics=404,
                   admin=200)
        self.check(hub.status_address(), api=404, health=200, ready=200,
                   metrics=200, admin=404, verbose=503)
        record = self.record(hub)
        self.assertEqual((record["status"], record["listen"]),
                         (hub.status_address(), hub.address()))

    def test_without_a_status_address_they_are_on_it(self):
        hub = self.start(status_listen="")
        self.check(hub.address(), api=200, health=200, metrics=200, admin=200,
                   dashboard=200, files=200)
        self.assertEqual(hub.events("status-listening"), [])
        self.assertEqual(self.record(hub)["status"], hub.address())

    def test_operators_have_a_port_of_their_own(self):
        hub = self.start(admin_listen="127.0.0.1:0", status_listen="")
        admin, = hub.events("admin-listening")
        self.check(hub.address(), api=200, health=200, metrics=404, admin=404,
                   dashboard=404, files=404)
        self.check(admin["address"], api=404, health=200, ready=200,
                   metrics=200, admin=200, dashboard=200, files=200)
        self.assertEqual(status_of(admin["address"], "/admin/queues"), 401)
        self.assertEqual(self.record(hub)["status"], admin["address"])

    def test_an_operator_is_served_while_requests_are_drained(self):
        hub = self.start(admin_listen="127.0.0.1:0")
        hub.stop()
        self.assertEqual(self.redis.call("HLEN", "websub:{c}:instances"), 0)

    def test_a_default_port_that_is_taken_yields(self):
        for role, port in DEFAULTS.items():
            with socket.socket() as taken:
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    taken.bind(("127.0.0.1", port))
                    taken.listen()
                except OSError:
                    pass  # it is taken by somebody else
                program = self.start(role, status_listen="default")
            self.assertEqual(program.wait_event("status-port-taken")["address"],
                             f"127.0.0.1:{port}")
            self.assertEqual(program.status("/healthz"), (200, "ok\n"))
            self.assertEqual(self.record(program)["status"],
                             program.status_address())

    def test_an_address_that_was_given_does_not(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            for setting in ("status_listen", "admin_listen"):
                hub = Program("websub-hub", {
                    "redis_url": self.redis.url, "listen": "127.0.0.1:0",
                    setting: address})
                hub.wait_exit(1)
                self.assertIn(f"cannot listen on {address}", hub.log())

    def targets(self, hub, token="reads"):
        request = urllib.request.Request(
            f"http://{hub.address()}/admin/prometheus-sd",
            headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertEqual(answer.headers["Content-Type"],
                             "application/json")
            return json.load(answer)

    def test_prometheus_is_told_where_all_are(self):
        with tempfile.TemporaryDirectory() as folder:
            tokens = Path(folder) / "tokens"
            tokens.write_text("reads\n")
            tokens.chmod(0o600)
            hub = self.start(admin_read_tokens_file=str(tokens))
            others = [self.start(role) for role in ("spreader", "deliver")]
            everywhere = self.start("deliver", status_listen="0.0.0.0:0")
            self.start("deliver", status_listen=f"unix:{folder}/status")
            expected = {
                program.status_address(): program.name.split("-")[1]
                for program in (hub, *others)}
            record = self.record(everywhere)
            port = record["status"].split(":")[1]
            expected[f"{record['host']}:{port}"] = "deliver"
            found = self.targets(hub)
            self.assertEqual({group["targets"][0]: group["labels"][
                "__meta_websubd_role"] for group in found}, expected)
            self.assertEqual({group["labels"]["__meta_websubd_site"]
                              for group in found}, {"default"})
            others[0].stop()
            self.assertEqual(len(self.targets(hub)), len(expected) - 1)


if __name__ == "__main__":
    unittest.main()
