"""Clients that pull, and what others notice of them."""

import http.client
import threading
import time

from rig import TOPIC, Loop

PROBE_S = 0.001  # between requests that are made again and again
STUCK_S = 30     # without one more message
POLL_S = 0.02


class Pullers:
    """bench-pull, and what has come to it."""

    def __init__(self, system, clients, topic=TOPIC, streams=False, each=True,
                 **options):
        self._system = system
        self._clients, self._streams = clients, streams
        self._loop = Loop("bench-pull", port=system.hub_port, topic=topic,
                          clients=clients, topics=clients if each else 0,
                          stream=int(streams),
                          ids=f"bench-{time.monotonic_ns()}", **options)
        self.pid = self._loop.pid
        self._loop.run("ready")

    def go(self):
        """Has them ask, or stream; returns at once."""
        self._loop.run("go")

    def wait_waiting(self):
        name = ("websubd_hub_streams" if self._streams else
                "websubd_hub_pull_waiting")
        self._system.wait(lambda: self._system.hub_metric(name) ==
                          self._clients, f"all {self._clients} wait")

    def reset(self):
        self._loop.run("reset")

    def wait_messages(self, expected):
        """What has come, once it is so much, or no more comes."""
        last, since = -1, time.monotonic()
        while True:
            told = self._loop.run()
            if told["messages"] >= expected:
                return told
            if told["messages"] != last:
                last, since = told["messages"], time.monotonic()
            elif time.monotonic() - since > STUCK_S:
                return told
            self._system.check()
            time.sleep(POLL_S)

    def close(self):
        self._loop.close()


class Prober:
    """What others notice: the time of requests that have nothing to do with
    pulling, one after the other."""

    def __init__(self, system):
        self._link = http.client.HTTPConnection(system.client.address,
                                                timeout=60)
        self._count = 0

    def ask(self, method, path, body=None, status=200):
        """In ms."""
        began = time.perf_counter()
        self._link.request(method, path, body, {
            "Content-Type": "application/x-www-form-urlencoded"})
        response = self._link.getresponse()
        response.read()
        assert response.status == status, response.status
        return (time.perf_counter() - began) * 1e3

    def healthz(self):
        return self.ask("GET", "/healthz")

    def push(self):
        return self.ask("POST", f"/publish?hub.topic={TOPIC}/nobody", b"x", 202)

    def subscribe(self):
        self._count += 1
        return self.ask(
            "POST", "/", f"hub.mode=subscribe&hub.topic={TOPIC}/silent&"
            f"hub.callback=http://127.0.0.1:9/{self._count}", 202)

    def figures(self, count):
        """p50 and p99 of each kind."""
        for kind in (self.healthz, self.push, self.subscribe):
            times = [kind() for _ in range(count)]
            yield f"{kind.__name__} p50, ms", quantile(times, 0.5)
            yield f"{kind.__name__} p99, ms", quantile(times, 0.99)

    def close(self):
        self._link.close()


def quantile(times, share):
    ranked = sorted(times)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))]


class Watch:
    """Has a probe made again and again while a block runs."""

    def __init__(self, probe):
        self._probe = probe
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.times = []

    def _run(self):
        while not self._ends.is_set():
            self.times.append(self._probe())
            self._ends.wait(PROBE_S)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()
