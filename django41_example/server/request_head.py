"""Checks of a request's head beyond the parser's: size, version, host, encodings.

As in RFC 9112 and 9110. A request that two servers could understand differently is rejected.
"""

import re
from functools import lru_cache

Headers = list[tuple[bytes, bytes]]

LONGEST_ADDRESS = 8 * 1024  # bytes
LARGEST_HEAD = 32 * 1024  # bytes of all headers together
MOST_HEADERS = 100

ENCODINGS = (b"zstd", b"gzip")  # of responses, best first
IDENTITY = b"identity"
LEAST = 0.0001  # the quality of an encoding that Accept-Encoding neither names nor rejects
LONGEST_LIST = 500  # bytes of an Accept-Encoding; a longer one is ignored
ENCODING = re.compile(rb"\s*([\w*-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")


class BadHead(Exception):
    """Stops the parser; `status` is for the response."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def check(version: str, target: bytes, headers: Headers) -> int:
    """The length of the body, 0 if unknown. Raises BadHead, or leaves headers that all parts understand alike."""
    if len(target) > LONGEST_ADDRESS:
        raise BadHead(414)
    if len(headers) > MOST_HEADERS or sum([len(name) + len(value) for name, value in headers]) > LARGEST_HEAD:
        raise BadHead(431)
    if version not in {"1.0", "1.1"}:
        raise BadHead(505)
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise BadHead(400)
    if not target.startswith(b"/") and host_in(target) not in [host.lower() for host in hosts]:
        raise BadHead(400)
    length = 0
    for place, (name, value) in enumerate(headers):
        if name == b"content-length":
            length = int(value)
        elif name == b"accept-encoding" and b";" in value:
            headers[place] = name, b", ".join(encodings := accepted_encodings(value[:LONGEST_LIST]))
            if IDENTITY not in encodings:  # small and personal responses are not compressed
                raise BadHead(406)
    return length


def host_in(target: bytes) -> bytes:
    """The host of a request target in absolute form, as sent to proxies: GET http://books.test/ HTTP/1.1."""
    return re.split(rb"[/?#]", target.partition(b"://")[2], maxsplit=1)[0].lower()


@lru_cache(256)
def accepted_encodings(accept_encoding: bytes) -> tuple[bytes, ...]:
    """Those of our encodings that an Accept-Encoding accepts, best first. IDENTITY is one unless it is rejected."""
    qualities: dict[bytes, float] = {}
    for part in accept_encoding.lower().split(b","):
        if match := ENCODING.fullmatch(part):
            qualities[match[1]] = float(match[2] or 1)
    others = qualities.get(b"*", 0)
    found = {name: qualities.get(name, others) for name in ENCODINGS}
    found[IDENTITY] = qualities.get(IDENTITY, 0 if qualities.get(b"*") == 0 else LEAST)
    return tuple(sorted((name for name in found if found[name] > 0), key=lambda name: -found[name]))
