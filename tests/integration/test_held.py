"""What can't be interpreted is held, tried again, and becomes a dead letter that
can be replayed; everything else goes on."""

import base64
import json
import sys
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest, shard
from support.system import FAST, SystemTest
from support.wait import wait_until

PULL = "/api/workflow/subscription"
TOPIC = "http://publisher.example/topic"
TRIES = 5
ADMIN = "admin-token"


class Held(SystemTest):
    settings = {}

    def setUp(self):
        self.start_system(admin_token=ADMIN, **self.settings)
        self.redis, self.store = self.system.redis, self.system.store
        self.server = self.system.subscriber()

    def call(self, command, name, *args):
        return self.redis.call(command, self.store.key(TOPIC, name), *args)

    def active(self, path="/cb", **options):
        callback = self.server.callback(path)
        self.system.activate(TOPIC, callback, **options)
        return callback

    def replace_record(self, callback, change):
        """Returns the record as it was."""
        name, field = f"sub:{digest(TOPIC)}", digest(callback.url)
        record = self.call("HGET", name, field)
        self.call("HSET", name, field, change(record))
        return record

    def held(self):
        """What is held in the shard, as dicts."""
        return [dict(zip(fields[::2], fields[1::2])) for _, fields in
                self.call("XRANGE", "held", "-", "+")]

    def wait_held(self, tries=1):
        return wait_until(lambda: [one for one in self.held()
                                   if one[b"n"] == b"%d" % tries],
                          f"it is held for the time {tries}")[0]

    def use_up(self):
        """Tries until it is given up."""
        for tries in range(1, TRIES):
            self.wait_held(tries)
            self.assertEqual(self.store.dead_letters(TOPIC), [])
            self.system.make_due()
        return wait_until(lambda: self.store.dead_letters(TOPIC),
                          "it is a dead letter")[0]

    def admin(self, path, **form):
        headers = {"Authorization": f"Bearer {ADMIN}"}
        if not form:
            answer = self.system.hub.get(path, headers)
        else:
            answer = self.system.hub.request(
                "POST", path, urllib.parse.urlencode(form).encode(),
                {"Content-Type": "application/x-www-form-urlencoded",
                 **headers})
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def letter(self):
        return self.admin("/admin/dead-letters")["dead_letters"][0]

    def replay(self):
        letters = self.admin("/admin/dead-letters/replay", all="true")
        self.assertEqual(letters, {"replayed": 1})


