"""The formats of book lists. To add one:

1. For a table of columns, add an entry to PROGRAMS in programs.py: each field's columns, with a function to read them
   if the default does not fit; see columns.py. Reports list the other columns as unused.
2. Otherwise write `formats/NAME.py` with a Format. Its `read` gets the cells of a row by column name (or the values of
   an object) and returns `(fields, dropped)`: the raw fields of a book, which are cleaned later, and a RowError for
   each value that people would miss. Any cell may be empty or missing. Fields that are "", [] or None are ignored.
3. A file that is not a table, a spreadsheet or JSON needs a Container, whose `records` reads it; see base.py.
4. Add the format to the list below, before less specific ones, and its name to docs/import-export.md.
"""

from books.importing.formats import bibtex, csl_json, goodbooks, gutenberg, librarything, marc, opf, own, ris
from books.importing.formats.programs import PROGRAMS

FORMATS = {
    known.name: known
    for known in (
        own.CSV,
        own.JSON_LINES,
        goodbooks.FORMAT,
        gutenberg.FORMAT,
        librarything.TSV,
        librarything.JSON,
        *PROGRAMS,
        marc.BINARY,
        marc.XML,
        marc.TEXT,
        opf.FORMAT,
        ris.FORMAT,
        bibtex.FORMAT,
        csl_json.FORMAT,
        own.ISBNS,
        own.NAMELESS,
    )
}
