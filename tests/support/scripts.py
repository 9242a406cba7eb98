"""Calls the Lua scripts of common/store/lua as the programs do, on one shard
of a private redis-server, and looks at the keys they leave."""

import hashlib
import os
import re
import time
import unittest
import urllib.parse

from support.keys import digest
from support.redis import Redis, RedisError

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "../../common/store/lua")
PREFIX = "websub:{0}:"
TOPIC = "http://publisher.example/topic"
CALLBACK = "http://subscriber.example/cb"
TD = digest(TOPIC)
CD = digest(CALLBACK)
GROUPS = {"outbox": "deliver", "bulk": "deliver", "verify": "deliver"}
OWNER = ("spreader-1", 1)  # name and incarnation
LEASE_MS = 60000  # the longest that there may be
EXTEND_S = 15  # well before it ends
FIRST_PAGE = 100  # subscriptions


_USES = re.compile(r"^-- uses: (.*)$", re.MULTILINE)
_USES_WITHIN = re.compile(r"(?:\n +-- uses: .*)+")


def _text(name):
    with open(os.path.join(_FOLDER, name + ".lua"), encoding="utf-8") as file:
        return file.read()


def names():
    """Every script there is."""
    return sorted(file[:-4] for file in os.listdir(_FOLDER)
                  if file.endswith(".lua"))


def named(lines):
    """What lines `-- uses:` name."""
    return re.findall(r"[a-z_]+", lines.replace("-- uses:", ""))


def _joined(wanted, done):
    """What is wanted of lib/, but for what is `done`."""
    return "".join(_whole("lib/" + name, done) for name in wanted
                   if name not in done and not done.add(name))


def _whole(name, done):
    """A file after what it needs."""
    text = _text(name)
    head = _joined(named(" ".join(_USES.findall(text))), done)
    return head + _USES_WITHIN.sub(
        lambda lines: "\n" + _joined(named(lines[0]), set(done)), text)


def whole(name):
    """A script as the programs load it (cmake/EmbedLuaRun.cmake)."""
    return _whole(name, set())


def with_libs(libs, text):
    """A script of a test's own, behind what it uses of lua/lib."""
    return _joined(libs, set()) + text


def script_texts():
    """Every script by its name, as the programs load it."""
    return {name: whole(name) for name in names()}


def host_id(url):
    """A callback's host as the keys have it."""
    url = urllib.parse.unquote(url)
    host = urllib.parse.urlsplit(url).hostname.removesuffix(".")
    if ":" in host:
        host = f"[{host}]"
    return hashlib.sha1(host.encode()).hexdigest()[:16]


def request_args(mode="s", td=TD, cd=CD, topic=TOPIC, given=None,
                 callback=CALLBACK, lease=3600, secret="-",
                 how="verify", reason="", ordered=0, chosen="",
                 verify_token="", client="-", memory_high=0, pending=10 ** 9,
                 of_host=0, of_client=0, quota=(0, 0, 0), only="any",
                 replicas="-", paused="-"):
    """The arguments of `request`."""
    return (td, cd, mode, topic, given or topic, callback, lease, secret,
            how, reason, ordered, chosen, verify_token, host_id(callback),
            client,
            memory_high, pending, of_host, of_client, *quota,
            *((only, replicas, paused) if how == "trust" else ()))


def pairs(flat):
    """A flat list of names and values as a dict."""
    return dict(zip(flat[::2], flat[1::2]))


def targets(fields):
    """The targets of the jobs of a lane's entry."""
    return fields[b"c"].decode().split(" ")


def all_done(lane, entry, fields):
    """The words of `settle` for an entry whose jobs are all done."""
    count = len(targets(fields))
    opening = (["job", lane, entry] if count == 1 else
               ["rest", lane, entry, "-"])
    return [*opening, "done", fields[b"e"], count]


def id_key(event):
    """What ids are sorted by."""
    return tuple(map(int, event.split("-")))


