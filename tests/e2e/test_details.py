"""The dashboard and the page for people where things are odd: what is made anew
under the keyboard, contents, lists and answers that are seldom so."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import skipped
from support.dashboard import ADMIN, DashboardTest, place
from support.subscriber import status
from support.wait import wait_until

TOPIC = "orders.created"
MANY = 120


class Details(DashboardTest):
    settings = {"max_attempts": 1, "suspend_after": 1000,
                "heartbeat_interval_ms": 200}

    def wait_focus(self, wanted, what="textContent"):
        wait_until(lambda: self.page.evaluate(
            f"document.activeElement.{what}") == wanted,
            f"{wanted} has the focus")

    def test_the_focus_comes_back_to_its_row(self):
        self.enter("processes")
        name = self.system.program("spreader").wait_event("started")["instance"]
        row = f'tr:has-text("{name}")'
        self.page.see(f"{row} >> role=button[name=Restart]")
        self.page.evaluate(f"""[...document.querySelectorAll('tr[data-row]')]
            .find((row) => row.dataset.row === '{name}')
            .querySelector('button').focus()""")
        self.page.press("Enter")
        self.page.see(f"#ask >> text=Restart {name}?")
        before = self.page.text(row)
        wait_until(lambda: self.page.text(row) != before,
                   "the row is made anew meanwhile")
        self.page.press("Escape")
        self.page.gone("#ask")
        self.wait_focus(name, "closest('tr')?.dataset.row")
        before = self.page.text(row)
        wait_until(lambda: self.page.text(row) != before, "and again")
        self.wait_focus(name, "closest('tr')?.dataset.row")
        self.page.go("shards")
        self.page.see("h2 >> text=Shards")
        self.wait_focus("Shards")
        self.clean()

    def content_of(self, body, kind="application/json"):
        event = self.system.push(TOPIC, body, kind).body
        self.page.go(place("events", id=json.loads(event)["id"]))
        self.page.see("main pre")
        return self.page.text("main pre")

    def test_json_is_shown_as_it_was_written(self):
        callback = self.system.subscriber().callback("/a")
        self.system.activate(TOPIC, callback)
        self.enter("events")
        shown = self.content_of(b'{"n":12345678901234567890,"a":1.0,"a":1e400,'
                                b'"z":-0,"e":[{}, [ ]]}')
        self.assertEqual(shown, '{\n  "n": 12345678901234567890,\n'
                         '  "a": 1.0,\n  "a": 1e400,\n  "z": -0,\n'
                         '  "e": [\n    {},\n    []\n  ]\n}')
        depth = 9000
        shown = self.content_of(b"[" * depth + b"]" * depth)
        self.assertEqual(shown.replace("\n", "").replace(" ", ""),
                         "[" * len(shown.replace("\n", "").replace(" ", "")))
        self.assertLessEqual(len(shown), 4096)
        self.page.see("main >> role=button[name=/Show all/]")
        self.assertIn("not JSON", self.content_of(b"not JSON"))
        self.page.read("This is no JSON")
        large = b'{"long":"' + b"x" * 70000 + b'"}'
        self.assertTrue(self.content_of(large).startswith('{"long":"xxx'))
        self.page.read("Only the first 64 KiB are here.")
        self.page.click("main >> role=button[name=/Show all/]")
        wait_until(lambda: len(self.page.text("main pre")) == 65536, "all of it")
        self.page.button("JSON")
        self.page.read("Not indented, as its end is not here.")
        self.clean()

    def test_reasons_of_one_kind_are_one_and_lead_to_theirs(self):
        for n in range(3):
            server = self.system.subscriber()
            self.system.activate(TOPIC, server.callback(f"/{n}"))
            server.close()
        fails = self.system.subscriber().callback("/fails")
        self.system.activate(TOPIC, fails)
        fails.default = 500
        self.system.push(TOPIC, b"1")
        wait_until(lambda: self.ask("/admin/dead-letters/count")["count"] == 4,
                   "four dead letters")
        self.enter("trouble")
        row = 'tr:has-text("Failed to connect to …")'
        self.page.see(row)
        self.assertEqual(self.page.count(row), 1)
        self.assertIn("3", self.page.text(f"{row} >> td.number"))
        self.page.click(f"{row} >> role=link[name=look]")
        self.page.see("h2 >> text=Dead letters")
        wait_until(lambda: self.page.count("tbody tr") == 3, "its letters")
        self.page.go("letters")
        wait_until(lambda: self.page.count("tbody tr") == 4, "all letters")
        self.page.button("Purge all that match")
        self.page.button("Cancel")
        self.clean()

    def test_pages_follow_each_other_however_they_are_asked_for(self):
        lines = "".join(json.dumps(
            {"topic": TOPIC, "callback": f"http://127.0.0.1:9/{n:03}"}) + "\n"
            for n in range(MANY))
        self.hub.request("POST", "/admin/import", lines, {
            "Authorization": f"Bearer {ADMIN}",
            "Content-Type": "application/x-ndjson"})
        self.enter("subscriptions")
        self.page.read("Page 1")
        seen = [self.page.text("tbody")]
        self.page.evaluate("""[...document.querySelectorAll('.pager button')]
            .at(-1).focus(), document.activeElement.click(),
            document.activeElement.click()""")
        self.page.read("Page 2")
        seen.append(self.page.text("tbody"))
        self.page.press("Enter")
        self.page.read("Page 3")
        wait_until(lambda: self.page.count("tbody tr") == MANY - 100, "the rest")
        seen.append(self.page.text("tbody"))
        self.assertEqual(len(set(seen)), 3)
        self.wait_focus("Previous page")  # who turned the last may turn back
        self.clean()

    def test_what_is_refused_is_not_taken_for_a_hub_that_is_away(self):
        self.page.open(self.hub.url + "dashboard")
        self.page.fill("#token", "пароль")
        self.page.button("Look")
        self.page.see("#why >> text=printable ASCII")
        self.page.fill("#token", ADMIN)
        self.page.button("Look")
        self.page.go("subscriptions?state=bogus")
        self.page.see("#problem >> text=state must be")
        self.assertIn("Connected", self.page.text("#link"))
        self.page.go("publish")
        self.page.button("Publish")
        self.assertEqual(self.page.evaluate(
            "document.querySelector('main input').matches(':invalid')"), True)
        self.assertEqual(self.page.count("#said p"), 0, "no topic, nothing sent")
        self.page.fill("main input >> nth=0", TOPIC)
        self.page.fill("main input >> nth=1", "text/plain; x=é")
        self.page.button("Publish")
        self.page.see("#said >> text=Content-Type may have")
        self.page.problems()

    def test_a_group_that_somebody_else_changed_meanwhile(self):
        def put(body, match):
            return self.hub.request("PUT", "/admin/groups/eu", json.dumps(body), {
                "Authorization": f"Bearer {ADMIN}", "If-Match": match,
                "Content-Type": "application/json"}).status
        self.assertEqual(put({"prefix": "eu"}, "*"), 200)
        self.enter("groups?id=eu")
        self.page.read("Version 1.")
        self.page.fill("main textarea", '{"prefix": "eu", "max_attempts": 5}')
        self.assertEqual(put({"prefix": "eu", "max_attempts": 7}, "*"), 200)
        self.page.button("Save")
        self.page.read("Version 2 was made meanwhile")
        self.assertIn("max_attempts",
                      self.page.evaluate("document.querySelector('textarea').value"))
        self.page.button("Save")
        self.page.read("Version 3.")
        self.assertEqual(self.ask("/admin/groups/eu")["max_attempts"], 5)

    def test_publishing_below_a_topic_shows_who_gets_it(self):
        parent = self.system.subscriber().callback("/parent")
        self.system.activate("orders", parent)
        self.enter("publish")
        self.page.fill("main input >> nth=0", TOPIC)
        self.page.button("Publish")
        self.page.read(parent.url)
        self.clean()

    def test_a_renewal_that_is_refused_is_told_so(self):
        callback = self.system.subscriber().callback("/a")
        self.system.activate(TOPIC, callback)
        callback.next_confirm(status(404))
        self.page.open(self.hub.url)
        self.page.field("Topic", TOPIC)
        self.page.field("Callback", callback.url)
        self.page.button("Subscribe")
        self.page.see("#outcome.unhealthy >> text=stays as it was")
        self.page.button("Subscribe")
        self.page.see("#outcome.healthy >> text=has confirmed it")
        self.clean()


if __name__ == "__main__":
    skipped.main()
