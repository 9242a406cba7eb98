"""Several spreaders: each shard has one owner, whatever becomes of them."""

import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster_test import ClusterTest
from support.owners import Owners
from support.httpd import Answer
from support.wait import wait_until

SHARDS = 8
LEASE_MS = 1500
URLS = [f"http://publisher.example/{n}" for n in range(12)]  # many shards


class OwnershipTest(ClusterTest):
    def start_spreaders(self, count, **settings):
        self.start(shards=SHARDS, roles=("hub", "deliver"),
                   shard_lease_ms=LEASE_MS, heartbeat_timeout_ms=3000,
                   **settings)
        self.owners = Owners(self.redis, SHARDS)
        self.spreaders = [self.system.start("spreader", wait=False)
                          for _ in range(count)]
        rows = self.owners.wait_shared(count)
        for spreader in self.spreaders:  # one may not have a share
            spreader.wait_ready()
        return rows

    def names(self):
        """The spreaders by the name of each."""
        records = self.wait_registered(*self.spreaders)
        return {record["name"]: spreader
                for record, spreader in zip(records, self.spreaders)}

    def owner_of(self, shard=0):
        """The spreader that owns it, and its epoch."""
        name, epoch = self.owners.row(shard)
        return self.names()[name], epoch

    def subscribe(self):
        server = self.system.subscriber()
        self.callbacks = [server.callback(f"/{n}") for n in range(len(URLS))]
        for url, callback in zip(URLS, self.callbacks):
            self.system.activate(url, callback)

    def push(self, number):
        """One event to each topic; what got no 202 is pushed again."""
        for url in URLS:
            while self.system.hub.push(url, str(number).encode()).status != 202:
                pass

    def pusher(self, events=100):
        """A thread that pushes so many events to each topic."""
        def push():
            for number in range(events):
                self.push(number)
        thread = threading.Thread(target=push)
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def assert_all_once(self, events=100):
        """Each callback got each event of its topic once."""
        self.system.wait_idle(60)
        expected = sorted(str(number).encode() for number in range(events))
        for callback in self.callbacks:
            self.assertEqual(sorted(callback.bodies()), expected)


class Start(OwnershipTest):
    def test_five_that_race_share_the_shards(self):
        rows = self.start_spreaders(5)
        told = {}
        for kind, fields in self.cluster.events():
            if kind == "shard_claimed":
                key = fields["s"], fields["e"]
                self.assertNotIn(key, told)  # an epoch has one owner, ever
                told[key] = fields["n"]
        for shard, (name, epoch) in enumerate(rows):
            self.assertEqual(told[str(shard), str(epoch)], name)

    def test_who_comes_later_is_handed_a_share(self):
        self.start_spreaders(1)
        self.subscribe()
        thread = self.pusher()
        for count in (2, 3, 4):
            self.spreaders.append(self.system.start("spreader", wait=False))
            self.owners.wait_shared(count)
        thread.join()
        self.assert_all_once()

    def test_nobody_gives_a_shard_up_without_need(self):
        rows = self.start_spreaders(3)
        metric = "websubd_shard_epochs_total"
        claims = sum(s.metric(metric) for s in self.spreaders)
        for spreader in self.spreaders:
            spreader.wait_ready()
        self.subscribe()
        self.push(0)
        self.assert_all_once(1)
        self.assertEqual(self.owners.rows(), rows)
        self.assertEqual(sum(s.metric(metric) for s in self.spreaders), claims)

    def test_a_shard_whose_hint_is_wrong_is_found(self):
        self.start_spreaders(1)
        self.spreaders[0].stop()
        for shard in range(SHARDS):
            self.cluster.call("HSET", "shards", shard, "nobody 1 1")
        self.spreaders = [self.system.start("spreader")]
        self.owners.wait_shared(1)


class End(OwnershipTest):
    def test_a_kill_under_load_loses_and_doubles_nothing(self):
        self.start_spreaders(3)
        self.subscribe()
        thread = self.pusher()
        for _ in range(2):
            victim, _ = self.owner_of()
            name, _ = self.owners.row(0)
            victim.kill()
            self.spreaders.remove(victim)
            self.owners.wait_without(name)
            self.spreaders.append(self.system.start("spreader", wait=False))
            self.owners.wait_shared(3)
        thread.join()
        self.assert_all_once()

    def test_who_stood_still_is_fenced(self):
        self.start_spreaders(2)
        self.subscribe()
        victim, epoch = self.owner_of()
        name, _ = self.owners.row(0)
        thread = self.pusher()
        victim.freeze()
        rows = self.owners.wait_without(name)
        self.assertGreater(rows[0][1], epoch)
        victim.thaw()
        victim.wait_event("fenced")
        self.owners.wait_shared(2)  # it takes part again
        thread.join()
        self.assert_all_once()

    def test_one_that_ends_leaves_its_shards_to_the_others(self):
        self.start_spreaders(3)
        self.subscribe()
        thread = self.pusher()
        victim, _ = self.owner_of()
        name, _ = self.owners.row(0)
        self.spreaders.remove(victim)
        victim.stop()
        self.owners.wait_without(name)
        self.owners.wait_shared(2)
        thread.join()
        self.assert_all_once()
        self.assertIn("released", [fields.get("w") for kind, fields
                                   in self.cluster.events()
                                   if kind == "shard_lost"])

    def test_all_may_end_and_others_go_on_with_what_is_open(self):
        self.start_spreaders(2)
        self.subscribe()
        for spreader in self.spreaders:
            spreader.stop()
        self.push(0)
        self.spreaders = [self.system.start("spreader") for _ in range(3)]
        self.owners.wait_shared(3)
        self.assert_all_once(1)

    def test_the_same_name_goes_on_at_once(self):
        self.start_spreaders(1)
        self.subscribe()
        name, epoch = self.owners.row(0)
        self.spreaders[0].kill()
        self.spreaders = [self.system.start("spreader", instance_name=name)]
        self.owners.wait_after(epoch)
        self.push(0)
        self.assert_all_once(1)


