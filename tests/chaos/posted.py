"""Every job that was ever posted, read from Redis' append-only file.

What a script writes stands there as one transaction, in the order in which it
happened, with `appendfsync always` before anybody has a reply.  Only `begin`
and `page` add to an event's references, as many as the jobs that they post in
the same step, and `replay_page`, whose jobs are marked: so a transaction that
does has new jobs, and what comes to a lane otherwise is an old one that moves.
"""

import re
import threading
from pathlib import Path

_LOOK_S = 0.2
_END = b"*1\r\n$4\r\nEXEC\r\n"
_INCREMENT = re.compile(rb"^file (\S+\.incr\.aof) seq (\d+) type i", re.M)
_ADDED = re.compile(rb"HINCRBY\r\n\$\d+\r\nwebsub:\{(\d+)\}:refs\r\n"
                    rb"\$\d+\r\n([\d-]+)\r\n\$\d+\r\n(\d+)\r\n")
_BUNDLE = re.compile(rb"XADD\r\n\$\d+\r\nwebsub:\{(\d+)\}:(?:outbox|bulk)\r\n"
                     rb"\$\d+\r\n[\d-]+\r\n\$1\r\ne\r\n\$\d+\r\n([\d-]+)\r\n"
                     rb"\$1\r\nc\r\n\$\d+\r\n([^\r]*)\r\n")


class Posted:
    """Reads along while Redis runs, is killed and rewrites its file.  `jobs`:
    callback ids by event id.  `twice`: pairs of an event id and a callback id
    that were posted before.  `replayed`: how many jobs of replays.  `torn`:
    transactions that were not understood."""

    def __init__(self, redis):
        self._folder = Path(redis.directory, "appendonlydir")
        self._seq = 0
        self._file = None
        self.count = 0
        self.replayed = 0
        self.jobs = {}
        self.twice = []
        self.torn = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        """Returns once all is read that was written before."""
        self._stopped.set()
        self._thread.join()

    def has(self, event_id, cd):
        return cd.encode() in self.jobs.get(event_id, ())

    def _run(self):
        while not self._stopped.wait(_LOOK_S):
            self._look()
        self._look()
        self._file.close()

    def _look(self):
        """A file is read to its end once there is a later one: Redis deletes
        it only when that is rewritten in its turn."""
        for seq, path in self._files():
            if seq > self._seq:
                later = open(path, "rb")
                if self._file:
                    self._read()
                    self._file.close()
                self._seq, self._file = seq, later
        self._read()

    def _files(self):
        manifest = self._folder / "appendonly.aof.manifest"
        return sorted((int(seq), self._folder / name.decode()) for name, seq
                      in _INCREMENT.findall(manifest.read_bytes()))

    def _read(self):
        """Takes whole transactions only: what a crash has cut off is cut out
        of the file at the next start."""
        start = self._file.tell()
        data = self._file.read()
        whole = data.rfind(_END) + 1 and data.rfind(_END) + len(_END)
        self._file.seek(start + whole)
        for part in data[:whole].split(_END):
            if b":refs\r\n" in part:
                self._take(part)

    def _take(self, part):
        added = sum(int(n) for _, _, n in _ADDED.findall(part))
        if not added:
            return
        posted = 0
        for shard, event, targets in _BUNDLE.findall(part):
            event_id = f"{shard.decode()}-{event.decode()}"
            for target in targets.split(b" "):
                if target.endswith(b"!"):
                    self.replayed += 1
                else:
                    self._note(event_id, target.split(b":")[0])
                posted += 1
        if posted != added:
            self.torn.append(part)

    def _note(self, event_id, cd):
        self.count += 1
        known = self.jobs.setdefault(event_id, set())
        if cd in known:
            self.twice.append((event_id, cd.decode()))
        known.add(cd)
