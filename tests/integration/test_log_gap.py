"""The log was trimmed beyond the position: the next owner says so."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import AdminSystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class LogGap(AdminSystemTest):
    roles = ("hub", "spreader", "deliver")

    def push(self, *bodies):
        return [json.loads(self.system.push(TOPIC, body).body)["id"]
                for body in bodies]

    def test_the_range_is_told_and_the_rest_goes_on(self):
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback)
        last, = self.push(b"before")
        callback.wait_deliveries()
        self.system.wait_idle()
        self.system.program("spreader").stop()
        first, = self.push(b"lost", b"lost", b"after")[2:]
        log = self.system.store.key(TOPIC, "log")
        self.redis.call("XTRIM", log, "MINID", first.split("-", 1)[1])
        spreader = self.system.start("spreader")
        callback.wait_deliveries(2)
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"before", b"after"])
        self.assertIn("gap-detected", spreader.log())
        gap, = self.get("/admin/gaps")["gaps"]
        self.assertEqual((gap["count"], gap["from"], gap["to"], gap["topic"],
                          gap["callback"]), (2, last, first, None, None))
        shard = int(last.split("-")[0])

        def alerts():
            return [row["shard"] for row in self.pages("/admin/events",
                                                       "events")
                    if row["kind"] == "alert"
                    and row["detail"] == "gap-detected events=2"]
        wait_until(lambda: alerts() == [shard], "the alert is told")


if __name__ == "__main__":
    unittest.main()
