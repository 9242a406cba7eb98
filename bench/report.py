"""The table of a scenario: its figures, its targets, and what makes them
doubtful."""

import os
import re
import statistics

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "../build/bench")
_WIDTH = 42  # of a figure's name
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"


def path(short, name):
    """A file for results; those of a short run lie apart."""
    folder = os.path.normpath(os.path.join(_FOLDER, "short" if short else "."))
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


def _shown(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3f}"


def _values(rounds, figure):
    return [one["figures"][figure] for one in rounds]


def _spread(values):
    """From the least to the greatest, by the median."""
    middle = statistics.median(values)
    return (f"{(max(values) - min(values)) / middle:.0%}"
            if len(values) > 1 and middle else "")


def _numbers(note):
    return [float(number.replace(",", ""))
            for number in re.findall(_NUMBER, note)]


def _notes(rounds):
    """Each note once; of those that differ in a number the greatest."""
    found = {}
    for note in sorted((note for one in rounds for note in one["notes"]),
                       key=_numbers):
        found[re.sub(_NUMBER, "#", note)] = note
    return found.values()


def show(scenario, rounds):
    print(f"\n{scenario.name}: {scenario.about}; {len(rounds)} round(s)")
    print(f"  {'':<{_WIDTH}}{'median':>12}{'min':>12}{'max':>12}{'spread':>9}")
    for figure in rounds[0]["figures"]:
        values = _values(rounds, figure)
        print(f"  {figure:<{_WIDTH}}" + "".join(
            f"{_shown(value):>12}" for value in (
                statistics.median(values), min(values), max(values))) +
            f"{_spread(values):>9}")
    for note in _notes(rounds):
        print(f"  ! {note}")


def show_targets(scenario, rounds):
    """Says of each target whether the median meets it."""
    for figure, bound, number in scenario.targets:
        value = statistics.median(_values(rounds, figure))
        met = value >= number if bound == "at least" else value <= number
        print(f"  target: {figure} {bound} {_shown(number)}: "
              f"{_shown(value)}, {'met' if met else 'NOT met'}")
