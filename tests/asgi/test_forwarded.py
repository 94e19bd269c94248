"""Whom and which scheme a request has behind proxies; the client's own entries stand on the left."""

from contextlib import suppress
from ipaddress import ip_network
from typing import Any

import pytest

from django41_example.server.forwarded import ForwardedHeaders
from tests.asgi.client import Exchange

pytestmark = pytest.mark.once

NETWORKS = (ip_network("172.16.0.0/12"), ip_network("fd00::/8"))


async def seen(proxies: Any, *headers: tuple[str, str], peer: str = "172.16.0.1") -> tuple[str, str]:
    """The client and the scheme that the application sees."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        pass

    exchange = Exchange(ForwardedHeaders(application, proxies), headers=headers, client=peer)
    await exchange.start()
    return exchange.scope["client"][0], exchange.scope["scheme"]


@pytest.mark.parametrize(
    ("proxies", "forwarded_for", "client"),
    [
        (1, "198.18.0.1", "198.18.0.1"),
        (1, "192.0.2.5, 198.18.0.1", "198.18.0.1"),
        (2, "192.0.2.5, 198.18.0.1, 172.16.0.2", "198.18.0.1"),
        (2, "198.18.0.1", "198.18.0.1"),
        (1, "192.0.2.5, unknown", "172.16.0.1"),
        (2, "192.0.2.5, unknown, 172.16.0.2", "172.16.0.2"),
        (1, "", "172.16.0.1"),
        (1, ", ,", "172.16.0.1"),
        (1, "198.18.0.1:4711", "198.18.0.1"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "::ffff:198.18.0.1", "198.18.0.1"),
        (NETWORKS, "192.0.2.5, 198.18.0.1", "198.18.0.1"),
        (NETWORKS, "192.0.2.5, 198.18.0.1, fd00::2, 172.16.0.2", "198.18.0.1"),
        (NETWORKS, "192.0.2.5, unknown, 172.16.0.2", "172.16.0.2"),
    ],
)
async def test_the_client_is_the_one_that_connected_to_our_outermost_proxy(
    proxies: Any, forwarded_for: str, client: str
) -> None:
    assert (await seen(proxies, ("x-forwarded-for", forwarded_for)))[0] == client


async def test_several_lines_of_a_header_are_one_list() -> None:
    lines = [("x-forwarded-for", "192.0.2.5"), ("x-forwarded-for", "198.18.0.1")]
    assert (await seen(1, *lines))[0] == "198.18.0.1"


async def test_who_comes_from_elsewhere_than_the_proxies_is_believed_nothing() -> None:
    headers = [("x-forwarded-for", "192.0.2.5"), ("x-forwarded-proto", "https")]
    assert await seen(NETWORKS, *headers, peer="198.18.0.1") == ("198.18.0.1", "http")


@pytest.mark.parametrize(
    ("proxies", "sent", "scheme"),
    [
        (1, "https", "https"),
        (1, "HTTPS", "https"),
        (1, "https, http", "http"),
        (1, "http, https", "https"),
        (2, "https, http", "https"),
        (2, "https", "https"),
        (1, "javascript", "http"),
        (NETWORKS, "https", "https"),
    ],
)
async def test_the_scheme_is_the_one_that_our_outermost_proxy_names(proxies: Any, sent: str, scheme: str) -> None:
    assert (await seen(proxies, ("x-forwarded-proto", sent)))[1] == scheme


@pytest.mark.parametrize(
    ("proxies", "peer", "sent", "name"),
    [
        (1, "127.0.0.1", [("remote-user", "ada")], "ada"),
        (1, "::1", [("remote-user", " 夏目@example.org ")], "夏目@example.org"),
        (NETWORKS, "172.16.0.1", [("remote-user", "ada")], "ada"),
        (NETWORKS, "::ffff:172.16.0.1", [("remote-user", "ada")], "ada"),
        (1, "", [("remote-user", "ada")], "ada"),  # by a socket of this machine
        # Somebody who goes past the proxies, on their network or not.
        (1, "172.16.0.1", [("remote-user", "ada")], None),
        (2, "198.18.0.1", [("remote-user", "ada")], None),
        (NETWORKS, "198.18.0.1", [("remote-user", "ada"), ("x-forwarded-for", "172.16.0.1")], None),
        (NETWORKS, "127.0.0.1", [("remote-user", "ada")], None),
        (NETWORKS, "", [("remote-user", "ada")], None),
        # What a proxy does not overwrite.
        (1, "127.0.0.1", [("remote-user", "eve"), ("remote-user", "ada")], "eve,ada"),
        (1, "127.0.0.1", [("remote_user", "eve")], None),
        (1, "127.0.0.1", [("remote_user", "eve"), ("remote-user", "ada")], "ada"),
        (1, "127.0.0.1", [("x-remote-user", "eve")], None),
        (1, "127.0.0.1", [("remote-user", " ")], None),
    ],
)
async def test_only_a_proxy_that_is_known_by_its_address_names_the_user(
    proxies: Any, peer: str, sent: list[tuple[str, str]], name: str | None
) -> None:
    scopes: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    behind_proxy = ForwardedHeaders(application, proxies, user_header="Remote-User")
    await Exchange(behind_proxy, headers=sent, client=peer).start()
    assert scopes[0].get("remote_user") == name
    assert not {b"remote-user", b"remote_user"} & dict(scopes[0]["headers"]).keys()


async def test_a_name_that_is_no_utf_8_is_nobodys() -> None:
    exchange = Exchange(ForwardedHeaders(lambda *_: None, 1, user_header="Remote-User"))
    exchange.scope["headers"].append((b"remote-user", b"ad\xe9"))
    with suppress(TypeError):
        await exchange.start()
    assert exchange.scope["remote_user"] == "ad\ufffd"
