"""Reads the headers of proxies in front of the server: `X-Forwarded-For`, `X-Forwarded-Proto` and one with the user.

uvicorn's ProxyHeadersMiddleware accepts networks, but no number of proxies. If it trusts every entry, it uses the
leftmost one, which the client can write; and it accepts entries that are no addresses. Django's RemoteUserMiddleware
reads the user: see books.web.authentication.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from itertools import takewhile
from typing import Any

Address = IPv4Address | IPv6Address
Proxies = int | Sequence[IPv4Network | IPv6Network]


class ForwardedHeaders:
    """Sets the client and the scheme of each request. `proxies`: their number, or their networks.

    Each proxy appends the address that connected to it. So entries count from the right, and those further left than
    our proxies were written by the client.

    A user whom a proxy names in the `user_header` goes into `scope["remote_user"]`. The header itself is removed from
    every request, so that nothing behind can trust one that a client sent.
    """

    def __init__(self, application: Any, proxies: Proxies, *, user_header: str = "") -> None:
        self.application, self.proxies, self.user_header = application, proxies, user_header.lower().encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            peer = parse_address((scope.get("client") or ("",))[0])
            if self.user_header:
                self.take_user(scope, peer)
            hops = [
                peer,
                *map(parse_address, reversed(entries(scope, b"x-forwarded-for"))),
            ]  # starting with the client
            if passed := self.proxies_passed(hops):
                # An entry such as `unknown` is no address: then the proxy that wrote it counts.
                if client := next((hop for hop in reversed(hops[: passed + 1]) if hop), None):
                    scope["client"] = (str(client), 0)
                if schemes := entries(scope, b"x-forwarded-proto")[-passed:]:
                    scope["scheme"] = "https" if schemes[0].lower() == "https" else "http"
        await self.application(scope, receive, send)

    def take_user(self, scope: Any, peer: Address | None) -> None:
        names = [value for name, value in scope["headers"] if name == self.user_header]
        scope["headers"] = [line for line in scope["headers"] if line[0].replace(b"_", b"-") != self.user_header]
        # Two lines, one of them from the client, result in an impossible name.
        if self.is_proxy(peer) and (name := b",".join(names).decode("utf-8", "replace").strip()):
            scope["remote_user"] = name

    def is_proxy(self, peer: Address | None) -> bool:
        """Whether the address is that of a proxy. With just a number of proxies, only this machine is one."""
        if isinstance(self.proxies, int):
            return peer is None or peer.is_loopback
        return peer is not None and any(peer in network for network in self.proxies)

    def proxies_passed(self, hops: Sequence[Address | None]) -> int:
        """The number of our proxies that the request has passed."""
        if isinstance(self.proxies, int):
            return self.proxies
        networks = self.proxies
        return len(list(takewhile(lambda hop: hop and any(hop in network for network in networks), hops)))


def entries(scope: Any, header: bytes) -> list[str]:
    """The values of a list header, from all its lines."""
    lines = [value for name, value in scope["headers"] if name == header]
    return [value.strip() for value in b",".join(lines).decode("latin-1").split(",") if value.strip()]


@lru_cache(1000)
def network_of(host: str) -> str:
    """The address or network that shares the limits of one client. An IPv6 address counts as its /64 network, since a
    household or rented server has all of that."""
    address = parse_address(host)
    return str(IPv6Address(int(address) >> 64 << 64)) if isinstance(address, IPv6Address) else str(address or host)


def parse_address(host: str) -> Address | None:
    """The address, which may have a port: `192.0.2.1:5000`, `[2001:db8::1]:5000`. None if the text is none."""
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
