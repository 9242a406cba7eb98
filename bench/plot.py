"""Plots of the points of a benchmark's rounds, as one SVG file."""

import math
import statistics

WIDTH, HEIGHT = 720, 300  # of one chart
LEFT, RIGHT, TOP, BOTTOM = 80, 150, 36, 44
COLOURS = ("#1f6feb", "#d1242f", "#2da44e")


class _Axis:
    """Maps values to pixels, with ticks at round numbers."""

    def __init__(self, values, pixels, logarithmic):
        self._map = math.log10 if logarithmic else float
        if logarithmic:
            low, high = (math.floor(math.log10(min(values))),
                         math.ceil(math.log10(max(values))))
            self.ticks = [10 ** power for power in range(low, high + 1)]
        else:
            step = 10 ** math.floor(math.log10(max(values) or 1))
            step = step / 2 if max(values) / step < 3 else step
            self.ticks = [step * n for n in
                          range(math.ceil(max(values) / step) + 1)]
        self._low, self._high = (self._map(self.ticks[0]),
                                 self._map(self.ticks[-1]))
        self._pixels = pixels

    def at(self, value):
        first, last = self._pixels
        span = (self._high - self._low) or 1
        return first + (last - first) * (self._map(value) - self._low) / span


def _text(x, y, text, anchor="middle"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
            f'{text}</text>')


def _line(x1, y1, x2, y2):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            'stroke="#d0d7de"/>')


def _label(value):
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _series(x, y, name, points, colour, row):
    """The medians as a line, least to greatest as bars."""
    at = {value: statistics.median(found) for value, found in points.items()}
    out = ['<polyline fill="none" stroke-width="2" '
           f'stroke="{colour}" points="' + " ".join(
               f"{x.at(value):.1f},{y.at(middle):.1f}"
               for value, middle in at.items()) + '"/>']
    for value, found in points.items():
        out.append(f'<path stroke="{colour}" d="M{x.at(value):.1f},'
                   f'{y.at(min(found)):.1f} V{y.at(max(found)):.1f}"/>')
        out.append(f'<circle r="3" fill="{colour}" cx="{x.at(value):.1f}" '
                   f'cy="{y.at(at[value]):.1f}"/>')
    out.append(f'<g fill="{colour}">' + _text(
        WIDTH - RIGHT + 12, TOP + 16 * row + 8, name, "start") + "</g>")
    return out


def _chart(title, x_title, series, x_log, y_log):
    """`series` maps a name to {x: [y of each round]}."""
    xs = [value for points in series.values() for value in points]
    ys = [value for points in series.values() for found in points.values()
          for value in found]
    x = _Axis(xs, (LEFT, WIDTH - RIGHT), x_log)
    y = _Axis(ys, (HEIGHT - BOTTOM, TOP), y_log)
    out = [_text(LEFT, TOP - 14, title, "start"),
           _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x_title)]
    for tick in x.ticks:
        out += [_line(x.at(tick), TOP, x.at(tick), HEIGHT - BOTTOM),
                _text(x.at(tick), HEIGHT - BOTTOM + 16, _label(tick))]
    for tick in y.ticks:
        out += [_line(LEFT, y.at(tick), WIDTH - RIGHT, y.at(tick)),
                _text(LEFT - 6, y.at(tick) + 4, _label(tick), "end")]
    for row, (name, points) in enumerate(series.items()):
        out += _series(x, y, name, points, COLOURS[row % len(COLOURS)], row)
    return out


def _collect(rounds):
    """{name: {x: [y of each round]}}"""
    found = {}
    for one in rounds:
        for name, points in one["points"].items():
            for value, y in points.items():
                found.setdefault(name, {}).setdefault(value, []).append(y)
    return found


def _charts(rounds_by_scenario):
    if "growth" in rounds_by_scenario:
        series = _collect(rounds_by_scenario["growth"])
        rate = {"deliveries/s": series.pop("rate")}
        yield _chart("Deliveries per second", "subscriptions to the topic",
                     rate, True, False)
        yield _chart("From publishing to arrival, one event, ms",
                     "subscriptions to the topic", series, True, True)
    if "processes" in rounds_by_scenario:
        series = _collect(rounds_by_scenario["processes"])
        yield _chart("Deliveries per second, callbacks answer after 50 ms",
                     "deliver processes", {"deliveries/s": series["rate"]},
                     False, False)


def write(file, rounds_by_scenario):
    """Writes the plots that there are points for; False without any."""
    charts = list(_charts(rounds_by_scenario))
    if not charts:
        return False
    with open(file, "w", encoding="utf-8") as out:
        out.write('<svg xmlns="http://www.w3.org/2000/svg" '
                  f'viewBox="0 0 {WIDTH} {HEIGHT * len(charts)}" '
                  'font-family="sans-serif" font-size="12">\n'
                  '<rect width="100%" height="100%" fill="#fff"/>\n')
        for number, parts in enumerate(charts):
            out.write(f'<g transform="translate(0,{number * HEIGHT})">\n' +
                      "\n".join(parts) + "\n</g>\n")
        out.write("</svg>\n")
    return True
