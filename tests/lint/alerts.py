"""Compares the alerts there are with the sections of docs/RUNBOOK.md: each alert
has one, and no section is of an alert that there is not."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = ROOT / "docs/RUNBOOK.md"
HEADING = re.compile(r"^#{2,3} (.*)$", re.MULTILINE)

# Where alerts are named: files, and what stands around a name in them.
SOURCES = (
    ("docker/prometheus/*.yml", re.compile(r"^ *- alert: (\w+)$",
                                           re.MULTILINE)),
    # Their headings are the bare names: the anchors that these alerts link to.
    ("common/store/alerts.c", re.compile(r'\[WSUB_ALERT_\w+\] = "([^"]+)"')),
)
# Names of rules, and bare names.
OURS = re.compile(r"^(Websubd[A-Z]\w*|[a-z]+(-[a-z]+)*)$")


def alerts(root=ROOT):
    """{name: file}"""
    return {name: path.relative_to(root)
            for pattern, name_in in SOURCES
            for path in sorted(root.glob(pattern))
            for name in name_in.findall(path.read_text())}


def sections(text):
    """What the headings name in backticks, and the bare names."""
    return {name for heading in HEADING.findall(text)
            for name in re.findall(r"`(Websubd\w+)`", heading) or [heading]}


def main():
    there, told = alerts(), sections(RUNBOOK.read_text())
    missing = [f"{there[name]}: alert {name} has no section in docs/RUNBOOK.md"
               for name in sorted(set(there) - told)]
    stray = [f"docs/RUNBOOK.md: {name} is no alert" for name in sorted(told)
             if OURS.match(name) and name not in there]
    for line in missing + stray:
        print(line)
    return bool(missing or stray or not there)


if __name__ == "__main__":
    sys.exit(main())
