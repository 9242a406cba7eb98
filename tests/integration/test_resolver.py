"""Names of hosts: resolved without threads, kept as long as they may be, and
never holding up one another."""

import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.dns import A, AAAA, NXDOMAIN, SERVFAIL, Dns, Name
from support.isolated import (isolated_rebinding, isolated_rebinding_callback,
                              isolated_redis_name, isolated_resolv_conf,
                              isolated_search)
from support.redis import Redis
from support.sink import Sink, send_forms, subscribe_form
from support.system import LONG_TIMEOUTS, SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
MANY = 10000
MANY_DEADLINE_S = 120  # under sanitizers on a loaded machine
WAITING = {**LONG_TIMEOUTS, "timeout_ms": 40000, "connect_timeout_ms": 30000}


class Threads:
    """The most threads that a process had while the block ran."""

    def __init__(self, pid):
        self._path = f"/proc/{pid}/status"
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.most = 0

    def _watch(self):
        while not self._over.wait(0.002):
            with open(self._path, encoding="ascii") as status:
                text = status.read()
            count = int(text.split("Threads:")[1].split()[0])
            self.most = max(self.most, count)

    def __enter__(self):
        self._watcher.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._watcher.join()


class ResolverTest(SystemTest):
    def start(self, servers=None, **settings):
        self.dns = Dns()
        self.addCleanup(self.dns.close)
        self.start_system(
            dns_servers=servers(self.dns) if servers else self.dns.address,
            **settings)
        self.server = self.system.subscriber()

    def named(self, host, path=None, server=None):
        """A callback whose URL has the name for its host."""
        server = server or self.server
        callback = server.callback(path or f"/{host}")
        callback.url = f"http://{host}:{server.port}{path or '/' + host}"
        return callback

    def try_all_again(self, callbacks):
        """Each verification fails, is tried again three times, and is given
        up."""
        for _ in range(3):
            wait_until(lambda: len(self.system.store.delayed())
                       == len(callbacks), "all wait for the next try")
            self.system.make_due()
        for callback in callbacks:
            self.system.wait_decided(TOPIC, callback)

    def push_until(self, condition, what, topic=TOPIC):
        """Publishes one event after the other until the condition holds."""
        def pushed():
            self.system.push(topic, b"event")
            self.system.wait_idle()
            return condition()
        wait_until(pushed, what)


class Answers(ResolverTest):
    def test_host_and_port_stay_those_of_the_url(self):
        self.start()
        self.dns.names["Sub.Test".lower()] = Name("127.0.0.1")
        callback = self.named("Sub.Test")
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        host = callback.wait_deliveries()[0].headers["Host"]
        self.assertEqual(host, f"Sub.Test:{self.server.port}")

    def test_each_answer_that_leads_to_an_address(self):
        self.start(**WAITING)
        answers = {
            "plain.test": Name("127.0.0.1"),
            "other.test": Name("127.0.0.2", "127.0.0.1"),
            "many.test": Name(*[f"127.9.9.{n}" for n in range(20)]),
            "refused6.test": Name("::1", "127.0.0.1"),
            "unreached6.test": Name("2001:db8::1", "127.0.0.1"),
            "truncated.test": Name("127.0.0.1", truncated=True),
            "garbage.test": Name("127.0.0.1", garbage="first"),
        }
        server = self.system.subscriber("0.0.0.0")
        for host, answer in answers.items():
            with self.subTest(host=host):
                self.dns.names[host] = answer
                self.system.activate(TOPIC, self.named(host, server=server))
        self.assertGreater(self.dns.tcp_queries, 0)

    def test_answers_that_lead_nowhere(self):
        self.start(timeout_ms=2000, max_attempts=2)
        answers = {
            "unknown.test": Name(rcode=NXDOMAIN),
            "empty.test": Name(),
            "servfail.test": Name(rcode=SERVFAIL),
            "garbage.test": Name("127.0.0.1", garbage="only"),
            "silent.test": Name("127.0.0.1", silent=True),
        }
        callbacks = []
        for host, answer in answers.items():
            self.dns.names[host] = answer
            callbacks.append(self.named(host))
            self.system.request(TOPIC, callbacks[-1])
        self.try_all_again(callbacks)
        self.assertEqual(self.system.store.subscribers(TOPIC), 0)
        self.assertEqual(self.server.connections, 0)

    def test_a_server_that_failed_is_asked_again(self):
        self.start(max_attempts=100)
        self.dns.names["sub.test"] = Name(rcode=SERVFAIL)
        callback = self.named("sub.test")
        self.system.request(TOPIC, callback)
        wait_until(lambda: self.dns.asked("sub.test"), "it is asked")
        self.dns.names["sub.test"] = Name("127.0.0.1")
        self.system.wait_active(TOPIC, callback)

    def test_the_next_server_takes_over(self):
        silent = Dns()
        self.addCleanup(silent.close)
        silent.otherwise = lambda name: Name(silent=True)
        failing = Dns()
        self.addCleanup(failing.close)
        failing.otherwise = lambda name: Name(rcode=SERVFAIL)
        self.start(lambda dns: f"{silent.address},{failing.address},"
                               f"{dns.address}", timeout_ms=5000,
                   connect_timeout_ms=4000)
        self.dns.names["sub.test"] = Name("127.0.0.1")
        self.system.activate(TOPIC, self.named("sub.test"))
        self.assertGreater(silent.asked("sub.test"), 0)

    def test_literals_and_names_of_the_hosts_file_are_not_asked(self):
        self.start()
        for host in ("127.0.0.1", "localhost"):
            self.system.activate(TOPIC, self.named(host, f"/{host}"))
        self.assertEqual(dict(self.dns.queries), {})


