"""Reads rows of CSV, JSON Lines and containers. Unreadable rows have a `fault`, and reading continues after them."""

import csv
import json
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from books.importing.column_names import has_title
from books.importing.encoding import UnreadableFile
from books.importing.formats.base import Record
from books.web import strict_json

MAX_LINE = 1 << 20  # bytes
LOOKED_AT = 20  # rows: the header may come after a title, a date or empty rows
BLANK = " \t\r\n\u00a0\u3000\x1a\0\ufeff"  # with DOS's end-of-file character, padding, and the mark of UTF-8
BEGINNING = 200  # characters kept of a line that is too long
MAX_RECORD = MAX_LINE  # characters of a row with its line ends
csv.field_size_limit(MAX_RECORD)  # a cell that is too long for its field is left out, and costs no row

_FAULTS = {  # our messages by part of csv.Error's
    "unexpected end of data": "A quote opens here that nothing closes.",
    "expected after": "A quote stands inside a quoted cell: write it twice.",
    "new-line character": "A lone carriage return stands here: quote the cell, or save the file with Unix line ends.",
}
_TOO_LONG = f"The line is longer than {MAX_LINE >> 20} MiB."
_RUNAWAY = "A quote opens here that the lines after it do not close."


class Line(NamedTuple):
    number: int
    end: int  # bytes of the file up to the end of this line
    text: str  # with its line end
    whole: bool = True  # False: longer than MAX_LINE, and `text` is its beginning


def lines(file: BinaryIO, number: int = 0) -> Iterator[Line]:
    """The lines of a UTF-8 file from its position on, which comes after `number` lines."""
    end = file.tell()
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        end += len(raw)
        if len(raw) <= MAX_LINE or raw.endswith(b"\n"):
            text = raw.decode(errors="replace")
            yield Line(number, end, text[1:] if text[0] == "\ufeff" else text)  # the mark of a file that was joined
            continue
        beginning = raw[: BEGINNING * 4].decode(errors="ignore")[:BEGINNING]
        while not raw.endswith(b"\n") and (raw := file.readline(MAX_LINE)):
            end += len(raw)
        yield Line(number, end, beginning, whole=False)


class Row(NamedTuple):
    line: int  # the first one
    end: int  # bytes of the file up to its end
    after: int  # lines of the file up to its end
    cells: list[str]  # as in the file; for JSON Lines the whole line, for records that are not text none
    fields: Mapping[str, Any] = {}
    fault: str = ""

    @property
    def written(self) -> list[str]:
        """The cells, or the fields as JSON."""
        return self.cells or [json.dumps(self.fields, ensure_ascii=False)]


class _RecordTooLong(Exception):
    """A record so long that a quote must be missing."""


class _Feed:
    """Feeds lines to csv.reader and keeps those of the current record, so that a broken one can be read again."""

    def __init__(self, source: Iterator[Line]) -> None:
        self.source = source
        self.record: list[Line] = []
        self.pushed_back: list[Line] = []
        self.size = 0

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self.pushed_back.pop() if self.pushed_back else next(self.source)
        self.record.append(line)
        self.size += len(line.text)
        if not line.whole or self.size > MAX_RECORD:
            raise _RecordTooLong
        return line.text

    def start_record(self) -> None:
        self.record, self.size = [], 0


def csv_records(source: Iterator[Line], delimiter: str) -> Iterator[Row]:
    """The rows of a CSV file, including its header but no blank lines."""
    feed = _Feed(source)
    reader = csv.reader(feed, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        feed.start_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RecordTooLong) as error:
            yield from _recover(feed, delimiter, error)
        else:
            if cells:
                number, end, _, _ = feed.record[-1]
                yield Row(feed.record[0].number, end, number, cells)


def _recover(feed: _Feed, delimiter: str, error: Exception) -> Iterator[Row]:
    """Give up only the first line of a broken record, and not even that if its cells are clear without quotes.

    The last line, where it broke, is read again as the beginning of a record, and each line in between as a record. So
    every line is read at most three times, whatever the quotes in the file.
    """
    first, *rest = feed.record
    text = first.text.rstrip("\r\n")
    if not rest and first.whole and (mended := _repair_quotes(text, delimiter)):
        yield Row(first.number, first.end, first.number, mended)
        return
    if first.whole and delimiter == "\t" and delimiter in text:  # programs that write tabs often quote nothing
        yield Row(first.number, first.end, first.number, text.split(delimiter))
    else:
        yield _fault_row(first, _RUNAWAY if rest and "expected after" not in str(error) else _reason(first, error))
    for line in rest[:-1]:
        try:
            cells = next(csv.reader([line.text], delimiter=delimiter, strict=True), [])
        except csv.Error as alone:
            yield _fault_row(line, _reason(line, alone))
        else:
            if cells:
                yield Row(line.number, line.end, line.number, cells)
    feed.pushed_back = rest[-1:]


