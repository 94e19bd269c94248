"""A workbook for spreadsheet programs, with the columns of our CSV, written while it is sent.

All text cells are typed as text: an ISBN keeps its digits, and a cell that begins with = is not a formula.
"""

import re
from collections.abc import Buffer, Iterable, Mapping, Sequence
from io import RawIOBase
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from isal import isal_zlib

from books.exporting.base import ExportFormat, Row, table_columns, xml_text
from books.exporting.formulas import defuse
from books.metadata.record import COLUMNS

MAX_ROWS = 1_048_576  # per sheet, and characters per cell: Excel's limits
MAX_TEXT = 32_767
MAX_BYTES = 1 << 30  # per sheet: from twice as many, a ZIP needs an extension that not every program reads
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
LETTERS = [chr(ord("A") + place) for place in range(len(COLUMNS))]
SHEET = (  # with the first row frozen
    f'{DECLARATION}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
    'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
SHEET_END = (  # without warnings about numbers stored as text
    f'</sheetData><ignoredErrors><ignoredError sqref="A1:{LETTERS[-1]}{MAX_ROWS}" numberStoredAsText="1"/>'
    "</ignoredErrors></worksheet>"
)
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read it as a character code


class Output(RawIOBase):
    """Output for ZipFile, which writes sizes after the data as this cannot seek."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: Buffer) -> int:
        self.parts.append(bytes(data))
        return len(self.parts[-1])

    def take(self) -> bytes:
        taken, self.parts = b"".join(self.parts), []
        return taken


class Xlsx(ExportFormat):
    label, extension, content_type = "Excel workbook", "xlsx", f"{KIND}.sheet"
    is_packed, is_resumable = True, False

    def __init__(self) -> None:
        self.output = Output()
        self.zip = ZipFile(self.output, "w", ZIP_DEFLATED, compresslevel=1)
        self.sheet: IO[bytes] | None = None
        self.sheets, self.rows, self.bytes = 0, 0, 0

    def encode(self, rows: Iterable[Row]) -> bytes:
        self._write(table_columns(rows))
        return self.output.take()

    def end(self) -> bytes:
        self._write([()] * len(COLUMNS))
        self._end_sheet()
        for name, content in parts(self.sheets).items():
            with self.zip.open(name, "w") as part:
                part.write(f"{DECLARATION}{content}".encode())
        self.zip.close()
        return self.output.take()

    def close(self) -> None:
        self._end_sheet()
        self.zip.close()

    def _write(self, columns: Sequence[Sequence[object]]) -> None:
        count = len(columns[0])
        sheet = self.sheet
        if sheet is None or self.rows + count > MAX_ROWS or self.bytes > MAX_BYTES:
            sheet = self._begin_sheet()
        xml = rows_xml(self.rows + 1, columns)
        self.rows, self.bytes = self.rows + count, self.bytes + len(xml)
        sheet.write(xml)

    def _begin_sheet(self) -> IO[bytes]:
        self._end_sheet()
        self.sheets, self.rows, self.bytes = self.sheets + 1, 1, 0
        self.sheet = self.zip.open(f"xl/worksheets/sheet{self.sheets}.xml", "w")
        # Four times as fast as zlib, which ZipFile has no setting for.
        vars(self.sheet)["_compressor"] = isal_zlib.compressobj(2, isal_zlib.DEFLATED, -15)
        self.sheet.write(SHEET.encode() + rows_xml(1, [(name,) for name in COLUMNS]))
        return self.sheet

    def _end_sheet(self) -> None:
        if self.sheet:
            self.sheet.write(SHEET_END.encode())
            self.sheet.close()
            self.sheet = None


def rows_xml(first: int, columns: Iterable[Sequence[object]]) -> bytes:
    """Rows of a sheet from this number on."""
    cells = [_cells(letter, first, column) for letter, column in zip(LETTERS, columns, strict=True)]
    rows = enumerate(zip(*cells, strict=True), first)
    return "".join(f'<row r="{number}">{"".join(row)}</row>' for number, row in rows).encode()


def _cells(letter: str, first: int, column: Sequence[object]) -> list[str]:
    return [
        f'<c r="{letter}{row}" t="inlineStr"><is><t xml:space="preserve">{cell_text(value)}</t></is></c>'
        if value and isinstance(value, str)
        else ""
        if value is None or value == ""
        else f'<c r="{letter}{row}"><v>{value}</v></c>'
        for row, value in enumerate(column, first)
    ]


def cell_text(text: str) -> str:
    text = xml_text(text if len(text) <= MAX_TEXT else text[:MAX_TEXT])
    if text.startswith("'"):
        text = defuse(text)  # an import takes one off, as from a CSV file that was saved as a workbook
    return _ESCAPE.sub("_x005F_", text) if "_x" in text else text


def parts(sheets: int) -> dict[str, str]:
    """The other files of the workbook, by name."""
    names = {number: f"xl/worksheets/sheet{number}.xml" for number in range(1, sheets + 1)}
    types = {"xl/workbook.xml": f"{KIND}.sheet.main+xml", **dict.fromkeys(names.values(), f"{KIND}.worksheet+xml")}
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in types.items())
    default = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    listed = "".join(f'<sheet name="Books{f" {n}" if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>' for n in names)
    return {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}">{default}{overrides}</Types>',
        "_rels/.rels": relations("officeDocument", {1: "xl/workbook.xml"}),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations("worksheet", {n: f"/{name}" for n, name in names.items()}),
    }


def relations(kind: str, targets: Mapping[int, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, target in targets.items()
    )
    return f'<Relationships xmlns="{RELATIONS}">{listed}</Relationships>'
