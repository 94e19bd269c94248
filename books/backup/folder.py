"""The backups written by jobs, on the disk of their machine: a database does not hold its own backups."""

from collections.abc import AsyncIterator
from io import FileIO
from pathlib import Path

from asgiref.sync import sync_to_async
from django.conf import settings

BLOCK = 256 << 10  # bytes


def folder() -> Path:
    return Path(settings.VAR_DIR) / "backups"


def delete_oldest(beginning: str, kept: int, new: Path) -> list[str]:
    """Delete all but the new and the newest other backups with such names. Returns the deleted names."""
    others = {*folder().glob(f"{beginning}*.zip")} - {new}  # if the clock was set back, its name may be the oldest
    old = sorted(others)[: 1 - kept or None]
    for file in old:
        file.unlink(missing_ok=True)
    return [file.name for file in old]


async def aread(file: Path) -> AsyncIterator[bytes]:
    with await sync_to_async(FileIO)(file) as opened:
        while block := await sync_to_async(opened.read)(BLOCK):
            yield block
