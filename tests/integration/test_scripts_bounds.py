"""What strangers make is counted and bounded: requests that wait, by host and
by client, and subscriptions, by host and by topic.  The counts are compared
with what there is after random operations."""

import random
import sys
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.scripts import TD, TOPIC, ScriptTest, host_id

EVERYTHING = "*"
# What `request` says of a bound that is reached.
(MEMORY, PENDING, OF_HOST, OF_CLIENT, ALL, ALL_OF_HOST,
 OF_TOPIC) = range(-16, -23, -1)
SPELLINGS = ("http://sub.example/", "HTTPS://SUB.example:8443",
             "http://sub.example.:1/x", "http://%73ub.ex%61mple?q",
             "http://%53UB.example#f")


def callback(number, host="subscriber.example"):
    return f"http://{host}/{number}"


class BoundsTest(ScriptTest):
    def request(self, number=0, mode="s", host="subscriber.example",
                topic=TOPIC, **options):
        """A request of the callback of that number."""
        url = callback(number, host)
        return self.request_script(mode, td=digest(topic), cd=digest(url),
                                   topic=topic, callback=url, **options)

    def decide(self, generation, number=0, mode="s", outcome="confirmed",
               host="subscriber.example", topic=TOPIC, entry="-", replicas="-",
               quota=()):
        return self.run_script(
            "verified", digest(topic), digest(callback(number, host)), mode,
            generation, outcome, 0, 0, 0, entry, replicas, "",
            *quota).decode()

    def activate(self, number=0, **options):
        self.assertEqual(self.decide(self.request(number, **options), number,
                                     **options), "applied")

    def counts(self):
        return {name.decode(): int(count)
                for name, count in self.hash("counts").items()}

    def check_counts(self):
        """The counts are those of a walk through all keys."""
        waiting, here, urls, members = 0, 0, 0, set()
        pending, clients, hosts = Counter(), Counter(), Counter()
        home = "home" in self.counts()
        for key in self.redis.call("KEYS", "*"):
            name = key.decode().removeprefix("websub:{0}:")
            kind, _, rest = name.partition(":")
            if kind == "request":
                record = self.hash(name)
                waiting += 1
                host, client = record[b"w"].decode().split(" ")
                self.assertEqual(host, host_id(record[b"c"].decode()))
                members.add(f"{rest} {host} {client}")
                pending[f"h:{host}"] += 1
                clients[f"c:{client}"] += 1
            elif kind == "sub" and (home or rest != digest(EVERYTHING)):
                records = self.hash(name)
                for cd, record in records.items():
                    if cd == b"t":
                        continue
                    here += 1
                    urls += b":" in records[b"t"]
                    hosts[host_id(record.decode().split(" ")[5])] += 1
        wanted = {**pending, **clients, **({"s": here} if here else {}),
                  **({"u": urls} if urls else {}),
                  **({"home": 1} if home else {})}
        self.assertEqual(self.counts(), wanted)
        self.assertEqual(self.counted_hosts(), dict(hosts))
        flat = self.call("ZRANGE", "pending", 0, -1, "WITHSCORES")
        self.assertEqual({m.decode() for m in flat[::2]}, members)
        now_s = self.now_ms() / 1000
        for came in flat[1::2]:
            self.assertAlmostEqual(float(came), now_s, delta=60)
        return waiting

    def counted_hosts(self):
        found = {}
        for key in self.redis.call("KEYS", "websub:{0}:hosts:*"):
            name = key.decode().removeprefix("websub:{0}:")
            found.update({name.split(":")[1] + rest.decode(): int(count)
                          for rest, count in self.hash(name).items()})
        return found


