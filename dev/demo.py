"""The people around the hub, for dev/demo.sh: a subscriber that checks what it
gets, a publisher with a feed.  Standard library only."""

import argparse
import base64
import hashlib
import hmac
import http.server
import json
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

DEADLINE_S = 20
LEASE_S = 3600
SECRET = secrets.token_hex(16)
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title>websubd demo</title>
  <id>{url}</id>
  <updated>{now}</updated>
  <link rel="hub" href="{hub}"/>
  <link rel="self" href="{url}"/>
  <entry>
    <title>Hello</title>
    <id>{url}#{number}</id>
    <updated>{now}</updated>
  </entry>
</feed>
"""


class Failure(Exception):
    """A step that failed, with what to do about it."""


class Demo:
    """What subscriber and publisher know in common."""

    def __init__(self, hub, redis_cli):
        """`redis_cli` are the words of a command for the demo's Redis."""
        self.hub = hub
        self.redis_cli = redis_cli
        self.feed_number = 0
        self.feed_served = b""
        self.watching = False  # print what arrives
        self.arrived = {}  # topic -> (bytes, right signature, time)
        self.confirmed = set()
        self.changed = threading.Condition()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.demo = self
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        self.json_topic = self.url + "/status.json"
        self.feed_topic = self.url + "/feed.atom"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def feed(self):
        """The feed with a new entry, so that every fetch finds news."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.feed_number += 1
        self.feed_served = ATOM.format(
            url=self.feed_topic, hub=self.hub, now=now,
            number=self.feed_number).encode()
        return self.feed_served

    def is_active(self, topic, callback):
        """Whether the subscription is stored: that is a moment after its
        challenge was answered, and what is published earlier is not for it.
        Subscribers need not know; a demo that counts on it does."""
        keys = self.redis("--scan", "--pattern", f"*:sub:{digest(topic)}")
        return any(self.redis("HEXISTS", key, digest(callback)) == ["1"]
                   for key in keys)

    def redis(self, *words):
        """The lines that redis-cli answers."""
        done = subprocess.run([*self.redis_cli, *words],
                              capture_output=True, text=True, check=False)
        return done.stdout.split()

    def note(self, change):
        with self.changed:
            change()
            self.changed.notify_all()

    def wait(self, condition, failure):
        with self.changed:
            if not self.changed.wait_for(condition, DEADLINE_S):
                raise Failure(failure)

    def post(self, path, body, content_type):
        """Sends a request that the hub must accept; returns the answer."""
        request = urllib.request.Request(
            self.hub.rstrip("/") + path, body,
            {"Content-Type": content_type})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Failure(f"The hub answered {error.code}: "
                          f"{error.read().decode().strip()}") from None
        except OSError as error:
            raise Failure(f"The hub cannot be reached ({error}). "
                          "See .demo/hub.log.") from None

    def form(self, **fields):
        return self.post("/", urllib.parse.urlencode(
            {"hub." + name: value for name, value in fields.items()}).encode(),
            "application/x-www-form-urlencoded")


def digest(text):
    """The name of a topic or callback in Redis, see docs/PROTOCOL.md."""
    first = hashlib.sha256(text.encode()).digest()[:16]
    return base64.urlsafe_b64encode(first).decode().rstrip("=")


class Handler(http.server.BaseHTTPRequestHandler):
    """/callback/json and /callback/feed are the subscriber, the rest is the
    publisher."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", content_type="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        demo, url = self.server.demo, urllib.parse.urlsplit(self.path)
        if url.path == "/feed.atom":
            self.answer(200, demo.feed(), "application/atom+xml")
        elif url.path.startswith("/callback/"):
            self.confirm(demo, dict(urllib.parse.parse_qsl(url.query)))
        else:
            self.answer(404)

    def confirm(self, demo, asked):
        """The challenge: we did ask for this topic."""
        topic = asked.get("hub.topic")
        if topic not in (demo.json_topic, demo.feed_topic):
            self.answer(404)
            return
        self.answer(200, asked.get("hub.challenge", "").encode())
        demo.note(lambda: demo.confirmed.add(topic))

    def do_POST(self):
        demo = self.server.demo
        watching = demo.watching  # before the notification ends a step
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        topic = (demo.json_topic if self.path == "/callback/json"
                 else demo.feed_topic)
        method, _, got = (self.headers.get("X-Hub-Signature")
                          or "").partition("=")
        right = method in ("sha1", "sha256", "sha384", "sha512") and \
            hmac.compare_digest(got, hmac.new(
                SECRET.encode(), body, getattr(hashlib, method)).hexdigest())
        demo.note(lambda: demo.arrived.update(
            {topic: (body, right, time.monotonic())}))
        self.answer(204)
        if watching:
            print(f"    {time.strftime('%H:%M:%S')}  {len(body)} bytes of "
                  f"{topic}, signature {'right' if right else 'WRONG'}",
                  flush=True)

    def log_message(self, *_):
        pass


