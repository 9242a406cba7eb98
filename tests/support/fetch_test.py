"""What is to be fetched: the scripts of a shard, called one by one."""

from support.scripts import TD, TOPIC, ScriptTest

OTHER = "http://publisher.example/other"


def ping(topic):
    return f"p {topic}"


class FetchTest(ScriptTest):
    def setUp(self):
        super().setUp()
        self.question = 0

    def ask(self, question, most=100, validations=100):
        """When the next is due, and what was taken with its failures."""
        due, *taken = self.as_owner("take", question, most, validations)
        return due, [(member.decode(), failures) for member, failures in
                     zip(taken[::2], taken[1::2])]

    def take(self, most=100):
        """A question of its own."""
        self.question += 1
        return self.ask(self.question, most)

    def taken(self, most=100):
        return [member for member, _ in self.take(most)[1]]

    def result(self, outcome="unchanged", failures=0, again_ms=-1,
               topic=TOPIC, pace_ms=0, digest="d", have="", unbegun="",
               td=TD, question=None):
        """What `fetched` is told of one topic, by default one that the last
        question has taken."""
        return (question or self.question, td, topic, outcome, 200, "",
                "etag", "lm", digest, "t", "b", "", "src", failures, again_ms,
                "entries", pace_ms, have, unbegun)

    def fetched(self, *args, **named):
        event, = self.as_owner("fetched", *self.result(*args, **named))
        return event

    def wanted(self):
        """When each is due, in their order."""
        flat = self.call("ZRANGE", "fetch", 0, -1, "WITHSCORES")
        return {member.decode(): int(due)
                for member, due in zip(flat[::2], flat[1::2])}

    def fetching(self):
        return [member.decode() for member in self.hash("fetching")]

    def failures(self):
        return {member.decode(): int(count) for member, count in
                self.hash("fetch_failures").items()}

    def due_at(self, member, delay_ms):
        self.call("ZADD", "fetch", self.now_ms() + delay_ms, member)

    def wakes(self, act, *args):
        """Whether the owner is woken meanwhile; `wake` keeps one entry."""
        before = self.entries("wake")
        act(*args)
        after = self.entries("wake")
        self.assertLessEqual(len(after), 1)
        return after != before
