from contextlib import suppress
from io import BytesIO, RawIOBase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.importing.encoding import CHUNK, UnreadableFile, utf8

LIST = "書名,著者\n坊っちゃん,夏目 漱石\n"


def read(data: bytes) -> str:
    with utf8(BytesIO(data)) as text:
        return text.file.read().decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_a_list_reads_the_same_in_every_encoding(encoding: str) -> None:
    assert read(LIST.encode(encoding)) == LIST


def test_utf_16_is_read_in_either_order_of_bytes() -> None:
    assert read(b"\xfe\xff" + LIST.encode("utf-16-be")) == LIST
    assert read(b"\xff\xfe" + LIST.encode("utf-16-le")) == LIST


def test_a_file_that_is_ascii_for_its_first_megabytes_may_be_cp932_after_them() -> None:
    text = "a,b\n" * (CHUNK // 2) + LIST
    assert read(text.encode("cp932")) == text


def test_a_character_cut_by_two_chunks_is_whole() -> None:
    text = "a" * (CHUNK - 1) + "漱石"
    assert read(text.encode()) == text


def test_the_line_and_byte_of_the_first_bad_character_are_named_wherever_it_stands() -> None:
    before = "t\u00edtulo\n".encode() * (CHUNK // 4)
    with pytest.raises(UnreadableFile, match=f"line {CHUNK // 4 + 1:,}, byte 3"):
        read(before + b"ab\xff\n")


def test_a_bad_character_that_begins_in_one_chunk_is_named_at_its_beginning() -> None:
    with pytest.raises(UnreadableFile, match="line 2, byte 2"):
        read(b"a" * (CHUNK - 3) + b"\nb" + b"\xe6" + b"\xff")


def test_a_file_that_ends_within_a_character_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="line 2, byte 1"):
        read("心\n心".encode()[:-1])


@pytest.mark.parametrize("text", ["Cien años,Márquez\nPeña,Muñoz\n", "Gulliver’s Travels\nRobinson’s Isle\n"])
def test_western_text_is_not_taken_for_japanese_though_its_bytes_could_be(text: str) -> None:
    with pytest.raises(UnreadableFile, match="Save it as UTF-8"):
        read(text.encode("cp1252"))


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (b"", "empty"),
        (b"\x1f\x8b....", "gunzip"),
        (b"%PDF-1.7", "PDF"),
        (b"\xff\xfea", "UTF-16 and is not"),
        (b"\xff\xfe\x00\xdc\x00\xd8", "UTF-16 and is not"),
    ],
)
def test_what_is_no_text_is_refused_with_advice(data: bytes, advice: str) -> None:
    with pytest.raises(UnreadableFile, match=advice):
        read(data)


def test_what_cannot_be_read_twice_is_refused() -> None:
    pipe: Any = RawIOBase()
    with pytest.raises(UnreadableFile, match="save it in a file"), utf8(pipe):
        pass


@given(st.binary())
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    with suppress(UnreadableFile):
        read(data)
