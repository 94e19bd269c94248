"""Tables exported by other programs and catalogues, each with the place to find the export."""

import re
from typing import Any

from books.exporting.formulas import restore_cell
from books.importing.formats.base import Format
from books.importing.formats.columns import Cells, column_format, people_by_role, split_lists, split_people
from books.importing.formats.goodbooks import parse_title
from books.importing.formats.values import first, first_isbn, natural_order, parse_all_series, parts, split_role, text
from books.importing.results import RowError

READING_STATES = {"to-read", "reading", "read", "stopped-reading"}
_VOLUME = re.compile(r"(.+?),? \(?(?:tome|t\.) ?(\d+)\)?(?: ?: ?(.+)| ?;?)", re.IGNORECASE)
_INITIAL_OR_PARTICLE = re.compile(r".*\.|d[eu]|van|von|da|di|del", re.IGNORECASE)


def _title_with_series(title: Any) -> dict[str, Any]:
    return parse_title(" ".join(text(title).split()))


def _restore_cells(cells: Cells) -> Cells:
    written = [*map(str, cells.values())]
    is_defused = "\n'" in "\n".join(("", *written))  # one search is faster than one in each cell
    return dict(zip(cells, map(restore_cell, written), strict=True)) if is_defused else cells


def _goodreads_people(author: Any, others: Any) -> list[tuple[str, str]]:
    """The additional authors include translators, which Goodreads does not mark."""
    return [split_role(text(author)), *split_people(others)]


def _calibre_people(authors: Any, filed: Any) -> dict[str, Any]:
    names, sort_names = ([each.strip() for each in text(cell).split("&")] for cell in (authors, filed))
    pairs = zip(names, sort_names, strict=True) if len(names) == len(sort_names) else ()
    return {"authors": [(name, "") for name in names], "sort_names": dict(pairs)}


def _calibre_isbn(cell: Any, identifiers: Any) -> str:
    pairs = (each.partition(":") for each in parts(identifiers))
    return first_isbn(cell, *(value for kind, _, value in pairs if kind.startswith("isbn")))


def _storygraph_people(authors: Any, contributors: Any) -> list[tuple[str, str]]:
    others = ((name, role or "contributor") for name, role in split_people(contributors))
    return [*((name, "") for name in parts(authors)), *others]


def _reject_other_items(cells: Cells) -> Cells:
    if (kind := text(cells.get("item_type")) or "book") != "book":
        raise RowError("item_type", kind, "This is not a book.")
    return cells


def _drop_reading_states(cells: Cells) -> Cells:
    return {**cells, "shelf_name": ""} if text(cells.get("shelf")) in READING_STATES else cells


def _reject_deleted(cells: Cells) -> Cells:
    if text(cells.get("deleted")).lower() == "true":
        raise RowError("deleted", "true", "This book was deleted in Openreads.")
    return cells


def _babelio_title(cell: Any) -> dict[str, str]:
    """The fields in “Les Bidochon, tome 8 : Vent du soir”."""
    title = text(cell)
    if found := _VOLUME.fullmatch(title):
        return {"title": found[3] or title.rstrip(" ;"), "series": found[1], "series_number": found[2]}
    return {"title": title}


def _babelio_author(cell: Any) -> list[tuple[str, str]]:
    """“Hugo Victor” becomes Victor Hugo. Three names are kept as they are, since the family name may be one or two."""
    name = text(cell)
    family, _, given = (part.strip() for part in name.partition("  ")) if "  " in name else name.partition(" ")
    is_clear = "  " in name or " " not in given or _INITIAL_OR_PARTICLE.fullmatch(given.rpartition(" ")[2])
    return [(f"{given} {family}".strip() if is_clear else name, "")]


def _inverted_names(cell: Any) -> list[str]:
    return [natural_order(name) for name in parts(cell, ";")]