class Keeping(ResolverTest):
    def test_an_answer_counts_as_long_as_its_ttl_says(self):
        self.start(**WAITING)
        self.dns.names["short.test"] = Name("127.0.0.1", ttl=1)
        self.dns.names["long.test"] = Name("127.0.0.1", ttl=3600)
        for host in ("short.test", "long.test"):
            self.system.activate(TOPIC, self.named(host))
        self.push_until(lambda: self.dns.asked("short.test") > 2,
                        "the short answer has expired twice")
        self.assertEqual(self.dns.asked("long.test"), 1)

    def test_a_name_that_moves_is_followed(self):
        self.start()
        self.dns.names["sub.test"] = Name("127.0.0.1", ttl=1)
        server = self.system.subscriber("0.0.0.0")
        callback = self.named("sub.test", server=server)
        self.system.activate(TOPIC, callback)
        self.dns.names["sub.test"] = Name("127.0.0.2", ttl=1)

        def moved():
            server.hang_up()  # a kept one would be used
            return "127.0.0.2" in server.reached
        self.push_until(moved, "the new address is used")

    def test_no_such_name_is_remembered(self):
        self.start(max_attempts=4, retry_base_ms=10, **WAITING)
        for host, answer in (("unknown.test", Name(rcode=NXDOMAIN)),
                             ("empty.test", Name())):
            with self.subTest(host=host):
                topic = f"{TOPIC}/{host}"
                self.dns.names[host] = Name("127.0.0.1", ttl=1)
                self.system.activate(topic, self.named(host))
                self.dns.names[host] = answer
                self.push_until(lambda t=topic: self.system.store
                                .dead_letters(t), "it is given up", topic)
                # Four attempts took less than the answer is kept.
                self.assertEqual(self.dns.asked(host), 2)

    def test_a_name_that_comes_to_exist_is_found_soon(self):
        """Whatever its zone wishes."""
        self.start(max_attempts=1, **WAITING)
        for host, answer in (
                ("born.test", Name(rcode=NXDOMAIN, absent_s=3600)),
                ("filled.test", Name(absent_s=3600))):
            with self.subTest(host=host):
                topic = f"{TOPIC}/{host}"
                callback = self.named(host)
                self.dns.names[host] = Name("127.0.0.1", ttl=1)
                self.system.activate(topic, callback)
                self.dns.names[host] = answer
                self.push_until(lambda t=topic: self.system.store
                                .dead_letters(t), "it is not found", topic)
                self.dns.names[host] = Name("127.0.0.1", ttl=1)
                before = len(callback.deliveries)
                self.push_until(lambda c=callback, b=before:
                                len(c.deliveries) > b, "it is found", topic)

    def test_however_many_wait_there_is_one_query(self):
        count = 40
        self.start(per_host=64, **WAITING)
        self.dns.names["sub.test"] = Name("127.0.0.1", held=True)
        callbacks = [self.named("sub.test", f"/{n}") for n in range(count)]
        for callback in callbacks:
            self.system.request(TOPIC, callback)
        wait_until(lambda: self.system.store.pending("verify") == count,
                   "all were claimed")
        wait_until(lambda: self.dns.waiting() == {"sub.test"}, "it is asked")
        self.dns.release()
        for callback in callbacks:
            self.system.wait_active(TOPIC, callback)
        self.assertEqual(dict(self.dns.queries),
                         {("sub.test", A): 1, ("sub.test", AAAA): 1})


