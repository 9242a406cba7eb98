"""websub-hub ctl, as an operator types it."""

import json
import os
import subprocess
import tempfile

from support.programs import binary

SECONDS = 30


class Running:
    def __init__(self, command, env):
        self._file = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=self._file,
            stderr=subprocess.STDOUT)

    def told(self):
        self._file.seek(0)
        return self._file.read()

    def runs(self):
        return self._process.poll() is None

    def wait(self):
        """Its exit code, and what it has written."""
        return self._process.wait(SECONDS), self.told()

    def close(self):
        self._process.kill()
        self._process.wait()
        self._file.close()


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
            env={**self._env(), **(env or {})})

    def _env(self):
        return {**os.environ, "WEBSUB_CTL_URL": self._url,
                "WEBSUB_ADMIN_TOKEN": self._token}

    def start(self, *words):
        """One that goes on; `told` of it is what it has written so far."""
        return Running([binary("websub-hub"), "ctl", *words], self._env())

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
