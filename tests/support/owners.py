"""Who owns the shards, as the rows in Redis say it."""

from collections import Counter

from support.wait import wait_until


class Owners:
    def __init__(self, redis, shards, prefix="websub"):
        self._redis = redis
        self._shards = shards
        self._prefix = prefix

    def row(self, shard):
        """The row of a shard, or of the coordinator ("c"), that is valid: the
        name and the epoch; None when nobody has it."""
        name, epoch, until = self._redis.call(
            "HMGET", f"{self._prefix}:{{{shard}}}:owner", "name", "epoch",
            "until")
        if name is None or int(until) <= self._redis.now_ms():
            return None
        return name.decode(), int(epoch)

    def rows(self):
        return [self.row(shard) for shard in range(self._shards)]

    def counts(self):
        """How many shards each process owns; of those that nobody owns under
        None."""
        return Counter(row and row[0] for row in self.rows())

    def wait_shared(self, count):
        """Waits until up to `count` processes own all shards, none of them more
        than the share of one in `count`; returns the rows."""
        share = -(-self._shards // count)
        least = -(-self._shards // share)

        def shared():
            rows = self.rows()
            counts = Counter(row and row[0] for row in rows)
            fine = (None not in counts and least <= len(counts) <= count and
                    max(counts.values()) <= share)
            return rows if fine else None
        return wait_until(shared, f"{count} own {self._shards} shards")

    def wait_without(self, name):
        """Waits until others own all shards; returns the rows."""
        def others():
            rows = self.rows()
            return rows if all(row and row[0] != name for row in rows) else None
        return wait_until(others, f"others than {name} own all shards")

    def wait_after(self, epoch):
        """Waits until all shards are owned under epochs after `epoch`, also
        when the owner's name is the same; returns the rows."""
        def later():
            rows = self.rows()
            fine = all(row and row[1] > epoch for row in rows)
            return rows if fine else None
        return wait_until(later, f"all shards owned after epoch {epoch}")