class Pending(BoundsTest):
    def test_as_many_wait_as_may(self):
        for bound, code in (({"pending": 3}, PENDING),
                            ({"of_host": 3}, OF_HOST),
                            ({"of_client": 3}, OF_CLIENT)):
            with self.subTest(bound=bound):
                self.empty()
                for n in range(3):
                    self.assertGreater(self.request(n, client="c", **bound), 0)
                for how in ("verify", "deny", "trust", "validate"):
                    self.assertEqual(self.unchanged_by(lambda: self.request(
                        3, client="c", how=how, **bound)), code)
                self.check_counts()

    def test_others_are_not_concerned(self):
        self.request(0, client="c", of_host=1, of_client=1)
        self.assertGreater(self.request(0, host="other.example", client="d",
                                    of_host=1, of_client=1), 0)

    def test_who_is_no_stranger_is_not_counted_by_client(self):
        for n in range(3):
            self.assertGreater(self.request(n, of_client=1), 0)

    def test_what_replaces_another_takes_no_further_place(self):
        bounds = {"pending": 1, "of_host": 1, "of_client": 1, "client": "c"}
        for _ in range(3):
            self.assertGreater(self.request(0, **bounds), 0)
        self.check_counts()
        self.assertGreater(self.request(0, **{**bounds, "client": "d"}), 0)
        self.check_counts()
        self.request(1, client="c")
        self.assertEqual(self.unchanged_by(
            lambda: self.request(1, **{**bounds, "client": "d"})), OF_CLIENT)

    def test_what_others_made_wait_stops_no_renewal_and_no_unsubscription(self):
        for bound, code in (({"pending": 1}, PENDING), ({"of_host": 1}, OF_HOST)):
            with self.subTest(bound=bound):
                self.empty()
                self.activate(0)
                self.request(1, client="c")
                self.assertEqual(self.request(2, **bound), code)
                self.assertGreater(self.request(0, **bound), 0)
                self.assertGreater(self.request(0, "u", **bound), 0)
                self.check_counts()
                self.assertGreater(self.request(0, how="deny", **bound), 0)
                self.check_counts()

    def test_every_end_of_a_request_makes_a_place(self):
        def by(outcome):
            generation = self.request(0)
            self.decide(generation, outcome=outcome)

        def by_unsubscription():
            self.activate(0)
            self.decide(self.request(0, "u"), mode="u")

        def by_denial_told():
            self.decide(self.request(0, how="deny", reason="No."), mode="d",
                        outcome="told")

        def by_newer_one():
            older, newer = self.request(0), self.request(0, "u")
            self.assertEqual(self.decide(newer, mode="u"), "applied")
            self.assertEqual(self.decide(older), "superseded")

        def by_lapse():
            self.request(0)
            self.let_requests_lapse()

        for end in (lambda: by("confirmed"), lambda: by("refused"),
                    by_unsubscription, by_denial_told, by_newer_one, by_lapse):
            self.empty()
            end()
            self.assertEqual(self.check_counts(), 0)
            self.assertEqual(self.call("ZCARD", "pending"), 0)

    def test_what_is_tried_again_keeps_its_place(self):
        generation = self.request(0)
        (entry, _), = self.read("verify")
        self.decide(generation, outcome="again", entry=entry)
        self.assertEqual(self.request(1, pending=1), PENDING)
        self.promote()
        self.assertEqual(self.check_counts(), 1)

    def test_a_sweep_leaves_what_still_waits(self):
        self.request(0)
        self.sweep()
        self.assertEqual(self.check_counts(), 1)

    def test_no_spelling_of_a_host_is_another_host(self):
        for n, url in enumerate(SPELLINGS):
            self.assertEqual(
                self.request_script(cd=f"{n}", callback=url, of_host=1) > 0,
                n == 0, url)
        for n, url in enumerate((
                "http://[2001:db8::1]:80/", "http://[2001:db8::2]/",
                "http://sub.example.org/", "http://ub.example/")):
            self.assertGreater(self.request_script(
                cd=f"other-{n}", callback=url, of_host=1), 0, url)

    def test_what_is_counted_on_by_one_spelling_is_counted_off(self):
        for n, url in enumerate((*SPELLINGS, "http://[2001:DB8::1]:80/")):
            about = {"cd": f"{n}", "callback": url}
            generation = self.request_script(**about)
            self.run_script("verified", TD, f"{n}", "s", generation,
                            "confirmed", 0, 0, 0, "-", "-", "", 9, 9, 9)
            self.assertEqual(self.counted_hosts(), {host_id(url): 1})
            generation = self.request_script("u", **about)
            self.run_script("verified", TD, f"{n}", "u", generation,
                            "confirmed", 0, 0, 0, "-")
            self.assertEqual((self.counted_hosts(), self.counts()), ({}, {}))

    def test_a_damaged_record_keeps_nobody(self):
        key = f"request:{digest(TOPIC)}:{digest(callback(0))}:s"
        for damage in (("HDEL", key, "w"), ("HSET", key, "w", ""),
                       ("HSET", key, "w", "one two three")):
            generation = self.request(0)
            self.call(*damage)
            self.assertEqual(self.decide(generation), "applied")


