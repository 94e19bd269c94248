"""The formats of book lists. To add one:

1. If it is a table of columns, add a row to PROGRAMS in programs.py: for each field of a book its columns, and how to
   read them if not as most formats write them; see columns.py. What is in a file besides is named as left out.
2. Else write `formats/NAME.py` with a Format. Its `read` gets the cells of a row by the names of their columns (or the
   values of an object) and returns `(fields, left_out)`: the raw fields of a book, which are cleaned later, and a
   RowError for each value that a reader would miss. Every cell may be empty or missing. A field that is "" or [] or
   None is not given.
3. A file that is no table, spreadsheet or JSON has a Container of its own, whose `records` reads it; see base.py.
4. Put it into the list below, before less particular ones, and the name into docs/import-export.md.
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
        opf.FORMAT,
        ris.FORMAT,
        bibtex.FORMAT,
        csl_json.FORMAT,
        own.ISBNS,
    )
}
