"""docs/openapi.yaml has each route of the hub and nothing else, and each response
that it documents is one that a real system gives: a request for every status of every
operation, held against the schemas."""

import http.client
import json
import sys
import tempfile
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import skipped
from support.cluster import Cluster
from support.hub import Hub
from support.keys import digest
from support.subscriber import status
from support.system import SystemTest
from support.wait import wait_until

try:
    from support.openapi import Document, routes
except ImportError:  # no python3-yaml, or no python3-jsonschema
    Document = None

ADMIN, READER = "of-operators", "of-readers"
SUBSCRIBE, PUBLISH = "of-subscribers", "of-publishers"
TOPIC, DELETED = "orders.created", "deleted.topic"
FAILING, RATED = "orders.failing", "rated.topic"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
LINES = "application/x-ndjson"
LOOKERS_MAX = 32
REPLAYS_MAX = 16
HOST_ORDERS_MAX = 1000

# Operations of the admin API that are 404 as long as nothing is there.
NONE_YET = {
    ("GET", "/admin/subscription"),
    *(("POST", "/admin/subscriptions/" + order)
      for order in ("pause", "resume", "due", "test", "delete")),
    ("GET", "/admin/topic-events/{event}"),
    ("POST", "/admin/topic-events/{event}/deliver"),
    ("GET", "/admin/replay/{replay}"),
    ("POST", "/admin/replay/{replay}/cancel"),
    ("POST", "/admin/instances/{instance}/restart"),
    ("GET", "/admin/health/last"),
    ("POST", "/admin/health/cleanup"),
    ("GET", "/admin/fsck"),
    ("GET", "/admin/groups/{group}"),
    ("DELETE", "/admin/groups/{group}"),
}


# A row of it is a site, of which there are few.
UNFILTERED = {"/admin/sites"}


@unittest.skipIf(Document is None, "no python3-yaml or python3-jsonschema")
class Routes(unittest.TestCase):
    def test_the_document_has_the_routes_of_the_hub(self):
        documented = {(method, "/".join("*" if part.startswith("{") else part
                                        for part in path.split("/")))
                      for method, path in Document().operations()}
        self.assertEqual(documented, routes())

    def test_each_operation_has_a_name_of_its_own_and_its_path_parameters(self):
        document = Document()
        names = [operation["operationId"]
                 for operation in document.operations().values()]
        self.assertEqual(len(names), len(set(names)))
        for (_, path), operation in document.operations().items():
            wanted = {part[1:-1] for part in path.split("/")
                      if part.startswith("{")}
            self.assertEqual({parameter["name"]
                              for parameter in document.parameters(operation)
                              if parameter["in"] == "path"}, wanted, path)


