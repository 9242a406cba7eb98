"""What work there is in Redis, and what must not be there once it is done."""

import re

from chaos.ended_topics import PREFIX, WHY_REJECTED
from chaos.owners import owner_row
from chaos.plan import SHARDS, STREAMS
from support.redis import RedisError

# Jobs, events, fetches and subscriptions that the programs lost track of, or
# gave up.
_NAMES = re.compile(r"websub:\{\d+\}:(dead|gaps|rejected|refs|suspended|retry|"
                    r"fanout|pings|fetch|validations|fetching|"
                    r"fetch_failures|"
                    r"(parked|missed|failing|kept):.*)")
_COUNT = {b"stream": "XLEN", b"hash": "HLEN", b"zset": "ZCARD",
          b"list": "LLEN"}


def leftovers(redis):
    """Pairs of a key and the number of its members."""
    found = []
    for key in redis.keys():
        if _NAMES.fullmatch(key.decode()):
            count = redis.call(_COUNT[redis.call("TYPE", key)], key)
            if key.endswith(b":rejected"):
                count -= _of_ended_topics(redis, key)
            if count > 0:
                found.append((key.decode(), count))
    return found


def _of_ended_topics(redis, key):
    """How many entries of `rejected` came to a topic that had ended."""
    fields = [_pairs(entry[1]) for entry in redis.call("XRANGE", key, "-",
                                                       "+")]
    return sum(row[b"why"] == WHY_REJECTED and PREFIX.encode() in row[b"t"]
               for row in fields)


_SHOWN = 3  # members of each key


def work_left(redis):
    """Lines of text: what has not begun, is open, waits for its time, and what
    is held or unread."""
    lines = []
    for shard in range(SHARDS):
        base = f"websub:{{{shard}}}:"
        found = _log_left(redis, base) + _waiting(redis, base)
        for stream in STREAMS:
            found += _stream_left(redis, base + stream)
        if found:
            lines += [f"{base}owner {owner_row(redis, shard)}", *found]
    return lines


def _log_left(redis, base):
    position = redis.call("HGET", base + "position", "id") or b"0-0"
    ahead = redis.call("XRANGE", base + "log", b"(" + position, "+")
    if not ahead:
        return []
    return [f"{base}log {len(ahead)} not begun, after {position}"]


def _waiting(redis, base):
    """What is open, to be fetched, or waits for its time."""
    lines = []
    for name in ("fanout", "fetching"):
        members = redis.call("HGETALL", base + name)
        if members:
            lines.append(f"{base}{name} {len(members) // 2}: "
                         f"{members[:2 * _SHOWN]}")
    for name in ("fetch", "validations", "retry"):
        members = redis.call("ZRANGE", base + name, 0, -1, "WITHSCORES")
        if members:
            lines.append(f"{base}{name} {len(members) // 2}: "
                         f"{members[:2 * _SHOWN]}")
    announced = redis.call("XLEN", base + "pings")
    if announced:
        lines.append(f"{base}pings {announced}")
    for key in redis.call("KEYS", base + "parked:*"):
        lines.append(f"{key.decode()} {redis.call('LLEN', key)}")
    return lines


def _stream_left(redis, key):
    try:
        stream = _pairs(redis.call("XINFO", "STREAM", key))
    except RedisError:  # no such stream
        return []
    lines = []
    for group in map(_pairs, redis.call("XINFO", "GROUPS", key)):
        unread = redis.call(  # Redis loses count of it: its lag may be wrong
            "XRANGE", key, b"(" + group[b"last-delivered-id"], "+")
        if group[b"pending"] or unread:
            held = redis.call("XPENDING", key, group[b"name"], "-", "+",
                              _SHOWN)
            lines.append(f"{key} pending {group[b'pending']} unread "
                         f"{len(unread)} of {stream[b'length']}: {held}")
    return lines


def _pairs(flat):
    return dict(zip(flat[::2], flat[1::2]))
