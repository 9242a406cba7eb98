"""Trees of sources that layers.py must find fault with, or must not."""

import tempfile
import unittest
from pathlib import Path

import layers


def tree(**files):
    """A tree of the files, by names such as common_base_a__c."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = Path(root, name.replace("__", ".").replace("_", "/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return layers.Tree(Path(root))


class Layers(unittest.TestCase):
    def test_an_include_ties(self):
        found = tree(hub_a__h='#include "hub/b.h"\n',
                     hub_b__c='#include "hub/a.h"\n', hub_b__h="")
        self.assertEqual(list(found.circles()), [["hub/a", "hub/b", "hub/a"]])

    def test_a_call_ties_without_an_include(self):
        found = tree(hub_a__c="int a(void)\n{\n    return b();\n}\n",
                     hub_b__c="struct x *\nb(void)\n{\n    a();\n}\n")
        self.assertEqual(list(found.circles()), [["hub/a", "hub/b", "hub/a"]])

    def test_a_callback_that_is_given_ties(self):
        found = tree(hub_a__c="void a(void)\n{\n    later(b);\n}\n",
                     hub_b__c="void b(void)\n{\n}\n")
        self.assertIn("hub/b", found.arrows["hub/a"])

    def test_a_static_function_is_its_files_own(self):
        found = tree(hub_a__c="static int b(void)\n{\n}\nint a(void)\n"
                              "{\n    return b();\n}\n",
                     hub_b__c="int b(void)\n{\n    return a();\n}\n")
        self.assertEqual(list(found.circles()), [])

    def test_a_name_in_a_comment_a_text_or_a_tag_ties_nothing(self):
        found = tree(hub_a__c='/* b() */ struct b x; char *t = "b(";\n',
                     hub_b__c="int b(void)\n{\n}\n")
        self.assertEqual(found.arrows["hub/a"], {})

    def test_longer_circles_are_found(self):
        found = tree(hub_a__h='#include "hub/b.h"\n',
                     hub_b__h='#include "hub/c.h"\n',
                     hub_c__h='#include "hub/a.h"\n')
        self.assertEqual(list(found.circles()),
                         [["hub/a", "hub/b", "hub/c", "hub/a"]])

    def test_arrows_upwards(self):
        for low, high in (("common_base_a", "common_http_b"),
                          ("common_http_a", "common_redis_b"),
                          ("common_redis_a", "common_store_b"),
                          ("common_store_a", "common_cluster_b"),
                          ("common_store_a", "common_program_b"),
                          ("common_store_a", "hub_b"),
                          ("hub_a", "deliver_b")):
            header = high.replace("_", "/") + ".h"
            found = tree(**{low + "__c": f'#include "{header}"\n',
                            high + "__h": ""})
            self.assertEqual(list(found.upwards()),
                             [[low.replace("_", "/"), header[:-2]]])

    def test_arrows_downwards(self):
        found = tree(hub_a__c='#include "common/store/b.h"\n'
                              '#include "common/program/c.h"\n',
                     common_store_b__h='#include "common/http/d.h"\n',
                     common_program_c__h='#include "common/redis/e.h"\n',
                     common_http_d__h="", common_redis_e__h="")
        self.assertEqual(list(found.upwards()), [])


if __name__ == "__main__":
    unittest.main()
