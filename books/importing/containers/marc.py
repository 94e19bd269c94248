"""MARC 21 and UNIMARC, the formats of libraries, binary and as XML: https://www.loc.gov/marc/bibliographic/

Binary records end with a byte that occurs nowhere else. They are split at it and not by their stated lengths, so that a
broken record affects no other. Import this only when reading records: it loads pymarc and its large tables.
"""

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO
from xml.sax import SAXException, make_parser
from xml.sax.handler import LexicalHandler, feature_namespaces, property_lexical_handler

from pymarc import PymarcException, Record
from pymarc.marcxml import XmlHandler

from books.importing.containers import marc_letters
from books.importing.containers.marc_fields import fields_of
from books.importing.containers.marc_letters import MARC8
from books.importing.encoding import UnreadableFile
from books.importing.formats.base import Record as Numbered
from books.importing.formats.values import DAMAGE

LAST_RECORD = 2  # attempts that failed before that at a piece's last record
CHUNK = 1 << 18  # bytes
MAX_RECORD = 1 << 20  # bytes; a valid record has at most 99,999
LEADER, ENTRY = 24, 12  # bytes of the leader and of an entry of the directory
SUBFIELD, END_OF_FIELD, END_OF_RECORD, ESCAPE = b"\x1f", b"\x1e", b"\x1d", b"\x1b"
_INDICATORS = re.compile(rb"\x1e(?:[\x80-\xff][^\x1d-\x1f]|[^\x1d-\x1f][\x80-\xff])(?=\x1f)")  # a stray byte among them
_LOST_LETTER = re.compile(rb"\x1b(?![(),$\-bgps])")  # an escape sequence that MARC-8 does not have
logging.getLogger("pymarc").setLevel(logging.ERROR)  # it warns about each field without an indicator
_FAULTS = {
    "RecordDirectoryInvalid": "its directory is damaged",
    "BaseAddressNotFound": "it does not say where its fields begin",
    "BaseAddressInvalid": "it does not say where its fields begin",
    "NoFieldsFound": "it has no fields",
    "RecordLeaderInvalid": "it is too short",
    "_OtherLetters": "its letters are not UTF-8 and could be read in several ways. Export it as UTF-8",
    "_TooLarge": f"it is larger than {MAX_RECORD >> 20} MiB",
}


_BEGIN, _END = (re.compile(rb"<%s(?:[\w.-]+:)?record(?=[\s>])\s*>?" % slash) for slash in (b"", b"/"))
_PREFIX, _KNOWN_PREFIX = re.compile(rb"</?([\w.-]+):"), re.compile(rb"xmlns:([\w.-]+)\s*=")
_FIRST_TAG = re.compile(rb"<[\w.-]+(?::[\w.-]+)?(?=[\s>])")
_NO_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n\r"}  # which XML does not have


class _TooLarge(Exception):
    pass


class _OtherLetters(Exception):
    pass


def binary_records(file: BinaryIO) -> Iterator[Numbered]:
    encoding: str | None = None

    def encoding_of_file(texts: bytes) -> str:
        nonlocal encoding
        if encoding is None:  # the records around the first that needs it show more letters
            place = file.tell()
            file.seek(max(place - CHUNK, 0))
            encoding = marc_letters.encoding_of(texts + END_OF_FIELD + file.read(2 * CHUNK))
            file.seek(place)
        return encoding

    for number, data in enumerate(_split_records(file), 1):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield number, fields_of(_parse(data, encoding_of_file))
        except (PymarcException, ValueError, IndexError, _TooLarge, _OtherLetters) as error:
            reason = _FAULTS.get(type(error).__name__, "it is damaged")
            yield number, {DAMAGE: f"This record cannot be read: {reason}."}


def _split_records(file: BinaryIO) -> Iterator[bytes]:
    held = b""
    while chunk := file.read(CHUNK):
        *whole, held = (held + chunk).split(END_OF_RECORD)
        yield from filter(None, map(_strip_padding, whole))
        if len(held) > MAX_RECORD:
            held = held[: MAX_RECORD + 1]
    if rest := _strip_padding(held):
        yield rest


def _strip_padding(data: bytes) -> bytes:
    """The record without what some programs write between records. The length that begins it may be blank."""
    stripped = data.lstrip(b" \r\n\t\0\x1a")
    return b"     " + stripped if stripped[:1].isalpha() else stripped


def _parse(data: bytes, encoding_of_file: Callable[[bytes], str]) -> Record:
    if len(data) > MAX_RECORD:
        raise _TooLarge
    data = _LOST_LETTER.sub(b"&#xFFFD;", _INDICATORS.sub(b"\x1e  ", data))
    sound = (data if _has_valid_directory(data) else _rebuild_directory(data)) + END_OF_RECORD
    texts = b"".join(field for field in sound.split(END_OF_FIELD) if SUBFIELD in field) or sound  # not codes
    text = texts.decode(errors="ignore")
    is_flagged, is_utf8, has_utf8 = sound[9:10] == b"a", text.encode() == texts, not text.isascii()
    if ESCAPE not in texts and not is_utf8 and not (is_flagged and has_utf8):
        encoding = encoding_of_file(texts)
        is_other = marc_letters.contradicts_marc8 if encoding == MARC8 else partial(marc_letters.is_marc8, least=2)
        if encoding and not is_other(texts):
            unflagged = sound[:9] + b" " + sound[10:]
            return Record(unflagged, file_encoding="iso8859-1" if encoding == MARC8 else encoding)
        if not is_flagged:
            raise _OtherLetters
    force_utf8 = is_flagged or (is_utf8 and has_utf8 and ESCAPE not in texts)
    return Record(sound, force_utf8=force_utf8, hide_utf8_warnings=True, utf8_handling="replace")


