"""GET /stream for clients of others: the EventSource of a browser (headless
Chromium), and curl."""

import json
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import skipped
from support.browser import Browser, Page
from support.child import die_with_parent
from support.hub import Hub
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
TOKEN = "a+b/c="
# Says what its EventSource does; `url` and `names` come before it.
SOURCE = """<!DOCTYPE html>
<script>
const url = %s, names = %s;
const source = new EventSource(url);
source.onopen = () => say('opened');
source.onerror = () => say('error', {closed: source.readyState === 2});
for (const name of names)
    source.addEventListener(name, e => say(
        'message', {name: e.type, id: e.lastEventId, data: e.data}));
</script>
"""
CLOSED, RECONNECTS = {"event": "error", "closed": True}, {"event": "error",
                                                          "closed": False}


class StreamTest(SystemTest):
    def start(self, **settings):
        """A hub for the client, and another one for publishers, since the first
        one is to be away for a while."""
        self.start_system(roles=("hub", "spreader"), publish_open="yes",
                          **settings)
        self.first = self.system.programs[0]
        program = self.system.start("hub", listen="127.0.0.1:0")
        self.other = Hub(program.address())

    def start_first_again(self, **settings):
        self.first = self.system.start("hub", **settings)

    def push(self, body, topic=TOPIC, kind="text/plain"):
        response = self.other.push(topic, body, kind)
        self.assertEqual(response.status, 202)
        return json.loads(response.body)["id"]

    def wait_streams(self, count):
        wait_until(lambda: self.first.metric("websubd_hub_streams") == count,
                   f"{count} streams")

    def lose_all(self):
        """What was pushed leaves the log by retention."""
        bases = list(self.system.store.bases())
        wait_until(lambda: not sum(self.system.redis.call("XLEN", base + "log")
                                   for base in bases),
                   "the events leave the log")

    def url(self, *topics, **fields):
        query = [("hub.topic", topic) for topic in topics]
        return (self.system.hub.url + "stream?" +
                urllib.parse.urlencode(query + list(fields.items())))


class EventSource(StreamTest):
    def page(self):
        page = Page()
        self.addCleanup(page.close)
        return page

    def start_for(self, *pages, **settings):
        """The hub lets the pages in."""
        self.start(cors_origins=", ".join(page.url for page in pages),
                   **settings)

    def open(self, page, *topics, names=None, **fields):
        page.show(SOURCE % (json.dumps(self.url(*topics, **fields)),
                            json.dumps(list(names or topics))))
        browser = Browser(page.url)
        self.addCleanup(browser.close)

    def open_page(self, *topics, **options):
        """A page that the hub lets in, with an open stream."""
        page = self.page()
        self.start_for(page, **options.pop("settings", {}))
        self.open(page, *topics, **options)
        page.wait("opened")
        self.wait_streams(1)
        return page

    def data(self, page, count):
        return [said["data"] for said in page.wait("message", count)]

    def test_it_gets_events(self):
        page = self.open_page(
            TOPIC, "a.b", names=[TOPIC, TOPIC + ";base64", "a.b", "a.b.c"])
        pushed = [(TOPIC, b"one"), ("a.b", "zw\u00f6lf".encode()),
                  ("a.b.c", b'{"n":\r\n 3}'), (TOPIC, b""),
                  (TOPIC, b"\xff\x00")]
        expected = []
        for (topic, body), (name, data) in zip(pushed, [
                (TOPIC, "one"), ("a.b", "zw\u00f6lf"),
                ("a.b.c", '{"n":\n 3}'), (TOPIC, ""),
                (TOPIC + ";base64", "/wA=")]):
            event = self.push(body, topic)
            expected.append({"event": "message", "name": name, "id": event,
                             "data": data})
            self.assertEqual(page.wait("message", len(expected)), expected)

    def test_it_comes_back_by_itself_and_loses_nothing(self):
        """The hub is killed, and later ends in order."""
        page = self.open_page(TOPIC)
        self.push(b"0")
        self.data(page, 1)
        for n, end in enumerate((self.first.kill, self.terminate), 1):
            end()
            self.assertEqual(page.wait("error", n)[-1], RECONNECTS)
            for m in range(3):
                self.push(b"%d%d" % (n, m))
            self.start_first_again()
            page.wait("opened", n + 1)
            self.push(b"%d live" % n)
            self.data(page, 1 + 4 * n)
        self.assertEqual(self.data(page, 9), [
            "0", "10", "11", "12", "1 live", "20", "21", "22", "2 live"])

    def terminate(self):
        self.first.terminate()
        self.first.close()

    def test_it_hears_of_a_gap(self):
        page = self.open_page(TOPIC, names=[TOPIC, "gap"],
                              settings={"retention_s": 1})
        event = self.push(b"1")
        self.data(page, 1)
        self.first.kill()
        for n in range(3):
            self.push(b"lost %d" % n)
        self.lose_all()
        self.start_first_again()
        self.assertEqual(page.wait("message", 2)[1], {
            "event": "message", "name": "gap", "id": event,
            "data": '{"missed":3}'})
        self.push(b"2")
        self.assertEqual(self.data(page, 3)[2], "2")

    def test_pages_of_other_origins_get_nothing(self):
        allowed, refused = self.page(), self.page()
        self.start_for(allowed)
        self.open(refused, TOPIC)
        self.assertEqual(refused.wait("error")[-1], CLOSED)
        self.open(allowed, TOPIC)
        allowed.wait("opened")
        self.push(b"1")
        self.assertEqual(self.data(allowed, 1), ["1"])
        self.assertEqual(refused.named("opened") + refused.named("message"),
                         [])

    def test_without_cors_origins_no_page_gets_anything(self):
        page = self.page()
        self.start()
        self.open(page, TOPIC)
        self.assertEqual(page.wait("error")[-1], CLOSED)
        self.assertEqual(page.named("opened"), [])

    def test_a_token_in_the_url(self):
        right, wrong = self.page(), self.page()
        self.start_for(right, wrong, hub_only={"subscribe_token": TOKEN})
        self.open(wrong, TOPIC, access_token="other")
        self.assertEqual(wrong.wait("error")[-1], CLOSED)
        self.open(right, TOPIC, access_token=TOKEN)
        right.wait("opened")
        self.push(b"1")
        self.assertEqual(self.data(right, 1), ["1"])
        self.assertEqual(wrong.named("opened"), [])


