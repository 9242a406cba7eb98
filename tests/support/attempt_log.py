"""The tests' own reading of attempt logs (common/store/attempt_log.h)."""

import enum
import struct
from typing import NamedTuple

TOTALS = struct.Struct("<BQQQ")
ATTEMPT = struct.Struct("<QIIHB")


class Error(enum.IntEnum):
    WELL = 0
    TIMEOUT = 1
    DNS = 2
    CONNECT = 3
    TLS = 4
    BROKEN = 5
    BLOCKED = 6


class Attempt(NamedTuple):
    at_ms: int
    duration_ms: int = 0
    bytes: int = 0
    status: int = 0
    error: int = Error.WELL


class AttemptLog(NamedTuple):
    delivered: int
    failed: int
    bytes: int
    attempts: list  # the newest first

    @classmethod
    def read(cls, log):
        version, *totals = TOTALS.unpack_from(log)
        assert version == 1, log
        return cls(*totals, [Attempt._make(fields) for fields in
                             ATTEMPT.iter_unpack(log[TOTALS.size:])])

    def written(self):
        return TOTALS.pack(1, *self[:3]) + b"".join(
            ATTEMPT.pack(*attempt) for attempt in self.attempts)
