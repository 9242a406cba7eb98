"""Compares docs/LOGS.md with the sources: each event that a program logs has one
row in the section of its folder, with the levels and the fields that its lines
may have, and each row has an event."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALL = re.compile(r"\bwsub_log_(error|warn|info|debug)\(|\bWSUB_LOG\(")
KEY = re.compile(r'WSUB_K[VUE]\(\s*"([^"]*)"')
MACRO = re.compile(r'#define (\w+)\s+(?:\\\n\s*)?WSUB_K[VUE]\(\s*"([^"]*)"')
NAME = re.compile(r'"([a-z][a-z0-9_-]*)"')
LEVEL = re.compile(r"WSUB_LOG_(ERROR|WARN|INFO|DEBUG)\b")
NAMED = re.compile(r'WSUB_LOG_(ERROR|WARN|INFO|DEBUG),\s*"([a-z0-9-]+)"')
SECTIONS = {"Every program": "common", "websub-hub": "hub",
            "websub-spreader": "spreader", "websub-deliver": "deliver"}
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$")
LEVELS = ["error", "warn", "info", "debug"]


def arguments(text, start):
    """The arguments of the call whose parenthesis opens before `start`."""
    depth, begin, found, quoted = 1, start, [], False
    for at in range(start, len(text)):
        char = text[at]
        if char == '"' and text[at - 1] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(char, 0)
            if depth == 0:
                return found + [text[begin:at]]
            if char == "," and depth == 1:
                found.append(text[begin:at])
                begin = at + 1
    raise ValueError("a call without an end")


def logged(text):
    """(event, levels, fields) of each call that writes a line.  Where level and
    event come from a table, of each row of that."""
    macros = dict(MACRO.findall(text))
    for match in CALL.finditer(text):
        args = arguments(text, match.end())
        fields = {key for arg in args for key in KEY.findall(arg)}
        fields |= {macros[arg.strip()] for arg in args
                   if arg.strip() in macros}
        if match.group(1):
            levels, args = {match.group(1)}, [None] + args
        else:
            levels = {level.lower() for level in LEVEL.findall(args[0])}
        names = NAME.findall(args[1])
        if levels and not names:
            raise ValueError(f"no name of an event in {args[1]}")
        if levels:
            yield from ((name, levels, fields) for name in names)
            continue
        for level, name in NAMED.findall(text):
            yield name, {level.lower()}, fields


def of_sources(folder):
    """Event -> (levels, fields)."""
    events = {}
    for path in sorted((ROOT / folder).rglob("*.c")):
        for name, levels, fields in logged(path.read_text()):
            known = events.setdefault(name, (set(), set()))
            known[0].update(levels)
            known[1].update(fields)
    return events


def of_document():
    """Folder -> event -> (levels, fields)."""
    found, events = {}, {}
    for line in (ROOT / "docs/LOGS.md").read_text().splitlines():
        if line.startswith("## "):
            folder = SECTIONS.get(line[3:])
            events = found.setdefault(folder, {}) if folder else {}
        row = ROW.match(line)
        if not row:
            continue
        if row.group(1) in events:
            print(f"docs/LOGS.md: `{row.group(1)}` has two rows")
        if not row.group(4).strip():
            print(f"docs/LOGS.md: `{row.group(1)}` has no meaning")
        events[row.group(1)] = (set(row.group(2).split(", ")),
                                set(re.findall(r"`([^`]+)`", row.group(3))))
    return found


def row_of(name, levels, fields):
    return (f"| `{name}` | {', '.join(x for x in LEVELS if x in levels)} | "
            f"{', '.join(f'`{field}`' for field in sorted(fields))} | |")


def main():
    document, wrong = of_document(), False
    for title, folder in SECTIONS.items():
        events, rows = of_sources(folder), document.get(folder, {})
        for name in sorted(events.keys() | rows.keys()):
            if events.get(name) == rows.get(name):
                continue
            wrong = True
            if name not in events:
                print(f"docs/LOGS.md, {title}: nothing logs `{name}`")
            else:
                print(f"docs/LOGS.md, {title}: this row is missing or differs:"
                      f"\n{row_of(name, *events[name])}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
