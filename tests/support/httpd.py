"""An HTTP server whose every answer is scripted by the test.

    server = Server()
    server.resources["/path"] = lambda request: Answer(204)

Threads, one for each connection; keep-alive; port 0.  A resource may hold its
answer back for as long as the test wants (a gate), or let it drip.
"""

import http.server
import socket
import socketserver
import threading
import time

GATE_MAX_S = 60  # no thread outlives a test that forgot to open its gate


class Request:
    """What arrived."""

    def __init__(self, handler, body):
        self.method = handler.command
        self.target = handler.path
        self.path, _, self.query = handler.path.partition("?")
        self.headers = handler.headers
        self.body = body
        self.at = time.monotonic()


class Answer:
    """What is answered, and when.  A header whose value is a list comes once for
    each.

    `gate`: a threading.Event that the answer waits for.  `drip`: the "status"
    line or the "body" comes without end, a byte every 100 ms.  `hang_up`: the
    connection is closed in place of an answer.  `takes_s`: how long a slow
    subscriber works before it answers."""

    def __init__(self, status=200, body=b"", headers=None, gate=None,
                 drip=None, hang_up=False, takes_s=0):
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.gate = gate
        self.drip = drip
        self.hang_up = hang_up
        self.takes_s = takes_s


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    disable_nagle_algorithm = True

    def do_GET(self):
        size = int(self.headers.get("Content-Length") or 0)
        request = Request(self, self.rfile.read(size))
        answer = self.server.answer_to(request)
        if answer.gate is not None:
            answer.gate.wait(GATE_MAX_S)
        self.server.closing.wait(answer.takes_s)
        if answer.hang_up:
            self.close_connection = True
            return
        if answer.drip == "status":
            self._drip(b"HTTP/1.1 %d " % answer.status)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        if answer.drip == "body":
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self._drip(b"")
            return
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_POST = do_GET

    def _drip(self, first):
        self.wfile.write(first)
        end = time.monotonic() + GATE_MAX_S
        while time.monotonic() < end and not self.server.closing.wait(0.1):
            self.wfile.write(b".")
            self.wfile.flush()

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    """Listens from its creation on; close() ends it."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, host="127.0.0.1", port=0):
        super().__init__((host, port), _Handler)
        self.resources = {}
        self.connections = 0
        self.reached = []  # our address of each connection
        self.strays = []  # requests that no resource was made for
        self.closing = threading.Event()
        self._open = set()  # the connections' sockets
        self.port = self.server_address[1]
        self.url = f"http://{host}:{self.port}"
        threading.Thread(target=self.serve_forever, args=(0.05,),
                         daemon=True).start()

    def process_request(self, request, client_address):
        self.connections += 1
        self.reached.append(request.getsockname()[0])
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self._open.discard(request)
        super().shutdown_request(request)

    def answer_to(self, request):
        resource = self.resources.get(request.path)
        if resource is None:
            self.strays.append(request)
            return Answer(404)
        return resource(request)

    def handle_error(self, request, client_address):
        """A client that cut the connection is part of many tests."""

    def hang_up(self):
        """Ends all connections; new ones are taken."""
        for link in list(self._open):
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed meanwhile

    def close(self):
        """Stops to listen and drops every connection."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        self.hang_up()