@unittest.skipIf(Document is None, "no python3-yaml or python3-jsonschema")
class Responses(SystemTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        readers = Path(folder.name) / "readers"
        readers.write_text(READER + "\n")
        readers.chmod(0o640)
        self.start_system(
            roles=("hub",), suspend_after=3, max_attempts=2,
            keep_response_body="yes", probe_cap_ms=600000,
            heartbeat_interval_ms=100, alert_interval_s=1,
            hub_only={"admin_token": ADMIN, "status_listen": "",
                      "admin_read_tokens_file": str(readers),
                      "unknown_unsubscribe": "reject"})
        self.document = Document()
        self.cluster = Cluster(self.system.redis)
        self.hub = self.system.hub
        self.strict = self.other(subscribe_token=SUBSCRIBE,
                                 publish_token=PUBLISH)
        self.slow = self.other(subscribe_rate=1)
        self.moved = self.other(redirect_to="https://new.example/",
                                public_url="https://hub.example/")
        self.ids = {"event": "0-1-1", "replay": "0-0", "instance": "nobody",
                    "group": "eu", "file": "none"}

    def other(self, **settings):
        """One more hub, without the admin API."""
        program = self.system.start("hub", listen="127.0.0.1:0", admin_token="",
                                    admin_read_tokens_file="", **settings)
        return Hub(program.address())

    # A request for an operation.

    def send(self, method, path, token=ADMIN, hub=None, query=(), body=None,
             headers=None, accept=JSON):
        """A body that is a dict is sent as the operation wants it."""
        headers = {"Accept": accept, **(headers or {})}
        kind = self.document.body(self.document.operations()[method, path])
        if kind and kind != "*/*":
            headers.setdefault("Content-Type", kind)
        if isinstance(body, dict):
            body = (json.dumps(body) if kind == JSON
                    else urllib.parse.urlencode(body))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        target = path.format(**{name: urllib.parse.quote(value)
                                for name, value in self.ids.items()})
        if query:
            target += "?" + urllib.parse.urlencode(query)
        return (hub or self.hub).request(method, target, body, headers)

    def expect(self, wanted, method, path, **request):
        """The request's response, which must be like the document."""
        response = self.send(method, path, **request)
        self.assertEqual(response.status, wanted,
                         f"{method} {path}: {response}")
        self.document.check(method, path, response)
        return response

    def get(self, path, wanted=200, **query):
        pairs = {name.replace("hub_", "hub."): value
                 for name, value in query.items()}
        return json.loads(self.expect(wanted, "GET", path, query=pairs).body)

    def post(self, path, wanted=200, method="POST", **request):
        return json.loads(self.expect(wanted, method, path, **request).body)

    def of(self, *wanted, admin=None):
        """The operations that have all these statuses."""
        return [(method, path) for (method, path), operation
                in self.document.operations().items()
                if all(str(s) in operation["responses"] for s in wanted)
                and admin in (None, path.startswith("/admin/"))]

    # The steps of the test, in their order.

    def refusals(self):
        """What is refused before anything is looked up."""
        for method, path in self.of(401):
            at = self.hub if path.startswith("/admin/") else self.strict
            if path in ("/events/{event}/body", "/verification"):
                continue  # decided once its topic is known
            for accept in (JSON, "*/*"):
                self.expect(401, method, path, hub=at, token=None,
                            accept=accept)
        for method, path in self.of(401, admin=True):
            for accept in (JSON, "*/*"):
                self.expect(404, method, path, hub=self.strict, accept=accept)
            if method != "GET":
                self.expect(403, method, path, token=READER)
        for method, path in self.of(415):
            self.expect(415, method, path, headers={"Content-Type": "a/b"})
        for method, path in self.of(413):
            self.too_large(method, path)
        for path in ("/", "/subscriptions"):
            self.expect(308, "POST", path, hub=self.moved, accept="*/*")
        self.expect(403, "GET", "/admin/export", token=READER,
                    query={"secrets": "true"})

    def too_large(self, method, path):
        kind = self.document.body(self.document.operations()[method, path])
        target = path.format(**self.ids)
        query = f"?hub.topic={TOPIC}" if path.endswith("/publish") else ""
        response, closes = self.hub.raw(
            f"{method} {target}{query} HTTP/1.1\r\nHost: {self.hub.address}\r\n"
            f"Content-Type: {kind.replace('*/*', 'a/b')}\r\n"
            f"Authorization: Bearer {ADMIN}\r\nAccept: {JSON}\r\n"
            f"Content-Length: 100000000\r\n\r\n".encode())
        self.assertEqual(response.status, 413, response)
        self.assertTrue(closes(30))
        self.document.check(method, path, response)

    def bad_requests(self):
        wrong = {"limit": "0", "from": "", "id": "x", "state": "x",
                 "range": "x", "secrets": "x"}
        for method, path in self.of(400):
            if method == "GET":
                self.expect(400, method, path, query=wrong)
            elif method == "DELETE":
                self.expect(400, method, path, headers={"If-Match": "one"})
            elif path.endswith("/publish"):
                self.expect(400, method, path)
            else:
                self.expect(400, method, path, body="%zz", accept="*/*")

    def without_anything(self):
        """Nobody but hubs has run yet, and nothing was stored."""
        for accept in (JSON, "*/*"):
            self.expect(200, "GET", "/", token=None, accept=accept)
        for path in ("/healthz", "/readyz", "/metrics"):
            self.expect(200, "GET", path, token=None)
        for path in ("/stream", "/api/workflow/subscription"):
            self.expect(204, "OPTIONS", path, token=None)
        self.pages()
        for method, path in self.of(404):
            if path != "/dashboard" and not path.startswith(
                    "/admin/") or (method, path) in NONE_YET:
                self.expect(404, method, path, **self.valid(method, path))
        self.assertEqual(self.get("/admin/reshard")["state"], "none")

    def pages(self):
        """The files that browsers take."""
        self.expect(404, "GET", "/dashboard", hub=self.strict)
        for path, name in (("/dashboard", ""), ("/dashboard/{file}", "app.js"),
                           ("/front/{file}", "page.css")):
            self.ids["file"] = name
            etag = self.expect(200, "GET", path, token=None).headers["ETag"]
            self.expect(304, "GET", path, token=None,
                        headers={"If-None-Match": etag})
        self.ids["file"] = "none"

    def valid(self, method, path):
        """What an operation needs that is in order."""
        return self.requests().get((method, path), {})

    def requests(self):
        key = {"topic": TOPIC, "callback": self.callback.url}
        topic = {"query": {"hub.topic": TOPIC}}
        form = {"body": {"hub.mode": "unsubscribe", "hub.topic": TOPIC,
                         "hub.callback": self.callback.url}}
        one = {"headers": {"If-Match": "*"}}
        return {
            ("POST", "/"): form,
            ("POST", "/subscriptions"): form,
            ("POST", "/publish"): {**topic, "body": b'{"order":17}',
                                   "headers": {"Content-Type": JSON}},
            ("POST", "/admin/publish"): {
                **topic, "body": b'{"order":18}', "headers": {
                    "Content-Type": JSON}},
            ("POST", "/admin/import"): {
                "body": f'{{"topic":1}}\n{json.dumps(key)}\n'},
            ("GET", "/verification"): {"query": {
                "hub.topic": TOPIC, "hub.callback": self.callback.url}},
            ("GET", "/topics"): {"query": {"hub.topic": "https://a.example/"}},
            ("GET", "/stream"): topic,
            ("GET", "/healthz"): {"query": {"verbose": 1}},
            ("POST", "/api/workflow/subscription"): {
                "body": {"action": "update", "id": "worker"}},
            ("POST", "/admin/deny"): {"body": {"hub.topic": "denied.topic"}},
            ("GET", "/admin/subscription"): {"query": {
                "hub.topic": TOPIC, "hub.callback": self.callback.url}},
            ("POST", "/admin/subscriptions"): {"body": key},
            **{("POST", "/admin/subscriptions/" + order): {"body": key}
               for order in ("pause", "resume", "due", "test", "delete")},
            ("GET", "/admin/topic"): topic,
            ("GET", "/admin/topic-events"): topic,
            ("POST", "/admin/topic-events/{event}/deliver"): {"body": {}},
            ("POST", "/admin/dead-letters/replay"): {"body": {"all": "true"}},
            ("POST", "/admin/dead-letters/purge"): {"body": {"all": "true"}},
            ("POST", "/admin/replay"): {
                "body": {"topic": TOPIC, "from": "2020-01-01T00:00:00Z"}},
            ("PUT", "/admin/health/cleanup"): {"body": {"enabled": False}},
            ("POST", "/admin/health/cleanup"): {"body": {
                "action": "drop", "target": {"shard": 0, "key": "none"}}},
            ("POST", "/admin/fsck"): {"body": {"repair": True}},
            ("POST", "/admin/reshard"): {"body": {"shards": 5}},
            ("POST", "/admin/hosts/open"): {
                "body": {"host": "https://a.example"}},
            ("POST", "/admin/hosts/close"): {
                "body": {"host": "https://a.example"}},
            ("PUT", "/admin/groups/{group}"): {"body": {"prefix": "orders.eu"}},
            ("DELETE", "/admin/groups/{group}"): one,
        }

    def work(self):
        for role in ("spreader", "deliver"):
            self.system.start(role)

    def groups(self):
        path = "/admin/groups/{group}"
        body = {"prefix": "orders.eu", "max_attempts": 3,
                "publish_tokens": ["one"], "sites": ["default"]}
        self.expect(404, "PUT", path, body=body, headers={"If-Match": '"7"'})
        self.post(path, method="PUT", body=body)
        self.expect(409, "PUT", path, body=body)
        self.expect(409, "DELETE", path)
        self.get(path)
        self.make_group("rated", {"prefix": RATED, "publish_rate": 1})
        self.make_group("gone", {"prefix": DELETED})
        self.ids["group"] = "gone"
        self.post(path, method="DELETE", headers={"If-Match": "*"})
        for method in ("PUT", "DELETE", "GET"):
            self.expect(410, method, path, **self.valid(method, path))
        self.ids["group"] = "eu"
        self.get("/admin/groups")
        query = {"query": {"hub.topic": DELETED}}
        for path in ("/", "/subscriptions"):
            self.expect(410, "POST", path, body={
                "hub.mode": "subscribe", "hub.topic": DELETED,
                "hub.callback": self.callback.url})
        for path in ("/publish", "/admin/publish"):
            self.expect(410, "POST", path, body=b"", **query)
        self.expect(410, "GET", "/stream", **query)
        self.expect(410, "POST", "/api/workflow/subscription", body={
            "action": "add", "id": "of-deleted", "topics": [DELETED]})
        self.expect(410, "POST", "/admin/subscriptions", body={
            "topic": DELETED, "callback": self.callback.url})

    def make_group(self, name, body):
        self.ids["group"] = name
        self.post("/admin/groups/{group}", method="PUT", body=body)

    def closed_hubs(self):
        """What the hubs with other settings refuse."""
        path = "/events/{event}/body"
        self.expect(401, "GET", path, hub=self.strict, token=None)
        self.expect(403, "GET", path, hub=self.moved, token=None)
        self.expect(401, "GET", "/verification", hub=self.strict, token=None,
                    **self.valid("GET", "/verification"))
        self.expect(403, "POST", "/publish", hub=self.moved, token=None,
                    **{"query": {"hub.topic": TOPIC}})
        for path in ("/", "/subscriptions"):
            self.until(429, "POST", path, hub=self.slow, token=None, body={
                "hub.mode": "subscribe", "hub.topic": TOPIC,
                "hub.callback": self.callback.url})
        for path in ("/publish", "/admin/publish"):
            self.until(429, "POST", path, query={"hub.topic": RATED}, body=b"")

    def until(self, wanted, method, path, **request):
        """Sends it until the response has that status."""
        def is_it():
            response = self.send(method, path, **request)
            return response.status == wanted and response
        self.document.check(method, path, wait_until(
            is_it, f"{method} {path} is {wanted}"))

    def subscribers(self):
        """Subscriptions by strangers and by operators, and a failed
        verification."""
        self.post("/admin/subscriptions", 201, body={
            "topic": self.feed, "callback": self.callback.url})
        refusing = self.subscriber.callback("/refusing", confirm=[status(404)] * 9)
        for path in ("/", "/subscriptions"):
            for callback in (self.callback, refusing):
                self.expect(202, "POST", path, body={
                    "hub.mode": "subscribe", "hub.topic": TOPIC,
                    "hub.callback": callback.url})
            self.expect(204, "POST", path, body={
                "hub.mode": "publish", "hub.url": self.feed})
        self.system.wait_active(TOPIC, self.callback)
        self.expect(200, "GET", "/verification",
                    **self.valid("GET", "/verification"))
        self.post("/admin/subscriptions", 201, body={
            "topic": FAILING, "callback": self.failing.url, "ordered": True,
            "signature": "sha512", "headers": "standard", "secret": "s"})
        self.post("/admin/subscriptions", 200, body={
            "topic": FAILING, "callback": self.failing.url})
        wait_until(lambda: self.get("/admin/verifications")["verifications"],
                   "the failed verification is listed")

    def deliveries(self):
        """An event that arrives, one that becomes a dead letter, and one that
        waits behind a callback that fails."""
        answer = self.post("/publish", 202, query={"hub.topic": TOPIC},
                           body=b"{}", headers={"Content-Type": JSON})
        self.ids["event"] = answer["id"]
        self.callback.wait_deliveries(1)
        self.expect(202, "POST", "/admin/publish",
                    **self.valid("POST", "/admin/publish"))
        self.system.push(FAILING, b"{}")
        wait_until(lambda: self.get("/admin/dead-letters")["dead_letters"],
                   "there is a dead letter")
        self.system.push(FAILING, b"{}")
        wait_until(lambda: self.get("/admin/suspended")["subscriptions"],
                   "the callback is suspended")
        for path in ("/events/{event}", "/admin/topic-events/{event}"):
            self.get(path)
        self.expect(200, "GET", "/events/{event}/body")
        wait_until(lambda: self.send("GET", "/topics", query={
            "hub.topic": self.feed}).status == 200, "the topic was fetched")
        self.get("/topics", hub_topic=self.feed)

    def lists(self):
        """Every page that needs nothing but what there is by now."""
        self.note_trouble()
        for method, path in self.of(200, admin=True):
            if method == "GET" and "{" not in path and path not in (
                    "/admin/health/last", "/admin/fsck", "/admin/replay",
                    "/admin/stream"):
                self.expect(200, method, path, **self.valid(method, path))
        self.get("/admin/subscription", hub_topic=FAILING,
                 hub_callback=self.failing.url)
        self.get("/admin/topic", hub_topic=self.feed)
        for name in ("active", "notices"):
            wait_until(lambda n=name: self.get("/admin/alerts")[n],
                       "the suspended subscription is an alert")
        wait_until(lambda: self.get("/admin/history")["sums"],
                   "what was done is summed up")
        self.get("/admin/events", shard=self.shard(TOPIC))
        self.live()

    def live(self):
        links = [self.look() for _ in range(LOOKERS_MAX)]
        for link in links:
            self.document.check("GET", "/admin/stream", Begun(link))
        for accept in (JSON, "*/*"):
            self.expect(503, "GET", "/admin/stream", accept=accept)
        for link in links:
            link.close()

    def look(self):
        return self.hub.stream(
            f"GET /admin/stream HTTP/1.1\r\nHost: {self.hub.address}\r\n"
            f"Authorization: Bearer {ADMIN}\r\n\r\n".encode())

    def filters(self):
        """What is nobody's is in no page."""
        nothing = {"hub.topic": "nobody", "hub.callback": "http://nobody/",
                   "host": "nobody", "topic_prefix": "nobody"}
        for (method, path), operation in self.document.operations().items():
            if not any(name.startswith(f"{method} {path} ")
                       for name in self.document.lists()):
                continue
            found = [parameter for parameter
                     in self.document.parameters(operation)
                     if parameter["name"] not in ("from", "limit")]
            self.assertTrue(found or path in UNFILTERED, path)
            for parameter in found:
                if not parameter.get("required"):
                    self.filter(path, parameter, nothing)

    def filter(self, path, parameter, nothing):
        schema = self.document.resolve(parameter["schema"])
        name = parameter["name"]
        if "enum" in schema:
            for value in schema["enum"]:
                self.expect(200, "GET", path, query={name: value})
        elif schema == {"type": "string"}:
            page = json.loads(self.expect(200, "GET", path, query={
                name: nothing.get(name, "nobody")}).body)
            self.assertFalse([rows for rows in page.values()
                              if isinstance(rows, list) and rows], name)

    def shard(self, topic):
        return int(self.system.store.key(topic, "").split("{")[1].split("}")[0])

    def note_trouble(self):
        """As the programs note them."""
        key, call = self.system.store.key, self.system.redis.call
        call("XADD", key(FAILING, "gaps"), "*", "td", digest(FAILING), "cd",
             digest(self.failing.url), "from", "1-1", "to", "", "n", 3)
        call("XADD", key(TOPIC, "damaged"), "*", "v", 1, "key", "sub:x", "why",
             "wrong", "part", "p", "value", "v")
        call("XADD", key(TOPIC, "rejected"), "*", "v", 1, "from", "log", "id",
             "1-1", "why", "wrong", "t", TOPIC)

    def orders(self):
        key = {"topic": TOPIC, "callback": self.callback.url}
        for order in ("pause", "resume", "due", "test"):
            self.post("/admin/subscriptions/" + order, body=key)
        self.post("/admin/dead-letters/replay", body={"hub.topic": TOPIC})
        self.post("/admin/dead-letters/purge", body={"hub.topic": TOPIC})
        self.post("/admin/deny", body={"hub.topic": "denied.topic"})
        self.post("/admin/subscriptions/delete", body=key)
        self.assertEqual(len(self.post("/admin/import", **self.valid(
            "POST", "/admin/import"))["errors"]), 1)
        self.hosts()

    def hosts(self):
        open_, close = "/admin/hosts/open", "/admin/hosts/close"
        self.post(open_, body={"host": "https://a.example"})
        wait_until(lambda: any(host["processes"] for host
                               in self.get("/admin/hosts")["hosts"]),
                   "a process has seen a host")
        self.post(close, body={"host": "https://a.example"})
        connection = http.client.HTTPConnection(self.hub.address, timeout=30)
        for number in range(HOST_ORDERS_MAX):
            connection.request("POST", open_, json.dumps(
                {"host": f"https://a{number}.example"}), {
                    "Content-Type": JSON, "Authorization": f"Bearer {ADMIN}"})
            connection.getresponse().read()
        connection.close()
        for path in (open_, close):
            self.expect(409, "POST", path, body={"host": "https://b.example"})

    def pull(self):
        path = "/api/workflow/subscription"
        add = {"action": "add", "id": "worker", "from": "earliest",
               "topics": ["orders"]}
        self.post(path, body=add)
        self.expect(409, "POST", path, body=add)
        self.post(path, body={"action": "update", "id": "worker"})
        self.post(path, body={"action": "list"})
        got = self.post(path, body={"action": "getMessages", "id": "worker",
                                    "format": "object"})
        self.assertEqual(got["status"], "success")
        self.post(path, body={"action": "getMessages", "id": "worker"})
        self.post(path, body={"action": "remove", "id": "worker"})
        link = self.hub.stream(f"GET /stream?hub.topic={TOPIC} HTTP/1.1\r\n"
                               f"Host: {self.hub.address}\r\n\r\n".encode())
        self.document.check("GET", "/stream", Begun(link))
        link.close()

    def while_the_spreader_stands_still(self):
        """So that what it works on is not over before it is asked about."""
        spreader = self.system.program("spreader")
        deliver = self.system.program("deliver")
        spreader.freeze()
        deliver.freeze()
        replay = self.valid("POST", "/admin/replay")
        for _ in range(REPLAYS_MAX):
            self.ids["replay"] = self.post("/admin/replay", 202, **replay)["id"]
        self.expect(409, "POST", "/admin/replay", **replay)
        again = "/admin/topic-events/{event}/deliver"
        self.expect(409, "POST", again, body={})
        self.get("/admin/replay")
        self.post("/admin/replay/{replay}/cancel")
        self.expect(409, "POST", "/admin/replay/{replay}/cancel")
        self.get("/admin/replay/{replay}")
        self.expect(202, "POST", again, body={})
        self.ids["instance"] = self.cluster.record_of(deliver)["name"]
        restart = "/admin/instances/{instance}/restart"
        self.expect(202, "POST", restart)
        self.expect(409, "POST", restart)
        self.post("/admin/fsck", 202, body={"repair": False})
        self.expect(409, "POST", "/admin/fsck", body={"repair": False})
        self.get("/admin/fsck")
        spreader.thaw()
        deliver.thaw()

    def health(self):
        self.post("/admin/health/cleanup", method="PUT",
                  body={"enabled": False})
        self.system.redis.call("HSET", self.system.store.key(TOPIC, "refs"),
                               "1-1", 7)
        asked = self.post("/admin/health/check", 202)["check"]
        path = "/admin/health/last"
        wait_until(lambda: self.send("GET", path).status == 200
                   and self.get(path)["check"] >= asked, "the check is over")
        sample = next(issue["samples"][0] for issue
                      in self.get(path)["issues"].values() if issue["samples"])
        self.post("/admin/health/cleanup", 202, body={
            "action": sample["action"],
            "target": {name: sample[name]
                       for name in ("shard", "key", "member")}})
        wait_until(lambda: self.get("/admin/fsck")["state"] == "done",
                   "the fsck is over")
        self.until(200, "GET", "/healthz", query={"verbose": 1})

    def without_redis(self):
        self.system.redis.stop()
        wait_until(lambda: self.send("GET", "/readyz").status == 503,
                   "the hub has noticed")
        for method, path in self.of(503):
            if path == "/admin/stream":
                continue  # it says so in its events
            for accept in (JSON, "*/*"):
                self.until(503, method, path, accept=accept,
                           **self.valid(method, path))
        self.system.redis.start()
        wait_until(lambda: self.send("GET", "/readyz").status == 200,
                   "the hub has it again")

    def reshard(self):
        path = "/admin/reshard"
        self.post(path, 202, body={"shards": 5})
        self.until(409, "POST", path, body={"shards": 6})
        self.until(200, "GET", path)
        for program in self.system.programs:
            program.kill()  # they would start again, at other addresses

    def test_every_status_of_every_operation(self):
        self.subscriber = self.system.subscriber()
        self.callback = self.subscriber.callback("/good")
        self.failing = self.subscriber.callback("/failing")
        self.failing.default = 500
        self.feed = self.system.publisher().topic("/feed").url
        for step in (self.refusals, self.bad_requests, self.without_anything,
                     self.groups, self.work, self.subscribers, self.deliveries,
                     self.closed_hubs, self.pull,
                     self.while_the_spreader_stands_still, self.health,
                     self.lists, self.filters, self.orders, self.without_redis,
                     self.reshard):
            step()
        self.assertEqual(self.document.documented() - self.document.seen,
                         set(), "no response had these statuses")
        self.assertEqual(self.document.lists() - self.document.filled, set(),
                         "no response had a row of these")


class Begun:
    """The head of a response that goes on."""

    body = b""

    def __init__(self, link):
        response = http.client.HTTPResponse(link)
        response.begin()
        self.status, self.headers = response.status, response.headers


if __name__ == "__main__":
    skipped.main()
