"""Texts that comments.py must find fault with, or must not."""

import unittest

import comments


class Comments(unittest.TestCase):
    def check(self, text, *lines):
        self.assertEqual(list(comments.ragged(text)), list(lines))

    def test_behind_code_and_longer_than_its_line(self):
        self.check("int a;\nint b; /* one\n        * two */\n", 2)

    def test_behind_the_value_of_a_macro_that_it_moved_away(self):
        self.check("#define A   \\\n    4 /* four */\n", 2)
        self.check("#define A   \\\n    4 /* four\n   * more */\n", 2)

    def test_behind_code_on_its_line(self):
        self.check("int b; /* one */\n#define A 4 /* four */\n")

    def test_above(self):
        self.check("/* one\n * two */\nint a;\n    /* one\n * two */\n")

    def test_in_the_body_of_a_macro(self):
        self.check("#define A(x)   \\\n    do { /* why */ \\\n    } while (0)\n")
        self.check("#define A   \\\n    f(4)\nint b; /* one */\n")

    def test_in_a_text(self):
        self.check("x = \"/* one\"; y = '\"'; z = \"\n*/ */*\";\n")
        self.check("a = {\"*/*\"};\nb = {\"/*\"};\n")


if __name__ == "__main__":
    unittest.main()
