"""The dashboard of a whole system, in a browser."""

import json
import urllib.parse

from support.page import Page
from support.system import SystemTest

ADMIN, READER = "admin-token", "reader-token"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class DashboardTest(SystemTest):
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.page = Page()
        cls.addClassCleanup(cls.page.close)

    def setUp(self):
        self.start_system(admin_token=ADMIN, **self.settings)
        self.hub, self.redis = self.system.hub, self.system.redis

    def enter(self, place="now", token=ADMIN, **options):
        """The page, with the token typed."""
        self.page.open(self.hub.url + "dashboard#" + place, **options)
        self.page.fill("#token", token)
        self.page.button("Look")
        self.page.see("nav")

    def ask(self, path, **query):
        pairs = {name.replace("hub_", "hub."): value
                 for name, value in query.items()}
        answer = self.hub.get(
            path + "?" + urllib.parse.urlencode(pairs),
            {"Authorization": f"Bearer {ADMIN}"})
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def clean(self):
        """Nobody complains: neither the console, nor the policy, nor axe."""
        self.assertEqual(self.page.violations(), [])
        self.assertEqual(self.page.problems(), [])

    def fits(self):
        self.assertLessEqual(self.page.evaluate(
            "document.documentElement.scrollWidth - innerWidth"), 0)

    def look(self, name):
        """The panel, as it is, is fine."""
        self.fits()
        self.clean()
        self.page.shot(name)


def place(panel, **values):
    return panel + "?" + urllib.parse.urlencode(
        {name.replace("hub_", "hub."): value
         for name, value in values.items()})