class Jobs(Held):
    def test_record_of_a_newer_version(self):
        callback, witness = self.active(), self.active("/witness")
        record = self.replace_record(
            callback, lambda line: b"2 of the future \x00\xff")
        self.system.push(TOPIC, b"event")
        self.assertEqual(witness.wait_deliveries()[0].body, b"event")
        held = self.wait_held()
        self.assertEqual((held[b"from"], held[b".c"]),
                         (b"outbox", digest(callback.url).encode()))
        dead = self.use_up()
        self.assertEqual(dead[b"why"],
                         b"undecodable: the record of the subscription")
        self.assertEqual(callback.deliveries, [])
        self.assertEqual(self.letter()["topic"], TOPIC)
        self.replace_record(callback, lambda _: record)
        self.replay()
        delivery = callback.wait_deliveries()[0]
        self.assertEqual(delivery.headers["Websubd-Event"],
                         witness.deliveries[0].headers["Websubd-Event"])
        self.assertEqual(delivery.headers["Websubd-Attempt"], "1")
        self.system.wait_idle()
        self.assertEqual(self.store.events_kept(), 0)

    def test_record_that_can_be_read_meanwhile(self):
        callback = self.active()
        record = self.replace_record(callback, lambda line: b"1 damaged")
        self.system.push(TOPIC, b"event")
        self.wait_held(1)
        self.system.make_due()
        self.wait_held(2)
        self.replace_record(callback, lambda _: record)
        self.system.make_due()
        self.assertEqual(callback.wait_deliveries()[0].body, b"event")
        self.system.wait_idle()
        self.assertEqual(self.held(), [])
        self.assertEqual(self.store.dead_letters(TOPIC), [])
        self.assertEqual(self.system.program("deliver").metric(
            "websubd_deliver_jobs_total", '{outcome="held"}'), 2)

    def test_record_of_a_subscription_in_order(self):
        callback = self.active(extra=[
            ("hub.websubd.ordered", "true")])
        record = self.replace_record(callback, lambda line: b"2" + line[1:])
        self.system.push(TOPIC, b"1")
        self.system.push(TOPIC, b"2")
        self.assertEqual(self.wait_held()[b".f"], digest(TOPIC).encode())
        self.replace_record(callback, lambda _: record)
        self.system.make_due()
        callback.wait_deliveries(2)
        self.assertEqual(callback.bodies(), [b"1", b"2"])

    def test_event_that_began_and_that_deliver_can_not_read(self):
        """As one that a newer spreader has begun."""
        callback = self.active()
        self.system.program("deliver").stop()
        self.system.push(TOPIC, b"event")
        wait_until(lambda: self.call("XLEN", "outbox"), "its job is posted")
        (event, fields), = self.call("XRANGE", "log", "-", "+")
        kept = dict(zip(fields[::2], fields[1::2]))
        self.call("HSET", f"kept:{event.decode()}",
                  *(word for pair in {**kept, b"v": b"2"}.items()
                    for word in pair))
        self.call("XDEL", "log", event)
        self.system.start("deliver")
        self.wait_held()
        self.call("HSET", f"kept:{event.decode()}", "v", 1)
        self.system.make_due()
        self.assertEqual(callback.wait_deliveries()[0].body, b"event")

    def test_subscription_that_ends_while_its_job_is_held(self):
        callback = self.active()
        self.replace_record(callback, lambda line: b"2" + line[1:])
        self.system.push(TOPIC, b"event")
        self.wait_held()
        self.call("HDEL", f"sub:{digest(TOPIC)}", digest(callback.url))
        self.system.make_due()
        self.system.wait_idle()
        self.assertEqual(self.held(), [])
        self.assertEqual(self.store.events_kept(), 0)


