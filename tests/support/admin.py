"""A hub with the admin API, requests to it, and what they find, put into Redis by
scripts."""

import json
import urllib.parse

from support.keys import digest, shard
from support.scripts import whole
from support.system import FAST, SystemTest

ADMIN = "admin-token"
TOPIC = "http://publisher.example/topic"
CALLBACK = "http://127.0.0.1:9/cb"
SHARDS = FAST["shards"]


def topic_of_each_shard():
    found = {}
    for n in range(1000):
        topic = f"http://publisher.example/{n}"
        found.setdefault(shard(topic, SHARDS), topic)
    return [found[n] for n in range(SHARDS)]


class AdminSystemTest(SystemTest):
    roles = ("hub",)
    settings = {}

    def setUp(self):
        self.start_system(roles=self.roles, admin_token=ADMIN,
                          **self.settings)
        self.hub = self.system.hub
        self.redis = self.system.redis

    def ask(self, path, token=ADMIN, **query):
        """GET with the query; its names have `_` where `hub.` has a dot."""
        pairs = {name.replace("hub_", "hub."): value
                 for name, value in query.items()}
        target = path + ("?" + urllib.parse.urlencode(pairs) if pairs else "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.hub.get(target, headers)

    def get(self, path, **query):
        answer = self.ask(path, **query)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        return json.loads(answer.body)

    def pages(self, path, name, **query):
        """The rows of every page, one after the other."""
        rows = []
        for _ in range(1000):
            page = self.get(path, **query)
            self.assertLessEqual(len(page[name]), query.get("limit", 50))
            rows += page[name]
            if "next" not in page:
                return rows
            query["from"] = page["next"]
        raise AssertionError("there is no last page")


class AdminTest(AdminSystemTest):
    def order(self, path, **fields):
        return self.hub.form([(name.replace("hub_", "hub."), value)
                              for name, value in fields.items()], ADMIN, path)

    def done(self, what, **fields):
        """Orders a replay or a purge; returns how many it was for."""
        answer = self.order(f"/admin/dead-letters/{what}", **fields)
        self.assertEqual(answer.status, 200, answer)
        (name, count), = json.loads(answer.body).items()
        self.assertEqual(name, {"replay": "replayed", "purge": "purged"}[what])
        return count

    def script(self, topic, name, *args):
        """Calls a script of the store on the topic's shard."""
        return self.redis.call("EVAL", whole(name), 1,
                               self.system.store.key(topic, ""), *args)

    def subscription(self, topic=TOPIC, callback=CALLBACK, flags="-",
                     generation=7, expires_s=9999999999):
        """An active subscription and its topic, as `verified` leaves them."""
        td, cd = digest(topic), digest(callback)
        key = self.system.store.key
        self.redis.call("HSET", key(topic, f"sub:{td}"), cd,
                        f"1 {expires_s} 3600 {generation} {flags} "
                        f"{callback} -")
        self.redis.call("ZADD", key(topic, "subs:"), 0, f"{td}:{cd}")
        self.redis.call("HSET", key(topic, f"topic:{td}"), "t", topic)

    def claimed(self, topic, event, callback=CALLBACK):
        """A job that deliver has claimed; returns its entry."""
        outbox = self.system.store.key(topic, "outbox")
        self.script(topic, "groups")
        self.redis.call("HINCRBY", self.system.store.key(topic, "refs"),
                        event, 1)
        entry = self.redis.call("XADD", outbox, "*", "e", event, "c",
                                digest(callback)).decode()
        self.redis.call("XREADGROUP", "GROUP", "deliver", "one", "STREAMS",
                        outbox, ">")
        return entry

    def event(self, topic=TOPIC):
        """An event of the log; returns its id there."""
        answer = self.system.push(topic, b"body")
        return json.loads(answer.body)["id"].split("-", 1)[1]

    def bury(self, topic=TOPIC, callback=CALLBACK, why="status 500"):
        """A dead letter, by the script; returns its event."""
        event = self.event(topic)
        entry = self.claimed(topic, event, callback)
        self.assertEqual(self.script(
            topic, "settle", "job", "outbox", entry, "dead", event,
            digest(callback), 3, topic, callback, why), 1)
        return event

    def suspend(self, topic=TOPIC, callback=CALLBACK):
        """Suspends an active subscription by its first missed event."""
        event = self.event(topic)
        entry = self.claimed(topic, event, callback)
        self.assertEqual(self.script(
            topic, "settle", "job", "outbox", entry, "suspend", event,
            digest(callback), 0, 0, 60000, digest(topic)), 1)
        return event
