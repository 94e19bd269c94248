"""Content codings: which one a client prefers of those we have, and making them."""

import re
import sys
import zlib
from collections.abc import Callable
from functools import lru_cache

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZSTD_LEVEL, GZIP_LEVEL = 9, 6
IDENTITY = b""


def zstandard(body: bytes) -> bytes:
    return zstd.compress(body, ZSTD_LEVEL)


def gzipped(body: bytes) -> bytes:
    return zlib.compress(body, GZIP_LEVEL, wbits=31)


CODINGS: dict[bytes, Callable[[bytes], bytes]] = {b"zstd": zstandard, b"gzip": gzipped}  # the better one first
ACCEPTED = re.compile(rb"\s*([\w*-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")


@lru_cache(256)
def preferred_coding(accept_encoding: bytes) -> bytes:
    """The coding to send to a client with this header; IDENTITY where it takes none of ours."""
    qualities: dict[bytes, float] = {}
    for part in accept_encoding.lower().split(b","):
        if match := ACCEPTED.fullmatch(part):
            qualities[match[1]] = float(match[2] or 1)
    anything_else = qualities.get(b"*", 0)
    best = max(CODINGS, key=lambda coding: qualities.get(coding, anything_else))
    return best if qualities.get(best, anything_else) > 0 else IDENTITY
