"""What a hub answers by its settings: a hub that has moved, an unsubscription
of nothing, a topic's last fetch."""

import html
import json
import re
import shlex
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.keys import digest
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
CALLBACK = "http://subscriber.example/cb"


class RedirectTo(SystemTest):
    NEW = "https://new.example/hub?x=1"

    def setUp(self):
        self.hub = self.start_system(roles=("hub",),
                                     redirect_to=self.NEW).hub

    def test_requests_are_sent_to_the_new_hub(self):
        before = self.system.redis.snapshot()
        for path in ("/", "/subscriptions"):
            for fields in ([("hub.mode", "subscribe"), ("hub.topic", TOPIC),
                            ("hub.callback", CALLBACK)],
                           [("hub.mode", "publish"), ("hub.url", TOPIC)], []):
                answer = self.hub.form(fields, path=path)
                self.assertEqual(answer.status, 308)
                self.assertEqual(answer.headers["Location"], self.NEW)
        answer = self.hub.request("POST", "/", b"{}")
        self.assertEqual(answer.status, 308)
        self.assertEqual(self.system.redis.snapshot(), before)

    def test_the_rest_is_served_here(self):
        self.assertEqual(self.hub.get("/").status, 200)
        self.assertEqual(self.hub.push(TOPIC, b"1").status, 202)


class PublicUrl(SystemTest):
    """The page for people has lines for a shell, whatever the URL looks like."""

    def words(self, public_url):
        self.start_system(roles=("hub",), public_url=public_url)
        page = self.system.hub.get("/", {"Accept": "text/html"}).body.decode()
        self.system.close()
        lines = [html.unescape(line) for line in
                 re.findall(r"<pre><code>(.*?)</code></pre>", page, re.DOTALL)]
        return [shlex.split(line)[-1] for line in lines
                if line.startswith("curl -i")]

    def test_the_lines_lead_to_the_hub(self):
        for url, below in (("https://hub.example", "https://hub.example/"),
                           ("https://hub.example/", "https://hub.example/"),
                           ("https://hub.example/websub",
                            "https://hub.example/websub/"),
                           ("https://hub.example/it's&a",
                            "https://hub.example/it's&a/")):
            self.assertEqual(self.words(url), [
                url, url, below + "publish?hub.topic=orders.created"])


class UnknownUnsubscribe(SystemTest):
    def test_reject_answers_404(self):
        self.start_system(unknown_unsubscribe="reject")
        before = self.system.redis.snapshot()
        answer = self.system.hub.unsubscribe(TOPIC, CALLBACK)
        self.assertEqual(answer.status, 404, answer)
        self.assertEqual(self.system.redis.snapshot(), before)
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback)
        self.assertEqual(
            self.system.hub.unsubscribe(TOPIC, callback.url).status, 202)
        self.system.wait_gone(TOPIC, callback)
        self.assertEqual(
            self.system.hub.unsubscribe(TOPIC, callback.url).status, 404)


class Ordered(SystemTest):
    def test_it_is_asked_for_and_taken_back(self):
        hub = self.start_system(roles=("hub",), verify="off").hub
        store = self.system.store
        for given, ordered in (("true", True), ("false", False),
                               ("true", True), (None, False)):
            answer = hub.form([
                ("hub.mode", "subscribe"), ("hub.topic", TOPIC),
                ("hub.callback", CALLBACK),
                *([("hub.websubd.ordered", given)] if given else [])])
            self.assertEqual(answer.status, 202)
            self.assertIs(store.record(TOPIC, CALLBACK).ordered, ordered)

    def test_its_request_waits_for_the_verification(self):
        hub = self.start_system(roles=("hub",)).hub
        hub.form([("hub.mode", "subscribe"), ("hub.topic", TOPIC),
                  ("hub.callback", CALLBACK), ("hub.websubd.ordered", "true")])
        name = f"request:{digest(TOPIC)}:{digest(CALLBACK)}:s"
        self.assertEqual(self.system.redis.call(
            "HGET", self.system.store.key(TOPIC, name), "o"), b"1")


class LastFetch(SystemTest):
    def setUp(self):
        self.start_system(max_attempts=1, admin_token="root")
        self.publisher = self.system.publisher()
        self.topic = self.publisher.url + "/feed"

    def fetched(self):
        answer = self.system.hub.topic(self.topic)
        return json.loads(answer.body) if answer.status == 200 else None

    def announce_until(self, status):
        """Announces, and waits until a fetch with that status is shown."""
        self.system.announce(self.topic)
        wait_until(lambda: (self.fetched() or {}).get("fetch", {})
                   .get("status") == status, f"a fetch with {status}")
        return self.fetched()

    def test_why_no_response_came_is_for_operators(self):
        """Else strangers learn how names resolve here, and which ports are
        open."""
        closed = self.system.publisher()
        closed.close()
        errors = {}
        for name, topic in (("port", closed.url + "/feed"),
                            ("name", "http://no-such-name.invalid/feed"),
                            ("fine", self.topic)):
            self.publisher.resources["/feed"] = lambda _: Answer(503)
            self.topic = topic
            self.system.activate(
                topic, self.system.subscriber().callback("/cb"))
            self.announce_until(503 if name == "fine" else 0)
            errors[name] = self.fetched()["fetch"]["error"]
            detail = json.loads(self.system.hub.topic(
                topic, {"Authorization": "Bearer root"}).body)
            errors[name, "detail"] = detail["fetch"]["error"]
        self.assertEqual(errors["port"], "the topic can't be fetched")
        self.assertEqual(errors["name"], errors["port"])
        self.assertIn("onnect", errors["port", "detail"])
        self.assertIn("esolv", errors["name", "detail"])
        self.assertEqual(errors["fine"], "HTTP status 503")
        self.assertEqual(errors["fine", "detail"], errors["fine"])

    def test_it_is_shown(self):
        answers = [Answer(403), Answer(200, b"x")]
        self.publisher.resources["/feed"] = lambda _: answers.pop(0)
        self.assertEqual(self.system.hub.topic(self.topic).status, 404)
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(self.topic, callback)
        self.assertEqual(self.system.hub.topic(self.topic).status, 404,
                         "a subscriber is not shown")
        failed = self.announce_until(403)
        self.assertEqual(failed["topic"], self.topic)
        self.assertEqual(set(failed), {"topic", "fetch"})
        self.assertEqual(set(failed["fetch"]),
                         {"status", "error", "at", "failures"})
        self.assertGreater(failed["fetch"]["at"], 1600000000)
        self.assertEqual(failed["fetch"]["failures"], 1)
        self.assertIn("403", failed["fetch"]["error"])
        fine = self.announce_until(200)
        self.assertEqual((fine["fetch"]["error"], fine["fetch"]["failures"]),
                         ("", 0))
        self.assertNotIn(callback.url, json.dumps(fine))

    def test_bad_topics_are_refused(self):
        for path in ("/topics", "/topics?hub.topic=", "/topics?hub.topic=x/",
                     "/topics?hub.topic=%zz",
                     "/topics?hub.topic=http%3A%2F%2Fa%2F"
                     "&hub.topic=http%3A%2F%2Fa%2F"):
            self.assertEqual(self.system.hub.get(path).status, 400, path)


if __name__ == "__main__":
    unittest.main()
