"""What this catalogue aims at, beside the others: printed with what was reached."""

from benchmarks.chaos.report import figure
from benchmarks.compare.results import Results

# How many times as many requests a second: ours, theirs, at least. A scenario that a stack lacks is its plain one.
HOT = (
    ("json", "bare", "json", 0.85),
    ("html", "bare", "html", 0.85),
    ("304", "bare", "304", 0.9),
    ("json", "tutorial", "json", 200),
    ("html", "tutorial", "html", 200),
    ("writes", "fastapi", "writes", 10),
)
COLD = tuple(
    (f"cold {kind}", stack, kind, ratio)
    for stack, ratio in (("fastapi", 2), ("litestar", 1.5), ("litestar-asyncpg", 0.5))
    for kind in ("json", "html")
)
UNKEPT = tuple((scenario.removeprefix("cold "), *rest) for scenario, *rest in COLD)
MEGABYTES, FIRST_ANSWER = 90, 1.0  # of a worker; seconds


def tell(results: Results) -> None:
    compared = [("ours", *aim) for aim in (*HOT, *COLD)] + [("unkept", *aim) for aim in UNKEPT]
    for name, ours, stack, theirs, aim in compared:
        ratio = results.ratio((name, ours), (stack, theirs))
        if ratio is not None:
            by_cost = results.cost_ratio((name, ours), (stack, theirs))
            told = f"{ratio:.2f} times, {by_cost:.2f} by processor time"
            # Where others took the processor, rates say little, and what a request costs says more.
            counts = by_cost if results.is_disturbed((name, ours), (stack, theirs)) else ratio
            figure(f"{name}, {ours}, against {stack}", told, aim=f"≥ {aim}", reached=counts >= aim)
    if memory := results.megabytes.get("ours"):
        most = max(memory)
        figure("memory of a worker", f"{most:.0f} MB", aim=f"≤ {MEGABYTES} MB", reached=most <= MEGABYTES)
    if firsts := results.first_answers.get("ours"):
        told = f"{min(firsts):.2f} to {max(firsts):.2f} s"
        figure("first answer after the start", told, aim="≤ 1 s", reached=max(firsts) <= FIRST_ANSWER)
