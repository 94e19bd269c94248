"""How a file says its authors are filed is kept, where the name alone does not tell."""

import io

from django.test import TestCase

from books.models import Author, Book
from tests.importing.lists import imported, text_file

OPF = """<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:opf="http://www.idpf.org/2007/opf"><dc:title>Số đỏ</dc:title>
<dc:creator opf:role="aut" opf:file-as="Vũ Trọng Phụng">Vũ Trọng Phụng</dc:creator></metadata></package>"""
MARC = """<collection xmlns="http://www.loc.gov/MARC21/slim"><record><leader>x</leader>
<datafield tag="100" ind1="1" ind2=" "><subfield code="a">Bonham Carter, Violet</subfield></datafield>
<datafield tag="245" ind1="1" ind2="0"><subfield code="a">Winston Churchill</subfield></datafield>
</record></collection>"""
CALIBRE = 'title,authors,author_sort\nA,Vũ Trọng Phụng & Jane Austen,"Vũ Trọng Phụng & Austen, Jane"\n'
LIBRARYTHING = "Title\tPrimary Author\tSecondary Author\nWinston Churchill\tBonham Carter, Violet\t\n"
DOUBLE = ("Violet Bonham Carter", "Bonham Carter, Violet")
VIETNAMESE = ("Vũ Trọng Phụng", "Vũ Trọng Phụng")


class SortNames(TestCase):
    def test_each_format_that_has_them_gives_them(self) -> None:
        for text, names in (
            (CALIBRE, [("Jane Austen", ""), VIETNAMESE]),
            (LIBRARYTHING, [DOUBLE]),
            (MARC, [DOUBLE]),
            (OPF, [VIETNAMESE]),
        ):
            with self.subTest(text[:40]):
                Book.objects.all().delete()
                Author.objects.all().delete()
                imported(io.BytesIO(text.encode()))
                assert sorted(Author.objects.values_list("name", "sort_name")) == names

    def test_the_book_is_filed_under_it(self) -> None:
        imported(text_file(LIBRARYTHING))
        assert Book.objects.get().author_key.startswith("bonham carter")

    def test_an_author_who_is_here_keeps_the_sort_name(self) -> None:
        Author.objects.bulk_create([Author(name="Violet Bonham Carter", sort_name="Violet").derived()])
        imported(text_file(LIBRARYTHING))
        assert Author.objects.get().sort_name == "Violet"
