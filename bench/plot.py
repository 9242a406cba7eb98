"""Plots of the points of a benchmark's rounds, as one SVG file."""

import math
import statistics

WIDTH, HEIGHT = 720, 330  # of one chart
LEFT, RIGHT, TOP, BOTTOM = 96, 110, 46, 58
MARKS = "Points: median of the rounds. Bars: least to greatest."
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


def _text(x, y, text, anchor="middle", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>'
            f'{text}</text>')


def _line(x1, y1, x2, y2, colour="#d0d7de"):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}"/>')


def _label(value):
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _series(x, y, points, colour):
    """The medians as a line, least to greatest as bars."""
    at = {value: statistics.median(found) for value, found in points.items()}
    out = ['<polyline fill="none" stroke-width="2" '
           f'stroke="{colour}" points="' + " ".join(
               f"{x.at(value):.1f},{y.at(middle):.1f}"
               for value, middle in at.items()) + '"/>']
    for value, found in points.items():
        low, high = y.at(min(found)), y.at(max(found))
        out.append(f'<path stroke="{colour}" d="M{x.at(value):.1f},'
                   f'{low:.1f} V{high:.1f} M{x.at(value) - 4:.1f},{low:.1f} '
                   f'h8 M{x.at(value) - 4:.1f},{high:.1f} h8"/>')
        out.append(f'<circle r="3" fill="{colour}" cx="{x.at(value):.1f}" '
                   f'cy="{y.at(at[value]):.1f}"/>')
    return out


def _legend(names):
    """Beside the chart, from the top; one series needs none."""
    left = WIDTH - RIGHT + 16
    for row, (name, colour) in enumerate(names if len(names) > 1 else ()):
        y = TOP + 18 * row + 8
        yield (f'<path stroke="{colour}" stroke-width="2" '
               f'd="M{left},{y - 4} h20"/>')
        yield _text(left + 26, y, name, "start")


def _grid(x, y, x_title, y_title):
    """Lines, the ticks' labels, and the axes with their titles."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    for tick in x.ticks:
        yield _line(x.at(tick), TOP, x.at(tick), bottom)
        yield _text(x.at(tick), bottom + 20, _label(tick))
    for tick in y.ticks:
        yield _line(LEFT, y.at(tick), right, y.at(tick))
        yield _text(LEFT - 8, y.at(tick) + 4, _label(tick), "end")
    yield _line(LEFT, bottom, right, bottom, "#57606a")
    yield _line(LEFT, TOP, LEFT, bottom, "#57606a")
    yield _text((LEFT + right) / 2, bottom + 40, x_title)
    middle = (TOP + bottom) / 2
    yield _text(18, middle, y_title,
                more=f'transform="rotate(-90 18 {middle:.1f})"')


def _title(name, logarithmic):
    return name + " (log scale)" * logarithmic


def _chart(title, x_title, y_title, series, x_log, y_log):
    """`series` maps a name to {x: [y of each round]}."""
    xs = [value for points in series.values() for value in points]
    ys = [value for points in series.values() for found in points.values()
          for value in found]
    x = _Axis(xs, (LEFT, WIDTH - RIGHT), x_log)
    y = _Axis(ys, (HEIGHT - BOTTOM, TOP), y_log)
    out = [_text(LEFT, TOP - 26, title, "start", 'font-weight="bold"'),
           _text(LEFT, TOP - 10, MARKS, "start", 'fill="#57606a"'),
           *_grid(x, y, _title(x_title, x_log), _title(y_title, y_log)),
           *_legend(list(zip(series, COLOURS)))]
    for points, colour in zip(series.values(), COLOURS):
        out += _series(x, y, points, colour)
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
        rate = {"rate": series.pop("rate")}
        yield _chart("Rate by the size of a topic",
                     "subscriptions to the topic", "deliveries/s", rate,
                     True, False)
        # The slower line is the upper one, and so is its name.
        times = {name.split(",")[0]: series[name] for name in reversed(series)}
        yield _chart("From publishing to arrival, one event",
                     "subscriptions to the topic", "ms", times, True, True)
    if "processes" in rounds_by_scenario:
        series = _collect(rounds_by_scenario["processes"])
        yield _chart("Rate by deliver processes, callbacks that answer after "
                     "50 ms", "deliver processes", "deliveries/s",
                     {"rate": series["rate"]}, False, False)


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
