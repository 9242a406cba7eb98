"""Checks that every function and every test that docs/CONFORMANCE.md names
exists, and that every row names at least one test.

Names are found by their text: a function of C by a line that begins with its
type, a test by its definition."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs/CONFORMANCE.md"
COLUMNS = 4

DEFINITIONS = {
    "where.c": r"^([a-z].*\b)?{}\(",
    "where.lua": r"^local function {}\b",
    "test.py": r"^ *(def {}\(|class {}\b)",
    "test.c": r"^START_TEST\({}\)",
}


def rows():
    """The rows of all tables, each with its line's number."""
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and cells[0] not in ("requirement", "---"):
            yield number, cells


def spans(cell):
    return re.findall(r"`([^`]+)`", cell)


def path_of(kind, file):
    if kind == "where":
        return ROOT / file
    folder = "integration" if file.endswith(".py") else "unit"
    return ROOT / "tests" / folder / file


def fault(kind, item):
    """What is wrong with FILE:NAME or FILE, or None."""
    file, _, name = item.partition(":")
    path = path_of(kind, file)
    if not path.is_file():
        return f"there is no {path}"
    pattern = DEFINITIONS.get(f"{kind}{path.suffix}")
    if pattern is None:
        return f"{file} is neither source nor test"
    pattern = pattern.replace("{}", re.escape(name))
    if not name or re.search(pattern, path.read_text(), re.MULTILINE):
        return None
    return f"{file} has no {name}"


def faults():
    count = 0
    for number, cells in rows():
        count += 1
        if len(cells) != COLUMNS:
            yield number, f"{len(cells)} columns"
            continue
        where, tests = spans(cells[2]), spans(cells[3])
        if not tests or not (where or cells[2] == "none"):
            yield number, "names no test, or nothing that implements it"
        for kind, items in (("where", where), ("test", tests)):
            for item in items:
                found = fault(kind, item)
                if found is not None:
                    yield number, found
    if count == 0:
        yield 0, "no rows"


def main():
    found = list(faults())
    for number, text in found:
        print(f"{TABLE.relative_to(ROOT)}:{number}: {text}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
