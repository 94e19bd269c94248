"""Exports the catalogue to files. CSV and JSON Lines survive a round trip through import byte for byte."""

from books.exporting.base import ExportFormat
from books.exporting.bibtex import BibTex
from books.exporting.csl import CslJson
from books.exporting.csv import Csv
from books.exporting.goodreads import Goodreads
from books.exporting.jsonl import JsonLines
from books.exporting.marc import MarcXml
from books.exporting.ris import Ris
from books.exporting.xlsx import Xlsx

EXPORT_FORMATS: dict[str, type[ExportFormat]] = {
    "csv": Csv,
    "xlsx": Xlsx,
    "jsonl": JsonLines,
    "goodreads": Goodreads,
    "marcxml": MarcXml,
    "ris": Ris,
    "bibtex": BibTex,
    "csl": CslJson,
}
CITATIONS = {known.extension: known for known in (Ris, BibTex, CslJson, MarcXml)}  # for one book
