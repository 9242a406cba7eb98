"""The dashboard: each panel shows what was planted, and each button does what it
says, in Redis and at the subscriber."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import skipped
from support.dashboard import SCRIPT, DashboardTest, place
from support.keys import digest
from support.wait import wait_until

TOPIC = "orders.created"
LONG = "/a-long-path/" + "x" * 180


class Dashboard(DashboardTest):
    settings = {"max_attempts": 2, "suspend_after": 1000}

    def callback(self, path="/a", status=204, topic=TOPIC, **options):
        made = self.system.subscriber().callback(path)
        self.system.activate(topic, made, **options)
        made.default = status
        return made

    def confirm(self, *names):
        for name in names:
            self.page.click(f'#ask >> role=button[name="{name}"]')

    def said(self, text):
        self.page.see(f"#said >> text={text}")

    def state(self, callback):
        return self.ask("/admin/subscription", hub_topic=TOPIC,
                        hub_callback=callback.url)["state"]

    def test_now_plots_what_goes_on(self):
        callback = self.callback()
        self.enter()
        self.page.read("Nothing has been published yet.")
        for _ in range(20):
            self.system.push(TOPIC, b"{}")
        callback.wait_deliveries(20)
        self.page.gone("main >> text=Nothing has been published yet.")
        self.page.see(".plot canvas")
        wait_until(lambda: self.page.count(".plot canvas") >= 10,
                   "five plots are drawn")
        wait_until(lambda: "/s" in self.page.text(".legend"), "numbers")
        self.page.hover(".plot")
        self.page.button("1 hour")
        self.page.see('role=button[name="1 hour"][pressed]')
        self.look("now")

    def test_shards_and_processes(self):
        self.enter("shards")
        owner = self.system.program("spreader").wait_event("started")["instance"]
        self.page.see(f'role=link[name="{owner}"]')
        self.assertEqual(self.page.count("tbody tr"), 4)
        self.look("shards")
        self.page.go("processes")
        self.page.read("is the coordinator")
        self.assertEqual(self.page.count("main .badge.good"), 3)
        self.look("processes")
        deliver = self.system.program("deliver")
        name = deliver.wait_event("started")["instance"]
        self.page.click(f'tr:has-text("{name}") >> role=button[name="Restart"]')
        self.confirm("Restart")
        self.said(f"{name} restarts")
        wait_until(lambda: len(deliver.events("started")) == 2,
                   "it starts again")

    def test_one_subscription_is_paused_resumed_tested_and_deleted(self):
        callback = self.callback()
        self.enter(place("subscriptions", host="127.0.0.1", state="active"))
        self.page.read(callback.url)
        self.look("subscriptions")
        self.page.click("role=link[name=open]")
        self.page.button("Pause")
        self.said("Nothing is delivered to it")
        self.page.see('main >> text=paused')
        self.assertEqual(self.state(callback), "paused")
        self.system.push(TOPIC, b"1")
        self.page.button("Resume")
        callback.wait_deliveries()
        self.page.button("Send a test event")
        self.assertIn("Websubd-Test", callback.wait_deliveries(2)[1].headers)
        self.page.button("Try now")
        self.said("Nothing waited")
        self.page.button("Delete")
        self.confirm("Cancel")
        self.assertEqual(self.state(callback), "active")
        self.page.button("Delete")
        self.confirm("Go on")
        self.page.see("#ask >> text=1 subscription ends")
        self.confirm("Delete 1 subscription")
        self.page.read("There is no such subscription")
        self.system.wait_gone(TOPIC, callback)
        callback.wait_denials()

    def test_attempts_stand_on_a_line(self):
        callback = self.callback(LONG, status=500)
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries(2)
        self.enter(place("subscriptions", topic=TOPIC, callback=callback.url))
        self.page.see(".line >> text=status 500")
        wait_until(lambda: self.page.count(".line li") == 2, "two attempts")
        self.look("subscription")

    def test_an_event_is_looked_at_and_delivered_again(self):
        callback = self.callback()
        body = json.dumps({"order": 17, "note": SCRIPT}).encode()
        self.system.push(TOPIC, body)
        callback.wait_deliveries()
        self.enter(place("events", topic=TOPIC))
        self.page.read("1 of 1 delivered")
        self.look("events")
        self.page.click("main td a")
        self.page.read('"order": 17')
        self.page.button("Text")
        self.page.read(body.decode()[:20])
        self.page.button("Hex")
        self.page.read("000000  7b 22 6f")
        self.look("event")
        self.page.button("Deliver again")
        self.confirm("Deliver again")
        self.assertEqual(callback.wait_deliveries(2)[1].body, body)
        self.page.read("Replay done: 1 delivery posted.")

    def test_dead_letters_are_replayed_and_purged(self):
        callback = self.callback(status=500)
        for _ in range(3):
            self.system.push(TOPIC, b"1")
        count = lambda: self.ask("/admin/dead-letters/count")["count"]
        wait_until(lambda: count() == 3, "three dead letters")
        callback.default = 204
        self.enter("letters")
        self.page.read("3 dead letters of all topics.")
        self.look("letters")
        self.page.button("Replay")
        self.page.read("2 dead letters of all topics.")
        callback.wait_deliveries(7)
        self.page.click('td >> role=button[name="Purge"]')
        self.confirm("Go on", "Purge 1 dead letter")
        self.page.read("1 dead letter of all topics.")
        self.page.go(place("letters", hub_topic=TOPIC))
        self.page.read(f"1 dead letter of the topic {TOPIC}.")
        self.page.button("Replay all that match")
        self.confirm("Replay 1 dead letter")
        self.page.read("1 dead letter replayed.")
        callback.wait_deliveries(8)
        self.assertEqual(count(), 0)
        self.page.go("audit")
        self.page.read("POST /admin/dead-letters/purge")
        self.look("audit")

    def test_all_that_match_are_purged_after_two_questions(self):
        self.callback(status=500)
        for _ in range(2):
            self.system.push(TOPIC, b"1")
        count = lambda: self.ask("/admin/dead-letters/count")["count"]
        wait_until(lambda: count() == 2, "two dead letters")
        self.enter("letters")
        self.page.button("Purge all that match")
        self.page.see("#ask >> text=2 dead letters of all topics are forgotten")
        self.confirm("Go on")
        self.assertEqual(count(), 2)
        self.confirm("Purge 2 dead letters")
        self.page.read("There are no dead letters")
        self.assertEqual(count(), 0)

    def test_trouble_leads_to_the_thing_itself(self):
        callback = self.callback(LONG, status=500)
        paused = self.callback("/paused")
        self.enter(place("subscriptions", topic=TOPIC, callback=paused.url))
        self.page.button("Pause")
        self.said("Nothing is delivered")
        self.system.push(TOPIC, b"1")
        base = self.system.store.key(TOPIC, "")
        self.redis.call("XADD", base + "log", "*", "v", "1", "t", "")
        self.page.go("trouble")
        self.page.read("HTTP status 500")
        self.page.see('section:has-text("Rejected entries") >> td')
        self.page.see('section:has-text("Paused") >> text=/paused')
        self.look("trouble")
        self.assertNotIn("undefined", self.page.text())
        self.page.click('section:has-text("Paused") >> role=link[name="open"]')
        self.page.see('role=button[name="Resume"]')
        self.assertTrue(callback.deliveries)

    def test_a_breaker_is_opened_and_closed(self):
        callback = self.callback(status=500)
        for _ in range(8):
            self.system.push(TOPIC, b"first")
        self.enter("trouble")
        host = callback.url.rsplit("/", 1)[0]
        row = f'section:has-text("Failing hosts") >> tr:has-text("{host}")'
        self.page.click(f'{row} >> role=button[name="Open for an hour"]')
        self.confirm("Cancel")
        self.assertEqual(self.orders(), [])
        self.page.click(f'{row} >> role=button[name="Open for an hour"]')
        self.confirm("Open for an hour")
        self.said(f"Nothing is sent to {host} for an hour.")
        wait_until(lambda: self.orders() == ["open"], "deliver has the order")
        callback.default = 204
        self.system.push(TOPIC, b"last")
        self.page.see(f"{row} >> text=an operator opened it")
        self.look("breaker")
        self.assertNotIn(b"last", callback.bodies())
        self.page.click(f'{row} >> role=button[name="Close breaker"]')
        self.said("what waits for it goes on")
        wait_until(lambda: self.orders() == ["open", "close"], "it has that too")
        self.system.make_due()  # it would come within a minute
        wait_until(lambda: b"last" in callback.bodies(), "it is delivered")

    def orders(self):
        deliver = self.system.program("deliver")
        return [event["breaker"] for event in deliver.events("host-ordered")]

    def test_publish_and_watch(self):
        good, bad = self.callback("/good"), self.callback("/bad", status=500)
        self.enter("publish")
        self.page.field("Topic a dotted topic such as orders.created, or a "
                        "URL; everybody who has subscribed gets it", TOPIC)
        self.page.button("Publish")
        self.assertEqual(json.loads(good.wait_deliveries()[0].body)["test"],
                         True)
        bad.wait_deliveries(2)
        self.page.see('main >> text=status 500')
        self.look("publish")

    def test_a_group_is_made_changed_and_deleted(self):
        self.enter("groups")
        self.page.read("There are no topic groups")
        self.page.go(place("groups", id="eu"))
        text = 'role=textbox[name="What it says, as JSON"]'
        self.page.fill(text, json.dumps({"prefix": "orders.eu", "colour": 1}))
        self.page.button("Save")
        self.said("colour is no field of a group.")
        self.page.fill(text, json.dumps({"prefix": "orders.eu"}))
        self.page.button("Save")
        self.page.read("Version 1.")
        self.look("group")
        self.page.button("Delete")
        self.confirm("Go on", "Delete 1 group")
        self.page.read("deleted for ever")
        self.look("groups")
        self.assertTrue(self.ask("/admin/groups")["groups"][0]["deleted"])

    def test_health_is_checked_and_mended(self):
        self.callback()
        lost = f"{'t' * 22}:{'c' * 22}"
        base = self.system.store.key(TOPIC, "")
        self.enter("health")
        self.page.button("Only report")
        self.confirm("Switch")
        self.said("only reported")
        self.redis.call("HSET", base + f"failing:{lost}", "1-1", "d 1-1 x 1 0")
        self.page.button("Check now")
        self.page.read(f"failing:{lost}")
        self.look("health")
        self.page.button("Mend")
        self.confirm("Mend")
        wait_until(lambda: not self.redis.call("EXISTS",
                                               base + f"failing:{lost}"),
                   "it is mended")
        self.page.button("Mend by itself")
        self.confirm("Switch")
        self.said("What is found is mended.")
        self.redis.call("HSET", base + f"failing:{lost}", "1-1", "d 1-1 x 1 0")
        self.page.button("Check now")
        wait_until(lambda: not self.redis.call("EXISTS",
                                               base + f"failing:{lost}"),
                   "it is mended by itself")
        self.page.button("Look and repair")
        self.confirm("Start")
        self.page.read("fsck 1 repairs: done.")


if __name__ == "__main__":
    skipped.main()
