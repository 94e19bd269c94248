"""The catalogue as a file, in the formats that an import reads again byte for byte."""

from books.exporting import csv, jsonl

EXPORT_FORMATS = {"csv": csv.FORMAT, "jsonl": jsonl.FORMAT}
