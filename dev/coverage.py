#!/usr/bin/env python3
"""Prints how many lines of each folder were run.

    dev/coverage.py BUILD [-v]

gcov reads what the programs of BUILD, a build with the preset coverage, have
counted.  With -v each file has its line, too."""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("hub", "spreader", "deliver")


def read(build):
    """The lines of each source file, and whether they were run."""
    files = defaultdict(dict)
    for notes in sorted(build.rglob("*.gcno")):
        output = subprocess.run(
            ["gcov", "--json-format", "--stdout", notes], cwd=build, check=True,
            capture_output=True).stdout
        for file in json.loads(output)["files"]:
            path = Path(build, file["file"]).resolve()
            if path.suffix != ".c" or ROOT not in path.parents:
                continue
            lines = files[str(path.relative_to(ROOT))]
            for line in file["lines"]:
                number = line["line_number"]
                lines[number] = lines.get(number, False) or line["count"] > 0
    return files


def folder_of(name):
    """common/http, deliver ...; None of what is no program's."""
    parts = name.split("/")
    if parts[0] == "common":
        return "/".join(parts[:2])
    return parts[0] if parts[0] in PROGRAMS else None


def show(name, lines):
    run = sum(lines)
    print(f"{name:<32} {run:>6} / {len(lines):<6} {run / len(lines):7.1%}")


def main():
    build = Path(sys.argv[1]).resolve()
    folders = defaultdict(list)
    for name, lines in sorted(read(build).items()):
        folder = folder_of(name)
        if folder is None or not lines:
            continue
        folders[folder] += lines.values()
        if "-v" in sys.argv[2:]:
            show(name, lines.values())
    for folder, lines in sorted(folders.items()):
        show(folder, lines)
    show("total", [run for lines in folders.values() for run in lines])


if __name__ == "__main__":
    main()
