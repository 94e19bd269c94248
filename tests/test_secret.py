from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.core.exceptions import ImproperlyConfigured

from django41_example import secret


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "var/secret_key"
    assert secret.kept_in(path) == secret.kept_in(path) == path.read_text()


def test_two_installations_have_different_secrets(tmp_path: Path) -> None:
    assert secret.kept_in(tmp_path / "a") != secret.kept_in(tmp_path / "b")


def test_a_secret_is_long_enough_for_production(tmp_path: Path) -> None:
    assert len(secret.kept_in(tmp_path / "secret_key")) >= 50


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    secret.kept_in(tmp_path / "secret_key")
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_those_who_ask_at_once_get_the_same_one_and_leave_no_drafts(tmp_path: Path) -> None:
    together = Barrier(8)

    def ask(_: int) -> str:
        together.wait()
        return secret.kept_in(tmp_path / "secret_key")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(8)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do() -> None:
    with pytest.raises(ImproperlyConfigured, match="/proc/nowhere.*SECRET_KEY"):
        secret.kept_in(Path("/proc/nowhere/secret_key"))
