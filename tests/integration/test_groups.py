"""Topic groups: the admin API, and how their versions come to every process."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.groups import GroupsTest


class Api(GroupsTest):
    roles = ("hub",)

    def test_a_group_is_made_changed_and_deleted(self):
        made = self.put("eu", {"prefix": "orders.eu", "max_attempts": 3})
        self.assertEqual(made, {"version": 1, "id": "eu",
                                "prefix": "orders.eu", "max_attempts": 3})
        changed = self.put("eu", {"prefix": "orders.eu"}, match='"1"')
        self.assertEqual(changed["version"], 2)
        self.assertNotIn("max_attempts", changed)
        answer = self.request("DELETE", "eu", match='"2"')
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.request("GET", "eu").status, 410)


if __name__ == "__main__":
    unittest.main()