class ScriptTest(unittest.TestCase):
    """A test case with an empty shard that has its groups and an owner."""

    redis_options = ()

    @classmethod
    def setUpClass(cls):
        cls.redis = Redis(*cls.redis_options)
        cls.addClassCleanup(cls.redis.close)
        cls.texts = script_texts()

    def setUp(self):
        self.empty()

    def empty(self):
        """The shard as it is when its first owner has claimed it."""
        self.redis.call("FLUSHALL")
        self.run_script("groups")
        self.own_shard()

    def own_shard(self, owner=OWNER, lease_ms=LEASE_MS):
        """The scripts of the owner are called by this one from now on."""
        mine, self.epoch = self.run_script("claim", *owner, lease_ms)
        assert mine == 1, self.epoch
        self.claimed_s = time.monotonic()

    def stay_owner(self):
        """On a slow machine a test may take longer than a lease."""
        if time.monotonic() - self.claimed_s > EXTEND_S:
            self.run_script("extend", self.epoch, LEASE_MS)
            self.claimed_s = time.monotonic()

    def as_owner(self, name, *args):
        """A script that only the owner of the shard may call."""
        self.stay_owner()
        return self.run_script(name, self.epoch, *args)

    def run_script(self, name, *args):
        return self.redis.call("EVAL", self.texts[name], 1, PREFIX, *args)

    def run_mending(self, name, *args):
        """As what was refused is repeated: behind mending.lua."""
        return self.redis.call("EVAL", self.texts["mending"] + self.texts[name],
                               1, PREFIX, *args)

    def request_script(self, mode="s", **options):
        return self.run_script("request", *request_args(mode, **options))

    def let_requests_lapse(self):
        """As an owner does an hour after they came."""
        for seconds, left in ((3540, True), (120, False)):
            for member in self.call("ZRANGE", "pending", 0, -1):
                self.call("ZINCRBY", "pending", -seconds, member)
            self.sweep()
            self.assertEqual(self.exists("pending"), left)

    def call(self, command, key, *args):
        """A command ("XINFO GROUPS") that names one key of the shard, first
        of all."""
        return self.redis.call(*command.split(), PREFIX + key, *args)

    def exists(self, key):
        return self.call("EXISTS", key) == 1

    def hash(self, key):
        return pairs(self.call("HGETALL", key))

    def entries(self, stream):
        """The entries as pairs of id and fields."""
        return [(name.decode(), pairs(fields))
                for name, fields in self.call("XRANGE", stream, "-", "+")]

    def read(self, stream, count=100, consumer="one"):
        """Claims entries as a program does."""
        got = self.redis.call("XREADGROUP", "GROUP", GROUPS[stream], consumer,
                              "COUNT", count, "STREAMS", PREFIX + stream, ">")
        return [(name.decode(), pairs(fields))
                for name, fields in (got[0][1] if got else [])]

    def pending(self, stream):
        """The ids that were read and not acknowledged."""
        return [row[0].decode() for row in self.call(
            "XPENDING", stream, GROUPS[stream], "-", "+", 100000)]

    def now_ms(self):
        seconds, micros = self.redis.call("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    def event(self, event_id="*", topic=TOPIC, body=b"body"):
        return self.call("XADD", "log", event_id, "v", 1, "t", topic,
                         "ct", "text/plain", "b", body).decode()

    def write_record(self, line, cd=CD, td=TD):
        self.call("HSET", f"sub:{td}", cd, line)

    def read_record(self, cd=CD, td=TD):
        """The line of a subscription, or None."""
        return self.call("HGET", f"sub:{td}", cd)

    def index(self, td=TD):
        """The CDs of a topic in the index, leaf by leaf."""
        bounds = ["", *(bound.decode() for bound in
                        self.call("ZRANGE", "bounds", 0, -1))]
        members = [member.decode().split(":") for bound in bounds
                   for member in self.call("ZRANGE", f"subs:{bound}", 0, -1)]
        return [cd for of, cd in members if of == td]

    def unindex(self, *cds, td=TD):
        """Takes subscriptions out of the first leaf."""
        self.call("ZREM", "subs:", *(f"{td}:{cd}" for cd in cds))

    def subscribe(self, *cds, td=TD):
        """Active subscriptions without a lease that would end."""
        for cd in cds:
            self.call("ZADD", "subs:", 0, f"{td}:{cd}")
            self.call("HSETNX", "sub:" + td, cd,
                      f"1 9999999999 3600 1 - {CALLBACK} -")

    def subscription(self, cd=CD, td=TD, generation=1, flags="-",
                     expires_s=9999999999, lease_s=3600):
        """An active subscription in the first leaf of the index."""
        self.write_record(f"1 {expires_s} {lease_s} {generation} {flags} "
                          f"{CALLBACK} -", cd, td)
        self.subscribe(cd, td=td)
        self.call("ZADD", "lease", "LT", expires_s, "")

    def lease_due(self, bound=""):
        """When the leases of a leaf are looked at, or None."""
        due = self.call("ZSCORE", "lease", bound)
        return due and int(due)

    def position(self):
        """The last event that has begun."""
        at = self.call("HGET", "position", "id")
        return at.decode() if at else "0-0"

    def open_events(self):
        """How far each open event has come: a CD, by event."""
        return {event.decode(): text.decode().split(" ")[0]
                for event, text in self.hash("fanout").items()}

    def content_of(self, event):
        """The topic of an event, and the digest of what was fetched."""
        found = self.call("XRANGE", "log", event, event)
        fields = pairs(found[0][1]) if found else {}
        return fields.get(b"t", TOPIC), fields.get(b"fd", "")

    def begin(self, *events, tds=(TD,), retention_ms=3600000, after=None,
              first_page=FIRST_PAGE):
        """One call of `begin`, with first pages as small as told; returns the
        position by then, and for each event that has begun its jobs and 1 at
        the end."""
        self.stay_owner()
        text = self.texts["begin"].replace(
            f"FIRST_PAGE = {FIRST_PAGE}", f"FIRST_PAGE = {first_page}")
        words = [word for event in events for word in
                 (event, *self.content_of(event), len(tds), *tds)]
        position, *said = self.redis.call(
            "EVAL", text, 1, PREFIX, self.epoch, after or self.position(),
            retention_ms, *words)
        return position.decode(), list(zip(said[::2], said[1::2]))

    def post_page(self, event, size=FIRST_PAGE, tds=(TD,),
                  retention_ms=3600000, backlog=1000000):
        """The next page of an event, which is the one of `begin` for an event
        that has not begun; returns jobs posted and 1 at the end."""
        if id_key(event) > id_key(self.position()):
            return self.begin(event, tds=tds, retention_ms=retention_ms,
                              first_page=min(size, FIRST_PAGE))[1][0]
        return tuple(self.as_owner("page", event, size, backlog, *tds))

    def with_subscriber(self, topic):
        """The TD of a topic that somebody subscribes to."""
        td = digest(topic)
        self.call("HSETNX", "sub:" + td, CD, f"1 9999999999 3600 1 - {CALLBACK} "
                  "-")
        return td

    def announce(self, *topics):
        """Each is subscribed to."""
        return self.run_script("announce", 0, *(
            word for topic in topics
            for word in (topic, self.with_subscriber(topic))))

    def promote(self, most=1000):
        return self.as_owner("promote", most, 5)

    def posted(self, event=None):
        """The targets of the jobs in both lanes, of one event or of all."""
        return [target for lane in ("outbox", "bulk")
                for _, fields in self.entries(lane) if b"e" in fields and
                event in (None, fields[b"e"].decode())
                for target in targets(fields)]

    def settle_all(self, lane="outbox", count=100):
        """Claims entries of a lane and settles their jobs as done; returns
        the number of jobs."""
        words = []
        for entry, fields in self.read(lane, count=count):
            words += all_done(lane, entry, fields)
        return self.run_script("settle", *words)

    def sweep(self, retention_ms=3600000, dead_ms=3600000, limit=100):
        """Leases, events and dead letters that went, and 1 when there is
        more."""
        return self.as_owner("sweep", retention_ms, dead_ms, limit)[:4]

    def unchanged_by(self, act):
        """Runs `act` and asserts that no key differs afterwards."""
        before = self.redis.digests()
        result = act()
        self.assertEqual(self.redis.digests(), before)
        return result


class FullRedis:
    """Beside a ScriptTest: Redis can be brought to its memory limit."""

    def setUp(self):
        self.redis.call("CONFIG", "SET", "maxmemory", 0)
        super().setUp()
        self.addCleanup(self.redis.call, "CONFIG", "SET", "maxmemory", 0)

    def full(self):
        used = self.redis.call("INFO", "memory").decode()
        used = int(used.split("used_memory:")[1].split()[0])
        self.redis.call("CONFIG", "SET", "maxmemory", used // 2)
        with self.assertRaisesRegex(RedisError, "OOM"):
            self.event()
