"""The command line, the environment, the file, and starts that must fail."""

import socket
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.programs import Program, run
from support.redis import Redis
from support.system import FAST
from support.wait import wait_until

PROGRAMS = ("websub-hub", "websub-spreader", "websub-deliver")
ROOT = Path(__file__).resolve().parents[2]


class Cli(unittest.TestCase):
    def file(self, text):
        """An INI file; returns its path."""
        made = tempfile.NamedTemporaryFile("w", suffix=".ini")
        self.addCleanup(made.close)
        made.write(text)
        made.flush()
        return made.name

    def refused(self, program, *flags, names, settings=None):
        """The start fails with one sentence that names the culprit."""
        done = run(program, *flags, settings=settings)
        self.assertEqual(done.returncode, 1, done)
        lines = done.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertIn(names, lines[0])
        self.assertEqual(done.stdout, "")

    def ring_refused(self, text, mode):
        """The start fails with a last line that names the key ring."""
        path = self.file(text)
        Path(path).chmod(mode)
        for program in ("websub-hub", "websub-deliver"):
            done = run(program, settings={"secret_keys_file": path})
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(path, done.stderr.strip().splitlines()[-1])
            self.assertNotIn("0" * 64, done.stderr)


class Output(Cli):
    def test_help_lists_the_programs_settings(self):
        own = {"websub-hub": ("--listen", "--public-url", "--lease-policy",
                              "--secret-keys-file"),
               "websub-spreader": ("--status-listen", "--retention-s",
                                   "--max-body-bytes"),
               "websub-deliver": ("--status-listen", "--max-attempts",
                                  "--secret-keys-file")}
        for program in PROGRAMS:
            done = run(program, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for flag in ("--config", "--check-config", "--version",
                         "--redis-url", "--key-prefix", "--shards",
                         "--allow-private-networks", *own[program]):
                self.assertIn(flag, done.stdout, program)

    def test_setting_of_another_program_is_accepted_and_checked(self):
        done = run("websub-hub", "--check-config", "--max-attempts", "3")
        self.assertEqual(done.returncode, 0, done)
        done = run("websub-hub", "--check-config", "--max-attempts", "x")
        self.assertEqual(done.returncode, 1, done)

    def test_version_names_the_project_and_a_number(self):
        for program in PROGRAMS:
            done = run(program, "--version")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")

    def test_check_config_of_a_fine_one(self):
        for program in PROGRAMS:
            done = run(program, "--check-config", settings={"shards": "16"})
            self.assertEqual(done.returncode, 0, done)

    def test_config_page_is_what_the_programs_print(self):
        page = ROOT / "docs" / "CONFIG.md"
        for program in PROGRAMS:
            done = run(program, "--help-markdown")
            self.assertEqual(done.returncode, 0)
            self.assertEqual(
                done.stdout, page.read_text(),
                "docs/CONFIG.md is the output of websub-hub --help-markdown")


class BadSettings(Cli):
    def test_bad_value_in_the_environment(self):
        for program in PROGRAMS:
            for key, value in (("shards", "0"), ("shards", "many"),
                               ("shards", ""), ("timeout_ms", "-1"),
                               ("timeout_ms", "99999999999999"),
                               ("redis_url", "http://127.0.0.1/"),
                               ("log_level", "loud"), ("verify", "perhaps"),
                               ("signature_hash", "md5")):
                with self.subTest(program=program, key=key, value=value):
                    self.refused(program, settings={key: value},
                                 names="WEBSUB_" + key.upper())

    def test_bad_value_of_a_flag(self):
        for flags in (("--shards", "0"), ("--shards=0",), ("--shards",)):
            with self.subTest(flags=flags):
                self.refused("websub-hub", *flags, names="--shards")

    def test_bad_value_is_found_by_check_config(self):
        self.refused("websub-deliver", "--check-config",
                     settings={"shards": "0"}, names="WEBSUB_SHARDS")

    def test_what_a_start_would_fail_for_is_found_by_check_config(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        for program, listen in (("websub-hub", "listen"),
                                ("websub-spreader", "status_listen"),
                                ("websub-deliver", "status_listen")):
            for address in ("203.0.113.7:8080", "unix:/nonexistent/socket",
                            "127.0.0.1:%d" % taken.getsockname()[1]):
                with self.subTest(program=program, address=address):
                    self.refused(program, "--check-config",
                                 settings={listen: address}, names=address)
        for program in ("websub-hub", "websub-deliver"):
            with self.subTest(program=program):
                self.refused(program, "--check-config", settings={
                    "listen": "127.0.0.1:0", "status_listen": "127.0.0.1:0",
                    "secret_keys_file": "/nonexistent/keys"},
                    names="/nonexistent/keys")

    def test_unknown_flag(self):
        for flag in ("--no-such-flag", "--no-such-flag=1"):
            with self.subTest(flag=flag):
                self.refused("websub-hub", flag, names="--no-such-flag")

    def test_argument_that_is_no_flag_is_named_by_its_place(self):
        # Not by its text: it may be the value of a token, gone astray.
        for stray in ("-x", "word"):
            with self.subTest(stray=stray):
                self.refused("websub-hub", stray, names="argument 1")

    def test_unknown_key_and_bad_value_in_the_file(self):
        for text, names in (("no_such_key = 1\n", "no_such_key"),
                            ("shards = none\n", "shards"),
                            ("[oops\n", "")):
            with self.subTest(text=text):
                path = self.file(text)
                self.refused("websub-hub", "--config", path, names=names)
                self.refused("websub-hub", settings={"config": path},
                             names=names)

    def test_file_that_is_not_there(self):
        self.refused("websub-hub", "--config", "/nonexistent/websub.ini",
                     names="/nonexistent/websub.ini")

    def test_key_ring_that_others_may_read(self):
        self.ring_refused("one " + "0" * 64 + "\n", 0o644)

    def test_key_ring_that_is_none(self):
        self.ring_refused("one two three\n", 0o600)
        self.ring_refused("one " + "0" * 65 + "\n", 0o600)


class Running(Cli):
    def setUp(self):
        self.redis = Redis()
        self.addCleanup(self.redis.close)

    def start(self, program="websub-hub", flags=(), **settings):
        made = Program(program, {"redis_url": self.redis.url, **settings},
                       flags)
        self.addCleanup(made.close)
        return made

    def exits(self, program, says, **settings):
        """The start fails after Redis was asked; the last line says why."""
        made = Program(program, {**FAST, "redis_url": self.redis.url,
                                 **settings})
        made.wait_exit(1)
        self.assertIn(says, made.lines[-1])

    def test_environment_wins_over_the_file_and_a_flag_over_both(self):
        path = self.file("listen = 127.0.0.2:0\n")
        for flags, settings, host in (
                ((), {}, "127.0.0.2"),
                ((), {"listen": "127.0.0.3:0"}, "127.0.0.3"),
                (("--listen", "127.0.0.4:0"), {"listen": "127.0.0.3:0"},
                 "127.0.0.4"),
                (("--listen=127.0.0.5:0",), {}, "127.0.0.5")):
            with self.subTest(host=host):
                hub = self.start(flags=("--config", path, *flags), **settings)
                self.assertEqual(hub.address().split(":")[0], host)
                hub.stop()

    def test_unknown_variable_is_a_warning(self):
        hub = self.start(no_such_setting="1", listen="127.0.0.1:0")
        hub.wait_ready()
        warning, = [line for line in hub.lines
                    if "WEBSUB_NO_SUCH_SETTING" in line]
        self.assertEqual(warning.split(" ")[1], "warn")

    def test_log_can_be_json(self):
        hub = self.start(log_format="json", listen="127.0.0.1:0")
        wait_until(lambda: '"ready"' in hub.log(), "it is ready")
        self.assertTrue(all(line.startswith("{") and line.endswith("}")
                            for line in hub.lines), hub.log())

    def test_port_that_is_taken(self):
        hub = self.start(listen="127.0.0.1:0")
        self.exits("websub-hub", hub.address(), listen=hub.address())

    def test_check_config_is_fine_while_the_program_runs(self):
        path = self.redis.directory + "/hub.sock"
        for listen in ("127.0.0.1:0", "unix:" + path):
            hub = self.start(listen=listen, public_url="http://hub.example/")
            done = run("websub-hub", "--check-config",
                       settings={"listen": hub.address()})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            hub.wait_ready()
            hub.stop()

    def test_redis_decides_how_many_shards_there_are(self):
        self.start(listen="127.0.0.1:0", shards="4").wait_ready().stop()
        for program in PROGRAMS:
            with self.subTest(program=program):
                made = self.start(program, **{**FAST, "shards": "8"})
                made.wait_ready()
                self.assertEqual(made.events("shards-differ"),
                                 [{"setting": "8", "redis": "4"}])
                made.stop()
        self.assertEqual(self.redis.call("HGET", "websub:meta", "shards"),
                         b"4")

    def test_no_number_of_shards_in_redis(self):
        self.redis.call("HSET", "websub:meta", "format", "1", "shards", "x")
        for program in PROGRAMS:
            with self.subTest(program=program):
                self.exits(program, "how many shards")

    def test_newer_format_than_this_version_knows(self):
        self.redis.call("HSET", "websub:meta", "format", "2", "shards", "4")
        for program in PROGRAMS:
            with self.subTest(program=program):
                self.exits(program, "format")

    def test_redis_that_may_evict(self):
        self.redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        for program in PROGRAMS:
            with self.subTest(program=program):
                self.exits(program, "maxmemory-policy")


if __name__ == "__main__":
    unittest.main()
