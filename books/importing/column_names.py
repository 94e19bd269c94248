"""What people call the columns of a list of books, by field, in the languages of Europe and East Asia and some more.

metadata/tables/column_names.txt has them, each row after its field. They are compared without case, accents, spaces
and punctuation. The first are the most usual: of two columns for one field, the one whose name stands first is taken.
What is not there is not guessed, since a wrong guess would put wrong values in.
"""

from collections import defaultdict
from functools import cache

from books.metadata.folding import fold, table
from books.metadata.record import CLEANERS

NAMES: defaultdict[str, list[str]] = defaultdict(list)  # by field
for _field, *_names in table("column_names.txt", None):
    NAMES[_field] += _names

GIVEN_NAME, FAMILY_NAME = frozenset(NAMES.pop("given_name")), frozenset(NAMES.pop("family_name"))
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
    own = {key(name): (name, 0) for name in CLEANERS}
    return own | {
        key(name): (field, place) for field, names in NAMES.items() for place, name in enumerate([field, *names])
    }


def key(name: str) -> str:
    """What is the same for all spellings of a column's name: “Año (publicación)” is anopublicacion."""
    return "".join(filter(str.isalnum, fold(name)))


def field_of(name: str) -> tuple[str, int] | None:
    """The field that a column of this name holds, and how usual the name is (0: most). None if it is not known."""
    return _fields().get(key(name))