class Quota(BoundsTest):
    def test_no_more_are_asked_for_than_there_may_be(self):
        for quota, code in (((2, 0, 0), ALL), ((0, 2, 0), ALL_OF_HOST),
                            ((0, 0, 2), OF_TOPIC)):
            with self.subTest(quota=quota):
                self.empty()
                self.activate(0)
                self.activate(1)
                self.assertEqual(self.unchanged_by(
                    lambda: self.request(2, quota=quota)), code)
                for mode in "su":
                    self.assertGreater(self.request(1, mode, quota=quota), 0)

    def test_no_more_are_confirmed_than_there_may_be(self):
        """All had been asked for before the first was confirmed."""
        for quota in ((2, 0, 0), (0, 2, 0), (0, 0, 2)):
            with self.subTest(quota=quota):
                self.empty()
                made = [self.request(n, quota=quota) for n in range(4)]
                effects = [self.decide(generation, n, quota=quota)
                           for n, generation in enumerate(made)]
                self.assertEqual(effects, 2 * ["applied"] + 2 * ["denied"])
                self.assertEqual(self.counts()["s"], 2)
                told = self.hash(f"request:{TD}:{digest(callback(3))}:d")
                self.assertIn(b"too many", told[b"r"])
                self.check_counts()
                self.assertEqual(
                    self.decide(self.request(0, quota=quota), quota=quota),
                    "applied")

    def test_other_hosts_and_topics_are_not_concerned(self):
        self.activate(0)
        for options in ({"host": "other.example", "topic": TOPIC,
                         "quota": (0, 1, 0)},
                        {"topic": "http://p.example/other",
                         "quota": (0, 0, 1)}):
            self.assertEqual(self.decide(
                self.request(1, **options), 1, **options), "applied")

    def test_short_of_memory_only_renewals_are_taken(self):
        self.activate(0)
        self.request(1)
        self.assertEqual(self.unchanged_by(
            lambda: self.request(2, memory_high=1)), MEMORY)
        for mode in "su":
            self.assertGreater(self.request(0, mode, memory_high=1), 0)
        self.assertGreater(self.request(1, "u", memory_high=1), 0)

    def test_a_wildcard_is_counted_in_its_home_shard_only(self):
        options = {"topic": EVERYTHING}
        self.decide(self.request(0, **options), replicas="replicas", **options)
        self.assertEqual(self.counts()["s"], 1)
        self.check_counts()
        self.decide(self.request(0, "u", **options), mode="u", **options)
        self.assertNotIn("s", self.counts())
        self.check_counts()

    def test_a_replica_is_not_counted(self):
        td, cd = digest(EVERYTHING), digest(callback(0))
        record = f"1 9999999999 60 7 - {callback(0)} -"
        for _ in range(2):
            self.run_script("replicate", td, cd, "s", 7, record, 9999999999, 60)
        self.check_counts()
        self.run_script("replicate", td, cd, "u", 8, "", 0, 60)
        self.check_counts()
        self.assertFalse(self.exists("counts"))


class Walk(BoundsTest):
    """Random operations on few names, so that all of them meet."""

    NAMES = [(n, host, topic) for n in range(3)
             for host in ("a.example", "b.example")
             for topic in (TOPIC, "http://p.example/other", EVERYTHING)]

    def one(self):
        number, host, topic = self.draw.choice(self.NAMES)
        about = {"host": host, "topic": topic}
        act = self.draw.choice(3 * ["request"] + 3 * ["decide"] +
                               ["deny", "lapse", "sweep"])
        if act == "request":
            self.request(number, self.draw.choice("ssu"),
                     how=self.draw.choice(("verify", "verify", "trust", "deny",
                                           "validate")),
                     client=self.draw.choice("-xyz"), pending=12, of_host=6,
                     of_client=4, quota=(8, 5, 4), **about)
        elif act == "decide":
            self.decide_one(number, about)
        elif act == "deny":
            self.run_script("deny", digest(topic), topic, "-", "No.", "", 2, 20)
        elif act == "lapse":
            self.lapse(topic)
        else:
            self.sweep()

    def decide_one(self, number, about):
        mode = self.draw.choice("sud")
        cd = digest(callback(number, about["host"]))
        key = f"request:{digest(about['topic'])}:{cd}:{mode}"
        generation = self.call("HGET", key, "g")
        if generation:
            outcome = self.draw.choice(
                ("told", "untold") if mode == "d" else
                ("confirmed", "confirmed", "refused", "again"))
            self.decide(int(generation), number, mode, outcome,
                        quota=(8, 5, 4), **about)

    def lapse(self, topic):
        """Every lease of a topic is over."""
        name = f"sub:{digest(topic)}"
        for cd, record in self.hash(name).items():
            words = record.split(b" ")
            self.call("HSET", name, cd, b" ".join([words[0], b"1", *words[2:]]))
        for bound in self.call("ZRANGE", "lease", 0, -1):
            self.call("ZADD", "lease", 1, bound)

    def test_the_counts_are_what_there_is(self):
        for seed in range(4):
            self.draw = random.Random(seed)
            self.empty()
            for step in range(250):
                with self.subTest(seed=seed, step=step):
                    self.one()
                    if step % 10 == 9:
                        self.check_counts()


