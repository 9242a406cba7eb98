"""websub-hub ctl: an operator's terminal, and scripts."""

import json
import os
import re
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN, TOPIC, AdminSystemTest
from support.ctl import Ctl
from support.httpd import Answer
from support.wait import wait_until

UNREACHED, REFUSED, USAGE, UNHEALTHY = 3, 1, 2, 4


class Terminal(AdminSystemTest):
    roles = ("hub", "spreader", "deliver")

    def setUp(self):
        super().setUp()
        self.ctl = Ctl(self.hub, ADMIN)
        self.callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, self.callback)


class Look(Terminal):
    settings = {"keep_response_body": "yes"}

    def test_status_is_one_screen(self):
        self.system.push(TOPIC, b"one")
        self.callback.wait_deliveries(1)
        wait_until(lambda: self.ctl.run("status").returncode == 0,
                   "all is well")
        text = self.ctl.text("status")
        self.assertIn(f"websubd at http://{self.hub.address} is healthy", text)
        self.assertIn("hub: 1 healthy; spreader: 1 healthy; deliver: 1 healthy",
                      text)
        self.assertRegex(text, r"Shards +4 of 4 owned, coordinator spreader-")
        self.assertRegex(text, r"Waiting +nothing")
        shown, = self.ctl.objects("status")
        self.assertEqual(shown["status"], "healthy")
        self.assertEqual(shown["shards"], {"all": 4, "owned": 4, "begun": 1})

    def test_status_tells_what_is_wrong(self):
        self.system.program("deliver").kill()
        for n in range(3):
            self.system.push(TOPIC, f"{n}".encode())

        def waits():
            shown, = self.ctl.objects("status", code=UNHEALTHY)
            return (shown["problems"] == ["no deliver lives"] and
                    shown["waiting"]["outbox"]["entries"] == 3)
        wait_until(lambda: self.ctl.run("status").returncode == UNHEALTHY,
                   "the deliver is missed")
        wait_until(waits, "three jobs are seen to wait")
        text = self.ctl.text("status", code=UNHEALTHY)
        self.assertIn("is unhealthy\n!            no deliver lives\n", text)
        self.assertRegex(text, r"outbox +3, the oldest for \d+ m?s")

    def test_top_looks_again(self):
        text = self.ctl.text("top", "--count=2", "--interval=1")
        self.assertEqual(text.count("websubd at"), 2)
        self.assertRegex(text, r"Events +0\.0 a second")
        self.assertEqual(self.ctl.run("top", "--interval=x").returncode, USAGE)

    def test_lists_are_tables_and_lines_of_json(self):
        lines = self.ctl.text("subscriptions").splitlines()
        self.assertRegex(lines[0], r"^TOPIC +CALLBACK +STATE ")
        self.assertRegex(lines[1],
                         f"^{TOPIC} +{self.callback.url} +active ")
        row, = self.ctl.objects("subscriptions", "--topic", TOPIC)
        self.assertEqual(row["callback"], self.callback.url)
        self.assertEqual(self.ctl.text("subscriptions", "--state=paused"),
                         "There is no such subscription.\n")
        self.assertEqual(len(self.ctl.objects("shards")), 4)
        self.assertEqual(len(self.ctl.objects("shards", "--limit=2")), 2)
        self.assertIn("There are more",
                      self.ctl.run("shards", "--limit=2").stderr)
        row, = self.ctl.objects("instances", "--role=deliver")
        self.assertEqual(row["role"], "deliver")
        self.assertEqual(self.ctl.objects("replays", "--state=running",
                                          "--topic", TOPIC), [])
        self.assertEqual(self.ctl.text("dead-letters", "--why=timeout"),
                         "There is no dead letter.\n")
        self.assertIn("role must be hub, spreader or deliver.",
                      self.ctl.run("instances", "--role=x").stderr)
        roles = sorted(row["role"] for row in self.ctl.objects("instances"))
        self.assertEqual(roles, ["deliver", "hub", "spreader"])
        for command in ("dead-letters", "audit", "groups", "replays", "hosts"):
            self.ctl.text(command)

    def test_one_subscription_is_shown(self):
        failing = self.system.subscriber().callback("/", answers=[Answer(503)])
        self.system.activate(TOPIC, failing)
        self.system.push(TOPIC, b"one")
        wait_until(lambda: " 503 " in self.ctl.text(
            "subscription", TOPIC, failing.url), "its attempt is shown")
        self.assertEqual(self.ctl.run("subscription", TOPIC,
                                      "http://x.example/").returncode, REFUSED)

    def test_a_response_that_is_no_text_is_shown_in_base64(self):
        failing = self.system.subscriber().callback(
            "/", answers=[Answer(503, body=b"\xff\x00\xfe")])
        self.system.activate(TOPIC, failing)
        self.system.push(TOPIC, b"one")
        wait_until(lambda: " 503 " in self.ctl.text(
            "subscription", TOPIC, failing.url), "its attempt is shown")
        self.assertRegex(self.ctl.text("subscription", TOPIC, failing.url),
                         r" 503 .* base64: /wD\+\n")

    def test_health_reports_and_fsck(self):
        self.assertIn("all is well", self.ctl.text("health", "check"))
        self.assertEqual(self.ctl.text("health", "fsck"),
                         "0 found, 0 mended, 0 left\n")
        self.assertEqual(self.ctl.run("health", "x").returncode, USAGE)


    def test_topics_and_events_are_shown(self):
        answer = self.system.push(TOPIC, b'{"order":17}')
        self.callback.wait_deliveries(1)
        self.assertRegex(self.ctl.text("topics"), f"{TOPIC} +1")
        self.assertEqual(self.ctl.objects("topics", "nope"), [])
        self.assertIn("subscriptions", self.ctl.text("topic", TOPIC))
        event, = self.ctl.objects("events", TOPIC)
        self.assertIn(event["id"], self.ctl.text("events", TOPIC))
        self.assertIn("application/json", self.ctl.text("event", event["id"]))
        self.assertEqual(self.ctl.run("event", "1-1-1").returncode, REFUSED)
        self.assertIsNotNone(answer)

    def test_alerts_are_shown(self):
        self.assertEqual(self.ctl.text("alerts"), "There was no alert.\n")
        self.redis.call("XADD", "websub:{c}:notices", "*", "v", 1, "a",
                        "raised", "k", "gap", "s", "", "d", "events left",
                        "since", 1)
        self.assertRegex(self.ctl.text("alerts"), r"raised +gap +events left")


