"""The formats of book lists, one a file. To add one:

1. Write `formats/NAME.py` with a function `read(cells)`. It gets the cells of a row by the names of their columns (or
   the values of an object) and returns `(fields, left_out)`: the raw fields of a book, which are cleaned later, and a
   RowError for each value that a reader would miss. Every cell may be empty, and columns that are not in `columns` may
   be missing: take them with `cells.get`. A field that is "" or [] or None is not given.
2. Make its FORMAT: `columns` are those by which it is recognised, `uses` says for each column that `read` takes which
   field it fills; what is in the file besides is named as left out. The page “Check the columns” shows `uses`.
3. A file that is no table, spreadsheet or JSON has a Container of its own, whose `records` reads it; see base.py.
4. Put it into the list below, before less particular ones, and the name into docs/import-export.md.

    def read(cells):
        return {"title": cells["Title"], "authors": cells["Author"], "isbn13": cells.get("ISBN")}, []

    FORMAT = Format("libib", read, frozenset({"creators", "ean_isbn13"}), title="Libib",
                    uses={"Title": "title", "Author": "authors", "ISBN": "isbn13"})
"""

from books.importing.formats import (
    aozora,
    babelio,
    bibtex,
    book_catalogue,
    bookwyrm,
    calibre,
    csl_json,
    goodbooks,
    goodreads,
    gutenberg,
    inventaire,
    isbns,
    json_lines,
    libib,
    librarything,
    marc,
    openlibrary,
    openreads,
    opf,
    own_csv,
    ris,
    storygraph,
)

FORMATS = {
    known.name: known
    for known in (
        own_csv.FORMAT,
        json_lines.FORMAT,
        goodbooks.FORMAT,
        aozora.FORMAT,
        gutenberg.FORMAT,
        goodreads.FORMAT,
        librarything.TSV,
        librarything.JSON,
        calibre.FORMAT,
        storygraph.FORMAT,
        libib.FORMAT,
        bookwyrm.FORMAT,
        openreads.FORMAT,
        openlibrary.FORMAT,
        inventaire.FORMAT,
        babelio.FORMAT,
        book_catalogue.FORMAT,
        marc.BINARY,
        marc.XML,
        opf.FORMAT,
        ris.FORMAT,
        bibtex.FORMAT,
        csl_json.FORMAT,
        isbns.FORMAT,
    )
}
