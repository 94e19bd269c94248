"""What was measured, a line each; the number of aims that were missed."""

missed = 0


def figure(what: str, measured: object, *, aim: str = "", reached: bool | None = None) -> None:
    global missed  # noqa: PLW0603 - one run, one report
    missed += reached is False
    mark = {True: "ok  ", False: "MISS", None: "    "}[reached]
    print(f"{mark} {what}: {measured}{f'   (aim: {aim})' if aim else ''}", flush=True)


def p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]
