"""Curves as an SVG for docs/benchmarks.md: time by the number of books, both on logarithmic scales.

It has no ground of its own, and colours that stand out from a light page and from a dark one. A curve's name is joined
to it by a line, so that nobody has to know it by its colour.
"""

import math
from collections.abc import Iterator, Mapping
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 800, 420, 70, 220, 40, 40
LINE, JOINED, SIZE = 19, 28, 15  # from one name to the next, from a curve to its name, and the letters' height
TEXT, GRID = "#6f7a74", "#7f8a84"
COLOURS = "#2f8f74 #c8503b #4a7fc1 #a065b8 #8a8420 #d0568c #2f8ea3 #7d73d9 #b3742c #777f7b #5a9a3c #b85c5c".split()


def curves(series: Mapping[str, Mapping[int, float]]) -> str:
    """Milliseconds by the number of books, a curve for each name."""
    sizes = sorted({size for points in series.values() for size in points})
    ticks = _ticks([value for points in series.values() for value in points.values()])
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def across(size: int) -> float:
        return LEFT + (right - LEFT) * math.log10(size / sizes[0]) / (math.log10(sizes[-1] / sizes[0]) or 1)

    def up(value: float) -> float:
        return TOP + (bottom - TOP) * (1 - math.log10(value / ticks[0]) / math.log10(ticks[-1] / ticks[0]))

    parts = [*_frame({up(tick): tick for tick in ticks}, {across(size): size for size in sizes})]
    ends = {name: points[max(points)] for name, points in series.items()}
    places = _apart({name: up(value) for name, value in ends.items()}, bottom)
    for number, (name, points) in enumerate(series.items()):
        colour, place = COLOURS[number % len(COLOURS)], places[name]
        line = [f"{across(size):.1f},{up(value):.1f}" for size, value in sorted(points.items())]
        label = f"{escape(name)}: {_rounded(ends[name])}"
        parts += [
            f'<polyline points="{" ".join(line)}" fill="none" stroke="{colour}" stroke-width="2.5"/>',
            f'<polyline points="{line[-1]} {right + JOINED},{place:.1f}" fill="none" stroke="{colour}"/>',
            f'<text x="{right + JOINED + 5}" y="{place + 5:.1f}">{label}</text>',
        ]
    return "\n".join([*parts, "</svg>\n"])


def _frame(ticks: Mapping[float, float], sizes: Mapping[float, int]) -> Iterator[str]:
    """All but the curves; the milliseconds and the numbers of books by where they stand."""
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="{SIZE}" fill="{TEXT}">'
    )
    yield "<title>Milliseconds within which 95 of 100 answers come, by the number of books</title>"
    yield f'<text x="0" y="{SIZE}">95 of 100 answers come within</text>'
    for y, tick in ticks.items():
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}" stroke-width=".5" opacity=".6"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 5:.1f}" text-anchor="end">{tick:g} ms</text>'
    for x, size in sizes.items():
        yield f'<text x="{x:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{size:,} books</text>'


def _ticks(values: list[float]) -> list[float]:
    """1, 2, 5, 10, 20 and so on, from below the least value to above the greatest."""
    powers = range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)
    steps = [step * 10.0**power for power in powers for step in (1, 2, 5)]
    low = max(step for step in steps if step <= min(values))
    high = min(step for step in steps if step >= max(values))
    return [step for step in steps if low <= step <= max(high, low * 2)]


def _apart(places: Mapping[str, float], bottom: float) -> dict[str, float]:
    """The heights of the names: near these, and none over another."""
    found: dict[str, float] = {}
    names = sorted(places, key=places.__getitem__)
    for name in names:
        found[name] = max(places[name], max(found.values(), default=0) + LINE)
    limit = bottom
    for name in reversed(names):  # what would stand below the picture pushes up those above it
        found[name] = min(found[name], limit)
        limit = found[name] - LINE
    return found


def _rounded(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
