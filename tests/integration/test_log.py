"""The log: a reader that stops, a disk that is full, lines that repeat
themselves, JSON, and signals that only leave a line."""

import json
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.child import die_with_parent
from support.programs import binary, environment
from support.redis import Redis
from support.system import FAST, SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
NONBLOCK = 0o4000
# More than pipe and buffer hold: some 100 bytes a line.
FLOOD = 5000


def flags_of(pid, fd=2):
    """The flags of an open file of a process."""
    info = Path(f"/proc/{pid}/fdinfo/{fd}").read_text()
    return int(dict(line.split(":") for line in info.splitlines())["flags"], 8)


class Reader(SystemTest):
    def flood(self, program):
        """Makes the hub write more than pipe and buffer hold."""
        self.assertTrue(program.running)
        for _ in range(FLOOD):
            answer = self.system.hub.request("GET", "/healthz",
                                             headers={"Host": "a b"})
            self.assertEqual(answer.status, 400)

    def test_a_reader_that_stops_does_not_stop_the_programs(self):
        self.start_system(log_level="debug")
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback)
        hub = self.system.program("hub")
        for program in self.system.programs:
            program.stop_reading()
        self.flood(hub)
        self.system.push(TOPIC, b"event")
        callback.wait_deliveries()
        dropped = hub.metric("websubd_log_dropped_lines_total")
        self.assertGreater(dropped, 0)
        hub.read_again()
        told = hub.wait_event("log-lines-dropped")
        self.assertGreater(int(told["count"]), 0)

    def test_a_reader_that_stops_does_not_keep_a_program_from_ending(self):
        self.start_system(log_level="debug")
        for program in self.system.programs:
            program.stop_reading()
        self.flood(self.system.program("hub"))
        for program in self.system.programs:
            program.stop()

    def test_standard_error_keeps_its_flags_for_those_who_share_it(self):
        self.start_system()
        for program in self.system.programs:
            self.assertFalse(flags_of(program.pid) & NONBLOCK)


class Disk(unittest.TestCase):
    """The log goes to a file."""

    def start(self, redis, stderr, limit=None, **settings):
        def prepare():
            die_with_parent()
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1))
        process = subprocess.Popen(
            [binary("websub-hub")], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=stderr, preexec_fn=prepare,
            env=environment({**FAST, "redis_url": redis.url, **settings}))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def socket_hub(self, path):
        """The hub's `/healthz`, over its unix socket."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(10)
            try:
                link.connect(path)
                link.sendall(b"GET /healthz HTTP/1.0\r\nHost: hub\r\n\r\n")
                with link.makefile("rb") as stream:
                    return stream.read().partition(b"\r\n\r\n")[2]
            except OSError:  # it does not listen yet
                return b""

    def setUp(self):
        self.redis = Redis()
        self.addCleanup(self.redis.close)

    def test_a_full_disk_does_not_stop_a_program(self):
        listen = self.redis.directory + "/hub.sock"
        with open("/dev/full", "wb") as full:
            process = self.start(self.redis, full, listen="unix:" + listen,
                                 public_url="http://hub.example/")
        wait_until(lambda: self.socket_hub(listen).startswith(b"ok"),
                   "it runs")
        process.terminate()
        self.assertEqual(process.wait(timeout=30), 0)

    def test_what_found_no_place_on_the_disk_is_written_later(self):
        file = tempfile.NamedTemporaryFile()
        self.addCleanup(file.close)
        process = self.start(self.redis, file, limit=10)

        def text():
            return Path(file.name).read_text()
        wait_until(lambda: len(text()) == 10, "the disk is full")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (-1, -1))
        wait_until(lambda: " ready " in text() and " listening " in text(),
                   "all lines are written")
        self.assertTrue(all(line.split()[1] in ("info", "warn")
                            for line in text().splitlines()), text())
        process.terminate()
        self.assertEqual(process.wait(timeout=30), 0)


class Repeats(SystemTest):
    def refuse_writes(self, how_many):
        self.system.redis.call("CONFIG", "SET", "min-replicas-to-write",
                               how_many)

    def test_a_trouble_that_lasts_is_told_a_few_times_and_counted(self):
        self.start_system()
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback)
        before = {p.name: len(p.lines) for p in self.system.programs}
        self.refuse_writes(1)
        start = self.system.redis.now_ms()
        for program in self.system.programs[1:]:
            wait_until(lambda p=program: p.metric(
                "websubd_log_repeated_lines_total") > 20, "lines are left out")
        wait_until(lambda: any("count=" in line
                               for p in self.system.programs[1:]
                               for line in p.lines), "they are counted")
        self.refuse_writes(0)
        periods = 1 + (self.system.redis.now_ms() - start) / 10000
        for program in self.system.programs:
            lines = len(program.lines) - before[program.name]
            self.assertLess(lines, 100 * periods, program.log())


class Json(SystemTest):
    def test_a_line_is_an_object_in_which_numbers_are_numbers(self):
        self.start_system(log_format="json", log_level="debug")
        for program in self.system.programs:
            program.wait_event("registered")
        for program in self.system.programs:
            events = {}
            for line in program.lines:
                pairs = json.loads(line, object_pairs_hook=list)
                keys = [key for key, _ in pairs]
                self.assertEqual(len(keys), len(set(keys)), line)
                self.assertEqual(keys[:3], ["time", "level", "event"])
                events[dict(pairs)["event"]] = dict(pairs)
            registered = events["registered"]
            self.assertIsInstance(registered["incarnation"], int)
            self.assertIsInstance(registered["instance"], str)


class Signals(SystemTest):
    def test_signals_for_other_programs_do_nothing_but_a_line(self):
        self.start_system()
        for program in self.system.programs:
            for name in ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM"):
                program.send_signal(getattr(signal, name))
                wait_until(lambda p=program, n=name: any(
                    told["signal"] == n for told in p.events("signal-ignored")),
                    f"{program.name} says that it ignores {name}")
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"event")
        callback.wait_deliveries()


if __name__ == "__main__":
    unittest.main()