class Isolation(ResolverTest):
    def test_silence_about_some_names_delays_no_other(self):
        self.start(**WAITING)
        held = [f"held{n}.test" for n in range(400)]
        others = [f"other{n}.test" for n in range(50)]
        for host in held:
            self.dns.names[host] = Name("127.0.0.1", held=True)
        for host in others:
            self.dns.names[host] = Name("127.0.0.1")
        for host in held:
            self.system.request(TOPIC, self.named(host))
        wait_until(lambda: self.dns.waiting() == set(held),
                   "all silent names were asked for")
        callbacks = [self.named(host) for host in others]
        for callback in callbacks:
            self.system.request(TOPIC, callback)
        for callback in callbacks:
            self.system.wait_active(TOPIC, callback)
        self.assertEqual(self.system.store.subscribers(TOPIC), len(others))
        self.assertEqual(self.dns.waiting(), set(held))
        self.dns.release()
        wait_until(lambda: self.system.store.subscribers(TOPIC)
                   == len(held) + len(others), "all are active")

    def test_10000_cold_names_take_one_thread(self):
        self.start(concurrency=256, **WAITING)
        self.dns.otherwise = lambda name: Name("127.0.0.1", ttl=3600)
        sink = Sink()
        self.addCleanup(sink.close)
        port = sink.url.rsplit(":", 1)[1]
        forms = [subscribe_form(TOPIC, f"http://h{n}.test:{port}/{n}")
                 for n in range(MANY)]
        with Threads(self.system.program("deliver").pid) as threads:
            statuses = send_forms(self.system.hub.address, forms)
            self.assertEqual(statuses, {202: MANY})
            wait_until(
                lambda: self.system.store.subscribers(TOPIC) == MANY,
                f"{MANY} active subscriptions", MANY_DEADLINE_S)
            asked = dict(self.dns.queries)
            self.system.push(TOPIC, b"event")
            wait_until(lambda: sink.total >= MANY, f"{MANY} deliveries",
                       MANY_DEADLINE_S)
            self.system.wait_idle(MANY_DEADLINE_S)
        self.assertEqual(threads.most, 1)
        self.assertEqual({name for name, _ in asked},
                         {f"h{n}.test" for n in range(MANY)})
        self.assertEqual(dict(self.dns.queries), asked)
        self.assertEqual(sink.arrived,
                         {(f"/{n}", b"event"): 1 for n in range(MANY)})


class ResolvConf(unittest.TestCase):
    def test_it_is_read_again_when_it_changes(self):
        redis = Redis()
        self.addCleanup(redis.close)
        got = isolated_resolv_conf(redis)
        if got is None:
            self.skipTest("the system allows no namespaces")
        self.assertEqual(got["fetches"], [1, 1])
        self.assertEqual(got["asked"], [[True, False], [False, True]])


class Search(unittest.TestCase):
    def test_a_name_with_a_dot_in_a_url_is_absolute(self):
        for answer in ("servfail", "refused", "silent"):
            with self.subTest(answer=answer):
                got = isolated_search(answer)
                if got is None:
                    self.skipTest("the system allows no namespaces")
                self.assertEqual(got, {"delivered": 1, "asked": 0})


class RedisByName(unittest.TestCase):
    def test_a_silent_name_server_stops_nothing_and_addresses_are_tried(self):
        got = isolated_redis_name()
        if got is None:
            self.skipTest("the system allows no namespaces")
        self.assertEqual(got["healthy"], [200, 200, 200])


class PrivateNetworks(ResolverTest):
    def test_a_name_of_private_addresses_is_never_contacted(self):
        self.start(deliver_only={"allow_private_networks": "no"},
                   max_attempts=2)
        callbacks = []
        for host, answer in (("v4.test", Name("127.0.0.1")),
                             ("v6.test", Name("::1")),
                             ("mapped.test", Name("::ffff:127.0.0.1")),
                             ("all.test", Name("127.0.0.1", "10.0.0.1"))):
            self.dns.names[host] = answer
            callbacks.append(self.named(host))
            self.system.request(TOPIC, callbacks[-1])
        for callback in callbacks:
            self.system.wait_decided(TOPIC, callback)
        self.assertEqual(self.server.connections, 0)

    def test_a_name_that_turns_private_is_refused(self):
        redis = Redis()
        self.addCleanup(redis.close)
        got = isolated_rebinding(redis)
        if got is None:
            self.skipTest("the system allows no network namespaces")
        self.assertEqual(got["both"], 1)  # only the public one was taken
        self.assertGreater(got["public"], 1)
        self.assertEqual(got["private"], 0)
        self.assertIn("address is not allowed", got["error"])

    def test_a_callback_whose_name_turns_private_is_refused(self):
        """Also while a connection to the public address is kept."""
        got = isolated_rebinding_callback()
        if got is None:
            self.skipTest("the system allows no network namespaces")
        self.assertGreaterEqual(got["public"], 1)
        self.assertGreaterEqual(got["delivered"], 1)
        self.assertEqual(got["private"], 0)
        self.assertEqual(got["letters"], 1)
        self.assertFalse(got["renewed"])


if __name__ == "__main__":
    unittest.main()
