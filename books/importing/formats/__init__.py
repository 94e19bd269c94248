"""The formats of book lists. A new one is a file here with a FORMAT, and a line in this list."""

from books.importing.formats import aozora, goodbooks, gutenberg, json_lines, own_csv

CSV_FORMATS = (own_csv.FORMAT, goodbooks.FORMAT, aozora.FORMAT, gutenberg.FORMAT)  # the first that recognises a header
FORMATS = {known.name: known for known in (own_csv.FORMAT, json_lines.FORMAT, *CSV_FORMATS[1:])}
