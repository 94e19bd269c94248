"""What was measured, a line each; the number of aims that were missed."""

from collections import Counter

missed = 0


def figure(what: str, measured: object, *, aim: str = "", reached: bool | None = None) -> None:
    global missed  # noqa: PLW0603 - one run, one report
    missed += reached is False
    mark = {True: "ok  ", False: "MISS", None: "    "}[reached]
    print(f"{mark} {what}: {measured}{f'   (aim: {aim})' if aim else ''}", flush=True)


def answers(what: str, seen: Counter[str]) -> None:
    """How often each kind of answer came; an overloaded or ailing server may refuse."""
    is_well = seen.keys() <= {"200", "201", "202", "503"}
    figure(what, counts(seen), aim="2xx, or 503 with Retry-After", reached=is_well)


def counts(seen: Counter[str]) -> str:
    return ", ".join(f"{count:,} × {kind}" for kind, count in sorted(seen.items()))


def percentile(values: list[float], part: float = 0.99) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
