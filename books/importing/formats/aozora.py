"""Aozora Bunko's list of works, a row for each person of a work: https://www.aozora.gr.jp/index_pages/person_all.html"""

from collections.abc import Mapping

from books.importing.formats.base import Format, RawFields

USES = {"作品ID": "source_key", "作品名": "title", "著者名": "authors", "翻訳者名等": "description"}


def read(cells: Mapping[str, str]) -> RawFields:
    """Publisher and dates in this list are those of the printed edition that was typed in, not of the work."""
    translators = cells["翻訳者名等"].strip()
    return {
        "source_key": f"aozora:{cells['作品ID'].strip()}",
        "title": cells["作品名"],
        "authors": [cells["著者名"]],
        "language": "ja",
        "description": f"翻訳：{translators}" if translators else "",
    }, []


FORMAT = Format("aozora", read, frozenset(USES), uses=USES, title="Aozora Bunko, list of works", one_person_a_row=True)
