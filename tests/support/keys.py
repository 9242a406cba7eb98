"""Where things are in Redis, as docs/PROTOCOL.md says: the tests' own reading
of the contract, so that they notice when the programs drift from it."""

import base64
import hashlib
import re

from support.attempt_log import AttemptLog
from support.redis import RedisError


_UNRESERVED = re.compile(r"%(2D|2E|3\d|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])",
                         re.IGNORECASE)

# The streams of work, which deliver reads through its group.
_QUEUES = ("outbox", "bulk", "verify")
_GROUP = "deliver"


def _hash(url):
    """SHA-256 of a URL in its normal spelling: percent-encoded unreserved
    characters are decoded, nothing else is changed.  Of a dotted topic in
    lower case."""
    normal = (_UNRESERVED.sub(lambda m: chr(int(m[1], 16)), url)
              if ":" in url else url.lower())
    return hashlib.sha256(normal.encode()).digest()


def digest(url):
    """The name of a topic or a callback in keys: the first 16 bytes of
    SHA-256 as base64url."""
    return base64.urlsafe_b64encode(_hash(url)[:16]).rstrip(b"=").decode()


def shard(topic, shards):
    """The first 30 bits of the digest modulo the number of shards; of a dotted
    topic its first label's."""
    if ":" not in topic:
        topic = topic.split(".")[0]
    return (int.from_bytes(_hash(topic)[:4], "big") >> 2) % shards


class Record:
    """An active subscription."""

    def __init__(self, line):
        (version, expires, lease, generation, flags, callback,
         self.secret) = line.split(b" ", 6)
        self.choices = flags[1:].decode()
        flags = flags[:1]
        assert version == b"1" and flags in (b"-", b"o", b"f", b"c"), line
        self.expires_s = int(expires)
        self.lease_s = int(lease)
        self.generation = int(generation)
        self.ordered = flags == b"o"
        self.flags = flags.decode()
        self.callback = callback.decode()