class Redis(OwnershipTest):
    def test_connections_that_are_cut_change_nothing(self):
        self.start_spreaders(3)
        self.subscribe()
        thread = self.pusher()
        while thread.is_alive():
            self.redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            thread.join(0.1)
        self.system.wait_idle(60)
        for callback in self.callbacks:  # a push may have been made again
            self.assertEqual(len(set(callback.bodies())), 100)

    def test_a_pause_longer_than_the_lease_is_survived(self):
        self.start_spreaders(3)
        self.subscribe()
        self.redis.call("CLIENT", "PAUSE", 2 * LEASE_MS)
        self.push(0)
        self.owners.wait_shared(3)
        self.system.wait_idle(60)
        for callback in self.callbacks:
            self.assertEqual(set(callback.bodies()), {b"0"})

    def test_a_restart_is_survived(self):
        self.start_spreaders(3, redis_options=("--appendfsync", "always"))
        self.subscribe()
        self.redis.kill()
        self.redis.start()
        self.owners.wait_shared(3)
        self.push(0)
        self.system.wait_idle(60)
        for callback in self.callbacks:
            callback.wait_deliveries(1)

    def test_an_emptied_redis_is_survived(self):
        self.start_spreaders(2)
        epochs = [epoch for _, epoch in self.owners.rows()]
        self.redis.call("FLUSHALL")
        rows = self.owners.wait_shared(2)
        for before, (_, epoch) in zip(epochs, rows):
            self.assertGreater(epoch, before)
        self.subscribe()
        self.push(0)
        self.assert_all_once(1)

    def test_a_log_that_was_lost_is_read_from_its_new_beginning(self):
        self.start_spreaders(1)
        self.subscribe()
        self.push(0)
        self.assert_all_once(1)
        for shard in range(SHARDS):
            base = f"websub:{{{shard}}}:"
            self.redis.call("DEL", base + "log")
            self.redis.call("HSET", base + "position", "id",
                            "99999999999999-0")
        self.push(1)
        for callback in self.callbacks:
            callback.wait_deliveries(2)


class Due(OwnershipTest):
    def test_what_is_planned_earlier_than_known_comes_in_time(self):
        self.start_spreaders(1, retry_base_ms=100, retry_cap_ms=3600000)
        server = self.system.subscriber()
        late = server.callback("/late", answers=[
            Answer(503, headers={"Retry-After": "3600"})])
        soon = server.callback("/soon", answers=[Answer(500)])
        for callback in (late, soon):
            self.system.activate(URLS[0], callback)
        self.push(0)
        soon.wait_deliveries(2)
        self.assertEqual(len(late.deliveries), 1)

    def test_an_announcement_during_the_fetch_brings_one_more(self):
        self.start_spreaders(2)
        gate = self.gate()
        topic = self.system.publisher().topic("/feed", b"one")
        topic.next_answers(Answer(500, gate=gate))
        self.system.activate(topic.url, self.system.subscriber().callback("/"))
        self.system.announce(topic.url)
        topic.wait_fetches(1)
        for _ in range(5):
            self.system.announce(topic.url)
        gate.set()
        topic.wait_fetches(2)
        self.system.wait_idle()
        self.assertEqual(len(topic.fetches), 2)

    def test_a_fetch_of_one_that_ends_is_made_by_the_next(self):
        self.start_spreaders(2)
        gate = self.gate()
        topic = self.system.publisher().topic("/feed", b"one")
        topic.next_answers(Answer(500, gate=gate))
        callback = self.system.subscriber().callback("/")
        self.system.activate(topic.url, callback)
        self.system.announce(topic.url)
        topic.wait_fetches(1)
        owner = next(name for name, spreader in self.names().items()
                     if spreader.metric("websubd_shards_owned") and
                     self.fetches(name))
        self.names()[owner].stop()
        callback.wait_deliveries(1)
        self.assertEqual(callback.bodies(), [b"one"])

    def fetches(self, name):
        """Whether it owns the shard that has a fetch under way."""
        return any(row and row[0] == name and self.redis.call(
            "EXISTS", f"websub:{{{shard}}}:fetching")
            for shard, row in enumerate(self.owners.rows()))


class Coordinator(OwnershipTest):
    def test_one_of_them_is_it_and_another_follows(self):
        self.start_spreaders(3)
        name, epoch = wait_until(lambda: self.owners.row("c"), "there is one")
        self.assertEqual(sum(s.metric("websubd_coordinator")
                             for s in self.spreaders), 1)
        self.names()[name].kill()
        other = wait_until(
            lambda: (row := self.owners.row("c")) and row[0] != name and row,
            "another is the coordinator")
        self.assertGreater(other[1], epoch)
        changes = [fields["n"] for kind, fields in self.cluster.events()
                   if kind == "leader_changed"]
        self.assertEqual(changes[-1], other[0])

    def test_all_register_again_when_it_changes(self):
        self.start_spreaders(2, initial_reregister_interval_ms=3600000,
                             normal_reregister_interval_ms=3600000)
        name, _ = wait_until(lambda: self.owners.row("c"), "there is one")
        self.names()[name].kill()
        since_ms = self.redis.now_ms()

        def registered():
            return all(record["last_successful_registration_ms"] > since_ms
                       for record in self.cluster.records().values())
        wait_until(registered, "all have registered again")


if __name__ == "__main__":
    unittest.main()
