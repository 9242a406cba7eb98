"""The tests' own reading of attempt logs (common/store/attempt_log.h)."""

import enum
import struct
from typing import NamedTuple

HEAD = struct.Struct("<BQQQB")
ATTEMPT = struct.Struct("<QIIHBIHIHH")  # a u48 is an u32 and an u16


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
    event: tuple = (0, 0)  # its ms and number
    number: int = 0
    body: bytes = b""

    @classmethod
    def read(cls, log, at):
        """The attempt whose fields are there, and the length of its body."""
        *fields, low, high, seq, number, length = ATTEMPT.unpack_from(log, at)
        return cls(*fields, (low + (high << 32), seq), number), length

    def written(self):
        ms, seq = self.event
        return ATTEMPT.pack(*self[:5], ms & 0xffffffff, ms >> 32, seq,
                            self.number, len(self.body))


class AttemptLog(NamedTuple):
    delivered: int
    failed: int
    bytes: int
    attempts: list  # the newest first

    @classmethod
    def read(cls, log):
        version, *totals, count = HEAD.unpack_from(log)
        assert version == 1, log
        body, attempts = HEAD.size + count * ATTEMPT.size, []
        for n in range(count):
            attempt, length = Attempt.read(log, HEAD.size + n * ATTEMPT.size)
            attempts.append(attempt._replace(body=log[body:body + length]))
            body += length
        assert body == len(log), log
        return cls(*totals, attempts)

    def written(self):
        return HEAD.pack(1, *self[:3], len(self.attempts)) + b"".join(
            [attempt.written() for attempt in self.attempts] +
            [attempt.body for attempt in self.attempts])
