"""A publisher in Python's standard library: serves one feed that names its
hub, and announces every change.

Usage: publisher.py HUB

Each line on standard input is the feed's new content.  Every line it prints
is a JSON object.
"""

import hashlib
import http.server
import json
import sys
import threading
import urllib.parse
import urllib.request

_OUTPUT = threading.Lock()


def say(event, **fields):
    with _OUTPUT:
        print(json.dumps({"event": event, **fields}), flush=True)


class Feed(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.content
        tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        same = self.headers["If-None-Match"] == tag
        self.send_response(304 if same else 200)
        self.send_header("Link", f'<{self.server.hub}>; rel="hub"')
        self.send_header("Link", f'<{self.server.url}>; rel="self"')
        self.send_header("ETag", tag)
        if not same:
            self.send_header("Content-Type", "application/atom+xml")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if same else body)
        say("fetched", agent=self.headers["User-Agent"], unchanged=same)

    def log_message(self, *_):
        pass


def announce(server):
    form = {"hub.mode": "publish", "hub.url": server.url}
    data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(server.hub, data) as answer:
        say("answered", status=answer.status)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    server.hub = sys.argv[1]
    server.url = f"http://127.0.0.1:{server.server_port}/feed"
    server.content = b""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say("listen", url=server.url)
    for line in sys.stdin:
        server.content = line.encode()
        announce(server)


if __name__ == "__main__":
    main()
