"""A subscriber in Python's standard library, as its author would write it
from the Recommendation alone.

Usage: subscriber.py TOPIC SECRET

Finds the hub in the topic's Link header, subscribes, confirms what it asked
for and nothing else, and prints every content whose signature is right.
"unsubscribe" on standard input ends the subscription, the end of the input
ends the program.  Every line it prints is a JSON object.
"""

import hmac
import http.server
import json
import re
import sys
import threading
import urllib.parse
import urllib.request

_OUTPUT = threading.Lock()
_LINK = re.compile(r'<([^>]*)>\s*;\s*rel="?([^",;]*)"?')


def say(event, **fields):
    with _OUTPUT:
        print(json.dumps({"event": event, **fields}), flush=True)


def links(header):
    return {rel: url for url, rel in _LINK.findall(header or "")}


class Callback(http.server.BaseHTTPRequestHandler):
    """The secret callback of one subscription."""

    def do_GET(self):
        query = urllib.parse.urlsplit(self.path).query
        asked = dict(urllib.parse.parse_qsl(query))
        wanted = (self.server.mode, self.server.topic)
        if (asked.get("hub.mode"), asked.get("hub.topic")) != wanted:
            self.send_error(404)
            return
        self.answer(200, asked["hub.challenge"].encode())
        say("verified", mode=asked["hub.mode"],
            lease=asked.get("hub.lease_seconds"))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        method, _, given = (self.headers["X-Hub-Signature"]
                            or "").partition("=")
        right = hmac.new(self.server.secret, body, method or "sha256")
        genuine = hmac.compare_digest(right.hexdigest(), given)
        self.answer(202, b"")
        say("content" if genuine else "forged", body=body.decode(),
            method=method, links=links(self.headers["Link"]),
            type=self.headers["Content-Type"])

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def discover(url):
    """The hub and the canonical URL of a topic."""
    with urllib.request.urlopen(url) as page:
        found = links(", ".join(page.headers.get_all("Link")))
    return found["hub"], found["self"]


def ask(server, hub, mode):
    server.mode = mode
    form = {"hub.mode": mode, "hub.topic": server.topic,
            "hub.callback": f"http://127.0.0.1:{server.server_port}/a%20b?id=1",
            "hub.secret": server.secret.decode(), "hub.lease_seconds": "7200"}
    data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(hub, data) as answer:
        say("answered", mode=mode, status=answer.status)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Callback)
    server.secret = sys.argv[2].encode()
    hub, server.topic = discover(sys.argv[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ask(server, hub, "subscribe")
    for line in sys.stdin:
        ask(server, hub, line.strip())


if __name__ == "__main__":
    main()
