"""Aozora Bunko's list of works, a row for each person of a work: https://www.aozora.gr.jp/index_pages/person_all.html

Publisher and dates in it are those of the printed edition that was typed in, not of the work.
"""

from books.importing.formats.columns import of_columns
from books.importing.formats.values import text

FORMAT = of_columns(
    "aozora",
    "Aozora Bunko, list of works",
    {
        "source_key": "作品ID",
        "title": "作品名",
        "authors": ("著者名", lambda name: [(text(name), "")]),
        "description": ("翻訳者名等", lambda names: f"翻訳：{text(names)}" if text(names) else ""),
        "language": "language",
    },
    header="作品ID|作品名|著者名|翻訳者名等",
    source="aozora",
    prepared=lambda cells: {**cells, "language": "ja"},
    one_person_a_row=True,
)