def step(number, name):
    print(f"{number:<4}{name:<16}", end="", flush=True)


def subscribe(demo):
    step(5, "subscribe")
    wanted = ((demo.json_topic, demo.url + "/callback/json"),
              (demo.feed_topic, demo.url + "/callback/feed"))
    for topic, callback in wanted:
        demo.form(mode="subscribe", topic=topic, callback=callback,
                  secret=SECRET, lease_seconds=LEASE_S)
    demo.wait(lambda: len(demo.confirmed) == 2,
              "The challenge did not arrive. See .demo/deliver.log.")
    end = time.monotonic() + DEADLINE_S
    while not all(demo.is_active(*pair) for pair in wanted):
        if time.monotonic() > end:
            raise Failure("The challenge was answered, but the subscription "
                          "is not active. See .demo/deliver.log.")
        time.sleep(0.02)
    print("two topics, both challenges answered", flush=True)


def expect(demo, topic, published, started, see):
    """Waits for the notification and checks it against what `published()`
    returns then."""
    demo.wait(lambda: topic in demo.arrived,
              f"The notification did not arrive. See {see}.")
    got, right, at = demo.arrived[topic]
    if got != published():
        raise Failure(f"The body is not what was published: {got[:80]!r}")
    if not right:
        raise Failure("The signature does not fit the body. "
                      "See .demo/deliver.log.")
    print(f"{len(got)} bytes arrived after {(at - started) * 1000:.0f} ms, "
          "signature right", flush=True)


def push(demo):
    """Content push: the hub gets the document itself."""
    step(6, "content push")
    body = json.dumps({"status": "fine", "at": int(time.time())}).encode()
    query = urllib.parse.urlencode({"hub.topic": demo.json_topic})
    started = time.monotonic()
    demo.post("/publish?" + query, body, "application/json")
    expect(demo, demo.json_topic, lambda: body, started,
           ".demo/spreader.log and .demo/deliver.log")


def announce(demo):
    """Classic WebSub: the hub is told, and fetches the feed."""
    step(7, "announcement")
    started = time.monotonic()
    demo.form(mode="publish", url=demo.feed_topic)
    expect(demo, demo.feed_topic, lambda: demo.feed_served, started,
           ".demo/spreader.log (the fetch) and .demo/deliver.log")


def show_what_to_try(demo):
    hub = demo.hub
    query = urllib.parse.urlencode({"hub.topic": demo.json_topic})
    print(f"""
Hub              {hub}   (also {hub}metrics, {hub}readyz)
Feed             {demo.feed_topic}
Callback         {demo.url}/callback/json

Push a document to the subscriber:
  curl -i -H 'Content-Type: application/json' -d '{{"hello": "world"}}' \\
    '{hub}publish?{query}'

Announce the feed (every fetch finds a new entry):
  curl -i -d hub.mode=publish --data-urlencode hub.url={demo.feed_topic} {hub}

Watch what comes without a callback (docs/PULL.md), in another terminal:
  curl -N '{hub}stream?{query}'

Subscribe a callback of your own:
  curl -i -d hub.mode=subscribe --data-urlencode hub.topic={demo.json_topic} \\
    --data-urlencode hub.callback=http://127.0.0.1:PORT/PATH {hub}

Ctrl-C ends the demo.  What arrives from now on:""", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--redis-cli", required=True)
    parser.add_argument("--redis-socket", required=True)
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: sys.exit(0))
    demo = Demo(options.hub,
                [options.redis_cli, "-s", options.redis_socket])
    try:
        subscribe(demo)
        push(demo)
        announce(demo)
    except Failure as failure:
        print("failed\n", flush=True)
        print(failure, file=sys.stderr)
        return 1
    if options.once:
        print("\nBoth notifications arrived.")
        return 0
    demo.watching = True
    show_what_to_try(demo)
    while True:
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
