"""What work there is in Redis, and what must not be there once it is done."""

import re

from chaos.plan import SHARDS, STREAMS
from support.redis import RedisError

# Jobs, events and subscriptions that the programs lost track of, or gave up.
_NAMES = re.compile(r"websub:\{\d+\}:(dead|gaps|rejected|refs|suspended|retry|"
                    r"(parked|missed|failing|kept):.*)")
_COUNT = {b"stream": "XLEN", b"hash": "HLEN", b"zset": "ZCARD",
          b"list": "LLEN"}


def leftovers(redis):
    """Pairs of a key and the number of its members."""
    found = []
    for key in redis.keys():
        if _NAMES.fullmatch(key.decode()):
            count = redis.call(_COUNT[redis.call("TYPE", key)], key)
            if count > 0:
                found.append((key.decode(), count))
    return found


_SHOWN = 3  # members of each key


def work_left(redis):
    """Lines of text: what waits for its time, and what is held or unread."""
    lines = []
    for shard in range(SHARDS):
        base = f"websub:{{{shard}}}:"
        waiting = redis.call("ZRANGE", base + "retry", 0, -1, "WITHSCORES")
        if waiting:
            lines.append(f"{base}retry {len(waiting) // 2}: "
                         f"{waiting[:2 * _SHOWN]}")
        for stream in STREAMS:
            lines += _stream_left(redis, base + stream)
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
