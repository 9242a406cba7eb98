"""Checks that the sources depend on each other in one direction only.

A unit is a file: foo.c and foo.h are one.  It depends on a unit whose header it
includes, and on a unit whose function it uses (by the name: called, or given as
a callback).  The test fails on a circle of units, and on an arrow upwards: from
a folder to one that it must not know (KNOWS), and prints what ties them."""

import re
import sys
from collections import defaultdict, deque
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("hub", "spreader", "deliver")
SHARED = ("base", "crypto", "net", "http", "host", "redis", "store", "cluster",
          "groups", "reshard", "program")

KNOWS = {
    "base": {"base"},
    "crypto": {"base", "crypto"},
    "net": {"base", "net"},
    "http": {"base", "crypto", "net", "http"},
    "host": {"base", "crypto", "net", "http", "host"},
    "redis": {"base", "crypto", "net", "redis"},
    "store": {"base", "crypto", "net", "http", "redis", "store"},
    "cluster": {"base", "crypto", "net", "http", "redis", "store", "cluster"},
    "groups": {"base", "crypto", "net", "http", "redis", "store", "groups"},
    "reshard": {"base", "crypto", "net", "http", "redis", "store", "reshard"},
    "program": set(SHARED),
    **{program: {*SHARED, program} for program in PROGRAMS},
}

NOISE = re.compile(
    r"""/\*.*?\*/ | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
    re.DOTALL | re.VERBOSE)
INCLUDE = re.compile(r'^#include "([^"]+)\.h"', re.MULTILINE)
DIRECTIVE = re.compile(r"^#(?:\\\n|.)*", re.MULTILINE)
ATTRIBUTE = re.compile(r"__attribute__\(\(.*?\)\)\)?", re.DOTALL)
TAG = re.compile(r"\b(?:struct|enum|union)\s+\w+")
NAME = re.compile(r"[A-Za-z_]\w*")
FUNCTION = re.compile(r"([A-Za-z_]\w*)\s*\(")


def folder_of(unit):
    parts = unit.split("/")
    return parts[1] if parts[0] == "common" else parts[0]


def code_of(text):
    """The text without comments and strings."""
    return NOISE.sub(lambda match: "\n" * match[0].count("\n") or " ", text)


def outermost(code):
    """What stands before each outermost brace."""
    depth, start = 0, 0
    for match in re.finditer(r"[{};]", code):
        if match[0] == "}":
            depth -= 1
        if match[0] == "{":
            if depth == 0:
                yield code[start:match.start()]
            depth += 1
        if depth == 0:
            start = match.end()


def functions(code):
    """The names of the functions that the code defines: (global, static)."""
    names = set(), set()
    bare = ATTRIBUTE.sub(" ", DIRECTIVE.sub("", code))
    for head in outermost(bare):
        found = FUNCTION.search(head)
        if found and "=" not in head and head.rstrip().endswith(")"):
            names["static" in NAME.findall(head)].add(found[1])
    return names


class Tree:
    """The units under some folders, and what they use of each other."""

    def __init__(self, root):
        self.texts = defaultdict(dict)
        for folder in ("common", *PROGRAMS):
            for path in sorted((root / folder).rglob("*.[ch]")):
                unit = str(path.relative_to(root).with_suffix(""))
                self.texts[unit][path.suffix] = path.read_text()
        self.arrows = defaultdict(lambda: defaultdict(set))
        self.add_includes()
        self.add_uses()

    def add(self, unit, other, name):
        if other in self.texts and other != unit:
            self.arrows[unit][other].add(name)

    def add_includes(self):
        for unit, texts in self.texts.items():
            for text in texts.values():
                for other in INCLUDE.findall(text):
                    self.add(unit, other, f'#include "{other}.h"')

    def add_uses(self):
        codes = {unit: {suffix: code_of(text)
                        for suffix, text in texts.items()}
                 for unit, texts in self.texts.items()}
        defined, local = {}, {}
        for unit, code in codes.items():
            public, local[unit] = functions(code.get(".c", ""))
            defined.update({name: unit for name in public - {"main"}})
        for unit, code in codes.items():
            text = TAG.sub(" ", "\n".join(code.values()))
            for name in set(NAME.findall(text)):
                if name in defined and name not in local[unit]:
                    self.add(unit, defined[name], name)

    def upwards(self):
        for unit, others in sorted(self.arrows.items()):
            for other in sorted(others):
                if folder_of(other) not in KNOWS[folder_of(unit)]:
                    yield [unit, other]

    def way_back(self, start):
        """The shortest circle through a unit, or None."""
        before, queue = {}, deque([start])
        while queue:
            unit = queue.popleft()
            for other in sorted(self.arrows[unit]):
                if other == start:
                    circle = [start, unit]
                    while circle[-1] != start:
                        circle.append(before[circle[-1]])
                    return circle[::-1]
                if other not in before:
                    before[other] = unit
                    queue.append(other)
        return None

    def circles(self):
        """One for each unit that is part of any, without repetitions."""
        seen = set()
        for unit in sorted(self.texts):
            circle = unit not in seen and self.way_back(unit)
            if circle:
                seen.update(circle)
                yield circle

    def show(self, what, way):
        print(f"{what}: {way[0]}")
        for unit, other in zip(way, way[1:]):
            names = sorted(self.arrows[unit][other])
            print(f"    -> {other}: {', '.join(names[:5])}"
                  f"{', ...' if len(names) > 5 else ''}")


def main():
    tree = Tree(ROOT)
    problems = [("circle", way) for way in tree.circles()]
    problems += [("arrow upwards", way) for way in tree.upwards()]
    for what, way in problems:
        tree.show(what, way)
    return 1 if problems or not tree.texts else 0


if __name__ == "__main__":
    sys.exit(main())
