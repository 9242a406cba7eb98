"""CPU time of processes and of the machine, from /proc."""

import os
import time

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_IDLE = (3, 4)  # idle and iowait, in the line "cpu" of /proc/stat
_COUNTED = 8    # the fields after these are parts of others


def process_s(pid):
    """Seconds of CPU that the threads of a process have used, those that have
    ended left out."""
    total_ns = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat",
                  encoding="ascii") as file:
            total_ns += int(file.read().split()[0])
    return total_ns / 1e9


def _machine_s():
    """Seconds of CPU that the machine has used, those stolen by its host
    included."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(word) for word in file.readline().split()[1:]]
    return sum(fields[:_COUNTED]) * _TICK_S - sum(
        fields[n] for n in _IDLE) * _TICK_S


class Meter:
    """CPU time that named groups of processes use while a block runs.

    `used` has the seconds by name, `seconds` the wall time, `others` the
    cores that everything else on the machine kept busy meanwhile."""

    def __init__(self, **pids):
        self._pids = pids
        self.used = {}
        self.seconds = 0.0
        self.others = 0.0

    def _read(self):
        return {name: sum(process_s(pid) for pid in pids)
                for name, pids in self._pids.items()}

    def __enter__(self):
        self._own = process_s(os.getpid())
        self._machine = _machine_s()
        self._before = self._read()
        self._began = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self._began
        after = self._read()
        self.used = {name: after[name] - self._before[name] for name in after}
        self._own = process_s(os.getpid()) - self._own
        self._machine = _machine_s() - self._machine

    def settle(self, **more):
        """Adds processes that have ended (their seconds by name), which no
        longer have a line in /proc, and finds what the others have used."""
        self.used.update(more)
        mine = sum(self.used.values()) + self._own
        self.others = max(0.0, self._machine - mine) / self.seconds
        return self
