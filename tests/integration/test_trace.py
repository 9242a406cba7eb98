"""W3C Trace Context: what a push says of its trace goes on with its deliveries."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest

TOPIC = "orders.created"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


class Trace(SystemTest):
    def setUp(self):
        self.start_system()
        self.callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, self.callback)

    def push(self, **headers):
        answer = self.system.hub.request(
            "POST", f"/publish?hub.topic={TOPIC}", b"body",
            {"Content-Type": "text/plain", **headers})
        self.assertEqual(answer.status, 202)

    def sent(self, count=1):
        """traceparent and tracestate of each delivery."""
        return [(one.headers.get("traceparent"), one.headers.get("tracestate"))
                for one in self.callback.wait_deliveries(count)]

    def spans(self, sent, flags):
        """The span ids; all have the trace and these flags."""
        found = [re.fullmatch(f"00-{TRACE}-([0-9a-f]{{16}})-{flags}", parent)
                 for parent, _ in sent]
        self.assertTrue(all(found), sent)
        spans = {match[1] for match in found}
        self.assertEqual(len(spans), len(sent))
        self.assertNotIn(SPAN, spans)

    def test_each_attempt_is_a_span_of_the_trace(self):
        self.callback.next_answers(503)
        self.push(traceparent=PARENT, tracestate="vendor=1,other=2")
        sent = self.sent(2)
        self.spans(sent, "01")
        self.assertEqual({state for _, state in sent}, {"vendor=1,other=2"})

    def test_what_is_not_sampled_stays_so(self):
        self.push(traceparent=PARENT[:-2] + "00")
        self.spans(self.sent(), "00")

    def test_what_is_not_valid_is_dropped(self):
        self.push(traceparent=PARENT.upper(), tracestate="vendor=1")
        self.assertEqual(self.sent(), [(None, None)])

    def test_a_state_alone_is_dropped(self):
        self.push(tracestate="vendor=1")
        self.assertEqual(self.sent(), [(None, None)])

    def test_a_state_that_is_too_long_is_dropped(self):
        self.push(traceparent=PARENT, tracestate="v=" + "x" * 511)
        (parent, state), = self.sent()
        self.assertIn(TRACE, parent)
        self.assertIsNone(state)

    def test_a_direct_producer(self):
        log = self.system.store.key(TOPIC, "log")
        event = ("v", 1, "t", TOPIC, "ct", "text/plain", "b", "body")
        self.system.redis.call("XADD", log, "*", *event, "tp", PARENT, "ts",
                               "vendor=1")
        self.system.redis.call("XADD", log, "*", *event, "tp", "x\r\ny: z",
                               "ts", "vendor=1")
        sent = self.sent(2)
        self.assertEqual(sorted(state or "" for _, state in sent),
                         ["", "vendor=1"])


if __name__ == "__main__":
    unittest.main()
