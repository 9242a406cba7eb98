"""Each alert has a section in docs/RUNBOOK.md: the kinds of the coordinator
(common/store/alerts.c) a heading that is their name, which is the anchor that
alerts link to."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KIND = re.compile(r'\[WSUB_ALERT_\w+\] = "([^"]+)"')


def main():
    kinds = KIND.findall((ROOT / "common/store/alerts.c").read_text())
    text = (ROOT / "docs/RUNBOOK.md").read_text()
    headings = re.findall(r"^### ([a-z-]+)$", text, re.MULTILINE)
    wrong = False
    for kind in sorted(set(kinds) ^ set(headings)):
        wrong = True
        if kind in kinds:
            print(f"docs/RUNBOOK.md: there is no section '### {kind}'")
        else:
            print(f"docs/RUNBOOK.md: no alert is called {kind}")
    return wrong or not kinds


if __name__ == "__main__":
    sys.exit(main())
