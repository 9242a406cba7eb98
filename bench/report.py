"""The table of a scenario: its figures, its targets, and what makes them
doubtful."""

import os
import re
import statistics

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "../build/bench")


def path(short, name):
    """A file for results; those of a short run lie apart."""
    folder = os.path.normpath(os.path.join(_FOLDER, "short" if short else "."))
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


def _shown(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3f}"


def _values(rounds, figure):
    return [one["figures"][figure] for one in rounds]


def _notes(rounds):
    """Each note once; of those that differ in a number the last in order."""
    found = {}
    for note in sorted(note for one in rounds for note in one["notes"]):
        found[re.sub(r"[\d.,]+", "#", note)] = note
    return found.values()


def show(scenario, rounds):
    print(f"\n{scenario.name}: {scenario.about}; {len(rounds)} round(s)")
    print(f"  {'':<40}{'median':>12}{'min':>12}{'max':>12}")
    for figure in rounds[0]["figures"]:
        values = _values(rounds, figure)
        print(f"  {figure:<40}" + "".join(
            f"{_shown(value):>12}" for value in (
                statistics.median(values), min(values), max(values))))
    for note in _notes(rounds):
        print(f"  ! {note}")


def show_targets(scenario, rounds):
    """Says of each target whether the median meets it."""
    for figure, bound, number in scenario.targets:
        value = statistics.median(_values(rounds, figure))
        met = value >= number if bound == "at least" else value <= number
        print(f"  target: {figure} {bound} {_shown(number)}: "
              f"{_shown(value)}, {'met' if met else 'NOT met'}")
