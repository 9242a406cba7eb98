"""A system whose data move to another number of shards."""

from support import programs
from support.health import HealthTest
from support.layout import Picture
from support.system import FAST

URLS = [f"http://publisher.example/{n}" for n in range(6)]
DOTTED = ["orders", "orders.created", "orders.created.eu", "users.a",
          "users.b", "x", "y.z"]
TOPICS = URLS + DOTTED
TOPIC_NAMES = {topic: f"t{n}" for n, topic in enumerate(TOPICS + ["*"])}


class ReshardTest(HealthTest):
    settings = {**HealthTest.settings, "shards": 4, "suspend_after": 3,
                "max_attempts": 3, "retry_base_ms": 600000,
                "retry_cap_ms": 600000, "probe_cap_ms": 600000,
                "heartbeat_timeout_ms": 2000}

    def setUp(self):
        super().setUp()
        self.subscriber = self.system.subscriber()
        self.callbacks = {}
        self.pushed = 0

    def subscribe(self, topic, name, ordered=False, answer=None):
        callback = self.subscriber.callback(f"/{name}-{TOPIC_NAMES[topic]}")
        if answer:
            callback.default = answer
        extra = [("hub.websubd.ordered", "true")] if ordered else ()
        self.system.activate(topic, callback, extra=extra)
        self.callbacks[topic, name] = callback
        return callback

    def push_all(self):
        self.pushed += 1
        for topic in TOPICS:
            self.system.push(topic, f"{topic} {self.pushed}".encode())

    def stop(self, role):
        program = self.system.program(role)
        program.stop()
        self.system.programs.remove(program)

    def settings_of_mover(self):
        return {**FAST, **self.settings,
                "redis_url": self.redis.url_of("hub")}

    def reshard(self, shards, code=0, **settings):
        done = programs.run("websub-hub", "--reshard", str(shards),
                            settings={**self.settings_of_mover(), **settings})
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def state(self):
        return (self.redis.call("HGET", "websub:{c}:reshard", "state")
                or b"").decode()

    def picture(self, shards):
        return Picture(self.redis, shards)

    def compare(self, before, after):
        for part in ("subscriptions", "due", "jobs", "verifications",
                     "requests", "dead", "events", "fetches", "pulls",
                     "suspended", "paused", "counts", "attempts"):
            self.assertEqual(getattr(before, part), getattr(after, part),
                             part)
