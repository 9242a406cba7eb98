"""The pages whoever looks, at whatever width, by whatever means: tokens, what is
away, what strangers wrote, many rows, the keyboard; and the page for people."""

import gzip
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import skipped
from support.dashboard import ADMIN, READER, SCRIPT, DashboardTest, place
from support.hub import Hub
from support.keys import digest
from support.subscriber import status
from support.wait import wait_until

TOPIC = "orders.created"
PANELS = ("now", "trouble", "subscriptions", "events", "letters", "publish",
          "groups", "shards", "processes", "health", "audit")
FILES = ("app", "api", "audit", "cluster", "content", "dom", "events",
         "groups", "health", "letters", "live", "now", "panels", "plot",
         "publish", "subscriptions", "trouble", "ui")
LONGEST_MS = 100  # a task that freezes the page
MOST_BYTES = 200 * 1024


class Files(DashboardTest):
    def fetch(self, path, **headers):
        return self.hub.get(path, headers)

    def test_the_page_is_small_known_again_and_guarded(self):
        names = ["", "/style.css", "/icon.svg", "/dygraph.min.js",
                 "/dygraph.min.css", *(f"/{name}.js" for name in FILES)]
        whole = 0
        for name in names:
            answer = self.fetch("/dashboard" + name,
                                **{"Accept-Encoding": "gzip, br"})
            self.assertEqual(answer.status, 200, name)
            self.assertEqual(answer.headers["Content-Encoding"], "gzip")
            whole += len(answer.body)
            policy = answer.headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(answer.headers["X-Content-Type-Options"],
                             "nosniff")
            self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
            plain = self.fetch("/dashboard" + name)
            self.assertNotIn("Content-Encoding", plain.headers)
            self.assertEqual(gzip.decompress(answer.body), plain.body)
            again = self.fetch("/dashboard" + name, **{
                "If-None-Match": plain.headers["ETag"]})
            self.assertEqual((again.status, again.body), (304, b""))
        self.assertLess(whole, MOST_BYTES)
        self.assertEqual(self.fetch("/dashboard/nothing.js").status, 404)

    def test_without_a_token_of_the_admin_api_there_is_no_dashboard(self):
        hub = self.system.start("hub", listen="127.0.0.1:0", admin_token="")
        for path in ("/dashboard", "/dashboard/app.js"):
            self.assertEqual(Hub(hub.address()).get(path).status, 404)


class Ways(DashboardTest):
    def setUp(self):
        file = tempfile.NamedTemporaryFile("w", suffix=".tokens")
        self.addCleanup(file.close)
        file.write(f"reader {READER}\n")
        file.flush()
        os.chmod(file.name, 0o600)
        self.settings = {"admin_read_tokens_file": file.name,
                         "max_attempts": 1}
        super().setUp()

    def test_a_wrong_token_is_told_and_a_good_one_kept_only_when_ticked(self):
        self.page.open(self.hub.url + "dashboard")
        self.page.fill("#token", "wrong")
        self.page.press("Enter")
        self.page.read("The hub does not know this token.")
        self.look("login")
        self.page.fill("#token", ADMIN)
        self.page.button("Look")
        self.page.see("nav")
        kept = "sessionStorage.getItem('websubd-token')"
        self.assertIsNone(self.page.evaluate(kept))
        self.page.button("Forget token")
        self.page.fill("#token", ADMIN)
        self.page.click("#keep")
        self.page.button("Look")
        self.page.see("nav")
        self.assertEqual(self.page.evaluate(kept), ADMIN)
        self.page.button("Forget token")
        self.assertIsNone(self.page.evaluate(kept))

    def test_who_reads_sees_everything_and_changes_nothing(self):
        callback = self.system.subscriber().callback("/a")
        self.system.activate(TOPIC, callback)
        self.enter(place("subscriptions", topic=TOPIC, callback=callback.url),
                   token=READER)
        self.page.see("#link >> text=for reading only")
        for name in ("Pause", "Try now", "Send a test event", "Delete"):
            self.page.see(f'role=button[name="{name}"][disabled]')
        self.look("reading")

    def test_redis_away_and_the_hub_away_are_said(self):
        self.enter("shards")
        self.page.see("tbody tr")
        self.redis.stop()
        self.page.see("role=alert >> text=Look at GET /readyz")
        self.page.shot("redis-away")
        self.redis.start()
        self.page.gone("role=alert")
        self.page.see("#link.good")
        self.system.program("hub").stop()
        self.page.see("role=alert >> text=The hub does not respond")
        self.clean()
        self.system.start("hub")
        self.page.gone("role=alert")

    def test_what_strangers_wrote_is_text(self):
        topic = "http://publisher.example/" + "%3Cscript%3E"
        callback = self.system.subscriber().callback("/'%22%3E" + "x")
        key, td, cd = (self.system.store.key, digest(topic),
                       digest(callback.url))
        self.redis.call("HSET", key(topic, f"topic:{td}"), "t",
                        topic + SCRIPT)
        self.redis.call("HSET", key(topic, f"sub:{td}"), cd,
                        f"1 9999999999 3600 7 - {callback.url}{SCRIPT} -"
                        .replace("img src", "img/src"))
        self.redis.call("ZADD", key(topic, "subs:"), 0, f"{td}:{cd}")
        self.redis.call("XADD", key(topic, "dead"), "*", "v", "1", "e", "1-1",
                        "c", cd, "n", "1", "t", SCRIPT, "u", SCRIPT, "why",
                        SCRIPT)
        self.redis.call("XADD", key(topic, "rejected"), "*", "v", 1, "from",
                        "log", "id", "1-1", "why", SCRIPT, "t", SCRIPT)
        answer = self.system.push(TOPIC, SCRIPT.encode(), "text/html")
        event = json.loads(answer.body)["id"]
        self.enter("trouble")
        self.page.see('section:has-text("Rejected entries") >> '
                      'td:has-text("<script>")')
        self.clean()
        for panel in ("subscriptions", "letters", "events",
                      place("events", id=event)):
            self.page.go(panel)
            wait_until(lambda: self.page.text().count("\n") > 3, panel)
            self.clean()
            self.assertEqual(self.page.count("main script, main img"), 0)
        self.page.button("Text")
        self.page.see('pre:has-text("<script>alert(1)</script>")')

    def test_each_panel_at_both_widths_in_both_themes(self):
        for width, theme in ((400, "light"), (1400, "dark")):
            self.enter(width=width, theme=theme)
            for panel in PANELS:
                self.page.go(panel)
                self.page.see("#link.good")
                self.page.see("main h2")
                self.look(f"{panel}-{width}-{theme}")

    def test_the_keyboard_is_enough(self):
        callback = self.system.subscriber().callback("/a")
        self.system.activate(TOPIC, callback)
        self.page.open(self.hub.url + "dashboard#now")
        self.page.evaluate("document.getElementById('token').focus()")
        self.page.fill("#token", ADMIN)
        self.page.press("Enter")
        self.page.see("nav")
        self.tab_to("Subscriptions")
        self.page.press("Enter")
        self.page.see("tbody tr")
        self.tab_to("open")
        self.page.press("Enter")
        self.page.see('role=button[name="Delete"]')
        self.tab_to("Delete")
        self.page.press("Enter")
        self.page.see("#ask")
        self.page.press("Escape")
        self.page.gone("#ask")
        wait_until(lambda: self.focused() == "Delete",
                   "the focus is where it was")

    def focused(self):
        return self.page.evaluate("document.activeElement.textContent")

    def tab_to(self, name):
        for _ in range(60):
            if self.focused() == name:
                return
            self.page.press("Tab")
        raise AssertionError(f"the keyboard does not come to {name}")


