"""The processes of the cluster as Redis knows them (docs/PROTOCOL.md)."""

import json


class Cluster:
    """Reads the keys of the cluster's slot."""

    def __init__(self, redis, prefix="websub"):
        self._redis = redis
        self.base = f"{prefix}:{{c}}:"

    def call(self, command, key, *args):
        return self._redis.call(command, self.base + key, *args)

    def records(self):
        """The records by name."""
        flat = self.call("HGETALL", "instances")
        return {name.decode(): json.loads(record)
                for name, record in zip(flat[::2], flat[1::2])}

    def record_of(self, program):
        """The record of a program that runs, or None."""
        return next((record for record in self.records().values()
                     if record["pid"] == program.pid), None)

    def heartbeats(self, role):
        """When each was heard of, in ms of Redis' clock."""
        flat = self.call("ZRANGE", "heartbeats:" + role, 0, -1, "WITHSCORES")
        return {name.decode(): int(score)
                for name, score in zip(flat[::2], flat[1::2])}

    def age_ms(self, role, name):
        return self._redis.now_ms() - self.heartbeats(role)[name]

    def forget(self, role, name):
        """The process is removed as though it were dead."""
        self.call("HDEL", "instances", name)
        self.call("ZREM", "heartbeats:" + role, name)

    def removing(self):
        flat = self.call("HGETALL", "removing")
        return {name.decode(): lock.decode()
                for name, lock in zip(flat[::2], flat[1::2])}

    def events(self):
        """Cluster events so far: kind, and the fields as a dict of text."""
        found = []
        for _, flat in self.call("XRANGE", "events", "-", "+"):
            words = [word.decode() for word in flat]
            fields = dict(zip(words[::2], words[1::2]))
            found.append((fields["k"], fields))
        return found
