"""What the cluster must look like once everybody lives and nothing is left to
be done."""

from chaos.plan import ROLES, SHARDS, STREAMS
from support.redis import RedisError
from support.wait import wait_until

_SETTLED_S = 30  # the last death, its heartbeat, and its removal


def cluster_findings(fleet):
    """Lines of text; none when every shard has one live owner, and nothing is
    left of who is dead."""
    look = _Look(fleet)
    try:
        wait_until(lambda: not look.findings(), "the cluster is in order",
                   _SETTLED_S)
        return []
    except AssertionError:
        return look.findings()


def ended_findings(fleet):
    """The same, once all programs have ended in order."""
    found = [f"{name} has ended and is still registered"
             for name in fleet.cluster.records()]
    found += [f"{name} has ended and has a heartbeat" for role in ROLES
              for name in fleet.cluster.heartbeats(role)]
    for shard in (*range(SHARDS), "c"):
        row = owner_row(fleet.redis, shard)
        if row.get("until") != "0":
            found.append(f"shard {shard} was not released: {row}")
    return found


def owner_row(redis, shard):
    """Of a shard, or of "c": the coordinator."""
    flat = redis.call("HGETALL", f"websub:{{{shard}}}:owner")
    words = [word.decode() for word in flat]
    return dict(zip(words[::2], words[1::2]))


class _Look:
    def __init__(self, fleet):
        self._fleet = fleet
        self._live = {slot.instance: slot for slot in fleet.slots.values()}

    def findings(self):
        records = self._fleet.cluster.records()
        found = [f"{name} has {what}" for name, what in
                 self._wrong_records(records)]
        found += [f"the removal of {victim} is not finished"
                  for victim in self._fleet.cluster.removing()]
        owned = {}
        for shard in (*range(SHARDS), "c"):
            row = owner_row(self._fleet.redis, shard)
            if not self._is_live(row, records):
                found.append(f"shard {shard} has no live owner: {row}")
            elif shard != "c":
                owned[row["name"]] = owned.get(row["name"], 0) + 1
        share = -(-SHARDS // len(self._fleet.of_role("spreader")))
        found += [f"{name} owns {n} shards, more than its share of {share}"
                  for name, n in owned.items() if n > share]
        return found + self._dead_consumers(records)

    def _wrong_records(self, records):
        for name in records.keys() - self._live.keys():
            yield name, "a record and does not live"
        for name, slot in self._live.items():
            if name not in records:
                yield name, "no record"
            elif records[name]["pid"] != slot.program.pid:
                yield name, "the record of another process"
        for role in ROLES:
            for name in (self._fleet.cluster.heartbeats(role).keys() -
                         self._live.keys()):
                yield name, "a heartbeat and does not live"

    def _is_live(self, row, records):
        record = records.get(row.get("name"))
        return (record is not None and record["role"] == "spreader" and
                str(record["incarnation"]) == row["incarnation"] and
                int(row["until"]) > self._fleet.redis.now_ms())

    def _dead_consumers(self, records):
        found = []
        for base in self._fleet.store.bases():
            for stream in STREAMS:
                try:
                    rows = self._fleet.redis.call("XINFO", "CONSUMERS",
                                                  base + stream, "deliver")
                except RedisError:  # no group yet
                    continue
                found += [f"{base}{stream} has the consumer {name}" for name
                          in (row[1].decode() for row in rows)
                          if not _is_of(name, records)]
        return found


def _is_of(consumer, records):
    name, _, incarnation = consumer.rpartition(":")
    record = records.get(name)
    return record is not None and str(record["incarnation"]) == incarnation
