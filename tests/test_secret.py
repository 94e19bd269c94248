import os
import secrets
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from django41_example import secret_key

pytestmark = pytest.mark.once


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "var/secret_key"
    assert secret_key.kept_in(path) == secret_key.kept_in(path) == path.read_text()


def test_a_secret_is_safe_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synced = tmp_path / "secret_key", list[str]()

    def sync(handle: int) -> None:
        assert not path.exists()
        synced.append(Path(f"/proc/self/fd/{handle}").read_text())

    monkeypatch.setattr(os, "fsync", sync)
    assert [secret_key.kept_in(path)] == synced


def test_two_installations_have_different_secrets(tmp_path: Path) -> None:
    assert secret_key.kept_in(tmp_path / "a") != secret_key.kept_in(tmp_path / "b")


def test_a_secret_is_long_enough_for_production(tmp_path: Path) -> None:
    assert len(secret_key.kept_in(tmp_path / "secret_key")) >= 50


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    secret_key.kept_in(tmp_path / "secret_key")
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_new_folder_for_data_is_open_to_its_owner_only(tmp_path: Path) -> None:
    """The database will lie in it, with hashes of passwords."""
    secret_key.kept_in(tmp_path / "share/var/secret_key")
    assert (tmp_path / "share/var").stat().st_mode & 0o777 == 0o700


def test_of_two_who_make_it_at_once_the_second_takes_the_firsts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret_key"

    def while_another_was_faster(length: int) -> str:
        path.write_text("the other's")
        return "mine"

    monkeypatch.setattr(secrets, "token_urlsafe", while_another_was_faster)
    assert secret_key.kept_in(path) == "the other's"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"/proc/nowhere.*SECRET_KEY"):
        secret_key.kept_in(Path("/proc/nowhere/secret_key"))
