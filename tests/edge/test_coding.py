import zlib

import pytest

from django41_example.server.compression import CODINGS, preferred_coding, zstd

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (b"gzip, deflate, br, zstd", b"zstd"),
        (b"GZIP", b"gzip"),
        (b"zstd;q=0.5, gzip;q=0.8", b"gzip"),
        (b"zstd;q=0, *", b"gzip"),
        (b"*", b"zstd"),
        (b"br", b""),
        (b"", b""),
        (b"identity", b""),
        (b"gzip;q=0", b""),
        (b"gzip;q=none, zstd;;", b""),
    ],
)
def test_the_best_coding_of_those_that_the_client_takes_is_chosen(header: bytes, coding: bytes) -> None:
    assert preferred_coding(header) == coding


def test_what_is_coded_can_be_read_again() -> None:
    body = b"Kokoro " * 500
    assert zstd.decompress(CODINGS[b"zstd"](body)) == body
    assert zlib.decompress(CODINGS[b"gzip"](body), wbits=31) == body
