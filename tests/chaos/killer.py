"""Carries the plan out."""

import heapq
import itertools
import threading
import time

from support.redis import Client, RedisError

_TICK_S = 0.02


class Killer:
    """`last` names the last act.  What it starts ends with the thread that
    runs it (support.child), so that is the test's own."""

    def __init__(self, fleet, receivers, plan):
        self._fleet = fleet
        self._receivers = receivers
        self._plan = list(plan)
        self._later = []  # heap of (when, order, function)
        self._order = itertools.count()
        self.done = 0
        self.last = "nothing yet"

    def run(self, seconds, progress):
        """Returns after so many seconds, once all that it stopped goes on and
        all that it ended is started again.  `progress` is called often."""
        start = time.monotonic()
        pause = threading.Event()
        while (self._plan or self._later or
               time.monotonic() < start + seconds):
            now = time.monotonic()
            if self._plan and now >= start + self._plan[0].at_s:
                self._act(self._plan.pop(0))
            elif self._later and now >= self._later[0][0]:
                heapq.heappop(self._later)[2]()
            else:
                self._fleet.check()
                progress()
                pause.wait(_TICK_S)

    def _in(self, seconds, function):
        heapq.heappush(self._later, (time.monotonic() + seconds,
                                     next(self._order), function))

    def _act(self, act):
        self.done += 1
        what = " ".join(f"{a}-{b}" for a, b in act.targets)
        self.last = f"{act.kind} {what}".strip()
        _ACTS[act.kind](self, act)

    def _up(self, act):
        """The targets that run: one that is down or frozen already is left
        alone."""
        slots = [self._fleet.slots[target] for target in act.targets]
        return [slot for slot in slots if slot.state == "up"]

    def kill(self, act):
        for target in act.targets:
            slot = self._fleet.slots[target]
            if slot.state == "down":
                continue
            mark = self._fleet.mark("kill", slot.name)
            self._fleet.attempt(slot.kill)
            mark.over()
            self._in(act.lasts_s, lambda slot=slot: self._start(slot))

    def _start(self, slot):
        if slot.state == "down":
            slot.start()

    def term(self, act):
        for slot in self._up(act):
            mark = self._fleet.mark("term", slot.name)
            slot.program.terminate()
            slot.state = "ending"
            self._in(act.lasts_s, lambda slot=slot, mark=mark:
                     self._start_ended(slot, mark))

    def _start_ended(self, slot, mark):
        self._fleet.check()
        if slot.state == "ending":
            self._in(0.1, lambda: self._start_ended(slot, mark))
            return
        mark.over()
        self._start(slot)

    def freeze(self, act):
        for slot in self._up(act):
            mark = self._fleet.mark("freeze", slot.name)
            slot.program.freeze()
            slot.state = "frozen"
            self._in(act.lasts_s, lambda slot=slot, mark=mark,
                     program=slot.program: self._thaw(slot, mark, program))

    def _thaw(self, slot, mark, program):
        mark.over()
        if slot.state == "frozen" and slot.program is program:
            program.thaw()
            slot.state = "up"

    def redis_end(self, act):
        mark = self._fleet.mark("redis", act.kind)
        if act.kind == "redis-kill":
            self._fleet.redis.kill()
        else:
            self._fleet.redis.stop()
        self._in(act.lasts_s, lambda: self._redis_start(mark))

    def _redis_start(self, mark):
        if not self._fleet.redis.running:
            self._fleet.redis.start()
        mark.over()

    def redis_pause(self, act):
        mark = self._fleet.mark("redis", act.kind)
        self._command("CLIENT", "PAUSE", int(act.lasts_s * 1000), "ALL")
        self._in(act.lasts_s, mark.over)

    def redis_drop_clients(self, act):
        mark = self._fleet.mark("redis", act.kind)
        self._command("CLIENT", "KILL", "TYPE", "normal")
        mark.over()

    def redis_drop_group(self, act):
        (shard, stream), = act.targets
        mark = self._fleet.mark("group", f"{shard}-{stream}")
        self._command("XGROUP", "DESTROY",
                      f"websub:{{{shard}}}:{stream}", "deliver")
        mark.over()

    def redis_drop_scripts(self, act):
        mark = self._fleet.mark("scripts", act.kind)
        self._command("SCRIPT", "FLUSH")
        mark.over()

    def _command(self, *words):
        """Over a connection of its own; in vain while Redis is away."""
        try:
            client = Client(self._fleet.redis.socket_path)
        except OSError:
            return
        try:
            client.call(*words)
        except (OSError, RedisError):
            pass
        finally:
            client.close()

    def away(self, act):
        mark = self._fleet.mark("away", "subscriber")
        self._receivers.go_away()
        self._in(act.lasts_s, lambda: self._back(mark))

    def _back(self, mark):
        self._receivers.come_back()
        mark.over()


_ACTS = {
    "kill": Killer.kill, "kill-several": Killer.kill, "term": Killer.term,
    "freeze": Killer.freeze, "redis-stop": Killer.redis_end,
    "redis-kill": Killer.redis_end, "redis-pause": Killer.redis_pause,
    "redis-drop-clients": Killer.redis_drop_clients,
    "redis-drop-group": Killer.redis_drop_group,
    "redis-drop-scripts": Killer.redis_drop_scripts, "away": Killer.away,
}