def _repair_quotes(text: str, delimiter: str) -> list[str]:
    """The cells of a line with quotes inside quoted cells, alone or as \\"; none if something else is wrong."""
    quote = rf'\\"|(?<!^)(?<!{re.escape(delimiter)})"(?!$|{re.escape(delimiter)})'
    try:
        return next(csv.reader([re.sub(quote, '""', text)], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _fault_row(line: Line, fault: str) -> Row:
    return Row(line.number, line.end, line.number, [line.text.rstrip("\r\n")], fault=fault)


def _reason(line: Line, error: Exception) -> str:
    if not line.whole:
        return _TOO_LONG
    return next((ours for theirs, ours in _FAULTS.items() if theirs in str(error)), f"This is not CSV: {error}.")


def unwrapped(records: Iterator[Row], delimiter: str) -> Iterator[Row]:
    """The records of a file whose lines a program took for cells, each with quotes around and doubled ones inside."""
    for record in records:
        if len(record.cells) == 1 and delimiter in record.cells[0]:
            (inner,) = csv_records(iter([Line(1, 0, record.cells[0].replace("\n", " "))]), delimiter)
            yield record._replace(cells=inner.cells, fault=inner.fault)
        else:
            yield record


def csv_rows(records: Iterator[Row], header: list[str], delimiter: str) -> Iterator[Row]:
    """The records with fields by column name. Missing cells at the end of a row are empty."""
    width = len(header)
    for record in records:
        cells = record.cells
        if record.fault:
            yield record
        elif len(cells) == width or not any(map(str.strip, cells[width:])):
            padded = cells if len(cells) >= width else [*cells, *[""] * (width - len(cells))]
            fields = dict(zip(header, padded, strict=False))
            if any(cell.strip(BLANK) for cell in padded) and not _is_header(fields, cells):
                yield Row(record.line, record.end, record.after, padded[:width], fields)
        else:
            fault = f"The row has {len(cells)} cells and the header {width}."
            yield record._replace(cells=[*cells[: width - 1], delimiter.join(cells[width - 1 :])], fault=fault)


def _is_header(fields: Mapping[str, str], cells: Sequence[str]) -> bool:
    """Whether the row repeats the header, as in files that were joined, or is a line drawn below it."""
    if "--" in cells[len(cells) // 2] and not "".join(cells).strip(f"{BLANK}:|+=-"):
        return True
    return all(name == cell.strip() for name, cell in fields.items())


def record_rows(records: Iterator[Record], file: BinaryIO) -> Iterator[Row]:
    """The records of a container. `after` counts them; `end` is how far the file has been read.

    Raises UnreadableFile if the file is damaged near its beginning. Later damage ends the rows with a faulty one.
    """
    count = number = 0
    try:
        for count, (number, content) in enumerate(records, 1):
            if isinstance(content, str):
                yield Row(number, file.tell(), count, [""], fault=content)
            elif isinstance(content, dict):
                yield Row(number, file.tell(), count, [], flattened(content))
            else:
                yield Row(number, file.tell(), count, content)
    except UnreadableFile as error:
        if count < LOOKED_AT:
            raise
        yield Row(number + 1, file.tell(), count + 1, [""], fault=str(error))


def json_rows(source: Iterator[Line]) -> Iterator[Row]:
    for line in source:
        text = line.text.strip()
        if not line.whole:
            yield _fault_row(line, _TOO_LONG)
        elif text:
            yield _json_row(line, text)


def _json_row(line: Line, text: str) -> Row:
    try:
        value = strict_json.loads(text)
    except json.JSONDecodeError as error:
        return _fault_row(line, f"This line is not JSON: {error.msg} at character {error.pos + 1}.")
    except (ValueError, RecursionError) as error:  # NaN, thousands of digits or thousands of [
        return _fault_row(line, f"This line cannot be read as JSON: {error}.")
    if not isinstance(value, dict):
        return _fault_row(line, 'This line is not a JSON object like {"title": "Kokoro"}.')
    return Row(line.number, line.end, line.number, [text], fields=flattened(value))


def flattened(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of an object with those of the objects in it, such as `{"book": {"title": "Emma"}}`.

    Only if the title is in one of these: other objects are values, such as a date.
    """
    inner = [each for each in fields.values() if isinstance(each, dict)]
    if not inner or has_title(fields) or not any(map(has_title, inner)):
        return fields
    return dict(ChainMap(fields, *inner))
