"""What the health monitor has mended meanwhile, and what it finds at the end,
when nothing may be wrong."""

import collections
import json
import random
import re

from chaos.admin import Operator
from support.wait import wait_until

_FSCK_S = 60
_KINDS = ("stale", "orphaned", "missing", "corrupt")
_NAMES = re.compile(r":.*")  # of topics and callbacks, in a key


def health_findings(fleet):
    """Lines of text: all that an fsck finds in the system at rest."""
    operator = Operator(fleet, random.Random(0))
    response = operator.insist("POST", "fsck", {"repair": False})
    if response.status != 202:
        return [f"no fsck is made: {response}"]
    number = json.loads(response.body)["fsck"]

    def progress():
        now = operator.get("fsck")
        return (now["fsck"] == number and now["state"] == "done" and
                now["progress"])
    try:
        done = wait_until(progress, "the fsck is done", _FSCK_S)
    except AssertionError as error:
        return [f"{error}: {operator.get('fsck')}"]
    if done["found"] == 0:
        return []
    report = operator.get("health/last")
    return [f"an fsck finds: {report['summary']}"] + [
        f"an fsck finds: {kind} {sample}" for kind in _KINDS
        for sample in report["issues"][kind]["samples"]]


def health_figures(fleet):
    """How often each kind of thing was mended, and given up."""
    count = collections.Counter()
    for _, program in fleet.programs:
        for event in ("health-mended", "health-alert"):
            for fields in program.events(event):
                what = fields.get("was") or fields.get("why")
                key = _NAMES.sub("", fields["key"])
                count[f"{event} {fields['action']} {key}: {what}"] += 1
    return dict(sorted(count.items()))
