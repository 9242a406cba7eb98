"""TLS to callbacks and topics, proxies, networks and ports."""

import ssl
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.dns import Dns, Name
from support.httpd import Answer
from support.isolated import isolated_egress
from support.programs import run
from support.system import SystemTest
from support.tls import Authority
from support.tunnel import Tunnel
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
NAME = "cb.test"


class Tls(SystemTest):
    def setUp(self):
        self.authority = Authority()
        self.addCleanup(self.authority.close)
        self.dns = Dns()
        self.addCleanup(self.dns.close)
        self.dns.otherwise = lambda name: Name("127.0.0.1")

    def start(self, **settings):
        self.start_system(**{
            "shards": 1, "max_attempts": 1, "verify": "off",
            "dns_servers": self.dns.address,
            "callback_ca_file": self.authority.path, **settings})

    def callback(self, server, name=NAME):
        self.addCleanup(server.close)
        made = server.callback("/cb")
        made.url = f"https://{name}:{server.port}/cb"
        return made

    def push_to(self, callback):
        answer = self.system.hub.subscribe(TOPIC, callback.url)
        self.assertEqual(answer.status, 202)
        self.system.push(TOPIC, b"event")

    def check_delivered(self, server):
        callback = self.callback(server)
        self.push_to(callback)
        callback.wait_deliveries()

    def check_refused(self, server, name=NAME):
        """The attempt fails, and nothing of it has arrived."""
        callback = self.callback(server, name)
        self.push_to(callback)
        letters = wait_until(
            lambda: self.system.program("deliver").events("dead-letter"),
            "it is given up")
        self.assertEqual(callback.deliveries, [])
        return letters[0]["why"]

    def test_a_certificate_of_the_authority_is_accepted(self):
        self.start()
        self.check_delivered(self.authority.subscriber(NAME))

    def test_the_systems_authorities_do_not_know_it(self):
        self.start(callback_ca_file="")
        self.check_refused(self.authority.subscriber(NAME))

    def test_one_of_another_authority_is_refused(self):
        other = Authority("Test authority")
        self.addCleanup(other.close)
        self.start()
        self.check_refused(other.subscriber(NAME))

    def test_one_that_has_expired_is_refused(self):
        self.start()
        self.assertIn("expired",
                      self.check_refused(self.authority.subscriber(
                          NAME, expired=True)))

    def test_one_of_another_name_is_refused(self):
        self.start()
        self.check_refused(self.authority.subscriber(NAME), "other.test")

    def test_old_versions_are_refused(self):
        self.start()
        self.check_refused(self.authority.old_subscriber(
            NAME, ssl.TLSVersion.TLSv1_1))

    def test_1_2_is_spoken_unless_1_3_is_wanted(self):
        self.start()
        server = self.authority.old_subscriber(NAME, ssl.TLSVersion.TLSv1_2)
        self.check_delivered(server)
        self.assertEqual(server.versions, ["TLSv1.2"])

    def test_only_1_3_is_spoken_where_it_is_wanted(self):
        self.start(tls_min_version="1.3")
        self.check_refused(self.authority.old_subscriber(
            NAME, ssl.TLSVersion.TLSv1_2))

    def test_a_client_certificate_is_shown(self):
        cert, key = self.authority.issue("hub.test")
        self.start(client_certificate_file=cert, client_key_file=key)
        server = self.authority.strict_subscriber(NAME)
        self.check_delivered(server)
        self.assertEqual(server.names, ["hub.test"])

    def test_without_one_who_wants_one_gets_nothing(self):
        self.start()
        self.check_refused(self.authority.strict_subscriber(NAME))

    def test_verifications_and_fetches_are_by_the_same_rules(self):
        self.start(verify="on", validate_topic="yes")
        server = self.authority.subscriber(NAME)
        callback = self.callback(server)
        topic = f"https://{NAME}:{server.port}/topic"
        self.system.hub.subscribe(topic, callback.url)
        wait_until(lambda: server.strays, "the topic is fetched")
        self.system.hub.subscribe("dotted.topic", callback.url)
        callback.wait_verifications()

    def test_files_that_are_not_there_end_the_start(self):
        for name in ("callback_ca_file", "client_certificate_file",
                     "client_key_file"):
            with self.subTest(name):
                done = run("websub-deliver",
                           settings={name: "/no/such/file"})
                self.assertEqual(done.returncode, 1)
                self.assertIn(name.upper(), done.stderr)


