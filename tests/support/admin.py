"""A hub with the admin API, and requests to it."""

import json
import urllib.parse

from support.system import SystemTest

ADMIN = "admin-token"


class AdminSystemTest(SystemTest):
    roles = ("hub",)
    settings = {}

    def setUp(self):
        self.start_system(roles=self.roles, admin_token=ADMIN,
                          **self.settings)
        self.hub = self.system.hub
        self.redis = self.system.redis

    def ask(self, path, token=ADMIN, **query):
        """GET with the query; its names have `_` where `hub.` has a dot."""
        pairs = {name.replace("hub_", "hub."): value
                 for name, value in query.items()}
        target = path + ("?" + urllib.parse.urlencode(pairs) if pairs else "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.hub.get(target, headers)

    def get(self, path, **query):
        answer = self.ask(path, **query)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        return json.loads(answer.body)

    def pages(self, path, name, **query):
        """The rows of every page, one after the other."""
        rows = []
        for _ in range(1000):
            page = self.get(path, **query)
            self.assertLessEqual(len(page[name]), query.get("limit", 50))
            rows += page[name]
            if "next" not in page:
                return rows
            query["from"] = page["next"]
        raise AssertionError("there is no last page")
