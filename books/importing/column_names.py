"""Maps column names of book lists to fields, in the languages of Europe, East Asia and some others.

Each row of metadata/tables/column_names.txt is a field and its names, the most usual first: of two columns for one
field, the one with the more usual name is read. Case, accents, spaces and punctuation do not count. Other names are not
guessed, since a wrong guess would import wrong values.
"""

from collections import defaultdict
from functools import cache

from books.metadata.folding import fold, table
from books.metadata.record import CLEANERS

GIVEN, FAMILY = "given_name", "family_name"  # in the table besides the fields
ACCENTED = {  # words in headers, by the encodings used for their languages
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
    """The name in a form that all its spellings share: “Año (publicación)” becomes anopublicacion."""
    return "".join(filter(str.isalnum, fold(name)))


def field_of(name: str) -> tuple[str, int] | None:
    """The field in a column of this name, and the rank of the name (0: most usual). None for an unknown name.

    The field may also be GIVEN or FAMILY, a part of an author's name.
    """
    return _fields().get(key(name))
