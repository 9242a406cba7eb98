"""What the dashboard and the page for people ask beside the admin API as it was:
the stream, rejected entries, a push by an operator, how a request stands."""

import json
import socket
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN, AdminSystemTest
from support.hub import Hub
from support.subscriber import status
from support.wait import wait_until

TOPIC = "orders.created"


class Listener:
    """A stream of the admin API."""

    def __init__(self, address, token):
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=20)
        self._socket.sendall(f"GET /admin/stream HTTP/1.1\r\nHost: {host}\r\n"
                             f"Authorization: Bearer {token}\r\n\r\n".encode())
        self._file = self._socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])

    def event(self, name):
        """The data of the next event of that name."""
        wanted = f"event: {name}\n".encode()
        for line in self._file:
            if line == wanted:
                return json.loads(self._file.readline()[len("data: "):])
        raise AssertionError("the stream has ended")

    def ends(self):
        try:
            return self._file.read() is not None
        except ConnectionError:
            return True

    def close(self):
        self._file.close()
        self._socket.close()


class Looking(AdminSystemTest):
    roles = ("hub", "spreader", "deliver")
    settings = {"publish_token": "publisher"}

    def listener(self, token=ADMIN):
        made = Listener(self.hub.address, token)
        self.addCleanup(made.close)
        return made

    def tell_events(self, seen):
        """Cluster events, until one is seen: the hub reads those that come once
        it reads."""
        while not seen.wait(timeout=0.5):
            self.redis.call("XADD", "websub:{c}:events", "*", "v", 1, "k",
                            "machine_added", "n", "other")

    def test_who_listens_is_told_when_to_look(self):
        first, second = self.listener(), self.listener()
        for listener in (first, second):
            self.assertEqual(listener.status, 200)
            self.assertTrue(listener.event("now")["redis"])
        seen = threading.Event()
        self.addCleanup(seen.set)
        threading.Thread(target=self.tell_events, args=(seen,)).start()
        for listener in (first, second):
            self.assertEqual(listener.event("cluster"),
                             {"kind": "machine_added", "instance": "other"})
        seen.set()
        self.assertEqual(self.listener("wrong").status, 401)

    def test_redis_away_is_told_and_the_stream_goes_on(self):
        listener = self.listener()
        self.assertTrue(listener.event("now")["redis"])
        self.redis.stop()
        while listener.event("now")["redis"]:
            pass
        self.redis.start()
        while not listener.event("now")["redis"]:
            pass

    def test_a_hub_that_ends_ends_its_streams(self):
        listener = self.listener()
        listener.event("now")
        self.system.program("hub").terminate()
        self.assertTrue(listener.ends())
        self.system.program("hub").stop()

    def test_there_are_so_many_streams_at_most(self):
        listeners = [self.listener() for _ in range(16)]
        self.assertEqual({each.status for each in listeners}, {200})
        other = Hub(self.hub.address, source="127.0.0.2")
        more = [other.stream(
            b"GET /admin/stream HTTP/1.1\r\nHost: a\r\n"
            b"Authorization: Bearer " + ADMIN.encode() + b"\r\n\r\n")
            for _ in range(17)]
        for each in more:
            self.addCleanup(each.close)
        found = [each.line().split()[1] for each in more]
        self.assertEqual(found, [b"200"] * 16 + [b"503"])

    def test_an_operator_publishes_without_a_publishers_token(self):
        callback = self.system.subscriber().callback("/a")
        self.system.activate(TOPIC, callback)
        path = f"/admin/publish?hub.topic={TOPIC}"
        headers = {"Content-Type": "application/json"}
        body = b'{"token":"s3cret","topic":"of the body"}'
        for token, code in (("publisher", 401), (ADMIN, 202)):
            answer = self.hub.request("POST", path, body, {
                **headers, "Authorization": f"Bearer {token}"})
            self.assertEqual(answer.status, code, answer)
        self.assertEqual(callback.wait_deliveries()[0].body, body)
        row, = self.get("/admin/audit")["audit"]
        self.assertEqual((row["path"], row["detail"]),
                         ("/admin/publish", {"hub.topic": TOPIC}))

    def test_rejected_entries_are_listed(self):
        self.assertEqual(self.get("/admin/rejected"), {"rejected": []})
        key = self.system.store.key(TOPIC, "log")
        for _ in range(3):
            self.redis.call("XADD", key, "*", "v", "1", "t", "")
        wait_until(lambda: len(self.get("/admin/rejected")["rejected"]) == 3,
                   "three are rejected")
        rows = self.pages("/admin/rejected", "rejected", limit=2)
        self.assertEqual([(row["from"], row["topic"], bool(row["why"]))
                          for row in rows], [("log", "", True)] * 3)

    def test_entries_that_can_not_be_read_hide_no_others(self):
        rejected = [f"websub:{{{n}}}:rejected" for n in range(2)]
        for n in range(12):
            fields = {"v": 1, "from": "log", "id": f"{n}-1", "why": "wrong"}
            for field in ("from", "why") if n % 4 else ():
                del fields[field]
            for key in rejected:
                self.redis.call("XADD", key, f"{1000 + n}-0", *(
                    part for pair in fields.items() for part in pair))
        for limit in (1, 2, 3, 50):
            rows = self.pages("/admin/rejected", "rejected", limit=limit)
            self.assertEqual([row["entry"] for row in rows],
                             [f"{n}-1" for n in (8, 8, 4, 4, 0, 0)], limit)

    def stands(self, callback, **headers):
        answer = self.hub.get(f"/verification?hub.topic={TOPIC}&hub.callback="
                              + callback.url, headers)
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def state(self, callback):
        return self.stands(callback)["state"]

    def test_a_renewal_is_known_by_another_text(self):
        callback = self.system.subscriber().callback("/a")
        self.system.activate(TOPIC, callback)
        first = self.stands(callback)["confirmed"]
        callback.next_confirm(status(404))
        self.system.request(TOPIC, callback)
        wait_until(lambda: len(callback.verifications) == 2 and
                   self.state(callback) == "active", "the renewal is refused")
        self.assertEqual(self.stands(callback)["confirmed"], first)
        self.system.request(TOPIC, callback)
        wait_until(lambda: self.stands(callback).get("confirmed") not in
                   (None, first), "it is confirmed")

    def test_how_a_request_stands(self):
        callback = self.system.subscriber().callback("/a")
        gate = self.gate()
        callback.next_confirm(lambda challenge: self.held(gate, challenge))
        self.assertEqual(self.state(callback), "none")
        self.system.request(TOPIC, callback)
        self.assertEqual(self.state(callback), "waiting")
        gate.set()
        wait_until(lambda: self.state(callback) == "active", "it is active")
        refuses = self.system.subscriber().callback("/b")
        refuses.next_confirm(status(404))
        self.system.request(TOPIC, refuses)
        wait_until(lambda: self.state(refuses) == "none", "it is refused")
        answer = self.hub.get("/verification")
        self.assertEqual(answer.status, 400)
        self.assertIn(b"hub.topic", answer.body)
        self.assertIn(b"hub.callback", answer.body)

    @staticmethod
    def held(gate, challenge):
        gate.wait(timeout=20)
        return status(200)(challenge)

    def test_where_subscribing_has_a_token_so_has_that(self):
        hub = self.system.start("hub", listen="127.0.0.1:0",
                                subscribe_token="subscriber")
        address = hub.address()
        path = f"/verification?hub.topic={TOPIC}&hub.callback=http://a.example/"
        for headers, code in (({}, 401), (
                {"Authorization": "Bearer subscriber"}, 200)):
            self.assertEqual(Hub(address).get(path, headers).status, code)


if __name__ == "__main__":
    unittest.main()
