"""Programs that append to `log` and `pings` themselves, as docs/PROTOCOL.md
tells them to: its examples are run as they stand there."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest, shard
from support.redis import tool
from support.system import SystemTest
from support.wait import wait_until

_DOCUMENT = Path(__file__).resolve().parents[2] / "docs/PROTOCOL.md"
_SHARDS = 8


def examples(language):
    """The examples of the section, in their order."""
    section = _DOCUMENT.read_text(encoding="utf-8").split(
        "## Direct producers")[1]
    return re.findall(rf"^```{language}\n(.*?)^```", section,
                      re.MULTILINE | re.DOTALL)


class DirectProducers(SystemTest):
    def setUp(self):
        self.start_system(shards=_SHARDS)
        self.callback = self.system.subscriber().callback("/cb")
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        Path(self.folder.name, "shard.py").write_text(examples("python")[0],
                                                      encoding="utf-8")

    def subscribe(self, topic):
        """Writes an active subscription, as `verified` does."""
        store, call = self.system.store, self.system.redis.call
        td, cd = digest(topic), digest(self.callback.url)
        call("HSET", store.key(topic, f"sub:{td}"), cd,
             f"1 99999999999 3600 1 - {self.callback.url} -")
        call("ZADD", store.key(topic, "subs:"), 0, f"{td}:{cd}")
        call("ZADD", store.key(topic, "lease"), 99999999999, td)

    def example(self, number, topic=None):
        """Runs an example, on another topic if one is given; returns what it
        prints."""
        script = examples("sh")[number]
        if topic is not None:
            script, count = re.subn(r"(?m)^TOPIC=.*$", f"TOPIC='{topic}'",
                                    script)
            self.assertEqual(count, 1)
        return self.run_shell(script)

    def run_shell(self, script):
        """redis-cli speaks to the test's own server."""
        client = (f'redis-cli() {{ command {tool("cli")} -s '
                  f'"{self.system.redis.socket_path}" "$@"; }}\n')
        done = subprocess.run(["bash", "-euc", client + script],
                              cwd=self.folder.name, capture_output=True,
                              text=True, timeout=30, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def add(self, stream, *fields, topic="a", number=None):
        """Appends an entry, by default to the shard of the topic `a`."""
        key = (self.system.store.key(topic, stream) if number is None
               else f"websub:{{{number}}}:{stream}")
        return self.system.redis.call("XADD", key, "*", *fields).decode()

    def rejected(self):
        """What was rejected, of all shards, as dicts."""
        found = []
        for n in range(_SHARDS):
            for _, flat in self.system.redis.call(
                    "XRANGE", f"websub:{{{n}}}:rejected", "-", "+"):
                found.append(dict(zip(flat[::2], flat[1::2])))
        return found

    def check_rejected(self, stream, why, *fields, **options):
        """The entry is rejected for this reason, and blocks nothing."""
        before = len(self.rejected())
        entry = self.add(stream, *fields, **options)
        wait_until(lambda: len(self.rejected()) > before, "it is rejected")
        copy = [c for c in self.rejected() if c[b"id"] == entry.encode() and
                c[b"from"] == stream.encode()][-1]
        self.assertIn(why, copy[b"why"].decode())
        self.system.wait_idle()
        return copy

    def test_the_example_of_an_event(self):
        self.subscribe("orders")
        event = self.example(0).strip()
        delivery = self.callback.wait_deliveries()[0]
        self.assertRegex(event, r"^\d+-\d+$")
        self.assertEqual(delivery.body, b'{"order":17}')
        self.assertEqual(delivery.headers["Content-Type"],
                         "application/json")
        self.assertIn('<orders.created>; rel="self"',
                      delivery.headers["Link"])

    def test_events_of_every_shard(self):
        topics = [f"http://publisher.example/{n}" for n in range(20)]
        topics += [f"label{n}.a-b.c_d" for n in range(20)]
        for topic in topics:
            self.subscribe(topic)
        for topic in topics:
            self.example(0, topic)
        self.callback.wait_deliveries(len(topics))
        self.system.wait_idle()
        self.assertEqual(len(self.callback.deliveries), len(topics))
        self.assertEqual(self.rejected(), [])

    def test_the_example_of_an_announcement(self):
        topic = self.system.publisher().topic("/feed", b"content")
        self.system.activate(topic.url, self.callback)
        self.example(1, topic.url)
        self.assertEqual(self.callback.wait_deliveries()[0].body, b"content")

    def test_an_event_with_all_that_it_may_have(self):
        topic = "http://publisher.example/t?a=%20b"
        self.system.activate(topic, self.callback)
        body = bytes(range(256))
        self.add("log", "mine", "x", "b", body, "self", "http://own.example/",
                 "ct", "text/plain; charset=\xe4", "t", topic, "v", 1,
                 topic=topic)
        self.add("log", "v", 1, "t", topic, "ct", "a/b", "b", "", topic=topic)
        first, second = self.callback.wait_deliveries(2)
        if first.body == b"":
            first, second = second, first
        self.assertEqual((first.body, second.body), (body, b""))
        self.assertIn('<http://own.example/>; rel="self"',
                      first.headers["Link"])
        self.assertEqual(self.rejected(), [])

    def test_events_that_are_rejected(self):
        fine = {"v": 1, "t": "a", "ct": "text/plain", "b": "body"}
        for why, change in (
                ("no field v", {"v": None}), ("version is not 1", {"v": "0"}),
                ("version is not 1", {"v": "x2"}),
                ("version is not 1", {"v": ""}), ("no field t", {"t": None}),
                ("the topic is empty", {"t": ""}),
                ("empty label", {"t": "a..b"}), ("topic", {"t": "a.*"}),
                ("topic", {"t": "*"}), ("normal spelling", {"t": "A"}),
                ("topic", {"t": "a b"}), ("topic", {"t": b"a\xff"}),
                ("zero byte", {"t": b"a\0b"}),
                ("http", {"t": "ftp://a.example/"}),
                ("normal spelling", {"t": "http://a.example/%41"}),
                ("2,048", {"t": "a" * 2049}),
                ("no field ct", {"ct": None}), ("content type", {"ct": ""}),
                ("content type", {"ct": "a\r\nX-Bad: 1"}),
                ("content type", {"ct": "x" * 1025}),
                ("zero byte", {"ct": b"a\0b"}), ("no field b", {"b": None}),
                ("self", {"self": "x\r\ny"}), ("self", {"self": "*"}),
                ("self", {"self": b"http://a.example/\0"})):
            with self.subTest(change=change):
                entry = {**fine, **change}
                words = [word for name, value in entry.items()
                         if value is not None for word in (name, value)]
                copy = self.check_rejected("log", why, *words)
                for name in words[2::2]:
                    self.assertIn(name.encode(), copy)

    def test_announcements_that_are_rejected(self):
        url = "http://publisher.example/"
        for why, fields in (
                ("no field v", ("t", url)), ("version", ("v", "x", "t", url)),
                ("no field t", ("v", 1)), ("not a URL", ("v", 1, "t", "a.b")),
                ("fragment", ("v", 1, "t", url + "#x")),
                ("normal spelling", ("v", 1, "t", url + "%41"))):
            with self.subTest(fields=fields):
                self.check_rejected("pings", why, *fields, topic=url)

    def test_an_entry_in_another_topics_shard(self):
        wrong = (shard("a", _SHARDS) + 1) % _SHARDS
        self.check_rejected("log", "another shard", "v", 1, "t", "a", "ct", "x/y",
                         "b", "", number=wrong)

    def test_what_is_rejected_blocks_nothing(self):
        self.subscribe("a")
        for n in range(200):
            self.add("log", "v", 1 if n % 2 else "x", "t", "a", "ct", "x/y",
                     "b", n)
        self.callback.wait_deliveries(100)
        self.system.wait_idle()
        self.assertEqual(sorted(int(b) for b in self.callback.bodies()),
                         list(range(1, 200, 2)))
        self.assertEqual(len(self.rejected()), 100)
        position = self.system.store.key("a", "position")
        self.assertEqual(self.system.redis.call("HGET", position, "n"), b"200")

    def test_announcements_leave_the_stream(self):
        """Those that are taken, and those that are rejected."""
        topic = self.system.publisher().topic("/feed", b"content")
        self.system.activate(topic.url, self.callback)
        for n in range(100):
            self.add("pings", "v", 1, "t", topic.url if n % 2 else "a",
                     "other", n, topic=topic.url)
        self.callback.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(self.callback.bodies(), [b"content"])
        self.assertEqual(len(self.rejected()), 50)
        self.assertEqual(self.system.redis.call(
            "XLEN", self.system.store.key(topic.url, "pings")), 0)

    def test_the_example_that_looks_at_what_was_rejected(self):
        self.check_rejected("log", "version", "v", 0, "t", "a")
        script = examples("sh")[2].replace(
            "$N", str(shard("a", _SHARDS)))
        self.assertIn("its format version is not 1", self.run_shell(script))


if __name__ == "__main__":
    unittest.main()
