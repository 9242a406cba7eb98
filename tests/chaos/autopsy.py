"""What Redis holds about an event that is missing at a callback."""

from chaos.owners import owner_row
from chaos.plan import SHARDS
from support.keys import digest, shard
from support.redis import RedisError


def look_at(fleet, posted, subscription, event):
    """Lines of text."""
    return _Autopsy(fleet, posted, subscription, event).lines()


class _Autopsy:
    def __init__(self, fleet, posted, subscription, event):
        self._fleet = fleet
        self._posted = posted
        self._topic = event.topic
        self._event_id = event.answer
        self._event = event.answer.split("-", 1)[1]
        self._td = digest(subscription.topic)
        self._cd = digest(subscription.url)

    def lines(self):
        pair = f"{self._td}:{self._cd}"
        found = {
            "in log": self._call("XRANGE", "log", self._event, self._event),
            "kept": self._call("HGETALL", f"kept:{self._event}"),
            "owner": owner_row(self._fleet.redis, shard(self._topic, SHARDS)),
            "position": self._call("HGETALL", "position"),
            "fanout progress": self._call("HGET", "fanout", self._event),
            "a job was posted": self._posted.has(self._event_id, self._cd),
            "refs": self._call("HGET", "refs", self._event),
            "in index": self._call("XRANGE", f"events:{self._td}",
                                   self._event, self._event),
            "subscription": self._call("HGET", f"sub:{self._td}",
                                       self._cd),
            "in subs": self._indexed(),
            "cursor": self._call("HGET", f"cursor:{self._td}", self._cd),
            "missed": self._call("ZRANGE", f"missed:{pair}", 0, -1),
            "failing": self._call("HGETALL", f"failing:{pair}"),
            "suspended": self._call("ZSCORE", "suspended", pair),
            "gaps": self._stream("gaps", self._cd),
            "outbox": self._stream("outbox", self._cd),
            "bulk": self._stream("bulk", self._cd),
            "parts": self._call("HGETALL", "parts"),
            "retry": self._containing("retry"),
            "dead": self._stream("dead", self._event),
            "attempts": self._call("HGET", f"attempts:{self._td}", self._cd),
        }
        lines = [f"    {name}: {value}" for name, value in found.items()
                 if value not in (None, [], b"")]
        return lines + [f"    {name}: {line}" for name, program in
                        self._fleet.programs for line in program.lines
                        if self._event in line or self._event_id in line]

    def _indexed(self):
        """The bound of its leaf and whether that has it."""
        member = f"{self._td}:{self._cd}"
        bound = (self._call("ZREVRANGEBYLEX", "bounds", f"[{member}", "-",
                            "LIMIT", 0, 1) or [b""])[0].decode()
        return bound, self._call("ZSCORE", f"subs:{bound}", member)

    def _call(self, command, key, *words):
        try:
            return self._fleet.redis.call(
                command, self._fleet.store.key(self._topic, key), *words)
        except RedisError as error:
            return str(error)

    def _stream(self, key, text):
        return [entry for entry in self._call("XRANGE", key, "-", "+")
                if text.encode() in b" ".join(entry[1])]

    def _containing(self, key):
        return [member for member in self._call("ZRANGE", key, 0, -1)
                if self._event.encode() in member or
                self._cd.encode() in member]
