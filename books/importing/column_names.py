"""What people call the columns of a list of books, by field, in the languages of Europe and East Asia and some more.

metadata/tables/column_names.txt has them, each row after its field. They are compared without case, accents, spaces
and punctuation. The first are the most usual: of two columns for one field, the one whose name stands first is taken.
What is not there is not guessed, since a wrong guess would put wrong values in.
"""

from collections import defaultdict
from functools import cache

from books.metadata.folding import fold, table
from books.metadata.record import CLEANERS

GIVEN, FAMILY = "given_name", "family_name"  # in the table, beside the fields
ACCENTED = {  # words of headers, by the encodings of their languages
    ("cp1252", "mac_roman"): frozenset(
        "année édition éditeur éditions résumé série catégorie clés numéro numéros entrée größe für übersetzer "
        "título año edición páginas género número categoría descripción edição descrição gênero coleção "
        "författare förlag språk utgivningsår udgivelsesår tekijä kieli sivumäärä übersetzung schlagwörter".split()
    ),
    ("cp1250",): frozenset("tytuł język książki słowa název vydání počet szerző kiadó cím műfaj".split()),
    ("cp1254",): frozenset("adı yılı yayınevi sayısı basım türü".split()),
}


@cache
def _fields() -> dict[str, tuple[str, int]]:
    names = defaultdict[str, list[str]](list)
    for field, *words in table("column_names.txt", None):
        names[field] += words
    own = {key(name): (name, 0) for name in CLEANERS}
    return own | {
        key(name): (field, place) for field, words in names.items() for place, name in reversed([*enumerate(words)])
    }


def key(name: str) -> str:
    """What is the same for all spellings of a column's name: “Año (publicación)” is anopublicacion."""
    return "".join(filter(str.isalnum, fold(name)))


def field_of(name: str) -> tuple[str, int] | None:
    """What a column of this name holds, and how usual the name is (0: most). None if it is not known.

    It is a field, or the GIVEN or FAMILY part of an author's name.
    """
    return _fields().get(key(name))
