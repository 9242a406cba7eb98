"""Why an event came twice, as well as it can be known from outside: what was
done to the program that delivered it first, or to Redis, before the
repetition."""

import bisect

from chaos.fleet import TIMEOUT_MS

# How long after the answer its outcome may still be on its way to Redis: a
# settling, or the wait for one that was sent and not answered.
SETTLING_S = 5.0

# What is settled stays in the queue while an older job is pending, and is read
# again when the group is lost: so far back.
REREAD_S = 30.0

# What may have been done to the program that delivered first, in the order
# of how much it explains.
_BY_PROGRAM = {
    "kill": "the process that delivered it was killed",
    "freeze": "the process that delivered it was stopped for a time",
}
HELD = "a process that held it was stopped, and went on with it"
RESET = "the subscriber broke the connection off"
LATE = "the answer came too late"
GROUP = "the consumer group was destroyed"
REDIS = "Redis was ended, paused or cut off"
LAG = "the test's own subscriber stood still"
NONE = "not explained"
CAUSES = (*_BY_PROGRAM.values(), HELD, RESET, LATE, GROUP, REDIS, LAG,
          NONE)


class Causes:
    """`marks`: what was done (chaos.fleet.Mark).  `lags`: when the
    subscriber did not run."""

    def __init__(self, marks, lags):
        self._marks = [mark for mark in marks if mark.kind in
                       (*_BY_PROGRAM, "usurp", "redis")]
        self._groups = [mark for mark in marks if mark.kind == "group"]
        self._begins = [mark.begin for mark in self._marks]
        self._lags = lags

    def of(self, shard, first, again):
        """The cause of the second of two arrivals of an event of a shard."""
        if first.fate == "reset":
            return RESET
        near = list(self._around(first, again))
        for kind, cause in _BY_PROGRAM.items():
            if any(mark.kind == kind and mark.name == first.by
                   for mark in near):
                return cause
        if any(mark.kind == "freeze" and mark.name == again.by and
               mark.end is not None and mark.begin < first.at and
               mark.end < again.at < mark.end + SETTLING_S
               for mark in near):
            return HELD
        # It goes on until its next heartbeat is refused.
        if any(mark.kind == "usurp" and mark.name == again.by and
               mark.begin < again.at < mark.begin + SETTLING_S
               for mark in near):
            return HELD
        if first.answered is None or (
                first.answered - first.at > TIMEOUT_MS / 1000 * 0.8):
            return LATE
        if any(mark.name in (f"{shard}-outbox", f"{shard}-bulk") and
               first.at - SETTLING_S < mark.begin < again.at and
               mark.begin < first.at + REREAD_S for mark in self._groups):
            return GROUP
        if any(mark.kind == "redis" for mark in near):
            return REDIS
        if any(begin < first.answered + SETTLING_S and end > first.at - 1
               for begin, end in self._lags):
            return LAG
        return NONE

    def _around(self, first, again):
        """Marks that overlap the time from the first arrival to when its
        outcome was surely settled, or to the repetition."""
        until = min(again.at, (first.answered or first.at) + SETTLING_S)
        for mark in self._marks[:bisect.bisect_right(self._begins, until)]:
            if mark.end is None or mark.end >= first.at - SETTLING_S:
                yield mark
