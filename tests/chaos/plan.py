"""What the killer will do, drawn from a seed before anything runs: the same
seed, length and numbers of programs give the same plan, whatever the programs
do meanwhile."""

import collections
import random

ROLES = ("hub", "spreader", "deliver")
COPIES = {"hub": 2, "spreader": 4, "deliver": 3}  # unless told otherwise
SHARDS = 8
STREAMS = ("outbox", "bulk", "verify")  # with a consumer group

# at_s: seconds after the start.  targets: (role, copy) of programs, shard and
# stream of a group.  lasts_s: until a program or Redis is started again, or
# goes on.  choice: from 0 to 1, which of the owners, or which topic.
# same_name: what is started again has the instance name that it had.
Act = collections.namedtuple(
    "Act", "at_s kind targets lasts_s choice same_name")

# How often each kind comes.  Of an owner: of any shard; of the coordinator:
# that one; in a fan-out: the owner of a shard while large events of it are
# open.  Who that is is found out when the time has come.
_WEIGHTS = {
    "kill": 14, "kill-several": 6, "term": 7, "freeze": 9, "usurp": 3,
    "restart": 3,
    "kill-owner": 12, "freeze-owner": 10, "term-owner": 7,
    "kill-coordinator": 4, "freeze-coordinator": 4, "term-coordinator": 3,
    "kill-in-fanout": 7, "freeze-in-fanout": 5, "term-in-fanout": 4,
    "burst": 5, "backlog": 4,
    "redis-stop": 4, "redis-kill": 6, "redis-drop-clients": 5,
    "redis-pause": 4, "redis-freeze": 7,
    "redis-drop-group": 4, "redis-drop-scripts": 2,
}
_LONGER_THAN_A_LEASE_S = (5.5, 9)
_LASTS_S = {
    "kill": (0, 2), "kill-several": (0, 2), "term": (0, 2), "freeze": (1, 6),
    "usurp": (0, 2),
    "kill-owner": (0, 2), "term-owner": (0, 2), "kill-coordinator": (0, 2),
    "term-coordinator": (0, 2), "freeze-owner": _LONGER_THAN_A_LEASE_S,
    "freeze-coordinator": _LONGER_THAN_A_LEASE_S,
    "kill-in-fanout": (0, 2), "term-in-fanout": (0, 2),
    "freeze-in-fanout": _LONGER_THAN_A_LEASE_S, "backlog": (0.5, 3),
    "redis-stop": (0, 2), "redis-kill": (0, 2), "redis-pause": (1, 5),
    "redis-freeze": (1.2, 4),
    "away": (6, 12),
}
_PAUSE_S = (0.5, 3)      # between two acts
_AWAY_EVERY_S = (20, 30)  # the subscribers that go away and come back
_SAME_NAME = 0.4


def make_plan(seed, seconds, copies):
    """The acts in the order of their time.  `copies`: how many programs of
    each role there are."""
    draw = random.Random(seed)
    programs = [(role, copy) for role in ROLES for copy in range(copies[role])]
    acts = []
    at_s = draw.uniform(*_PAUSE_S)
    while at_s < seconds:
        kind = draw.choices(list(_WEIGHTS), _WEIGHTS.values())[0]
        acts.append(_act(draw, at_s, kind, programs))
        at_s += draw.uniform(*_PAUSE_S)
    at_s = draw.uniform(3, 8)
    while at_s < seconds:
        acts.append(_act(draw, at_s, "away", programs))
        at_s += draw.uniform(*_AWAY_EVERY_S)
    return sorted(acts)


def _act(draw, at_s, kind, programs):
    return Act(at_s, kind, _targets(draw, kind, programs),
               draw.uniform(*_LASTS_S.get(kind, (0, 0))), draw.random(),
               draw.random() < _SAME_NAME)


def _targets(draw, kind, programs):
    if kind == "redis-drop-group":
        return ((draw.randrange(SHARDS), draw.choice(STREAMS)),)
    if kind == "kill-several":
        return tuple(draw.sample(programs, draw.randint(2, len(programs))))
    if kind == "usurp":  # a hub's port is taken while the one before lives
        return (draw.choice([p for p in programs if p[0] != "hub"]),)
    if kind in ("kill", "term", "freeze", "restart"):
        return (draw.choice(programs),)
    return ()
