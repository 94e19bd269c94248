"""Strict readers of environment variables: an invalid value is an error that names the variable."""

import os
import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import platformdirs
from dj_database_url import DBConfig
from django.core.exceptions import ImproperlyConfigured

Network = IPv4Network | IPv6Network

PACKAGE = Path(__file__).resolve().parent
IS_CHECKOUT = (PACKAGE.parent / "manage.py").exists()  # False: it is installed from a wheel
PROJECT = PACKAGE.parent if IS_CHECKOUT else PACKAGE  # contains templates/ and gunicorn.conf.py
FOLDER = PROJECT if IS_CHECKOUT else Path.cwd()  # for relative paths
COMMAND = "python manage.py" if IS_CHECKOUT else "book-catalogue"  # the command in messages

TO_PREPARE = "CATALOGUE_TO_PREPARE"  # not a setting: the command `serve` passes it to gunicorn's configuration

BOOLEANS = {"1": True, "true": True, "0": False, "false": False}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def data_folder(name: str) -> Path:
    """The folder for data: `var` in a checkout, otherwise the platform's folder for data of a user."""
    if given := text(name, "var" if IS_CHECKOUT else ""):
        return FOLDER / given
    try:
        return platformdirs.user_data_path("book-catalogue")
    except RuntimeError as error:  # the user of a service may have no home
        raise ImproperlyConfigured(f"{name} names no folder for data, and {error}.") from None


def boolean(name: str, *, default: bool) -> bool:
    value = text(name)
    if not value:
        return default
    if value.lower() not in BOOLEANS:
        raise ImproperlyConfigured(f"{name}={value!r}: write 1 or 0, true or false.")
    return BOOLEANS[value.lower()]


def integer(name: str, default: int, *, low: int, high: int) -> int:
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and low <= int(value[:9]) <= high):
        raise ImproperlyConfigured(f"{name}={value!r}: write a whole number from {low} to {high}.")
    return int(value)


def address(name: str, default: str) -> IPv4Address | IPv6Address:
    """An address of this machine to listen on."""
    value = text(name, default)
    try:
        return ip_address(value.removeprefix("[").removesuffix("]").replace("%", "/"))  # gunicorn accepts no zones
    except ValueError:
        hint = "write an IP address of this machine, or 0.0.0.0 for all that it has"
        raise ImproperlyConfigured(f"{name}={value!r}: {hint}.") from None


def proxies(name: str) -> int | tuple[Network, ...]:
    """The number of proxies in front of the server (`true` is one, `false` none), or the networks they are in."""
    value = text(name, "0").lower()
    if value in BOOLEANS:
        return int(BOOLEANS[value])
    if re.fullmatch("[2-9]", value):
        return int(value)
    hint = f"{name}={value!r}: write the number of proxies, or their networks, such as 10.0.0.0/8,2001:db8::/32."
    try:
        networks = tuple(ip_network(part) for part in names(name, []))
    except ValueError:
        raise ImproperlyConfigured(hint) from None
    if not networks:
        raise ImproperlyConfigured(hint)
    return networks


def prefix(name: str) -> str:
    """The path at the start of all URLs, without a final slash; empty if there is none."""
    value = text(name).rstrip("/")
    if not re.fullmatch(r"(/(?!\.{1,2}(/|$))[\w.~-]+)*", value, re.ASCII):
        raise ImproperlyConfigured(f"{name}={value!r}: write a path such as /books-app.")
    return value


def names(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in text(name).split(",") if part.strip()] or default


def url(name: str, default: str) -> str:
    """The URL of a server without a final slash; may be empty if the default is."""
    if not text(name, default):
        return ""
    value = text(name, default).rstrip("/")
    hint = f"{name}={value!r}: write an address such as {default or 'https://auth.example.org'}."
    try:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
            raise ImproperlyConfigured(hint)
    except ValueError:
        raise ImproperlyConfigured(hint) from None
    if parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured(hint)
    return value


def link(name: str) -> str:
    """A URL for people, on this site or another; empty if there is none."""
    value = text(name)
    if value and not re.fullmatch(r"(/(?![/\\])|https?://[\w.\[\]:-]+)[!-~]*", value, re.ASCII):
        raise ImproperlyConfigured(f"{name}={value!r}: write an address, or a path that begins with a slash.")
    return value


def header(name: str) -> str:
    """The name of an HTTP header; empty if there is none."""
    value = text(name)
    if not re.fullmatch("[A-Za-z0-9-]*", value):
        raise ImproperlyConfigured(f"{name}={value!r}: write the name of a header, such as Remote-User.")
    return value


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name}={value!r}: write one of {', '.join(options)}.")
    return value


def database(name: str, default: str) -> DBConfig:
    """`postgres://user:password@host:port/name?sslmode=require` or `sqlite:///path`, as an entry of DATABASES."""
    value = text(name, default)
    hint = f"{name} cannot be read: write sqlite:///path or postgres://user:password@host:5432/name (%23 for # in it)."
    if not value.startswith(("postgres://", "postgresql://", "sqlite:///")):
        raise ImproperlyConfigured(hint)
    try:
        config = dj_database_url.parse(value)
    except ValueError:
        raise ImproperlyConfigured(hint) from None
    if config["NAME"] in {"", ":memory:"}:  # each thread would have its own database, which ends with the process
        raise ImproperlyConfigured(hint)
    return config
