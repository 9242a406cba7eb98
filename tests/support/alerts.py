"""A system whose alerts come soon, and what is told of them."""

from support.admin import AdminSystemTest
from support.wait import wait_until


class AlertsTest(AdminSystemTest):
    roles = ("hub", "spreader", "deliver")

    def setUp(self):
        self.settings = {"alert_interval_s": 1, "alert_oldest_job_s": 1,
                         "alert_suspended_percent": 50, "suspend_after": 3, "max_attempts": 1000,
                         "retry_base_ms": 50, "retry_cap_ms": 100,
                         **self.settings}
        super().setUp()

    def active(self):
        return {(row["kind"], row["subject"]): row["detail"]
                for row in self.get("/admin/alerts")["active"]}

    def notices(self, kind=None):
        """State and subject of each, the oldest first."""
        rows = self.get("/admin/alerts", limit=200)["notices"]
        return [(row["state"], row["subject"]) for row in reversed(rows)
                if kind in (None, row["kind"])]

    def wait_active(self, kind, subject=""):
        wait_until(lambda: (kind, subject) in self.active(),
                   f"{kind} of '{subject}' is an alert")
        return self.active().get((kind, subject))

    def survey(self):
        """Waits for one that began after this call: two ends of surveys."""
        for _ in range(2):
            self.redis.call("HDEL", "websub:{c}:alerts_sent", "topic")
            wait_until(lambda: self.redis.call(
                "HGET", "websub:{c}:alerts_sent", "topic"), "a survey ends")

    def wait_over(self, kind, subject=""):
        wait_until(lambda: (kind, subject) not in self.active(),
                   f"{kind} of '{subject}' is over")
        found = [state for state, of in self.notices(kind) if of == subject]
        self.assertEqual(found, ["raised", "resolved"])