class Proxies(SystemTest):
    def start(self, kind="http", **settings):
        self.tunnel = Tunnel(kind)
        self.addCleanup(self.tunnel.close)
        self.start_system(**{"shards": 1, "max_attempts": 1,
                             "egress_proxy": self.tunnel.url,
                             "dns_servers": "127.0.0.9:9",  # nobody
                             **settings})

    def check_way(self, kind):
        self.start(kind)
        server = self.system.subscriber()
        callback = server.callback("/cb", "?a=b")
        self.tunnel.places["cb.test:80"] = ("127.0.0.1", server.port)
        callback.url = "http://cb.test/cb?a=b"
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"event")
        got = callback.wait_deliveries()[0]
        self.assertEqual(got.headers["Host"], "cb.test")
        self.assertEqual(got.target, "/cb?a=b")
        self.assertEqual(set(self.tunnel.asked), {"cb.test:80"})

    def test_an_http_proxy_is_used_for_all_and_resolves_the_names(self):
        self.check_way("http")

    def test_so_is_a_socks_proxy(self):
        self.check_way("socks")

    def test_topics_are_fetched_by_it(self):
        self.start()
        publisher = self.system.publisher()
        topic = publisher.topic("/topic")
        self.tunnel.places["pub.test:80"] = ("127.0.0.1", publisher.port)
        server = self.system.subscriber()
        callback = server.callback("/cb")
        self.tunnel.places["cb.test:80"] = ("127.0.0.1", server.port)
        callback.url = "http://cb.test/cb"
        self.system.activate("http://pub.test/topic", callback)
        self.system.announce("http://pub.test/topic")
        topic.wait_fetches()
        callback.wait_deliveries()

    def test_what_it_refuses_is_a_failure(self):
        self.start(verify="off")
        self.system.hub.subscribe(TOPIC, "http://no.test/cb")
        self.system.push(TOPIC, b"event")
        wait_until(lambda: self.system.program("deliver").events("dead-letter"),
                   "it is given up")

    def test_addresses_in_urls_are_still_checked(self):
        self.start(verify="off", hub_only={"allow_private_networks": "yes"},
                   allow_private_networks="no")
        for url in ("http://127.0.0.1:8000/", "http://[::1]:8000/",
                    "http://[::ffff:10.0.0.1]:8000/"):
            self.system.hub.subscribe(TOPIC, url)
        self.system.push(TOPIC, b"event")
        wait_until(lambda: len(self.system.program("deliver").events(
            "dead-letter")) == 3, "all are given up")
        self.assertEqual(self.tunnel.asked, [])

    def test_proxies_of_the_environment_count_for_nothing(self):
        self.start_system(shards=1, roles=("hub", "spreader"))
        tunnel = Tunnel()
        self.addCleanup(tunnel.close)
        self.system.start("deliver", extra_env={
            name: tunnel.url for name in ("http_proxy", "https_proxy",
                                          "all_proxy", "ALL_PROXY")})
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback)
        self.assertEqual(tunnel.asked, [])


