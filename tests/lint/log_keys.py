"""Checks the keys of log lines: none is one of the line's own (time, level,
event), which would stand twice in a line of JSON, and none stands twice."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALL = re.compile(r"\b(?:wsub_log_(?:error|warn|info|debug)|WSUB_LOG)\(")
KEY = re.compile(r'WSUB_K[VUE]\(\s*"([^"]*)"')
OWN = {"time", "level", "event"}


def calls(text):
    """(offset, text) of each call that writes a line."""
    for match in CALL.finditer(text):
        depth, end = 1, match.end()
        while depth > 0 and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield match.start(), text[match.end():end]


def faults(text):
    for offset, call in calls(text):
        keys = KEY.findall(call)
        for key in set(keys):
            if key in OWN or keys.count(key) > 1:
                yield text.count("\n", 0, offset) + 1, key


def main():
    found = False
    for folder in ("common", "hub", "spreader", "deliver"):
        for path in sorted((ROOT / folder).rglob("*.c")):
            for line, key in faults(path.read_text()):
                print(f"{path.relative_to(ROOT)}:{line}: key '{key}'")
                found = True
    return found


if __name__ == "__main__":
    sys.exit(main())
