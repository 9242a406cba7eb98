"""Clients that are programs of their own: they take commands as lines on
their standard input and say in JSON lines what happens to them."""

import json
import os
import subprocess
import sys
import threading

from support.child import die_with_parent
from support.wait import wait_until

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../clients")


class Client:
    """A running client."""

    def __init__(self, *words):
        self.events = []
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=die_with_parent)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self.events.append(json.loads(line))

    def send(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def named(self, name):
        return [event for event in list(self.events)
                if event["event"] == name]

    def wait(self, name, count=1):
        """Waits for that many events of the name; returns the last one."""
        wait_until(lambda: len(self.named(name)) >= count,
                   f"{count} '{name}' of the client; so far {self.events}")
        return self.named(name)[count - 1]

    def close(self):
        """Ends the client, which must end well."""
        self._process.stdin.close()
        code = self._process.wait(timeout=30)
        self._reader.join(timeout=10)
        self._process.stdout.close()
        assert code == 0, f"the client ended with {code}"


def python_client(name, *words):
    return Client(sys.executable, os.path.join(FOLDER, name), *words)
