"""Whom and which scheme a request has behind proxies; the client's own entries stand on the left."""

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