class Networks(SystemTest):
    def check_subscribe(self, status, url, topic=TOPIC, **fields):
        answer = self.system.hub.subscribe(topic, url, **fields)
        self.assertEqual(answer.status, status, (url, answer))

    @staticmethod
    def refused(program, reason):
        return program.metric("websubd_http_requests_refused_total"
                              f'{{reason="{reason}"}}')

    def test_the_hub_refuses_what_would_not_be_reached(self):
        self.start_system(shards=1, roles=("hub",),
                          allow_private_networks="no",
                          allow_networks="10.1.0.0/16, ::1",
                          deny_networks="10.1.2.0/24, 1.2.3.4",
                          callback_ports="80, 8000-8010")
        for status, url in ((202, "http://10.1.1.1/"), (202, "http://[::1]/"),
                            (202, "http://5.6.7.8:8010/"),
                            (202, "http://a.example/"),
                            (400, "http://10.1.2.1/"), (400, "http://1.2.3.4/"),
                            (400, "http://[::ffff:1.2.3.4]/"),
                            (400, "http://10.2.1.1/"),
                            (400, "http://5.6.7.8:8011/"),
                            (400, "https://a.example/"),
                            (400, "http://a.example:25/")):
            with self.subTest(url):
                self.check_subscribe(status, url)
                self.check_subscribe(status, "http://a.example/", topic=url)
        self.assertEqual(self.system.hub.announce("http://a.example:25/x")
                         .status, 400)

    def test_deliver_and_spreader_look_again(self):
        """The hub lets through what they refuse: by an address, by a name, by
        their port, and by a redirect."""
        dns = Dns()
        self.addCleanup(dns.close)
        dns.otherwise = lambda name: Name("127.0.0.1")
        self.start_system(
            shards=1, verify="off", max_attempts=1, dns_servers=dns.address,
            deliver_only={"deny_networks": "127.0.0.1"},
            spreader_only={"deny_networks": "127.0.0.1"})
        bad = self.system.subscriber()
        good = self.system.subscriber("127.0.0.2")
        callback = good.callback("/cb")
        for url in (bad.url + "/cb", f"http://name.test:{bad.port}/cb",
                    callback.url):
            self.system.hub.subscribe(TOPIC, url)
        self.system.push(TOPIC, b"event")
        callback.wait_deliveries()
        wait_until(lambda: len(self.system.program("deliver").events(
            "dead-letter")) == 2, "the others are given up")
        self.assertEqual(bad.connections, 0)
        self.assertEqual(self.refused(self.system.program("deliver"),
                                      "address"), 2)

    def test_ports_are_looked_at_before_connecting(self):
        self.start_system(shards=1, verify="off", max_attempts=1)
        server = self.system.subscriber()
        callback = server.callback("/cb")
        self.system.hub.subscribe(TOPIC, callback.url)
        deliver = self.system.program("deliver")
        deliver.stop()
        self.system.start("deliver", callback_ports="80")
        self.system.push(TOPIC, b"event")
        deliver = self.system.program("deliver")
        wait_until(lambda: deliver.events("dead-letter"), "it is given up")
        self.assertEqual(server.connections, 0)
        self.assertEqual(self.refused(deliver, "port"), 1)

    def test_a_redirect_to_a_port_is_not_followed(self):
        self.start_system(shards=1, verify="off", max_attempts=1,
                          callback_ports="1024-65535")
        publisher = self.system.publisher()
        topic = publisher.topic("/topic")
        topic.next_answers(*[Answer(
            302, headers={"Location": "http://127.0.0.1:25/"})] * 3)
        self.system.hub.subscribe(topic.url, "http://127.0.0.1:9999/cb")
        self.system.announce(topic.url)
        failed = wait_until(lambda: self.system.program("spreader").events(
            "fetch-failed"), "it fails")
        self.assertIn("port", failed[0]["error"])

    def test_https_may_be_required(self):
        self.start_system(shards=1, roles=("hub",),
                          require_https_callbacks="yes")
        self.check_subscribe(400, "http://a.example/")
        self.check_subscribe(202, "https://a.example/")

    def test_https_may_be_required_for_secrets(self):
        self.start_system(shards=1, roles=("hub",),
                          require_https_for_secret="yes")
        self.check_subscribe(202, "http://a.example/")
        self.check_subscribe(400, "http://a.example/", secret="s")
        self.check_subscribe(202, "https://a.example/", secret="s")


class Refused(unittest.TestCase):
    def test_no_spelling_name_or_redirect_leads_to_a_private_address(self):
        got = isolated_egress()
        if got is None:
            self.skipTest("no namespaces here")
        self.assertEqual(got["reached"], [])
        self.assertTrue(got["public"])
        self.assertGreater(got["callbacks"], 100)
        self.assertGreater(got["redirects"], 300)


if __name__ == "__main__":
    unittest.main()
