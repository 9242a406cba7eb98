"""websub-hub ctl, as an operator types it."""

import json
import os
import subprocess

from support.programs import binary

SECONDS = 30


class Ctl:
    def __init__(self, hub, token="admin-token", url=None):
        self._url = url or f"http://{hub.address}"
        self._token = token

    def run(self, *words, given="", stdin=None, env=None):
        """The completed process; text in its stdout and stderr.  `given` is what it
        reads, unless a file is its standard input."""
        return subprocess.run(
            [binary("websub-hub"), "ctl", *words],
            **({"input": given} if stdin is None else {"stdin": stdin}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=SECONDS, check=False,
            env={**os.environ, "WEBSUB_CTL_URL": self._url,
                 "WEBSUB_ADMIN_TOKEN": self._token, **(env or {})})

    def text(self, *words, code=0, **options):
        """What it writes on standard output."""
        done = self.run(*words, **options)
        if done.returncode != code:
            raise AssertionError(f"{words} ended with {done.returncode}:\n"
                                 f"{done.stdout}{done.stderr}")
        return done.stdout

    def objects(self, *words, **options):
        """The objects that it writes with --json."""
        return [json.loads(line) for line in
                self.text(*words, "--json", **options).splitlines()]