PROGRAMS: tuple[Format, ...] = (
    column_format(  # a row per person and work: https://www.aozora.gr.jp/index_pages/person_all.html
        "aozora",
        "Aozora Bunko, list of works",
        {  # its publisher and dates belong to the printed source, not to the work
            "source_key": "作品ID",
            "title": "作品名",
            "authors": ("著者名", lambda name: [(text(name), "")]),
            "description": ("翻訳者名等", lambda names: f"翻訳：{text(names)}" if text(names) else ""),
            "language": "language",
        },
        header="作品ID|作品名|著者名|翻訳者名等",
        source="aozora",
        prepare=lambda cells: {**cells, "language": "ja"},
        one_person_a_row=True,
    ),
    column_format(  # “My Books › Import and export”: https://www.goodreads.com/review/import
        "goodreads",
        "Goodreads",
        {
            "source_key": "Book Id",
            "title": ("Title", _title_with_series),
            "authors": ("Author|Additional Authors", _goodreads_people),
            "isbn13": "ISBN13|ISBN",
            "publisher": "Publisher",
            "published_year": ("Original Publication Year|Year Published", first),
            "pages": "Number of Pages",
            "topics": "Bookshelves",
        },
        header="Title|Author|Author l-f",
        source="goodreads",
        prepare=_restore_cells,  # of the files that this catalogue writes for Goodreads
    ),
    column_format(  # “Convert books › Create a catalog”: https://calibre-ebook.com
        "calibre",
        "Calibre, CSV",
        {
            "source_key": "uuid",
            "title": "title",
            "authors": ("authors|author_sort", _calibre_people),
            "isbn13": ("isbn|identifiers", _calibre_isbn),
            "publisher": "publisher",
            "published_year": "pubdate",
            "language": "languages",
            "description": "comments",
            "topics": "tags",
            "series": "series",
            "series_number": "series_index",
        },
        header="title|authors|author_sort",
        source="calibre",
    ),
    column_format(  # “Manage account › Export library”: https://app.thestorygraph.com
        "storygraph",
        "The StoryGraph",
        {
            "title": ("Title", _title_with_series),
            "authors": ("Authors|Contributors", _storygraph_people),
            "isbn13": "ISBN/UID",
            "topics": "Tags",
        },
        header="Title|Authors|ISBN/UID",
    ),
    column_format(  # “Settings › Export library”: https://www.libib.com
        "libib",
        "Libib",
        {
            "title": "title",
            "authors": "creators",
            "isbn13": "ean_isbn13|upc_isbn10",
            "description": "description",
            "publisher": "publisher",
            "published_year": "publish_date",
            "topics": "tags",
            "pages": "length",
        },
        header="title|creators|ean_isbn13",
        prepare=_reject_other_items,
    ),
    column_format(  # “Settings › CSV export”: https://joinbookwyrm.com
        "bookwyrm",
        "BookWyrm",
        {
            "source_key": "remote_id",
            "title": ("title", _title_with_series),
            "authors": "author_text",
            "isbn13": "isbn_13|isbn_10",
            "topics": ("shelf_name", lambda shelf: [text(shelf)]),
        },
        header="title|author_text|remote_id",
        prepare=_drop_reading_states,
    ),
    column_format(  # “Settings › Backup › Export CSV”: https://github.com/mateusz-bak/openreads
        "openreads",
        "Openreads",
        {
            "title": "title",
            "subtitle": "subtitle",
            "authors": "author",
            "description": "description",
            "pages": "pages",
            "published_year": "publication_year",
            "isbn13": "isbn",
            "topics": ("tags", lambda tags: parts(tags, "|||||")),
        },
        header="title|author|publication_year|book_format|olid",
        prepare=_reject_deleted,
    ),
    column_format(  # “My Books › Import and export options”: https://openlibrary.org/account/import
        "openlibrary",
        "Open Library, reading log",  # of works, without ISBNs
        {
            "source_key": "Work ID",
            "title": "Title",
            "authors": "Authors",
            "published_year": ("First Publish Year", first),
            "topics": "Subjects",
        },
        header="Work ID|Title|Authors|Bookshelf",
        source="openlibrary",
    ),
    column_format(  # “Export library › CSV”: https://www.zotero.org
        "zotero",
        "Zotero, CSV",
        {
            "title": "Title",
            "authors": (
                "Author|Editor|Translator|Contributor",
                people_by_role("", "editor", "translator", "contributor", names=_inverted_names),
            ),
            "isbn13": "ISBN",
            "publisher": "Publisher",
            "published_year": "Publication Year|Date",
            "language": "Language",
            "pages": "Num Pages",
            "description": "Abstract Note",
            "topics": ("Manual Tags", lambda tags: parts(tags, ";")),
            "series": "Series",
            "series_number": "Series Number|Volume",
        },
        header="Item Type|Publication Title|Title|Author|Manual Tags",
    ),
    column_format(  # “Settings › Data › Export”: https://inventaire.io
        "inventaire",
        "Inventaire",
        {
            "source_key": "Edition URL",
            "title": "Edition title|Works labels",
            "subtitle": "Edition subtitle",
            "authors": ("Authors labels|Translators labels", people_by_role("", "translator", names=parts)),
            "isbn13": "Edition ISBN-13|Edition ISBN-10",
            "publisher": "Publisher label",
            "published_year": "Edition publication date",
            "language": "Edition language",
            "pages": "Edition number of pages",
            "series": "Series labels",
            "series_number": "Works Series ordinals",
            "topics": "Genres labels|Subjects labels|Shelves",
        },
        header="Edition title|Authors labels",
    ),
    column_format(  # « Exporter ma bibliothèque » : https://www.babelio.com
        "babelio",
        "Babelio",
        {
            "isbn13": "ISBN",
            "title": ("Titre", _babelio_title),
            "authors": ("Auteur", _babelio_author),
            "publisher": "Editeur",
            "published_year": "Date de publication",
        },
        header="ISBN|Titre|Auteur|Statut",
    ),
    column_format(  # “Administration › Export books”: https://github.com/eleybourn/Book-Catalogue/wiki
        "bookcatalogue",
        "Book Catalogue",
        {
            "title": "title",
            "authors": ("author_details", lambda names: [(natural_order(name), "") for name in parts(names, "|")]),
            "isbn13": "isbn",
            "publisher": "publisher",
            "published_year": "date_published",
            "language": "language",
            "pages": "pages",
            "description": "description",
            "topics": (
                "genre|bookshelf",
                lambda genre, shelves: [text(genre), *(each for each in split_lists(shelves) if each != "Default")],
            ),
            "series": ("series_details", lambda series: parse_all_series(parts(series, "|"))),
        },
        header="title|author_details|series_details",
    ),
)
