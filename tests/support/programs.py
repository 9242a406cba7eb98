"""Starts one of the three programs from $WEBSUBD_BIN and watches it.

Standard error is read as it comes, so that a test can wait for a log line.
Whenever a program ends, its exit code is checked and a sanitizer's report
fails the test; leaks count as errors.
"""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

from support.child import die_with_parent
from support import secrets
from support.wait import wait_until

_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')
_REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehavior"
                     r"|runtime error:|panic")
_SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:exitcode=86:strict_string_checks=1",
    "LSAN_OPTIONS": "exitcode=86",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=86",
}


def binary(name):
    """The path of a program, in $WEBSUBD_BIN or else in build/dev/bin; ends
    the test run when it is not there."""
    folder = os.environ.get("WEBSUBD_BIN") or os.path.join(
        os.path.dirname(os.path.abspath(__file__)), "../../build/dev/bin")
    path = os.path.join(folder, name)
    if not os.access(path, os.X_OK):
        sys.exit(f"{path} is not there: build it first "
                 "(cmake --preset dev && cmake --build --preset dev).")
    return path


def command(name, *flags):
    """What starts a program: itself, behind what $WEBSUBD_WRAP puts before it
    (support/filtered.py)."""
    return [*os.environ.get("WEBSUBD_WRAP", "").split(), binary(name), *flags]


def environment(settings, extra=None):
    """The environment of a program: ours without any WEBSUB_ variable, then
    the settings."""
    env = {key: value for key, value in os.environ.items()
           if not key.startswith("WEBSUB_")}
    env.update(_SANITIZERS)
    for key, value in settings.items():
        env["WEBSUB_" + key.upper()] = str(value)
    env.update(extra or {})
    return env


def _limit(files):
    """For Popen's preexec_fn: the soft and hard limit of open files; None:
    as they are."""
    def prepare():
        die_with_parent()
        if files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, files)
    return prepare


def run(name, *flags, settings=None, seconds=30, files=None):
    """Runs a program to its end; returns its CompletedProcess (text)."""
    done = subprocess.run(command(name, *flags), timeout=seconds, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          env=environment(settings or {}), check=False,
                          preexec_fn=_limit(files))
    if _REPORT.search(done.stderr):
        raise AssertionError(f"{name} reports:\n{done.stderr}")
    return done


class Program:
    """A program that runs until it is told to stop."""

    def __init__(self, name, settings, flags=(), extra_env=None, files=None):
        """`files`: the soft and the hard limit of open files."""
        self.name = name
        self.lines = []
        self._asked = False  # to end
        settings = {"status_listen": "127.0.0.1:0", **settings}
        secrets.note_settings(settings)
        self._reads = threading.Event()
        self._reads.set()
        self._process = subprocess.Popen(
            command(name, *flags), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            errors="replace", env=environment(settings, extra_env),
            preexec_fn=_limit(files))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stderr:
            self._reads.wait()
            self.lines.append(line.rstrip("\n"))

    def stop_reading(self):
        """Nobody reads its log from now on, as far as a pipe can hold it."""
        self._reads.clear()

    def read_again(self):
        self._reads.set()

    def send_signal(self, number):
        self._process.send_signal(number)

    @property
    def pid(self):
        return self._process.pid

    @property
    def running(self):
        return self._process.poll() is None

    def events(self, event):
        """The fields of every log line so far of that event."""
        found = []
        for line in list(self.lines):
            if line.startswith("{"):  # log_format=json
                fields = json.loads(line)
                if fields.pop("event") == event:
                    found.append(fields)
                continue
            words = line.split(" ", 3)
            if len(words) >= 3 and words[2] == event:
                rest = words[3] if len(words) == 4 else ""
                found.append({key: value.strip('"')
                              for key, value in _FIELD.findall(rest)})
        return found

    def wait_event(self, event):
        """Waits for the first log line of that event; returns its fields."""
        def seen():
            found = self.events(event)
            if not found and not self.running:
                self._reader.join(timeout=10)
                found = self.events(event)
                if not found:
                    raise AssertionError(
                        f"{self.name} ended with {self._process.returncode} "
                        f"before '{event}':\n{self.log()}")
            return found
        return wait_until(seen, f"{self.name} logs '{event}'")[0]

    def address(self):
        """Where it listens, such as 127.0.0.1:41233."""
        return self.wait_event("listening")["address"]

    def status_address(self):
        """Where health and metrics are."""
        found = [self.wait_event("listening"), *self.events("listening"),
                 *self.events("status-listening")]
        return found[-1]["address"]

    def status(self, path):
        """Status and text of a request to the status server."""
        url = f"http://{self.status_address()}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name, labels=""):
        """The value of a metric, 0 when it is not there."""
        for line in self.status("/metrics")[1].splitlines():
            if line.startswith(name + (labels or " ")):
                return float(line.rsplit(" ", 1)[1])
        return 0

    def broken_hosts(self):
        """Hosts whose breaker is not closed, of a deliver."""
        return sum(self.metric("websubd_deliver_breakers",
                               '{of="host",state="%s"}' % state)
                   for state in ("open", "half_open"))

    def waiting(self, queue):
        """What waits in a queue of the shards that a spreader owns."""
        return sum(float(line.rsplit(" ", 1)[1])
                   for line in self.status("/metrics")[1].splitlines()
                   if line.startswith("websubd_waiting_entries")
                   and f'queue="{queue}"' in line)

    def wait_ready(self):
        self.wait_event("ready")
        return self

    def terminate(self):
        """Asks it to end; wait_exit() follows.  A second signal would end it
        at once, see terminate_again()."""
        if not self._asked:
            self._asked = True
            self._process.send_signal(signal.SIGTERM)

    def terminate_again(self):
        self._process.send_signal(signal.SIGTERM)

    def wait_exit(self, code=0, seconds=30):
        """Waits for its end and checks the exit code (a number, or several)
        and that no sanitizer has anything to report."""
        try:
            got = self._process.wait(timeout=seconds)
            self._reads.set()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"{self.name} did not end within "
                                 f"{seconds} s:\n{self.log()}") from None
        self._reader.join(timeout=10)
        self._process.stderr.close()
        self._check_reports()
        codes = code if isinstance(code, tuple) else (code,)
        if got not in codes:
            raise AssertionError(f"{self.name} ended with {got}, "
                                 f"not {code}:\n{self.log()}")
        return got

    def stop(self, code=0, seconds=30):
        """SIGTERM, and the end that must follow."""
        self.terminate()
        return self.wait_exit(code, seconds)

    def peak_kb(self):
        """The most memory that it has had at a time."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(next(line for line in file
                            if line.startswith("VmHWM")).split()[1])

    def kill(self, *codes):
        """SIGKILL: what a crash does.  `codes`: with what else it may end,
        for one that was asked to before."""
        self._process.kill()
        self.wait_exit((-signal.SIGKILL, *codes))

    def freeze(self):
        """SIGSTOP: it stands still, its connections stay."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def close(self):
        """For cleanups: ends it, if nobody did, and checks how it ended."""
        if self._process.stderr.closed:
            return
        self._reads.set()
        if not self._asked and not self.running:
            raise AssertionError(f"{self.name} ended by itself with "
                                 f"{self._process.wait()}:\n{self.log()}")
        self.terminate()
        self.wait_exit()

    def log(self):
        return "\n".join(self.lines)

    def _check_reports(self):
        if any(_REPORT.search(line) for line in self.lines):
            raise AssertionError(f"{self.name} reports:\n{self.log()}")
        told = secrets.found_in(self.lines)
        if told:
            raise AssertionError(f"{self.name} logs a secret: {told}")
