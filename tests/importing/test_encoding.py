from contextlib import suppress
from io import BytesIO, RawIOBase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.importing.encoding import CHUNK, UnclearEncoding, UnreadableFile, utf8
from books.importing.source import opened

pytestmark = pytest.mark.once

LIST = "書名,著者\n坊っちゃん,夏目 漱石\n"


def read(data: bytes) -> str:
    with utf8(BytesIO(data)) as text:
        return text.file.read().decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "iso2022_jp"])
def test_a_list_reads_the_same_in_every_encoding(encoding: str) -> None:
    assert read(LIST.encode(encoding)) == LIST


def test_a_stray_zero_byte_makes_no_binary_file() -> None:
    assert read(b"title,authors\nA\0,B\nC,D\n") == "title,authors\nA\0,B\nC,D\n"


@pytest.mark.parametrize("text", ["n° 4", "Nº 5", "1ª parte", "90° sud", "20 °C"])
def test_an_ordinal_or_a_degree_makes_sense_in_utf_8(text: str) -> None:
    assert read(f"title\n{text}\n".encode()) == f"title\n{text}\n"


def test_utf_16_is_read_in_either_order_of_bytes() -> None:
    assert read(b"\xfe\xff" + LIST.encode("utf-16-be")) == LIST
    assert read(b"\xff\xfe" + LIST.encode("utf-16-le")) == LIST


def test_a_file_that_is_ascii_for_its_first_megabytes_may_be_cp932_after_them() -> None:
    text = "a,b\n" * (CHUNK // 2) + LIST
    assert read(text.encode("cp932")) == text


def test_a_character_cut_by_two_chunks_is_whole() -> None:
    text = "a" * (CHUNK - 1) + "漱石"
    assert read(text.encode()) == text


GERMAN = "Müller,Größe\nSöhne,Käthe\nÜber Bücher,Jörg\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (f"{GERMAN}Fran\x00ois\n".encode().replace(b"\0", b"\xe7"), f"{GERMAN}Fran\ufffdois\n"),
        (f"{GERMAN}Ende ü".encode()[:-1], f"{GERMAN}Ende \ufffd"),
        (f"{LIST}\xff心\n".encode().replace("ÿ".encode(), b"\xff"), f"{LIST}\ufffd心\n"),
        (f"{GERMAN * 100}M\xfc,J\xf6\n".encode("latin-1"), None),
        (b"\xef\xbb\xbftitle\nGar\xe7on\n", "title\nGar\ufffdon\n"),
    ],
    ids=["a byte", "a cut end", "japanese", "another encoding", "with a mark"],
)
def test_a_few_bytes_that_are_wrong_make_no_other_encoding_of_utf_8(data: bytes, text: str | None) -> None:
    with suppress(UnclearEncoding):
        assert read(data) == (text or data.decode("latin-1"))


@pytest.mark.parametrize("text", ["Müller\nSöhne\n", GERMAN])
def test_lists_in_two_encodings_that_were_put_together_are_asked_for(text: str) -> None:
    with pytest.raises(UnclearEncoding) as unclear:
        read(text.encode() + text.encode("cp1252"))
    assert unclear.value.candidates[0] == "utf-8"


def test_the_line_and_byte_of_the_first_bad_character_are_named_wherever_it_stands() -> None:
    with pytest.raises(UnclearEncoding, match="line 2, byte 2"):
        read(b"a" * (CHUNK - 3) + "\nb心\n".encode("cp932"))


@pytest.mark.parametrize("text", ["Cien años,Márquez\nPeña,Muñoz\n", "La génération perdue,Hélène\n"])
def test_western_text_is_read_as_it_is_or_asked_for_never_as_other_letters(text: str) -> None:
    with suppress(UnclearEncoding):
        assert read(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (b"", "empty"),
        (b"\x1f\x8b....", "unpack it first"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xff\xd8\xff\xe0..JFIF", "a picture"),
        (b"BZh91AY&SY", "unpack it first"),
        (b"{\\rtf1\\ansi", "word processor"),
        (b"RIFF\x10\0\0\0WEBPVP8 \1\2\3\4", "not a text file"),
        (b"\0" * 100, "not a text file"),
        (b"\xff\xfea", "UTF-16 but is not"),
        (b"\xff\xfe\x00\xdc\x00\xd8", "UTF-16 but is not"),
    ],
)
def test_what_is_no_text_is_refused_with_advice(data: bytes, advice: str) -> None:
    with pytest.raises(UnreadableFile, match=advice):
        read(data)


def test_what_cannot_be_read_twice_is_refused() -> None:
    pipe: Any = RawIOBase()
    with pytest.raises(UnreadableFile, match="save this to a file"), opened(pipe):
        pass


