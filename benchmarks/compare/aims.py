"""What this catalogue aims at, beside the others: printed with what was reached, by processor time."""

from benchmarks.chaos.report import figure
from benchmarks.compare.results import Results

# Of which of ours, in which scenario, against which other in which scenario: how many times cheaper it is at least.
HOT = [("ours", kind, "bare", kind, 0.8) for kind in ("json", "html", "304")]
NEW_FILTER = [
    ("unkept", f"filter {kind}", "before", f"filter {kind}", aim) for kind, aim in (("json", 4), ("html", 2.5))
]
AIMS = {
    "sqlite": [
        *HOT,
        ("unkept", "json", "fastapi", "json", 3.5),
        ("unkept", "html", "fastapi", "html", 3.5),
        ("unkept", "rows html", "fastapi", "rows html", 2.5),
        *NEW_FILTER,
    ],
    "postgresql": [
        *HOT,
        ("unkept", "json", "litestar-asyncpg", "json", 0.9),
        ("unkept", "html", "litestar-asyncpg", "html", 1.3),
        ("unkept", "rows html", "fastapi", "rows html", 2.5),
        *NEW_FILTER,
    ],
}
MEGABYTES, FIRST_ANSWER = 80, 2.0  # of a worker; seconds


def tell(results: Results) -> None:
    for name, ours, stack, theirs, aim in AIMS[results.database]:
        ratio = results.ratio((name, ours), (stack, theirs))
        if ratio is not None:
            cheaper = results.cost_ratio((name, ours), (stack, theirs))
            told = f"{cheaper:.2f} times by processor time, {ratio:.2f} by requests a second"
            figure(f"{name}, {ours}, against {stack}", told, aim=f"≥ {aim}", reached=cheaper >= aim)
    if memory := results.megabytes.get("ours"):
        most = max(memory)
        figure("memory of a worker", f"{most:.0f} MB", aim=f"≤ {MEGABYTES} MB", reached=most <= MEGABYTES)
    if firsts := results.first_answers.get("ours"):
        told = f"{min(firsts):.2f} to {max(firsts):.2f} s"
        figure("first answer after the start", told, aim=f"≤ {FIRST_ANSWER} s", reached=max(firsts) <= FIRST_ANSWER)
