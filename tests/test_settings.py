"""The settings as another process reads them: each test gives an environment and looks at what comes of it."""

import os
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

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
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The settings as a process with these variables and no others has them."""

    def read(**variables: str) -> dict[str, Any]:
        with monkeypatch.context() as patch:
            for name in os.environ:
                patch.delenv(name)
            for name, value in {"VAR_DIR": str(tmp_path), **variables}.items():
                patch.setenv(name, value)
            return run_path(str(PROJECT / "django41_example/settings.py"))

    return read


def test_an_empty_environment_is_safe_and_for_this_machine(read: Callable[..., dict[str, Any]]) -> None:
    settings = read()
    assert [settings[name] for name in ("DEBUG", "PRODUCTION", "METRICS")] == [False] * 3
    assert not settings.get("SECURE_SSL_REDIRECT", False)
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"


def test_what_sqlite_has_committed_survives_a_power_cut(read: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    pragmas = read()["DATABASES"]["default"]["OPTIONS"]["init_command"]
    with closing(sqlite3.connect(tmp_path / "books.sqlite3")) as database:
        database.executescript(pragmas)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: each commit is on the disk


def test_on_a_network_without_names_given_all_local_ones_are_admitted(read: Callable[..., dict[str, Any]]) -> None:
    assert read(LISTEN="0.0.0.0")["ON_LOCAL_NETWORK"]  # noqa: S104
    assert read(LISTEN="[::]")["ON_LOCAL_NETWORK"]
    another = read(LISTEN="127.0.0.2")
    assert (another["ON_LOCAL_NETWORK"], another["ALLOWED_HOSTS"][-1]) == (False, "127.0.0.2")
    named = read(LISTEN="192.168.1.20", ALLOWED_HOSTS="books.example")
    assert (named["ON_LOCAL_NETWORK"], named["ALLOWED_HOSTS"]) == (False, ["books.example"])
    assert not read(**PRODUCTION)["ON_LOCAL_NETWORK"]


def test_under_a_path_cookies_and_static_files_are_there_too(read: Callable[..., dict[str, Any]]) -> None:
    settings = read(SCRIPT_NAME="/books-app/", **PRODUCTION)
    assert (settings["SESSION_COOKIE_PATH"], settings["STATIC_URL"]) == ("/books-app/", "/books-app/static/")
    assert settings["SESSION_COOKIE_NAME"] == "__Secure-sessionid"  # browsers take __Host- for the whole host only
    assert "session" in settings["MESSAGE_STORAGE"]


def test_the_secret_key_stays_the_same_from_start_to_start(read: Callable[..., dict[str, Any]]) -> None:
    assert read()["SECRET_KEY"] == read()["SECRET_KEY"] != ""


def test_a_given_secret_key_is_used(read: Callable[..., dict[str, Any]]) -> None:
    assert read(**PRODUCTION)["SECRET_KEY"] == PRODUCTION["SECRET_KEY"]


def test_a_relative_path_of_sqlite_starts_at_the_project(read: Callable[..., dict[str, Any]]) -> None:
    assert read(DATABASE_URL="sqlite:///books.db")["DATABASES"]["default"]["NAME"] == str(PROJECT / "books.db")


def test_everything_written_goes_into_one_folder(read: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    settings = read()
    assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / "catalogue.sqlite3")
    assert settings["STATIC_ROOT"] == tmp_path / "static"


def test_a_connection_stays_open_until_it_fails(read: Callable[..., dict[str, Any]]) -> None:
    database = read()["DATABASES"]["default"]
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (None, True)


@pytest.mark.parametrize(("variables", "is_on"), [({}, False), ({"LAB": "0"}, False), ({"LAB": "1"}, True)])
def test_production_has_the_laboratory_only_when_told_so(
    variables: dict[str, str], is_on: bool, read: Callable[..., dict[str, Any]]
) -> None:
    assert read(**PRODUCTION, **variables)["LAB"] is is_on


def test_a_token_for_the_figures_turns_them_on(read: Callable[..., dict[str, Any]]) -> None:
    assert read(METRICS_TOKEN="figures")["METRICS"] is True  # noqa: S106


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


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"BEHIND_PROXY": "0"},
        {"BEHIND_PROXY": "1", "LISTEN": "0.0.0.0"},  # noqa: S104
        {"BEHIND_PROXY": "1", **PRODUCTION},
    ],
)
def test_whom_a_proxy_names_is_not_believed_where_anybody_may_be_the_proxy(
    variables: dict[str, str], read: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(ImproperlyConfigured, match="PROXY_USER_HEADER needs to know the proxies"):
        read(PROXY_USER_HEADER="Remote-User", **variables)


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"OIDC_ISSUER": "https://auth.example"}, "needs OIDC_CLIENT_ID"),
        ({"OIDC_ISSUER": "http://auth.example", "OIDC_CLIENT_ID": "a", **PRODUCTION}, "OIDC_ISSUER with https"),
        ({"PASSWORD_SIGN_IN": "0"}, "lock everybody out"),
    ],
)
def test_a_provider_that_cannot_sign_anybody_in_is_refused(
    variables: dict[str, str], why: str, read: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(ImproperlyConfigured, match=why):
        read(**variables)


def test_a_provider_is_called_by_its_host_unless_it_has_a_name(read: Callable[..., dict[str, Any]]) -> None:
    assert read(OIDC_ISSUER="https://auth.example/o/", OIDC_CLIENT_ID="a")["OIDC_NAME"] == "auth.example"


def test_it_is_believed_on_this_machine_and_from_known_networks(read: Callable[..., dict[str, Any]]) -> None:
    assert read(PROXY_USER_HEADER="Remote-User", BEHIND_PROXY="1")["PROXY_USER_HEADER"] == "Remote-User"
    read(PROXY_USER_HEADER="Remote-User", BEHIND_PROXY="172.18.0.2", LISTEN="0.0.0.0")  # noqa: S104


def test_a_secret_and_hosts_are_all_that_a_clean_check_for_production_needs(django: Django) -> None:
    checked = django("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_silenced_checks_find_nothing_when_django_sees_its_own_middlewares(django: Django) -> None:
    code = (
        "from django.conf import settings; from django.core.checks import run_checks;"
        "from django.utils.module_loading import import_string;"
        "layers = [import_string(layer) for layer in settings.MIDDLEWARE];"
        "bases = [base for layer in layers for base in layer.__bases__ if base.__module__.startswith('django.')];"
        "settings.MIDDLEWARE = [f'{base.__module__}.{base.__name__}' for base in bases];"
        "settings.MIDDLEWARE += ['django.middleware.csrf.CsrfViewMiddleware'];"
        "settings.SILENCED_SYSTEM_CHECKS = [];"
        "print([warning.id for warning in run_checks(include_deployment_checks=True)])"
    )
    assert django("shell", "--no-imports", "--command", code, **PRODUCTION).stdout.strip() == "['security.W021']"


def test_in_production_a_session_cookie_is_of_this_host_alone(read: Callable[..., dict[str, Any]]) -> None:
    settings = read(**PRODUCTION)
    assert (settings["SESSION_COOKIE_NAME"], settings["SESSION_COOKIE_SECURE"]) == ("__Host-sessionid", True)
    assert ("SESSION_COOKIE_DOMAIN" in settings, settings["SESSION_COOKIE_PATH"]) == (False, "/")


def test_nobody_is_put_on_the_preload_list_of_browsers(read: Callable[..., dict[str, Any]]) -> None:
    assert not read(**PRODUCTION).get("SECURE_HSTS_PRELOAD", False)


def test_the_version_is_that_of_the_package(read: Callable[..., dict[str, Any]]) -> None:
    assert read()["VERSION"] == tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