class Trouble(Terminal):
    settings = {"alert_interval_s": 1, "heartbeat_timeout_ms": 60000}

    def wait_status(self, code, what):
        wait_until(lambda: self.ctl.run("status").returncode == code, what)
        return self.ctl.text("status", code=code)

    def test_an_alert_is_shown_though_the_hub_is_healthy(self):
        self.wait_status(0, "all is well")
        self.redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        self.redis.call("CONFIG", "SET", "maxmemory", "1gb")
        text = self.wait_status(UNHEALTHY, "the policy is an alert")
        self.assertIn("is healthy, with 1 alert\nAlerts       redis-policy, "
                      "began ", text)
        self.assertRegex(text, r"began \d+ m?s ago: .*allkeys-lru")
        self.assertIn(" is healthy, with 1 alert\nAlerts       redis-policy, ",
                      self.ctl.text("top", "--count=1"))
        shown, = self.ctl.objects("status", code=UNHEALTHY)
        self.assertEqual(shown["status"], "healthy")
        alert, = shown["alerts"]
        self.assertEqual((alert["kind"], alert["subject"]),
                         ("redis-policy", ""))
        self.redis.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
        text = self.wait_status(0, "the alert is over")
        self.assertNotIn("alert", text.lower())

    def test_its_subject_is_shown(self):
        self.system.program("deliver").kill()
        for key in ("instances", "heartbeats:deliver"):
            self.redis.call("DEL", f"websub:{{c}}:{key}")
        wait_until(lambda: "Alerts       no-process deliver, began " in
                   self.ctl.run("status").stdout, "the alert is shown")

    def test_health_is_what_the_hub_reports(self):
        self.wait_status(0, "all is well")

        def says(percent, line):
            used = int(self.redis.call("INFO", "memory").decode()
                       .split("used_memory:")[1].split()[0])
            self.redis.call("CONFIG", "SET", "maxmemory",
                            used * 100 // percent)
            done = self.ctl.run("status")
            return done.returncode == UNHEALTHY and re.search(line,
                                                              done.stdout)
        for percent, status in ((82, "degraded"), (95, "unhealthy")):
            wait_until(lambda: says(
                percent, rf" is {status}.*\n!            Redis uses \d\d% of its "
                "maxmemory\n"), f"it is {status}")
        self.redis.call("CONFIG", "SET", "maxmemory", 0)
        self.wait_status(0, "all is well")

    def test_a_degraded_process_is_no_healthy_system(self):
        self.wait_status(0, "all is well")
        name, = (row["name"] for row in self.ctl.objects("instances")
                 if row["role"] == "deliver")
        record = json.loads(self.redis.call("HGET", "websub:{c}:instances",
                                            name))
        record["health"] = "degraded"
        self.redis.call("HSET", "websub:{c}:instances", name,
                        json.dumps(record))
        text = self.wait_status(UNHEALTHY, "the process is seen")
        self.assertIn(" is degraded\n!            1 of role deliver do not do "
                      "well\n", text)


class Change(Terminal):
    def test_a_subscription_is_paused_and_resumed(self):
        self.assertEqual(
            self.ctl.text("pause", TOPIC, self.callback.url), "paused: yes\n")
        self.assertEqual(len(self.ctl.objects("subscriptions",
                                              "--state=paused")), 1)
        self.system.push(TOPIC, b"one")
        self.ctl.text("resume", TOPIC, self.callback.url)
        self.callback.wait_deliveries(1)
        self.assertEqual(self.ctl.run("pause", "nope", self.callback.url)
                         .returncode, REFUSED)

    def test_a_subscription_is_tested_and_deleted(self):
        of = (TOPIC, self.callback.url)
        self.assertIn("event: ", self.ctl.text("test", *of))
        self.callback.wait_deliveries(1)
        self.assertEqual(self.ctl.text("due", *of), "due: 0\n")
        self.ctl.text("delete", *of, "--untold")
        self.assertEqual(self.ctl.objects("subscriptions"), [])

    def test_an_event_is_delivered_again(self):
        self.system.push(TOPIC, b"one")
        self.callback.wait_deliveries(1)
        event, = self.ctl.objects("events", TOPIC)
        self.ctl.text("deliver-again", event["id"], self.callback.url)
        self.assertEqual(self.callback.wait_deliveries(2)[1].body, b"one")

    def test_a_replay_shows_its_progress(self):
        self.system.push(TOPIC, b"one")
        self.callback.wait_deliveries(1)
        done = self.ctl.run("replay", TOPIC, "2020-01-01T00:00:00Z")
        self.assertEqual(done.returncode, 0, done)
        self.assertRegex(done.stderr, r"\[#{40}\] 100% 1 events, 1 deliveries")
        self.callback.wait_deliveries(2)
        self.assertEqual([row["state"] for row in self.ctl.objects("replays")],
                         ["done"])

    def test_a_host_is_opened_and_closed(self):
        host = self.callback.url.rsplit("/", 1)[0]
        self.assertIn("action: open", self.ctl.text("open", host))
        self.assertIn("action: close", self.ctl.text("close", host))
        self.assertEqual(self.ctl.run("open", "nonsense").returncode, REFUSED)

    def test_a_process_restarts(self):
        name = next(row["name"] for row in self.ctl.objects("instances")
                    if row["role"] == "deliver")
        self.assertIn("incarnation: ", self.ctl.text("restart", name))
        deliver = self.system.program("deliver")
        wait_until(lambda: len(deliver.events("ready")) == 2, "it is back")


class Shards(Terminal):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.url = f"unix:{folder.name}/admin"  # stays when the hub restarts
        self.settings = {"heartbeat_timeout_ms": 1000,
                         "heartbeat_interval_ms": 200,
                         "admin_listen": self.url}
        super().setUp()
        self.ctl = Ctl(self.hub, ADMIN, self.url)

    def test_the_data_move_to_other_shards(self):
        done = self.ctl.run("reshard", "6")
        self.assertEqual(done.returncode, 0, done)
        self.assertRegex(done.stderr, r"100% done")
        self.assertEqual(len(self.ctl.objects("subscriptions")), 1)
        self.assertEqual(self.ctl.run("reshard", "x").returncode, USAGE)
        self.assertEqual(self.ctl.run("reshard", "6").returncode, REFUSED)


class Waiting(Terminal):
    """There is no spreader at first."""

    roles = ("hub",)

    def setUp(self):
        AdminSystemTest.setUp(self)
        self.ctl = Ctl(self.hub, ADMIN)

    def start(self, *words):
        running = self.ctl.start(*words)
        self.addCleanup(running.close)
        return running

    def wait_told(self, running, reason):
        line = f"websub-hub ctl: waiting, since {reason}.\n"
        wait_until(lambda: line in running.told(), f"'{reason}' is told")
        self.assertEqual(running.told().count(line), 1)
        self.assertTrue(running.runs())

    def start_replay(self, *options):
        running = self.start("replay", TOPIC, "2020-01-01T00:00:00Z", *options)
        wait_until(lambda: self.ctl.objects("replays"), "it has begun")
        return running

    def test_it_is_told_what_is_waited_for(self):
        all_words = (("health", "check"), ("health", "fsck", "--json"),
                     ("replay", TOPIC, "2020-01-01T00:00:00Z"))
        waiting = [self.start(*words) for words in all_words]
        for running in waiting:
            self.wait_told(running, "no spreader lives")
        self.redis.call("ZADD", "websub:{c}:heartbeats:spreader",
                        self.redis.now_ms() + 2000, "spreader-x")
        self.redis.call("HSET", "websub:{c}:instances", "spreader-x",
                        json.dumps({"v": 1, "incarnation": 1,
                                    "name": "spreader-x", "role": "spreader",
                                    "health": "healthy"}))
        for running in waiting:
            self.wait_told(running, "nobody is the coordinator")
        self.redis.call("HDEL", "websub:{c}:instances", "spreader-x")
        self.redis.call("ZREM", "websub:{c}:heartbeats:spreader", "spreader-x")
        self.system.start("spreader")
        for running, said in zip(waiting, ("", '"state":"done"', "100%")):
            code, told = running.wait()
            self.assertIn(code, (0, UNHEALTHY), told)
            self.assertIn(said, told)

    def test_a_replay_that_another_one_cancels_was_not_done(self):
        for options in ((), ("--json",)):
            running = self.start_replay(*options)
            row, = self.ctl.objects("replays", "--state=running")
            answer = self.hub.request(
                "POST", f"/admin/replay/{row['id']}/cancel", b"",
                {"Authorization": f"Bearer {ADMIN}"})
            self.assertEqual(answer.status, 200, answer)
            code, told = running.wait()
            self.assertEqual(code, REFUSED, told)
            self.assertIn("websub-hub ctl: the replay was cancelled.\n", told)

    def test_a_replay_bears_that_redis_restarts(self):
        running = self.start_replay()
        self.redis.stop()
        wait_until(lambda: self.ctl.run("replays").returncode == REFUSED,
                   "the hub refuses")
        since_s = time.monotonic()
        while time.monotonic() < since_s + 1.5:  # of three looks
            self.assertTrue(running.runs(), running.told())
            time.sleep(0.1)
        self.redis.start()
        self.system.start("spreader")
        code, told = running.wait()
        self.assertEqual(code, 0, told)
        self.assertNotIn("the response was", told)
        self.assertNotIn("no response", told)

    def test_what_will_not_pass_is_not_borne(self):
        running = self.start_replay()
        self.redis.call("FLUSHALL")
        code, told = running.wait()
        self.assertEqual(code, REFUSED, told)
        self.assertIn("There is no replay of this id.\n", told)


class CommandLine(Terminal):
    roles = ("hub",)

    def setUp(self):
        AdminSystemTest.setUp(self)
        self.ctl = Ctl(self.hub, ADMIN)

    def commands(self):
        lines = self.ctl.text("--help").split("Commands:\n")[1]
        return [line.split()[0]
                for line in lines.split("\n\n")[0].splitlines()]

    def token_file(self, text, mode=0o600):
        file = tempfile.NamedTemporaryFile("w", delete=False)
        self.addCleanup(os.unlink, file.name)
        with file:
            file.write(text)
        os.chmod(file.name, mode)
        return file.name

    def test_the_token_is_in_a_file_that_others_cant_read(self):
        env = {"WEBSUB_ADMIN_TOKEN": ""}
        for text in (f"{ADMIN}\n", f"# mine\nalice {ADMIN}\n"):
            self.ctl.text("audit", "--token-file", self.token_file(text),
                          env=env)
        done = self.ctl.run("audit", "--token-file",
                            self.token_file(f"{ADMIN}\n", 0o644), env=env)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("chmod", done.stderr)
        self.assertNotIn(ADMIN, done.stderr)
        done = self.ctl.run("audit", "--token-file", "/nonexistent", env=env)
        self.assertEqual(done.returncode, USAGE)

    def test_without_the_token_it_is_told_what_to_do(self):
        done = self.ctl.run("audit", env={"WEBSUB_ADMIN_TOKEN": "wrong"})
        self.assertEqual(done.returncode, REFUSED)
        self.assertIn("--token-file", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_a_hub_that_is_away_is_told(self):
        done = self.ctl.run("status", "--url=http://127.0.0.1:1")
        self.assertEqual(done.returncode, UNREACHED)
        self.assertIn("no response from http://127.0.0.1:1", done.stderr)

    def test_help_names_every_command_and_its_options(self):
        commands = self.commands()
        self.assertGreater(len(commands), 20)
        for command in commands:
            self.assertIn(f"ctl {command}",
                          self.ctl.text(command, "--help").splitlines()[0])
        self.assertIn("--state=STATE", self.ctl.text("subscriptions", "--help"))

    def test_a_wrong_command_line_is_told(self):
        for words in ((), ("frob",), ("status", "--frob"), ("pause", "x"),
                      ("subscriptions", "--limit=x"), ("completion", "fish")):
            done = self.ctl.run(*words)
            self.assertEqual(done.returncode, USAGE, words)
            self.assertNotEqual(done.stderr, "")

    def test_a_number_has_bounds(self):
        limited = [command for command in self.commands()
                   if "--limit=" in self.ctl.text(command, "--help")]
        self.assertGreater(len(limited), 9)
        lines = [(command, *("topic" for _ in range(command == "events")),
                  f"--limit={number}")
                 for command in limited for number in ("0", "-1", "")]
        for words in (*lines, ("shards", "--limit", "1x"),
                      ("shards", "--limit=99999999999999999999"),
                      ("open", "http://h", "--seconds=0"),
                      ("open", "http://h", "--seconds=60m"),
                      ("open", "http://h", "--seconds=604801"),
                      ("top", "--count=0"), ("top", "--interval= 1"),
                      ("reshard", "0"), ("reshard", "1025"), ("reshard", "")):
            with self.subTest(words=words):
                done = self.ctl.run(*words)
                self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
                self.assertRegex(done.stderr, r"^websub-hub ctl: \S+ wants a "
                                 r"number from 1 to \d+, not '.*'\.\n$")


if __name__ == "__main__":
    unittest.main()
