"""Carries the plan out."""

import heapq
import http.client
import itertools
import threading
import time

from chaos.fleet import ADMIN
from chaos.plan import SHARDS
from chaos.publishers import CROWD
from support.keys import shard as shard_of
from support.redis import Client, RedisError

_TICK_S = 0.02
_HUB_S = 1     # for a response of the hub
_FANOUT_S = 1  # for the first page of a large event


class Killer:
    """`last` names the last act.  What it starts ends with the thread that
    runs it (support.child), so that is the test's own."""

    def __init__(self, fleet, receivers, publishers, plan):
        self._fleet = fleet
        self._receivers = receivers
        self._publishers = publishers
        self._plan = list(plan)
        self._later = []  # heap of (when, order, function)
        self._order = itertools.count()
        self.done = 0
        self.in_fanout = 0  # acts on an owner with open events
        self.last = "nothing yet"

    def run(self, seconds, progress):
        """Returns after so many seconds, once all that it stopped goes on and
        all that it ended is started again.  `progress` is called often."""
        start = time.monotonic()
        pause = threading.Event()
        while (self._plan or self._later or
               time.monotonic() < start + seconds):
            now = time.monotonic()
            if self._later and now >= self._later[0][0]:
                heapq.heappop(self._later)[2]()
            elif self._plan and now >= start + self._plan[0].at_s:
                self._act(self._plan.pop(0))
            else:
                self._fleet.check()
                progress()
                pause.wait(_TICK_S)

    def _in(self, seconds, function):
        heapq.heappush(self._later, (time.monotonic() + seconds,
                                     next(self._order), function))

    def _act(self, act):
        self.done += 1
        slots = [self._fleet.slots[target] for target in act.targets
                 if target in self._fleet.slots]
        if act.kind.endswith("-owner"):
            slots = self._chosen(self._owners(range(SHARDS)), act.choice)
        elif act.kind.endswith("-coordinator"):
            slots = self._chosen(self._owners("c"), act.choice)
        elif act.kind.endswith("-in-fanout"):
            slots = self._chosen(self._owner_in_fanout(), act.choice)
        elif act.kind == "backlog":
            slots = self._fleet.of_role("spreader")
        what = " ".join(slot.name for slot in slots)
        self.last = f"{act.kind} {what}".strip()
        _ACTS[act.kind](self, act, slots)

    def _chosen(self, names, choice):
        """The slot of one of the instances that runs; without any, that of
        any spreader."""
        spreaders = self._fleet.of_role("spreader")
        owners = [slot for slot in _up(spreaders) if slot.instance in names]
        among = owners or spreaders
        return [among[int(choice * len(among))]]

    def _owners(self, shards):
        """The names in their rows."""
        rows = (self._command("HGET", f"websub:{{{shard}}}:owner", "name")
                for shard in shards)
        return {row.decode() for row in rows if row}

    def _owner_in_fanout(self):
        """The name of the owner that has begun large events, which are open if
        nothing keeps it from that."""
        shard = shard_of(CROWD, SHARDS)
        self._publishers.crowd_burst()
        end = time.monotonic() + _FANOUT_S
        while time.monotonic() < end:
            if self._command("HLEN", f"websub:{{{shard}}}:fanout"):
                self.in_fanout += 1
                break
        return self._owners([shard])

    def kill(self, act, slots):
        for slot in slots:
            if slot.state == "down":
                continue
            mark = self._fleet.mark("kill", slot.name)
            self._fleet.attempt(slot.kill)
            mark.over()
            self._in(act.lasts_s, lambda slot=slot: self._start(slot, act))

    def _start(self, slot, act):
        if slot.state == "down":
            slot.start(act.same_name)

    def term(self, act, slots):
        for slot in _up(slots):
            mark = self._fleet.mark("term", slot.name)
            slot.program.terminate()
            slot.state = "ending"
            self._in(act.lasts_s, lambda slot=slot, mark=mark:
                     self._start_ended(slot, mark, act))

    def _start_ended(self, slot, mark, act):
        self._fleet.check()
        if slot.state == "ending":
            self._in(0.1, lambda: self._start_ended(slot, mark, act))
            return
        mark.over()
        self._start(slot, act)

    def freeze(self, act, slots):
        for slot in _up(slots):
            mark = self._freeze(slot)
            self._in(act.lasts_s, lambda slot=slot, mark=mark,
                     program=slot.program: self._thaw(slot, mark, program))

    def _freeze(self, slot):
        mark = self._fleet.mark("freeze", slot.name)
        slot.program.freeze()
        slot.state = "frozen"
        return mark

    def _thaw(self, slot, mark, program):
        mark.over()
        if slot.state == "frozen" and slot.program is program:
            program.thaw()
            slot.state = "up"

    def usurp(self, act, slots):
        for slot in _up(slots):
            mark = self._freeze(slot)
            self._in(act.lasts_s, lambda slot=slot, mark=mark,
                     program=slot.program: self._usurp(slot, mark, program))

    def _usurp(self, slot, mark, program):
        mark.over()
        if slot.state == "frozen" and slot.program is program:
            self._fleet.mark("usurp", slot.name).over()
            slot.usurp()

    def restart(self, act, slots):
        """By the admin API of any hub; in vain while that does not run."""
        hubs = self._fleet.hubs
        for slot in _up(slots):
            link = http.client.HTTPConnection(
                hubs[int(act.choice * len(hubs))], timeout=_HUB_S)
            mark = self._fleet.mark("restart", slot.name)
            try:
                link.request("POST",
                             f"/admin/instances/{slot.instance}/restart",
                             headers={"Authorization": f"Bearer {ADMIN}"})
                status = link.getresponse().status
                if status not in (202, 404, 409, 503):
                    self._fleet.findings.append(
                        f"restart of {slot.name}: status {status}")
            except (OSError, http.client.HTTPException):
                pass
            finally:
                link.close()
                mark.over()

    def burst(self, act, slots):
        """Many events at once; of a backlog, while no spreader runs."""
        self.kill(act, slots)
        mark = self._fleet.mark(act.kind)
        self._publishers.burst(act.choice)
        mark.over()

    def redis_end(self, act, _):
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

    def redis_pause(self, act, _):
        mark = self._fleet.mark("redis", act.kind)
        self._command("CLIENT", "PAUSE", int(act.lasts_s * 1000), "ALL")
        self._in(act.lasts_s, mark.over)

    def redis_freeze(self, act, _):
        """While large events are fanned out.  Who gives a call up meanwhile
        repeats it over another connection, and when Redis goes on it carries
        both out.  Nothing else is done until then: it might wait for Redis."""
        if not self._fleet.redis.running:
            return
        self._publishers.crowd_burst()
        mark = self._fleet.mark("redis", act.kind)
        self._fleet.redis.freeze()
        threading.Event().wait(act.lasts_s)
        self._fleet.redis.thaw()
        mark.over()

    def redis_drop_clients(self, act, _):
        mark = self._fleet.mark("redis", act.kind)
        self._command("CLIENT", "KILL", "TYPE", "normal")
        mark.over()

    def redis_drop_group(self, act, _):
        (shard, stream), = act.targets
        mark = self._fleet.mark("group", f"{shard}-{stream}")
        self._command("XGROUP", "DESTROY",
                      f"websub:{{{shard}}}:{stream}", "deliver")
        mark.over()

    def redis_drop_scripts(self, act, _):
        mark = self._fleet.mark("scripts", act.kind)
        self._command("SCRIPT", "FLUSH")
        mark.over()

    def _command(self, *words):
        """Over a connection of its own; in vain, and None, while Redis is
        away."""
        try:
            client = Client(self._fleet.redis.socket_path)
        except OSError:
            return None
        try:
            return client.call(*words)
        except (OSError, RedisError):
            return None
        finally:
            client.close()

    def away(self, act, _):
        if self._receivers.is_away:  # the acts are late
            return
        mark = self._fleet.mark("away", "subscriber")
        self._receivers.go_away()
        self._in(act.lasts_s, lambda: self._back(mark))

    def _back(self, mark):
        self._receivers.come_back()
        mark.over()


def _up(slots):
    """Those that run: one that is down or frozen already is left alone."""
    return [slot for slot in slots if slot.state == "up"]


_ACTS = {
    "kill": Killer.kill, "kill-several": Killer.kill, "term": Killer.term,
    "freeze": Killer.freeze, "usurp": Killer.usurp,
    "restart": Killer.restart, "burst": Killer.burst, "backlog": Killer.burst,
    "kill-owner": Killer.kill, "freeze-owner": Killer.freeze,
    "term-owner": Killer.term, "kill-coordinator": Killer.kill,
    "freeze-coordinator": Killer.freeze, "term-coordinator": Killer.term,
    "kill-in-fanout": Killer.kill, "freeze-in-fanout": Killer.freeze,
    "term-in-fanout": Killer.term, "redis-stop": Killer.redis_end,
    "redis-kill": Killer.redis_end, "redis-pause": Killer.redis_pause,
    "redis-freeze": Killer.redis_freeze,
    "redis-drop-clients": Killer.redis_drop_clients,
    "redis-drop-group": Killer.redis_drop_group,
    "redis-drop-scripts": Killer.redis_drop_scripts, "away": Killer.away,
}
