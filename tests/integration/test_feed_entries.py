"""feed_entries=new: entries of a feed that were delivered are left out."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest


def entry(name, text="text"):
    return f"<entry><id>{name}</id><content>{text}</content></entry>"


def item(name):
    return f"<item><guid>{name}</guid></item>"


def atom(*entries, updated="2026"):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n'
            '<feed xmlns="http://www.w3.org/2005/Atom">'
            f'<updated>{updated}</updated>{"".join(entries)}</feed>\n').encode()


def rss(*items):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">'
            f'<channel>{"".join(items)}</channel></rss>\n').encode()


A, B, C = (entry(name) for name in "abc")


class FeedEntries(SystemTest):
    def start(self, first, kind="application/atom+xml", **settings):
        self.start_system(**settings)
        self.callback = self.system.subscriber().callback("/cb")
        self.topic = self.system.publisher().topic("/feed", first, kind)
        self.system.activate(self.topic.url, self.callback)
        self.announce()

    def announce(self):
        """Returns once whatever comes of it is delivered."""
        fetches = len(self.topic.fetches)
        self.system.announce(self.topic.url)
        self.topic.wait_fetches(fetches + 1)
        self.system.wait_idle()

    def change(self, body):
        self.topic.update(body)
        self.announce()

    def check(self, *bodies):
        self.assertEqual(self.callback.bodies(), list(bodies))

    def test_only_new_entries_are_delivered(self):
        first = atom(A, B).replace(b"\"", b"'")
        self.start(first, feed_entries="new")
        self.check(first)
        self.change(atom(C, A, B))
        self.check(first, atom(C))
        self.assertEqual(self.callback.deliveries[1].headers["Content-Type"],
                         "application/atom+xml")

    def test_an_edited_entry_is_delivered_again(self):
        edited = entry("b", "other text")
        self.start(atom(A, B), feed_entries="new")
        self.change(atom(A, edited))
        self.check(atom(A, B), atom(edited))

    def test_a_feed_without_new_entries_is_not_delivered(self):
        self.start(atom(A, B), feed_entries="new")
        self.change(atom(B, A, updated="2027"))
        self.check(atom(A, B))
        self.announce()
        self.assertEqual(self.topic.fetches[-1].headers["If-None-Match"],
                         self.topic.etag)
        self.change(atom(A, B, C))
        self.check(atom(A, B), atom(C))

    def test_of_rss_too(self):
        first = rss(item("a"))
        self.start(first, "application/rss+xml", feed_entries="new")
        self.change(rss(item("b"), item("a")))
        self.check(first, rss(item("b")))

    def test_all_are_delivered_by_default(self):
        bodies = [atom(A), atom(A, B), atom(A, B, updated="2027")]
        self.start(bodies[0])
        self.change(bodies[1])
        self.change(bodies[2])
        self.check(*bodies)
        self.assertEqual(
            self.system.store.fetch_state(self.topic.url)[b"entries"], b"")

    def test_other_documents_are_passed_on(self):
        bodies = [b'{"items": [1]}', b'{"items": [1, 2]}',
                  atom(A), atom(A)[:-9], b"<!DOCTYPE feed>" + atom(A)]
        self.start(bodies[0], "application/json", feed_entries="new")
        for body in bodies[1:]:
            self.change(body)
        self.check(*bodies)

    def test_the_setting_may_change(self):
        self.start(atom(A))
        first = self.system.program("spreader")
        self.system.start("spreader", feed_entries="new")
        first.stop()
        self.change(atom(A, B))
        self.change(atom(A, B, C))
        self.check(atom(A), atom(A, B), atom(C))

    def test_a_document_that_libxml2_takes_long_for_holds_up_nobody(self):
        costly = b"<!--" + b"-" * 1000000
        self.start(costly, feed_entries="new", shards=1)
        self.check(costly)
        other = self.system.publisher().topic("/other", atom(A))
        self.system.activate(other.url, self.callback)
        self.system.announce(other.url)
        self.callback.wait_deliveries(2)
        self.check(costly, atom(A))


if __name__ == "__main__":
    unittest.main()
