"""Checks that no comment behind code is longer than its line.

clang-format wraps such a comment into a narrow column at the right, or breaks
the line that it is about.  It belongs above that line."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("common", "hub", "spreader", "deliver", "bench", "tests")

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/) | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
    re.DOTALL | re.VERBOSE)
# The value of a macro on a line of its own: its comment left no place for it.
WRAPPED = re.compile(r"#define \w+ +\\\n[^\n]*")


def ragged(text):
    """The numbers of the lines of `text` that end in a comment which spans
    lines, or has moved the value of a macro away from its name."""
    for match in TOKEN.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        before = text[start:match.start()]
        if match["comment"] and before.strip() and (
                "\n" in match["comment"] or is_wrapped(text, start)):
            yield text.count("\n", 0, start) + 1


def is_wrapped(text, start):
    """Whether the line at `start` is the last one of such a macro."""
    line = text.rfind("\n", 0, max(start - 1, 0)) + 1
    found = WRAPPED.match(text, line)
    return bool(found) and not found[0].endswith("\\")


def sources():
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.[ch]"))


def main():
    findings = [f"{path.relative_to(ROOT)}:{line}"
                for path in sources() for line in ragged(path.read_text())]
    for finding in findings:
        print(f"{finding}: a comment behind code that doesn't fit its line; "
              "put it above")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