def _has_valid_directory(data: bytes) -> bool:
    """Whether the directory points to the fields: programs that convert the text often forget to update it."""
    base, length = data[12:17], data[:5]
    if not base.isdigit() or not length.isdigit() or int(length) > len(data) + 1:
        return False
    start = int(base)
    entries = range(LEADER, start - 1, ENTRY)
    ends = [int(data[at + 3 : at + 7]) + int(data[at + 7 : at + 12]) for at in entries]
    return data[start - 1 : start] == END_OF_FIELD and all(
        data[start + end - 1 : start + end] == END_OF_FIELD for end in ends
    )


def _rebuild_directory(data: bytes) -> bytes:
    """The record with a new directory, made from the fields in their order."""
    directory, _, body = data[LEADER:].partition(END_OF_FIELD)
    tags = [directory[at : at + 3] for at in range(0, len(directory) - len(directory) % ENTRY, ENTRY)]
    entries, fields = b"", b""
    for tag, field in zip(tags, body.split(END_OF_FIELD), strict=False):
        entries += tag + b"%04d%05d" % (min(len(field) + 1, 9999), len(fields))
        fields += field + END_OF_FIELD
    start = LEADER + len(entries) + 1
    leader = b"%05d" % min(start + len(fields), 99999) + data[5:12] + b"%05d" % start + data[17:LEADER]
    return leader + entries + END_OF_FIELD + fields


class _NoDoctype(LexicalHandler):
    """Refuses document types: MARCXML has none, and entities defined there can fill the memory or read files."""

    def startDTD(self, name: str, public_id: str | None, system_id: str | None) -> None:  # noqa: N802
        raise UnreadableFile("This XML defines a document type, which is not allowed in MARCXML.")


class _Records(XmlHandler):
    def endElementNS(self, name: Any, qname: Any) -> None:  # noqa: N802
        if name[1] != "leader":  # it is not needed, and a short one would end the file
            super().endElementNS(name, qname)  # type: ignore[no-untyped-call]

    def process_record(self, record: Record) -> None:
        self.records.append(fields_of(record))


def xml_records(file: BinaryIO) -> Iterator[Numbered]:
    """Reads record by record: after a damaged one a new parser goes on. Raises UnreadableFile if none is sound."""
    number, sound, opening, fault = 0, 0, b"", ""
    parser, handler = _parser(b"")
    for place, piece in enumerate(_ended(file)):
        piece = piece if place else _with_prefixes(piece)  # noqa: PLW2901
        begins = [match.start() for match in _BEGIN.finditer(piece)]
        if begins and not number:
            opening = piece[: begins[0]]  # says the namespace and the encoding
        failed = 0
        for attempt in _attempts(piece, begins):
            try:
                parser.feed(attempt)
                break
            except (SAXException, PymarcException, LookupError, ValueError) as error:
                failed, fault = failed + 1, re.sub(r"^<[^>]*>[:\d]*:? ", "", str(error))
                parser, handler = _parser(opening)
        is_lost = failed == LAST_RECORD or not handler.records if begins else failed and not _END.search(piece)
        if is_lost:
            number += 1
            yield number, {DAMAGE: f"This record cannot be read: {fault or 'it has no end'}."}
        for number, record in enumerate(handler.records, number + 1):  # noqa: B020
            yield number, record
        sound += len(handler.records)
        handler.records.clear()
    if not sound:
        raise UnreadableFile(f"This MARCXML is damaged: {fault or 'it has no records'}.")


def _parser(opening: bytes) -> tuple[Any, _Records]:
    handler = _Records()  # type: ignore[no-untyped-call]
    parser: Any = make_parser()  # noqa: S317 - entities are defined in a document type, at which it stops
    parser.setContentHandler(handler)
    parser.setFeature(feature_namespaces, True)
    parser.setProperty(property_lexical_handler, _NoDoctype())
    try:
        parser.feed(opening)
    except (SAXException, LookupError, ValueError):
        raise UnreadableFile("This MARCXML is damaged before its first record.") from None
    return parser, handler


def _with_prefixes(beginning: bytes) -> bytes:
    """The beginning of a file with the namespaces that were lost when it was copied out of an answer."""
    unknown = {*_PREFIX.findall(beginning)} - {*_KNOWN_PREFIX.findall(beginning)}
    lost = b"".join(b' xmlns:%s="%s"' % (prefix, prefix) for prefix in sorted(unknown))
    return _FIRST_TAG.sub(lambda tag: tag[0] + lost, beginning, count=1) if lost else beginning


def _ended(file: BinaryIO) -> Iterator[bytes]:
    """The file in pieces that end with a record, or with the file."""
    held = b""
    while chunk := file.read(CHUNK):
        held, end = held + chunk, 0
        for match in _END.finditer(held):
            yield held[end : match.end()]
            end = match.end()
        held = held[end:]
        if len(held) > MAX_RECORD:
            yield held
            held = b""
    yield held


def _attempts(piece: bytes, begins: Sequence[int]) -> Iterator[bytes]:
    """The piece; then, for new parsers, its record without damaged letters; then the last, if others have no end."""
    yield piece
    if begins:
        text = piece.decode(errors="replace").translate(_NO_CONTROLS).encode()
        yield text[_BEGIN.search(text).start() :]  # type: ignore[union-attr]
        yield piece[begins[-1] :] if len(begins) > 1 else b""
