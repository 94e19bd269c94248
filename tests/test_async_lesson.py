"""What Django's guard against blocking is for, and that it stays up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.test import TestCase

from books.models import Book

ROOT = Path(__file__).parent.parent


class TheGuard(TestCase):
    async def test_rows_iterated_the_sync_way_in_async_code_raise(self) -> None:
        with pytest.raises(SynchronousOnlyOperation):
            list(Book.objects.all())

    async def test_a_row_read_the_sync_way_in_async_code_raises(self) -> None:
        with pytest.raises(SynchronousOnlyOperation):
            Book.objects.first()

    async def test_a_relation_followed_in_async_code_raises(self) -> None:
        book = await Book.objects.acreate(title="Kokoro")
        with pytest.raises(SynchronousOnlyOperation):
            list(book.authors.all())

    async def test_async_for_reads_the_same_rows(self) -> None:
        await Book.objects.acreate(title="Kokoro")
        assert [book.title async for book in Book.objects.all()] == ["Kokoro"]


def test_the_suite_refuses_to_run_with_the_guard_taken_down() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/test_isbn.py"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode != 0
    assert "DJANGO_ALLOW_ASYNC_UNSAFE" in result.stdout + result.stderr


def test_no_file_of_ours_takes_the_guard_down() -> None:
    sources = [path for folder in ("books", "django41_example") for path in (ROOT / folder).rglob("*.py")]
    assert sources
    assert not [path for path in sources if "DJANGO_ALLOW_ASYNC_UNSAFE" in path.read_text()]