class Many(DashboardTest):
    settings = {"shards": 256, "roles": ("hub", "spreader")}

    def is_quick(self):
        """Whether no task of the page was long in two updates; the machine may
        be busy with other things meanwhile, so in some two."""
        return self.page.evaluate("""
            globalThis.longest = 0,
            new Promise((done) => setTimeout(() => done(longest), 4500))
            """) < LONGEST_MS

    def test_ten_thousand_subscriptions_and_256_shards_stay_quick(self):
        td = digest(TOPIC)
        key = self.system.store.key
        self.redis.call("HSET", key(TOPIC, f"topic:{td}"), "t", TOPIC)
        for n in range(10):
            urls = [f"http://127.0.0.1:9/{n}/{i}" for i in range(1000)]
            cds = [digest(url) for url in urls]
            self.redis.call("HSET", key(TOPIC, f"sub:{td}"), *[
                word for cd, url in zip(cds, urls)
                for word in (cd, f"1 9999999999 3600 7 - {url} -")])
            self.redis.call("ZADD", key(TOPIC, "subs:"), *[
                word for cd in cds for word in (0, f"{td}:{cd}")])
        self.enter()
        for panel in ("now", "shards", "subscriptions"):
            self.page.go(panel)
            self.page.see("main h2")
            if panel != "now":
                self.page.see("tbody tr")
                self.page.button("Next page")
                self.page.see("main >> text=Page 2")
            wait_until(self.is_quick, f"{panel} does not freeze the page")
        self.clean()


class People(DashboardTest):
    def test_the_page_for_people(self):
        good = self.system.subscriber().callback("/good")
        bad = self.system.subscriber().callback("/bad")
        bad.next_confirm(status(404), status(404))
        for width, theme in ((400, "dark"), (1400, "light")):
            self.page.open(self.hub.url, width=width, theme=theme)
            self.page.see("#status >> text=It is healthy.")
            self.look(f"front-{width}")
        self.assertIn(self.hub.url, self.page.text())
        self.assertNotIn(ADMIN, self.page.text())
        for callback, said in ((good, "the subscription is active"),
                               (bad, "There is no subscription")):
            self.page.field("Topic", TOPIC)
            self.page.field("Callback", callback.url)
            self.page.button("Subscribe")
            self.page.see(f"#outcome >> text={said}")
        self.page.field("Topic", "no topic")
        self.page.button("Subscribe")
        self.page.see("#outcome.unhealthy >> text=hub.topic")
        self.clean()
        self.page.button("Copy")
        self.system.wait_active(TOPIC, good)


if __name__ == "__main__":
    skipped.main()
