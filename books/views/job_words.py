"""What a page says of a job: its state, how far it is and how fast, and what came of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from books.models import Job
from books.models.job import ACTIVE, Status

NAMES = {
    "import": "Import",
    "undo_import": "Undoing of an import",
    "export": "Export",
    "lookup": "Look-up of books",
    "reindex": "New search index",
    "clock": "Clock",
    "prune": "Clearing of old jobs",
}
UNITS = {"import": "lines", "clock": "seconds", "prune": "jobs"}  # what is counted; else books
STATES = {
    Status.QUEUED: "Waiting",
    Status.RUNNING: "Running",
    Status.SUCCEEDED: "Done",
    Status.FAILED: "Failed",
    Status.CANCELLED: "Cancelled",
}
COUNTED = {
    "created": "created",
    "updated": "updated",
    "completed": "completed",
    "unchanged": "unchanged",
    "unknown": "known nowhere",
    "rejected": "rejected",
    "failed": "without an answer",
    "notes": "without one of their fields",
    "similar": "perhaps here already",
    "books": "books",
    "changed": "put right",
    "undone": "books undone",
    "kept": "kept as they are",
    "ticks": "seconds counted",
    "pruned": "old jobs deleted",
}
RESULT_FILES = {
    ".rejects.csv": "The rows that were not imported, each with its reason. Mend them in this file, then import it.",
    ".notes.csv": "What was left out of rows that were imported without it, and new books that may be here already.",
    "outcomes.csv": "What became of each book, and which of its fields were filled in.",
    "kept.csv": "The books that stay as they are, each with the reason.",
}
SAID_ELSEWHERE = {"query", "dry_run", "job"}  # arguments
SHOWN = 5  # values of a list
GIVEN = {"q": "Words", "isbns": "ISBNs", "ids": "Books", "without": "All books without"}  # arguments
UPLOADED = "The list as it was sent."

Data = dict[str, Any]


def told(job: Data, beside: Mapping[str, Any]) -> Data:
    """A job in words; `job` as presenting.job gives it."""
    is_running = job["status"] == Status.RUNNING
    ends_soon = is_running and job["cancel_requested"]
    unit = UNITS.get(job["kind"], "books")
    return {
        **job,
        "name": name_of(job["kind"], beside["arguments"], beside["upload"]),
        "by": beside["by"],
        "is_active": job["status"] in ACTIVE,
        "state": "Being cancelled" if ends_soon else STATES[Status(job["status"])],
        # By which the script knows that the page as a whole has to be read again.
        "stage": f"{job['status']} {job['attempt']} {'ends' if ends_soon else ''}".strip(),
        "unit": unit,
        "far": far(job["done"], job["total"], unit),
        "pace": pace(job, timezone.now()) if is_running else "",
        "took": took(job),
    }


def name_of(kind: str, arguments: Mapping[str, Any], upload: str | None) -> str:
    name = NAMES.get(kind, kind)
    if kind == "import":
        name = "Trial import" if arguments.get("dry_run") else name
        return f"{name} of {upload}" if upload else name
    if kind == "export":
        return f"{name} as {'JSON Lines' if arguments.get('format') == 'jsonl' else 'CSV'}"
    return name


def far(done: int, total: int | None, unit: str) -> str:
    return f"{done:,} of {total:,} {unit}" if total is not None else f"{done:,} {unit}" if done else ""


def given(arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The arguments that were given, each with its name."""
    flat = {**arguments, **arguments.get("query", {})}
    shown = {name: value for name, value in flat.items() if value and name not in SAID_ELSEWHERE}
    return [(GIVEN.get(name, name.capitalize()), in_a_line(value)) for name, value in shown.items()]


def in_a_line(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{field} = {column}" for field, column in value.items())
    if isinstance(value, list):
        return ", ".join(value[:SHOWN]) + (f" and {len(value) - SHOWN:,} more" if len(value) > SHOWN else "")
    return str(value)


def pace(job: Data, now: datetime) -> str:
    """How many a second so far, and how long the rest takes at that pace; unknown of one that was interrupted."""
    if job["attempt"] > 1:
        return ""
    seconds = (now - job["started_at"]).total_seconds() if job["started_at"] else 0
    if seconds < 1 or not job["done"]:
        return ""
    rate = job["done"] / seconds
    said = f"{rate:,.0f} a second" if rate >= 10 else f"{rate:,.1f} a second"
    return (
        f"{said}, about {duration(timedelta(seconds=(job['total'] - job['done']) / rate))} left"
        if job["total"]
        else said
    )


def took(job: Data) -> str:
    is_known = job["attempt"] == 1 and job["finished_at"] and job["started_at"]
    return duration(job["finished_at"] - job["started_at"]) if is_known else ""


def duration(time: timedelta) -> str:
    """In the unit that fits: 1 second, 90 seconds, 3 minutes, 2 hours."""
    seconds = max(round(time.total_seconds()), 1)
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{round(seconds / length)} {unit}s"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def tally(result: Any) -> list[Data]:
    """The numbers of a result, each with its word; of counts that hardly ever are, only if there is any."""
    counts = result if isinstance(result, dict) else {}
    named = [{"key": name, "name": word, "number": counts[name]} for name, word in COUNTED.items() if name in counts]
    return [count for count in named if count["number"] or count["key"] not in {"notes", "similar"}]


def has_changed(job: Job) -> bool:
    """Whether an import that is over can have changed a book."""
    if job.finished_at is None or not job.done:
        return False
    counts = job.result if isinstance(job.result, dict) else {}
    return not counts or any(counts.get(name) for name in ("created", "updated", "completed", "undone"))


def meaning(file: str, upload: str) -> str:
    if file == upload:
        return UPLOADED
    found: Iterable[str] = (said for ending, said in RESULT_FILES.items() if file.endswith(ending))
    return next(iter(found), "")