@given(st.binary())
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    with suppress(UnreadableFile):
        read(data)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cp1252", "Müller und Söhne;Jörg Weiß\nDer Prozeß – ein Versuch;Käthe Öhler\n"),
        ("cp1252", "La forêt enchantée;Hélène Lévêque\nÀ l'école;Théophile\nL'été grec;Zoé\n"),
        ("mac_roman", "La forêt enchantée;Hélène Lévêque\nÀ l'école;Théophile\nL'été grec;Zoé\nOù çà;Noël\n"),
        ("cp1250", "Zażółć gęślą jaźń;Stanisław Łem\nŚcieżka do źródła;Józef Wiśniewski\n"),
        ("cp1251", "Братья Карамазовы;Фёдор Достоевский\nМастер и Маргарита;Михаил Булгаков\n"),
        (
            "cp1251",
            "Белая гвардия,Михаил Булгаков\nЕвгений Онегин,Александр Пушкин\nКапитанская дочка,Александр Пушкин\n"
            "Мёртвые души,Николай Гоголь\nРевизор,Николай Гоголь\n",
        ),
        ("koi8_r", "Братья Карамазовы;Фёдор Достоевский\nМастер и Маргарита;Михаил Булгаков\n"),
        ("cp1253", "Ο τελευταίος πειρασμός;Νίκος Καζαντζάκης\n"),
        ("cp1254", "Kürk Mantolu Madonna;Sabahattin Ali\nİnce Memed;Yaşar Kemal\nÇalıkuşu;Reşat Nuri Güntekin\n"),
        ("cp932", "坊っちゃん,夏目漱石\n銀河鉄道の夜,宮沢賢治\n"),
        ("euc_jp", "坊っちゃん,夏目漱石\n銀河鉄道の夜,宮沢賢治\nこころ,夏目漱石\n"),
        ("gb18030", "红楼夜话,曹雪\n西游新记,吴恩\n"),
        ("euc_kr", "어린 왕자,생텍쥐페리\n난장이가 쏘아올린 작은 공,조세희\n"),
    ],
)
def test_a_small_list_in_a_legacy_encoding_is_read(name: str, text: str) -> None:
    assert read(f"title,authors\n{text}".encode(name)) == f"title,authors\n{text}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cp932", "書名;著者;年\n心;夏目 漱石;1914\n"),
        ("gb18030", "书名,作者\n家,巴金\n"),
        ("big5", "書名,作者\n家,巴金\n"),
        ("euc_kr", "제목,저자\n혼,이상\n"),
        ("cp1252", "Titre;Auteur\nThérèse;Zoé\n"),
        ("mac_roman", "Titre;Auteur\nThérèse;Zoé\n"),
        ("cp1252", "Titel,Verfasser\nDer Tänzer,Jörg\n"),
        ("cp1250", "Tytuł,Autor\nJesień,Ann\n"),
    ],
)
def test_the_names_of_columns_tell_how_to_read_the_fewest_letters(name: str, text: str) -> None:
    assert read(text.encode(name)) == text


def test_letters_that_could_be_others_are_asked_for_with_the_encodings_in_which_they_make_sense() -> None:
    with pytest.raises(UnclearEncoding) as unclear:
        read("title\n心\n".encode("cp932"))
    assert "cp932" in unclear.value.candidates
    assert "see line 2, byte 1" in str(unclear.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cp850", "L'été à Paris,Hélène Müller\nFrançais,Théophile\n"),
        ("cp866", "Война и мир,Толстой\n"),
        ("iso8859_2", "źródła mówić,Słowacki\n"),
        ("cp1252", "Peñas,Núñez Íñigo\nJosé,Última corazón\n"),
        ("iso8859_15", "Hélène,Le cœur\nNoël,Cécile\n"),
        ("cp1254", "title,author,year\nAğaç şehir şehir,kürk ağaç,1908\n"),  # Aðaç þehir is not Icelandic
        ("cp1250", "title,author\nJesień,José García Márquez\n"),  # Jesieñ would suit the author
        ("cp1250", "titre,auteur\nŻółć,Łoś\n"),  # whatever the language of the header
        ("iso8859_5", "title,author\nКотлован,Платонов\n"),
        ("mac_turkish", "title,author\nAğaç şehir,Yaşar\nKuğu,Işık\n"),
        ("cp437", "title,author\nStraße,Köhler\n"),
        ("mac_turkish", "Kitap,Yazar\nKoğuş,Peyami Safa\n"),
        ("cp1257", "title,author,year\nĮlanka žalčio,šilelis žemė,1940\n"),
    ],
)
def test_letters_that_older_encodings_have_elsewhere_are_never_taken_for_others(name: str, text: str) -> None:
    try:
        assert read(text.encode(name)) == text
    except UnclearEncoding as unclear:
        readings = [text.encode(name).decode(each, "replace") for each in unclear.candidates]
        assert text in readings


def test_an_encoding_goes_by_its_usual_name() -> None:
    with pytest.raises(UnclearEncoding) as unclear:
        read("title\nélan\n".encode("iso8859_15"))
    assert "cp1252" in unclear.value.candidates
    assert "iso8859_15" not in unclear.value.candidates


def test_an_export_of_librarything_is_latin_1_whatever_its_letters() -> None:
    text = "Book Id\tTitle\tSort Character\tPrimary Author\n1\tMarelle d'été\t1\tCortés\n2\tÉrosion\t1\tPhilémon\n"
    assert read(text.encode("latin-1")) == text


def test_the_encoding_that_a_person_chose_is_taken() -> None:
    with utf8(BytesIO("title\n心\n".encode("cp932")), "cp932") as text:
        assert text.file.read().decode() == "title\n心\n"


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(order: str) -> None:
    assert read(LIST.encode(order)) == LIST


def test_a_file_that_is_padded_with_zeros_is_not_utf_16() -> None:
    assert read(b"title\nEmma\n" + bytes(60)).rstrip("\0") == "title\nEmma\n"


def test_lone_carriage_returns_end_the_lines_of_old_macintosh_files() -> None:
    text = "title\nL’été à Paris\nHélène à Pâques\nÀ la façon des garçons\nThéâtre complet\nŒuvres choisies\n"
    assert read(text.replace("\n", "\r").encode("mac_roman")) == text
    assert read(b"title\rA\r") == "title\nA\n"


def test_a_carriage_return_within_a_cell_is_no_line_end() -> None:
    assert read(b'title\r\n"a\rb"\r\n') == 'title\r\n"a\rb"\r\n'
