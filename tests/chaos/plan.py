"""What the killer will do, drawn from a seed before anything runs: the same
seed and length give the same plan, whatever the programs do meanwhile."""

import collections
import random

ROLES = ("hub", "spreader", "deliver")
COPIES = 2  # programs of each role
SHARDS = 4
STREAMS = ("outbox", "bulk", "verify")

# at_s: seconds after the start.  targets: (role, copy) of programs, shard and
# queue of a group.  lasts_s: until a program or Redis is started again, or
# goes on.
Act = collections.namedtuple("Act", "at_s kind targets lasts_s")

# How often each kind comes, of 100.
_WEIGHTS = {
    "kill": 28, "kill-several": 10, "term": 12, "freeze": 18,
    "redis-stop": 5, "redis-kill": 7, "redis-drop-clients": 6,
    "redis-pause": 5, "redis-drop-group": 6, "redis-drop-scripts": 3,
}
_LASTS_S = {
    "kill": (0, 2), "kill-several": (0, 2), "term": (0, 2), "freeze": (1, 6),
    "redis-stop": (0, 2), "redis-kill": (0, 2), "redis-pause": (1, 5),
    "away": (6, 12),
}
_PAUSE_S = (0.5, 3)      # between two acts
_AWAY_EVERY_S = (20, 30)  # the subscriber that goes away and comes back


def make_plan(seed, seconds):
    """The acts in the order of their time."""
    draw = random.Random(seed)
    acts = []
    at_s = draw.uniform(*_PAUSE_S)
    while at_s < seconds:
        kind = draw.choices(list(_WEIGHTS), _WEIGHTS.values())[0]
        acts.append(_act(draw, at_s, kind))
        at_s += draw.uniform(*_PAUSE_S)
    at_s = draw.uniform(3, 8)
    while at_s < seconds:
        acts.append(_act(draw, at_s, "away"))
        at_s += draw.uniform(*_AWAY_EVERY_S)
    return sorted(acts)


def _act(draw, at_s, kind):
    return Act(at_s, kind, _targets(draw, kind),
               draw.uniform(*_LASTS_S.get(kind, (0, 0))))


def _targets(draw, kind):
    if kind == "redis-drop-group":
        return ((draw.randrange(SHARDS), draw.choice(STREAMS)),)
    programs = [(role, copy) for role in ROLES for copy in range(COPIES)]
    if kind == "kill-several":
        return tuple(draw.sample(programs, draw.randint(2, len(programs))))
    if kind in ("kill", "term", "freeze"):
        return (draw.choice(programs),)
    return ()
