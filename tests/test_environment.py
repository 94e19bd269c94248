from ipaddress import ip_network
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from django41_example import environment

pytestmark = pytest.mark.once
NO_FILE = ("sqlite:books", "sqlite:///", "sqlite:///:memory:")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda value: monkeypatch.setenv("VARIABLE", value)


@pytest.mark.parametrize(
    ("value", "meant"), [("1", True), ("true", True), ("True", True), ("0", False), ("false", False), (" 1 ", True)]
)
def test_a_boolean_is_0_or_1_true_or_false(value: str, meant: bool, given: Any) -> None:
    given(value)
    assert environment.boolean("VARIABLE", default=not meant) is meant


@pytest.mark.parametrize("value", ["", " "])
def test_a_variable_without_a_value_is_as_good_as_none(value: str, given: Any) -> None:
    given(value)
    assert environment.boolean("VARIABLE", default=True) is True
    assert environment.text("VARIABLE", "default") == "default"
    assert environment.names("VARIABLE", ["default"]) == ["default"]


@pytest.mark.parametrize("value", ["yes", "on", "2", "10", "-1", "none"])
def test_any_other_boolean_is_refused_by_name(value: str, given: Any) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match=f"VARIABLE='{value}'"):
        environment.boolean("VARIABLE", default=False)


@pytest.mark.parametrize("value", ["1", "65535", "0080"])
def test_a_whole_number_within_its_limits_is_read(value: str, given: Any) -> None:
    given(value)
    assert environment.integer("VARIABLE", 7, low=1, high=65535) == int(value)


@pytest.mark.parametrize("value", ["0", "65536", "-1", "+1", "1.5", "1e3", "eighty", "٨", "9" * 5000])
def test_any_other_number_is_refused_by_name(value: str, given: Any) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match=r"VARIABLE=.*from 1 to 65535"):
        environment.integer("VARIABLE", 7, low=1, high=65535)


def test_a_list_has_commas_between_its_parts(given: Any) -> None:
    given(" books.test, www.books.test,, ")
    assert environment.names("VARIABLE", []) == ["books.test", "www.books.test"]


def test_a_choice_is_one_of_its_options(given: Any) -> None:
    given("json")
    assert environment.choice("VARIABLE", "plain", ("plain", "json")) == "json"


def test_any_other_choice_is_refused_by_name(given: Any) -> None:
    given("xml")
    with pytest.raises(ImproperlyConfigured, match="VARIABLE='xml': write one of plain, json"):
        environment.choice("VARIABLE", "plain", ("plain", "json"))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_an_address_of_postgresql_is_taken_apart(scheme: str, given: Any) -> None:
    given(f"{scheme}://ann:p%40ss@db.test:5433/books?sslmode=require")
    config = environment.database("VARIABLE", "")
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["USER"], config["PASSWORD"], config["HOST"], config["PORT"]) == ("ann", "p@ss", "db.test", 5433)
    assert (config["NAME"], config["OPTIONS"]) == ("books", {"sslmode": "require"})


@pytest.mark.parametrize(("url", "path"), [("sqlite:///books.db", "books.db"), ("sqlite:////srv/b.db", "/srv/b.db")])
def test_an_address_of_sqlite_is_a_path(url: str, path: str, given: Any) -> None:
    given(url)
    config = environment.database("VARIABLE", "")
    assert (config["ENGINE"], config["NAME"]) == ("django.db.backends.sqlite3", path)


@pytest.mark.parametrize("url", [*("mysql://localhost/books", "books.db", "postgres://host:port/books"), *NO_FILE])
def test_any_other_address_is_refused_by_name(url: str, given: Any) -> None:
    given(url)
    with pytest.raises(ImproperlyConfigured, match="VARIABLE cannot be read"):
        environment.database("VARIABLE", "")


@pytest.mark.parametrize(
    "value", ["https://a.example", "http://127.0.0.1:8000", "https://a.example/mirror", "http://[::1]"]
)
def test_an_address_of_a_server_is_read_without_the_slash_at_its_end(value: str, given: Any) -> None:
    given(f"{value}/")
    assert environment.url("VARIABLE", "https://b.example") == value


@pytest.mark.parametrize(
    "value",
    ["a.example", "ftp://a.example", "https://", "https://a:x", "http://[::1", "https://a?x", "https://u@a", "/"],
)
def test_what_is_no_address_of_a_server_is_refused_by_name(value: str, given: Any) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match="VARIABLE="):
        environment.url("VARIABLE", "https://b.example")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("", 0),
        ("0", 0),
        ("false", 0),
        ("1", 1),
        ("True", 1),
        ("3", 3),
        ("192.0.2.1", (ip_network("192.0.2.1/32"),)),
        ("10.0.0.0/8, fd00::/8", (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))),
    ],
)
def test_proxies_are_a_number_or_networks(value: str, meant: Any, given: Any) -> None:
    given(value)
    assert environment.proxies("VARIABLE") == meant


@pytest.mark.parametrize("value", ["yes", "-1", "10", "*", "10.0.0.1/8", "proxy.example", ",", "2,10.0.0.0/8"])
def test_other_proxies_are_refused_by_name(value: str, given: Any) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match=r"VARIABLE=.*number of proxies"):
        environment.proxies("VARIABLE")


@pytest.mark.parametrize(("value", "meant"), [("", ""), ("/", ""), ("/books-app/", "/books-app"), ("/a/b", "/a/b")])
def test_a_prefix_has_no_slash_at_its_end(value: str, meant: str, given: Any) -> None:
    given(value)
    assert environment.prefix("VARIABLE") == meant


@pytest.mark.parametrize(
    "value", ["books-app", "https://a.example/books", "/a b", "//a", "/a?b", "/ä", "/..", "/a/./b"]
)
def test_what_is_no_prefix_is_refused_by_name(value: str, given: Any) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match="VARIABLE="):
        environment.prefix("VARIABLE")


@pytest.mark.parametrize("value", ["::", "[::]", "192.0.2.1"])
def test_an_address_to_listen_on_is_read(value: str, given: Any) -> None:
    given(value)
    assert str(environment.address("VARIABLE", "127.0.0.1")) == value.strip("[]")


@pytest.mark.parametrize("value", ["localhost", "0.0.0.0:8000", "192.0.2.0/24", "fe80::1%eth0"])
def test_what_is_no_address_to_listen_on_is_refused_by_name(value: str, given: Any) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match="VARIABLE="):
        environment.address("VARIABLE", "127.0.0.1")


@pytest.mark.parametrize(
    "value", ["", "/oauth2/sign_out?rd=/", "https://auth.example:8443/logout?a=b#c", "http://[::1]/"]
)
def test_a_link_leads_to_a_path_here_or_to_another_site(value: str, given: Any) -> None:
    given(value)
    assert environment.link("VARIABLE") == value


@pytest.mark.parametrize(
    "value", ["logout", "//auth.example/", "/\\auth.example", "javascript:alert(1)", "/a b", "ftp://a/"]
)
def test_any_other_link_is_refused_by_name(value: str, given: Any) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match="VARIABLE="):
        environment.link("VARIABLE")


@pytest.mark.parametrize("value", ["Remote_User", "Remote-User:", "Remote User", "Бob"])
def test_what_names_no_header_is_refused(value: str, given: Any) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match="VARIABLE="):
        environment.header("VARIABLE")
