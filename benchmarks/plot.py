"""Curves as an SVG for the README: time by the number of books, both on logarithmic scales."""

import math
from collections.abc import Mapping
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, RIGHT = 720, 380, 50, 40, 150
COLOURS = "#1b6e4f #a3541f #2d5f9e #8a3b7a #6b6b14 #b03a3a #3d7f8c #5d4ea1 #87602b #2f2f2f #4c8a3a #99446a".split()


def curves(series: Mapping[str, Mapping[int, float]]) -> str:
    """Milliseconds by the number of books, a curve for each name."""
    sizes = sorted({size for points in series.values() for size in points})
    values = [value for points in series.values() for value in points.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def across(size: int) -> float:
        span = math.log10(sizes[-1] / sizes[0]) or 1
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log10(size / sizes[0]) / span

    def up(value: float) -> float:
        return 15 + (HEIGHT - 15 - BOTTOM) * (1 - (math.log10(value) - low) / (high - low))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="11">',
        "<title>95th percentile of an answer's time in milliseconds, by the number of books</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for power in range(low, high + 1):
        y = up(10**power)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10**power:g} ms</text>')
    parts += [
        f'<text x="{across(size):.1f}" y="{HEIGHT - 15}" text-anchor="middle">{size:,} books</text>' for size in sizes
    ]
    ends = sorted(((up(points[max(points)]), name) for name, points in series.items()))
    places: dict[str, float] = {}
    for y, name in ends:
        places[name] = max(y, max(places.values(), default=0) + 13)
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{across(size):.1f},{up(value):.1f}" for size, value in sorted(points.items()))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        label = f"{escape(name)}: {points[max(points)]:.0f}"
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{places[name] + 4:.1f}" fill="{colour}">{label}</text>')
    return "\n".join([*parts, "</svg>\n"])