class Announced(BoundsTest):
    """Announced topics that wait for their fetch, by host."""

    HOSTS = ("http://a.example", "http://b.example:8080")

    def setUp(self):
        super().setUp()
        self.question = 0
        for host in self.HOSTS:
            for number in range(6):
                self.with_subscriber(f"{host}/{number}")

    def note(self, *numbers, most=3, host=HOSTS[0]):
        topics = [f"{host}/{n}" for n in numbers]
        return self.run_script("announce", most, *(
            word for topic in topics for word in (topic, digest(topic))))

    def take(self, most=100):
        self.question += 1
        return [member.decode()[2:] for member in self.as_owner(
            "take", self.question, most, 0)[1::2]]

    def fetched(self, topic, outcome="unchanged", again_ms=-1, pace_ms=0):
        error = "broken" if outcome == "failed" else ""
        self.as_owner("fetched", self.question, digest(topic), topic, outcome,
                      200, error, "etag", "lm", "d", "t", "b", "", "src", 1,
                      again_ms, "", pace_ms, "", "")

    def check_announced(self):
        """What waits counts, unless it has failed since it was announced."""
        failures = self.hash("fetch_failures")
        waiting = Counter(
            host_id(member.decode()[2:]) for member in
            {*self.call("ZRANGE", "fetch", 0, -1), *self.hash("fetching")}
            if int(failures.get(member, 0)) <= 0)
        self.assertEqual(
            {name[2:]: count for name, count in self.counts().items()
             if name.startswith("a:")}, dict(waiting))

    def test_as_many_wait_as_may(self):
        self.assertEqual(self.note(1, 2, 3), 1)
        for act in (lambda: self.note(4), lambda: self.note(1, 5)):
            self.assertEqual(self.unchanged_by(act), 0)
        self.assertEqual(self.note(1, 3), 1)  # they wait already
        self.assertEqual(self.note(1, 2, host=self.HOSTS[1]), 1)
        self.check_announced()
        self.assertEqual(self.note(4, most=0), 1)
        self.check_announced()

    def test_what_is_being_fetched_waits_too(self):
        self.note(1, 2, 3)
        topic, *_ = self.take()
        self.assertEqual(self.note(4), 0)
        self.fetched(topic)
        self.assertEqual(self.note(4), 1)
        self.check_announced()

    def let_fail(self, *numbers):
        self.note(*numbers)
        for topic in self.take():
            self.fetched(topic, "failed", 60000)

    def test_what_has_failed_keeps_no_other_topic_out(self):
        self.let_fail(1, 2, 3)
        self.check_announced()
        self.assertEqual(self.note(4), 1)
        self.assertEqual(self.note(1, 2), 1)  # each has all attempts again
        self.check_announced()
        self.assertEqual(self.unchanged_by(lambda: self.note(3)), 0)

    def test_a_topic_whose_last_fetch_went_well_is_taken_anyway(self):
        self.note(0)
        self.fetched(*self.take(), "content")
        self.assertEqual(self.note(1, 2, 3), 1)
        self.assertEqual(self.unchanged_by(lambda: self.note(0, 4)), 0)
        self.assertEqual(self.note(0), 1)
        self.check_announced()

    def test_what_nobody_subscribes_to_waits_not(self):
        topic = self.HOSTS[0] + "/nobody"
        self.run_script("announce", 1, topic, digest(topic))
        self.assertFalse(self.exists("counts"))

    def test_the_counts_are_what_there_is(self):
        draw = random.Random(1)
        taken = []
        for step in range(400):
            act = draw.randrange(6)
            if act < 2:
                self.note(*(draw.randrange(6) for _ in range(3)), most=4,
                          host=draw.choice(self.HOSTS))
            elif act == 2 and not taken:
                taken = self.take(draw.randrange(1, 5))
            elif act == 3:
                self.as_owner("resume")
                taken = []
            elif taken and act == 4:
                self.as_owner("postpone", self.question, f"p {taken[0]}", 0,
                              digest(taken.pop(0)))
            elif taken:
                self.fetched(taken.pop(), *draw.choice((
                    ("content",), ("unchanged",), ("failed", 0), ("failed",),
                    ("unneeded",), ("unchanged", -1, 1))))
            self.check_announced()


if __name__ == "__main__":
    unittest.main()