class Curl(StreamTest):
    def setUp(self):
        if shutil.which("curl") is None:
            self.skipTest("curl is not installed (client_packages of "
                          "dev/packages.sh)")

    def curl(self, *words):
        """A curl that streams; its output is a pipe."""
        process = subprocess.Popen(
            ["curl", "-sSN", "--noproxy", "*", *words],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.kill)
        return process

    def frame(self, process):
        """The next lines up to an empty one."""
        lines = []
        while (line := process.stdout.readline()) not in (b"\n", b""):
            lines.append(line.decode().rstrip("\n"))
        return lines

    def open(self, *words):
        process = self.curl(*words)
        self.assertEqual(self.frame(process), ["retry: 1000"])
        return process

    def test_it_gets_events(self):
        self.start()
        process = self.open(self.url(TOPIC, "a.b"))
        for topic, body, data in ((TOPIC, b"one", ["one"]),
                                  ("a.b.c", b"1\n2", ["1", "2"])):
            event = self.push(body, topic)
            self.assertEqual(self.frame(process), [
                f"id: {event}", f"event: {topic}",
                *(f"data: {line}" for line in data)])
        event = self.push(b"\xff\x00")
        self.assertEqual(self.frame(process), [
            f"id: {event}", f"event: {TOPIC};base64", "data: /wA="])

    def test_it_goes_on_after_the_hub_was_killed(self):
        self.start()
        process = self.open(self.url(TOPIC))
        event = self.push(b"0")
        self.assertEqual(self.frame(process)[0], f"id: {event}")
        self.first.kill()
        self.assertNotEqual(process.wait(30), 0, "the response was cut")
        events = [self.push(b"%d" % n) for n in range(1, 4)]
        self.start_first_again()
        for words in (["-H", f"Last-Event-ID: {event}", self.url(TOPIC)],
                      [self.url(TOPIC, **{"Last-Event-ID": event})]):
            process = self.open(*words)
            self.assertEqual([self.frame(process)[0] for _ in range(3)],
                             [f"id: {later}" for later in events])

    def test_it_hears_of_a_gap(self):
        self.start(retention_s=1)
        process = self.open(self.url(TOPIC))
        event = self.push(b"0")
        self.assertEqual(self.frame(process)[0], f"id: {event}")
        for n in range(1, 3):
            self.push(b"%d" % n)
            self.frame(process)
        self.lose_all()
        process = self.open("-H", f"Last-Event-ID: {event}", self.url(TOPIC))
        self.assertEqual(self.frame(process),
                         ["event: gap", 'data: {"missed":2}'])

    def test_a_token(self):
        self.start(hub_only={"subscribe_token": TOKEN})
        bearer = ("-H", f"Authorization: Bearer {TOKEN}")
        for words in ([*bearer, self.url(TOPIC)],
                      [self.url(TOPIC, access_token=TOKEN)]):
            self.open(*words)
        for words in ([self.url(TOPIC)],
                      [self.url(TOPIC, access_token="other")]):
            self.assertEqual(self.curl("-f", *words).wait(30), 22, "a 401")


if __name__ == "__main__":
    skipped.main()