class Entries(Held):
    def check_given_up(self, stream, fields, why):
        """It is held and given up, and shown with its bytes."""
        self.assertEqual(self.wait_held()[b"from"], stream.encode())
        dead = self.use_up()
        self.assertEqual(dead[b"u"], stream.encode())
        letter = self.letter()
        self.assertEqual(letter["why"], "undecodable: " + why)
        self.assertEqual(letter["attempts"], TRIES)
        entry = letter["undecodable"]
        self.assertEqual(entry["from"], stream)
        self.assertEqual({name: base64.b64decode(text)
                          for name, text in entry["fields"].items()}, fields)
        self.assertEqual(self.held(), [])

    def mend_letter(self, change):
        """As a newer program would: it knows what the bytes mean."""
        (name, fields), = self.call("XRANGE", "dead", "-", "+")
        fields = {**dict(zip(fields[::2], fields[1::2])), **change}
        self.call("XDEL", "dead", name)
        self.call("XADD", "dead", "*", *(word for pair in fields.items()
                                         for word in pair))

    def test_event_of_a_newer_version(self):
        callback = self.active()
        fields = {"v": b"2", "t": TOPIC.encode(), "ct": b"text/plain",
                  "b": b"newer \x00\xff"}
        self.call("XADD", "log", "*", *(word for pair in fields.items()
                                        for word in pair))
        self.system.push(TOPIC, b"after")
        self.assertEqual(callback.wait_deliveries()[0].body, b"after")
        self.check_given_up("log", fields, "its format version is not 1")
        self.mend_letter({b".v": b"1"})
        self.replay()
        callback.wait_deliveries(2)
        self.assertEqual(callback.bodies(), [b"after", b"newer \x00\xff"])
        self.assertEqual(self.call("XLEN", "rejected"), 0)
        self.system.wait_idle()

    def test_announcement_of_a_newer_version(self):
        publisher = self.system.publisher()
        fields = {"v": b"12", "t": TOPIC.encode(), "other": b"\xff"}
        self.call("XADD", "pings", "*", *(word for pair in fields.items()
                                          for word in pair))
        self.check_given_up("pings", fields, "its format version is not 1")
        self.assertEqual(self.call("XLEN", "pings"), 0)
        self.admin("/admin/dead-letters/purge", all="true")
        self.assertEqual(self.store.dead_letters(TOPIC), [])
        del publisher

    def test_entry_of_a_lane(self):
        callback = self.active()
        for lane in ("outbox", "bulk"):
            with self.subTest(lane=lane):
                fields = {"z": b"\x00of a newer version"}
                self.call("XADD", lane, "*", *next(iter(fields.items())))
                self.check_given_up(lane, fields, "the entry")
                self.admin("/admin/dead-letters/purge", all="true")
        self.system.push(TOPIC, b"event")
        callback.wait_deliveries()
        self.system.wait_idle()

    def test_entry_of_a_lane_with_a_version(self):
        callback = self.active()
        self.system.program("spreader").stop()
        self.system.push(TOPIC, b"event")
        (event, _), = self.call("XRANGE", "log", "-", "+")
        self.call("XADD", "outbox", "*", "v", 2, "e", event, "c",
                  digest(callback.url))
        self.wait_held()
        self.system.start("spreader")
        self.use_up()
        callback.wait_deliveries()

    def test_verification(self):
        fields = {"q": b"of a newer version", "g": b"1"}
        self.call("XADD", "verify", "*", *(word for pair in fields.items()
                                           for word in pair))
        self.check_given_up("verify", fields, "the entry")

    def test_member_of_retry(self):
        self.active()
        self.call("ZADD", "retry", 1, b"z \x00\xff")
        self.check_given_up("retry", {"m": b"z \x00\xff"}, "no member of retry")
        self.replay()
        self.system.make_due()
        self.assertEqual(self.wait_held()[b".m"], b"z \x00\xff")

    def test_request_of_a_newer_version(self):
        callback = self.server.callback("/cb")
        self.system.program("deliver").stop()
        self.system.request(TOPIC, callback)
        name = f"request:{digest(TOPIC)}:{digest(callback.url)}:s"
        wait_until(lambda: self.call("EXISTS", name), "it waits")
        self.call("HSET", name, "v", 2)
        self.system.start("deliver")
        self.use_up()
        self.assertEqual(self.letter()["why"], "undecodable: the request")
        self.assertEqual(callback.verifications, [])
        self.call("HSET", name, "v", 1)
        self.replay()
        self.system.wait_active(TOPIC, callback)

    def test_pull_subscription_of_a_newer_version(self):
        self.system.hub.request("POST", PULL, json.dumps({
            "action": "add", "id": "app",
            "ttl": 60}).encode(), {"Content-Type": "application/json"})
        key = f"websub:{{{shard('app', FAST['shards'])}}}:pull:app"
        self.assertEqual(self.redis.call("HGET", key, "v"), b"1")
        self.redis.call("HSET", key, "v", 2)
        before = self.redis.call("HGETALL", key)
        answer = self.system.hub.request("POST", PULL, json.dumps({
            "action": "getMessages", "id": "app",
            "timeout": 0}).encode(), {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 503, answer)
        self.assertEqual(self.redis.call("HGETALL", key), before)

    def test_an_operator_is_told_how_much_is_held(self):
        self.active()
        self.call("XADD", "outbox", "*", "z", "what")
        self.wait_held()
        spreader = self.system.program("spreader")
        wait_until(lambda: spreader.waiting("held") == 1,
                   "it is counted")
        deliver = self.system.program("deliver")
        self.assertEqual(deliver.metric("websubd_deliver_undecodable_total",
                                        '{outcome="held"}'), 1)
        deliver.wait_event("held")


if __name__ == "__main__":
    unittest.main()