class Store:
    """Reads the programs' state."""

    def __init__(self, redis, shards, prefix="websub"):
        self._redis = redis
        self._shards = shards
        self._prefix = prefix

    def key(self, topic, name):
        """The key `name` of the topic's shard."""
        return f"{self._prefix}:{{{shard(topic, self._shards)}}}:{name}"

    def record(self, topic, callback):
        """The active subscription, or None."""
        line = self._redis.call(
            "HGET", self.key(topic, f"sub:{digest(topic)}"), digest(callback))
        return None if line is None else Record(line)

    def replicas(self, callback):
        """In how many shards its subscription to `*` is."""
        return sum(self._redis.call(
            "HEXISTS", f"{self._prefix}:{{{n}}}:sub:{digest('*')}",
            digest(callback)) for n in range(self._shards))

    def in_all_shards(self, callback):
        return self.replicas(callback) == self._shards

    def requested(self, topic, callback, mode="s"):
        """Whether a request waits for its verification."""
        name = f"request:{digest(topic)}:{digest(callback)}:{mode}"
        return self._redis.call("EXISTS", self.key(topic, name)) == 1

    def subscribers(self, topic):
        key = self.key(topic, f"sub:{digest(topic)}")
        return (self._redis.call("HLEN", key)
                - self._redis.call("HEXISTS", key, "t"))

    def fetch_state(self, topic):
        """What is known about a topic's fetches, as a dict of bytes."""
        flat = self._redis.call("HGETALL",
                                self.key(topic, f"topic:{digest(topic)}"))
        return dict(zip(flat[::2], flat[1::2]))

    def dead_letters(self, topic):
        """The dead letters of the topic's shard, as dicts of bytes."""
        entries = self._redis.call("XRANGE", self.key(topic, "dead"), "-", "+")
        return [dict(zip(fields[::2], fields[1::2])) for _, fields in entries]

    def attempt_log(self, topic, callback):
        """An AttemptLog, or None."""
        log = self._redis.call("HGET",
                               self.key(topic, f"attempts:{digest(topic)}"),
                               digest(callback))
        return None if log is None else AttemptLog.read(log)

    def events_kept(self):
        """How many events deliveries still refer to, over all shards."""
        return sum(self._redis.call("HLEN", f"{self._prefix}:{{{n}}}:refs")
                   for n in range(self._shards))

    def pending(self, stream):
        """How many entries of a work stream are claimed and not
        acknowledged, over all shards."""
        answers = self._redis.call_all(
            [["XINFO", "GROUPS", f"{self._prefix}:{{{n}}}:{stream}"]
             for n in range(self._shards)])
        return sum(_pairs(group)[b"pending"] for groups in answers
                   if not isinstance(groups, RedisError) for group in groups)

    def age_claimed(self):
        """Whatever was claimed and not acknowledged seems to be held for an
        hour.  Who holds it is dead, or stands still: another one need not wait
        until it may take it over."""
        for base in self.bases():
            for stream in _QUEUES:
                self._age(base + stream)

    def _age(self, stream):
        if not self._redis.call("EXISTS", stream) or \
                not self._redis.call("XINFO", "GROUPS", stream):
            return
        for entry, holder, _, _ in self._redis.call(
                "XPENDING", stream, _GROUP, "-", "+", 100000):
            self._redis.call("XCLAIM", stream, _GROUP, holder, 0, entry,
                             "IDLE", 3600000, "JUSTID")

    def delayed(self):
        """When what waits for its time is due, in ms of Redis' clock."""
        answers = self._redis.call_all(
            [["ZRANGE", base + name, 0, -1, "WITHSCORES"]
             for base in self.bases()
             for name in ("retry", "fetch", "validations")])
        return [int(due) for answer in answers for due in answer[1::2]]

    def idle(self):
        """True when every event is fanned out, every entry of every queue was
        read and acknowledged, and nothing waits for a fetch, its time or its
        host, all at one moment."""
        return self._settled(
            (("HLEN", "fanout"), ("XLEN", "pings"), ("ZCARD", "fetch"),
             ("ZCARD", "validations"), ("HLEN", "fetching"), ("ZCARD", "retry"), ("KEYS", "parked:*")),
            _QUEUES)

    def fanned_out(self):
        """True when every event has all its jobs."""
        return self._settled((("HLEN", "fanout"),), ())

    def end_leases(self, owner):
        """What a spreader of this name owns is free, as though it had not
        extended it."""
        for n, base in enumerate(self.bases()):
            if self._redis.call("HGET", base + "owner",
                                "name") == owner.encode():
                self._redis.call("HSET", base + "owner", "until", 0)
                self._redis.call("HDEL", f"{self._prefix}:{{c}}:shards", n)

    def bases(self):
        """What the keys of each shard begin with."""
        return [f"{self._prefix}:{{{n}}}:" for n in range(self._shards)]

    def _settled(self, waiting, queues):
        """Whether the commands of `waiting` find nothing, all events have
        begun, and all entries of `queues` were read and acknowledged, at one
        moment."""
        bases = self.bases()
        parts = [[command, base + name] for base in bases
                 for command, name in waiting]
        logs = [words for base in bases for words in (
            ["XINFO", "STREAM", base + "log"],
            ["HGET", base + "position", "id"])]
        infos = [["XINFO", part, base + name] for base in bases
                 for name in queues for part in ("STREAM", "GROUPS")]
        answers = self._redis.call_all(parts + logs + infos)
        found, about = answers[:len(parts)], answers[len(parts):]
        logs, queues = about[:len(logs)], about[len(logs):]
        return not any(found) and all(
            _log_begun(*pair) for pair in zip(logs[::2], logs[1::2])) and all(
            _stream_idle(*pair) for pair in zip(queues[::2], queues[1::2]))


def _log_begun(log, position):
    """Whether the position is the last event of a log."""
    if isinstance(log, RedisError):  # there is none
        return True
    log = _pairs(log)
    return log[b"length"] == 0 or log[b"last-generated-id"] == position


def _stream_idle(stream, groups):
    """`stream` and `groups` as XINFO gives them: an error means no stream."""
    if isinstance(stream, RedisError):
        return True
    stream = _pairs(stream)
    if not groups:
        return stream[b"length"] == 0
    return all(group[b"pending"] == 0 and
               (stream[b"length"] == 0 or  # a new group has read nothing
                group[b"last-delivered-id"] == stream[b"last-generated-id"])
               for group in map(_pairs, groups))


def _pairs(flat):
    return dict(zip(flat[::2], flat[1::2]))
