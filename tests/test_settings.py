"""The settings as another process reads them: each test gives an environment and looks at what comes of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server.running import PRODUCTION, PROJECT

pytestmark = pytest.mark.once

Django = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def django(tmp_path: Path) -> Django:
    """Runs manage.py with these variables and no others."""

    def django(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), **variables}
        program = [sys.executable, "manage.py", *command]
        return subprocess.run(program, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)

    return django


@pytest.fixture
def read(django: Django) -> Callable[..., str]:
    """The value of a setting."""

    def read(name: str, **variables: str) -> str:
        command = f"from django.conf import settings; print(settings.{name})"
        return django("shell", "--no-imports", "--command", command, **variables).stdout.strip()

    return read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "False"),
        ("PRODUCTION", "False"),
        ("ALLOWED_HOSTS", "['localhost', '127.0.0.1', '[::1]']"),
        ("SECURE_SSL_REDIRECT", "False"),
        ("DATABASES['default']['ENGINE']", "django.db.backends.sqlite3"),
    ],
)
def test_an_empty_environment_is_safe_and_for_this_machine(name: str, value: str, read: Callable[..., str]) -> None:
    assert read(name) == value


def test_the_secret_key_stays_the_same_from_start_to_start(read: Callable[..., str]) -> None:
    assert read("SECRET_KEY") == read("SECRET_KEY") != ""


def test_a_given_secret_key_is_used(read: Callable[..., str]) -> None:
    assert read("SECRET_KEY", **PRODUCTION) == PRODUCTION["SECRET_KEY"]


def test_a_relative_path_of_sqlite_starts_at_the_project(read: Callable[..., str]) -> None:
    assert read("DATABASES['default']['NAME']", DATABASE_URL="sqlite:///books.db") == str(PROJECT / "books.db")


def test_everything_written_goes_into_one_folder(read: Callable[..., str], tmp_path: Path) -> None:
    assert read("DATABASES['default']['NAME']") == str(tmp_path / "catalogue.sqlite3")
    assert read("STATIC_ROOT") == str(tmp_path / "static")


def test_a_connection_stays_open_until_it_fails(read: Callable[..., str]) -> None:
    assert read("DATABASES['default']['CONN_MAX_AGE']") == "None"
    assert read("DATABASES['default']['CONN_HEALTH_CHECKS']") == "True"


def test_a_token_for_the_figures_turns_them_on(read: Callable[..., str]) -> None:
    token = {"METRICS_TOKEN": "figures"}
    assert (read("METRICS"), read("METRICS", **token)) == ("False", "True")


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"SECRET_KEY": ""}, "needs SECRET_KEY"),
        ({"SECRET_KEY": PRODUCTION["SECRET_KEY"][:49]}, "needs SECRET_KEY"),
        ({"ALLOWED_HOSTS": ""}, "needs ALLOWED_HOSTS"),
        ({"DEBUG": "1"}, "DEBUG=1"),
    ],
)
def test_production_refuses_what_is_weak(variables: dict[str, str], why: str, django: Django) -> None:
    refused = django("check", **{**PRODUCTION, **variables})
    assert refused.returncode != 0
    assert why in refused.stderr.splitlines()[-1]


def test_a_secret_and_hosts_are_all_that_a_clean_check_for_production_needs(django: Django) -> None:
    checked = django("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_silenced_checks_find_nothing_when_django_sees_its_own_middlewares(django: Django) -> None:
    code = (
        "from django.conf import settings; from django.core.checks import run_checks;"
        "from django.utils.module_loading import import_string;"
        "layers = [part for layer in settings.MIDDLEWARE for part in import_string(layer).parts];"
        "bases = [base for part in layers for base in part.__bases__ if base.__module__.startswith('django.')];"
        "settings.MIDDLEWARE = [f'{base.__module__}.{base.__name__}' for base in bases];"
        "settings.MIDDLEWARE += ['django.middleware.csrf.CsrfViewMiddleware'];"
        "settings.SILENCED_SYSTEM_CHECKS = [];"
        "print(run_checks(include_deployment_checks=True))"
    )
    assert django("shell", "--no-imports", "--command", code, **PRODUCTION).stdout.strip() == "[]"
