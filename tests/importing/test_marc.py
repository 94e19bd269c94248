"""MARC records, made here in the shape that libraries exchange them."""

import io
from collections.abc import Iterator
from decimal import Decimal

import pytest

from books.importing import source, tables
from books.importing.encoding import UnreadableFile
from books.importing.rows import CleanRow, cleaned

pytestmark = pytest.mark.once
XML = '<collection xmlns="http://www.loc.gov/MARC21/slim"><record><leader>x</leader>{}</record></collection>'


def record(*fields: tuple[str, bytes | str], utf8: bool = True) -> bytes:
    """(tag, text): in fields of data `10$aTitle$bSubtitle` for indicators and subfields."""
    directory, data = b"", b""
    for tag, text in fields:
        written = (text.encode() if isinstance(text, str) else text).replace(b"$", b"\x1f") + b"\x1e"
        directory += tag.encode() + b"%04d%05d" % (len(written), len(data))
        data += written
    start = 24 + len(directory) + 1
    length = start + len(data) + 1
    leader = b"%05dnam %b22%05d 4500" % (length, b"a" if utf8 else b" ", start)
    return leader + b" " * (24 - len(leader)) + directory + b"\x1e" + data + b"\x1d"


def read(data: bytes) -> list[CleanRow]:
    return list(_read(data))


def _read(data: bytes) -> Iterator[CleanRow]:
    with source.opened(io.BytesIO(data)) as opened:
        table = tables.opened(opened, {})
        for row in table.rows(table.start, table.before):
            yield cleaned(row, table.format)


def test_a_record_of_marc_21_is_a_book() -> None:
    (found,) = read(
        record(
            ("001", "75577579"),
            ("003", "DLC"),
            ("008", "750902s1969    ja            000 0 eng d"),
            ("020", "  $a0306406152 (pbk.)"),
            ("100", "1 $aKimizuka, Yoshirō,$d1924-"),
            ("245", "10$aCapital versus labour :$bunder high growth /$cby Yoshirō Kimizuka."),
            ("260", "  $aTokyo :$bScience Council,$cc1969."),
            ("300", "  $axii, 320, 11 p. :$bill."),
            ("520", "  $aOn wages."),
            ("650", " 0$aLabor supply$zJapan."),
            ("830", " 0$aEconomic series ;$vno. 46."),
        )
    )
    assert found.fields == {
        "source_key": "dlc:75577579",
        "title": "Capital versus labour",
        "subtitle": "under high growth",
        "authors": ["Yoshirō Kimizuka"],
        "isbn13": "9780306406157",
        "publisher": "Science Council",
        "published_year": 1969,
        "language": "en",
        "pages": 320,
        "description": "On wages.",
        "topics": ["Labor supply -- Japan"],
        "series": "Economic series",
        "series_number": Decimal("46.00"),
        "series_label": "no. 46",
    }
    assert found.dropped == []


def test_people_in_other_roles_are_contributors_and_other_works_name_no_people() -> None:
    (found,) = read(
        record(
            ("245", "10$aRayuela"),
            ("100", "1 $aCortázar, Julio,$eauthor."),
            ("700", "1 $aBataillon, Laure,$etranslator."),
            ("700", "1 $aOwen, Jo$4ill"),
            ("700", "12$aBorges, Jorge Luis.$tEl aleph."),
            ("110", "2 $aUnited Nations.$bSecretariat."),
        )
    )
    assert found.fields["authors"] == ["Julio Cortázar", "United Nations. Secretariat"]
    assert found.fields["contributors"] == ["Laure Bataillon (translator)", "Jo Owen (illustrator)"]
    assert found.dropped == []


def test_the_editors_of_a_book_without_author_are_its_authors() -> None:
    (found,) = read(record(("245", "00$aEssays"), ("700", "1 $aDoe, Jane,$eed.")))
    assert found.fields["authors"] == ["Jane Doe"]


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("1 $aDoe, Martin,$cJr.,$d1929-", "Martin Doe Jr."),
        ("0 $aThomas,$cAquinas, Saint,$d1225-1274", "Thomas Aquinas"),
        ("0 $aJulian,$cof Norwich", "Julian of Norwich"),
        ("0 $aGregory$bVII,$cPope", "Gregory VII"),
        ("0 $aBenedict,$cSaint, Abbot", "Benedict"),
        ("1 $aVillars, Pierre,$cmarquis de,", "Pierre Villars"),
        ("0 $aDoe, Jane,", "Jane Doe"),  # not a forename, whatever the record says
    ],
)
def test_a_name_has_the_additions_that_are_part_of_it_but_no_rank(entry: str, name: str) -> None:
    (found,) = read(record(("245", "10$aLetters"), ("100", entry)))
    assert found.fields["authors"] == [name]


def test_a_subject_is_the_heading_in_full() -> None:
    (found,) = read(
        record(
            ("245", "10$aEssays"),
            ("600", "10$aHenry$bVIII,$cKing of England,$d1491-1547$vFiction."),
            ("610", "10$aUnited States.$bNavy$xHistory."),
            ("630", "00$aBible.$pGenesis"),
            ("653", "  $atea$aceremony"),
        )
    )
    assert found.fields["topics"] == [
        "Henry VIII, King of England, 1491-1547 -- Fiction",
        "United States. Navy -- History",
        "Bible. Genesis",
        "tea",
        "ceremony",
    ]


def test_names_and_subjects_of_unimarc_are_whole() -> None:
    (found,) = read(
        record(
            ("200", "1 $aÉrosion"),
            ("700", " 0$aGrégoire$dVII"),
            ("710", "02$aUniversité de Lyon$bFaculté des lettres"),
            ("600", " 1$aDuval$bAnne$f1802-1885$xCritique"),
            ("601", "02$aFrance$bArmée"),
            ("606", "  $aMer$xHistoire"),
            ("610", "0 $amer$asel"),
        )
    )
    assert found.fields["authors"] == ["Grégoire VII", "Université de Lyon. Faculté des lettres"]
    assert found.fields["topics"] == [
        "Duval, Anne, 1802-1885 -- Critique",
        "France. Armée",
        "Mer -- Histoire",
        "mer",
        "sel",
    ]


def test_names_that_no_list_controls_are_people_too() -> None:
    (found,) = read(
        record(("245", "10$aMetrics"), ("720", "1 $aDoe, Jane$eauthor"), ("720", "2 $aAcme, Inc.$eillustrator"))
    )
    assert found.fields["authors"] == ["Jane Doe"]
    assert found.fields["contributors"] == ["Acme, Inc. (illustrator)"]


def test_a_series_that_only_links_to_another_record_leaves_the_name_to_the_next_field() -> None:
    (found,) = read(record(("245", "10$aEssays"), ("490", "0 $aCollected Works ;$v7"), ("830", " 0$w(DE-601)123$v7")))
    assert (found.fields["series"], found.fields["series_number"]) == ("Collected Works", Decimal(7))


def test_a_reprint_has_the_year_of_the_first_publication() -> None:
    (found,) = read(record(("008", "860206r19771788xxk    j|     000 ||eng|d"), ("245", "00$aLittle Jack")))
    assert found.fields["published_year"] == 1788


def test_what_a_book_has_in_its_own_script_comes_before_latin_letters() -> None:
    (found,) = read(
        record(
            ("100", "1 $6880-01$aHayashiya, Tatsusaburō"),
            ("245", "00$6880-02$aNihon no chasho /"),
            ("880", "1 $6100-01/$1$a林屋, 辰三郎"),
            ("880", "00$6245-02/$1$a日本の茶書 /"),
            ("880", "  $6260-00/$1$b平凡社,$c1971"),
        )
    )
    assert found.fields["title"] == "日本の茶書"
    assert found.fields["authors"] == ["林屋辰三郎"]
    assert found.fields["publisher"] == "平凡社"
    assert [(note.field, note.value) for note in found.dropped] == [("title", "Nihon no chasho")]


def test_a_record_without_title_proper_has_its_uniform_title() -> None:
    (found,) = read(record(("245", "00$c[by William Congreve]"), ("240", "10$aPlays.")))
    assert found.fields["title"] == "Plays"


def test_a_record_of_unimarc_is_a_book() -> None:
    (found,) = read(
        record(
            ("010", "  $a0-306-40615-2"),
            ("101", "0 $afre"),
            ("200", "1 $aÉrosion$etemps et lieux$fPhilémon Duval"),
            ("210", "  $aParis$cSeuil$dDL 2005"),
            ("215", "  $a1 vol. (212 p.)"),
            ("700", " 1$aDuval$bPhilémon$4070"),
            ("702", " 1$aNoir$bAnne$4730"),
        )
    )
    assert found.fields == {
        "title": "Érosion",
        "subtitle": "temps et lieux",
        "authors": ["Philémon Duval"],
        "isbn13": "9780306406157",
        "publisher": "Seuil",
        "published_year": 2005,
        "language": "fr",
        "pages": 212,
        "contributors": ["Anne Noir (translator)"],
    }
    assert found.dropped == []


def test_marc_8_is_read_as_such() -> None:
    (found,) = read(record(("245", b"10$aSoci\xe2et\xe2e linn\xe2eenne"), utf8=False))
    assert found.fields["title"] == "Société linnéenne"


def test_utf_8_that_its_leader_does_not_say_is_read_as_such() -> None:
    (found,) = read(record(("245", "10$aPâtisserie"), utf8=False))
    assert found.fields["title"] == "Pâtisserie"


def test_marc_8_is_read_as_such_behind_a_leader_that_says_utf_8() -> None:
    (found,) = read(record(("245", b"10$aSoci\xe2et\xe2e linn\xe2eenne")))
    assert found.fields["title"] == "Société linnéenne"


def test_the_other_records_show_that_letters_are_marc_8() -> None:
    """Alone, ma\xe9cka may be maécka as well."""
    found = read(b"".join(record(("245", b"10$a" + title), utf8=False) for title in (b"Dvo\xe9r\xe2ak", b"Ma\xe9cka")))
    assert [row.fields["title"] for row in found] == ["Dvořák", "Mačka"]


@pytest.mark.parametrize(
    ("encoding", "titles"),
    [
        ("cp1252", ["La littérature française", "Théâtre complet", "Où est l'été ?", "Élégie à la forêt", "Mémoires"]),
        ("cp1251", ["Мастер и Маргарита", "Тихий Дон"]),
        ("gb18030", ["红楼梦研究资料汇编", "中国古代文学史教程", "鲁迅全集", "三国演义的世界", "现代汉语词典"]),
        ("cp1256", ["موسم الهجرة إلى الشمال", "رجال في الشمس"]),
    ],
)
def test_an_encoding_that_marc_does_not_allow_is_told_by_its_letters(encoding: str, titles: list[str]) -> None:
    found = read(b"".join(record(("245", f"10$a{title}".encode(encoding)), utf8=False) for title in titles))
    assert [row.fields.get("title") for row in found] == titles


def test_damaged_letters_of_a_record_said_to_be_utf_8_are_noted() -> None:
    (found,) = read(record(("245", b"10$aCaf\xe9")))
    assert [(note.field, note.value) for note in found.dropped] == [("title", "Caf\ufffd")]


@pytest.mark.parametrize("title", ["Les misérables", "Español", "Café", "São Paulo", "Märchen", "Sáenz"])
def test_letters_that_could_be_read_in_several_ways_are_refused_not_guessed(title: str) -> None:
    (found,) = read(record(("245", f"10$a{title}".encode("latin-1")), utf8=False))
    assert found.error is not None
    assert "could be read in several ways" in found.error.reason


def test_a_record_whose_letters_contradict_those_of_the_others_is_refused() -> None:
    french = [
        "Histoire de la littérature française",
        "Théâtre complet",
        "Où est l'été ?",
        "Élégie à la forêt",
        "Mémoires",
    ]
    others = b"".join(record(("245", f"10$a{title}".encode("cp1252")), utf8=False) for title in french)
    *_, found = read(others + record(("245", b"10$aSoci\xe2et\xe2e"), utf8=False))
    assert found.error is not None


def test_a_letter_that_an_escape_sequence_lost_is_noted() -> None:
    (found,) = read(record(("245", b"10$aSoci\xe2et\x1b linn\xe2eenne"), utf8=False))
    assert found.fields["title"] == "Sociét\ufffd linnéenne"
    assert [note.field for note in found.dropped] == ["title"]


def test_references_stand_for_the_characters_that_marc_8_lacks() -> None:
    (found,) = read(record(("245", b"10$aT\xe2e &#x53BB;"), utf8=False))
    assert found.fields["title"] == "Té 去"


def test_a_stray_byte_in_a_field_of_codes_costs_nothing() -> None:
    (found,) = read(record(("008", b"721211s1972    nyu          \xf6000 0 eng  "), ("245", "10$aGames"), utf8=False))
    assert found.fields == {"title": "Games", "published_year": 1972, "language": "en"}


def test_a_stray_byte_among_indicators_costs_nothing() -> None:
    (found,) = read(record(("082", b"\xb2 $a155.4"), ("245", "10$aGames"), utf8=False))
    assert found.fields == {"title": "Games"}


def test_a_record_with_hundreds_of_fields_is_recognised() -> None:
    (found,) = read(record(*[("990", "  $ax")] * 500, ("245", "10$aGames")))
    assert found.fields == {"title": "Games"}


def test_a_title_that_is_damaged_in_its_own_script_is_kept_in_latin_letters() -> None:
    (found,) = read(record(("245", "10$6880-01$aNihon"), ("880", "10$6245-01/$1$[x")))
    assert found.fields["title"] == "Nihon"


def test_a_record_whose_length_is_blank_is_read() -> None:
    data = record(("245", "10$aEtude"))
    blank = b"     " + data[5:]
    assert [row.fields["title"] for row in read(blank + b"\r\n" + blank)] == ["Etude", "Etude"]


def test_signs_between_the_parts_of_a_record_are_no_part_of_them() -> None:
    (found,) = read(
        record(
            ("100", "1 $a[Villars, Pierre,$cmarquis de,]"),
            ("710", "2 $aInstitution, Washington, D.C.$bPanel."),
            ("245", "10$aCyllidebau =$bBudgets.$n1990/91."),
            ("260", "  $bجامعة محمد،"),
            ("300", "  $aiv, 291 leaves"),
        )
    )
    assert found.fields == {
        "title": "Cyllidebau 1990/91",
        "subtitle": "Budgets",
        "authors": ["Pierre Villars", "Institution, Washington, D.C. Panel"],
        "publisher": "جامعة محمد",
        "pages": 291,
    }


@pytest.mark.parametrize(
    ("written", "publisher"), [("[Science Council]", "Science Council"), ("Elsevier [u.a.]", "Elsevier [u.a.]")]
)
def test_brackets_around_a_publisher_are_no_part_of_it_but_those_in_it_are(written: str, publisher: str) -> None:
    (found,) = read(record(("245", "10$aEssays"), ("260", f"  $b{written},$c1969")))
    assert found.fields["publisher"] == publisher


def test_a_broken_record_is_named_and_costs_no_other() -> None:
    good = record(("245", "10$aSound"))
    found = read(good + b"00099nam a2200000   4500garbage\x1d" + b"\r\n" + good + good[:-20])
    assert [row.fields.get("title") for row in found] == ["Sound", None, "Sound", None]
    assert found[1].error is not None
    assert found[1].error.reason.startswith("This record cannot be read")
    assert [row.row.line for row in found] == [1, 2, 3, 4]


def test_a_directory_that_was_not_counted_anew_after_a_conversion_is_mended() -> None:
    longer = record(("245", "10$aEtude"), ("260", "  $bSeuil")).replace(b"Etude", "Étude".encode())
    (found,) = read(longer)
    assert found.fields == {"title": "Étude", "publisher": "Seuil"}


def test_marcxml_is_read_record_by_record() -> None:
    body = (
        '<datafield tag="245" ind1="1" ind2="0"><subfield code="a">Cats &amp; dogs /</subfield></datafield>'
        '<datafield tag="264" ind1=" " ind2="1"><subfield code="b">Tor,</subfield></datafield>'
    )
    (found,) = read(XML.format(body).encode())
    assert found.fields == {"title": "Cats & dogs", "publisher": "Tor"}


def test_marcxml_with_entities_of_its_own_is_refused() -> None:
    bomb = '<!DOCTYPE c [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + XML.format("&b;")
    with pytest.raises(UnreadableFile, match="document type"):
        read(bomb.encode())


TITLE = '<datafield tag="245" ind1="1" ind2="0"><subfield code="a">{}</subfield></datafield>'
OTHERS = XML.format(TITLE.format("A") + "</record>{}<record>" + TITLE.format("C"))


@pytest.mark.parametrize(
    "damaged",
    ["<record><datafield</record>", "<record><leader>&</leader></record>", "<record><datafield><subfield></record>"],
)
def test_a_damaged_record_of_marcxml_costs_none_but_itself(damaged: str) -> None:
    first, second, third = read(OTHERS.format(damaged).encode())
    assert [first.fields["title"], third.fields["title"]] == ["A", "C"]
    assert second.error
    assert second.error.reason.startswith("This record cannot be read: ")


@pytest.mark.parametrize("byte", [b"\x1f", b"\xff"])
def test_a_byte_that_is_no_letter_costs_marcxml_no_record(byte: bytes) -> None:
    data = OTHERS.format(f"<record>{TITLE.format('B')}</record>").encode()
    found = read(data.replace(b'code="a">B', b'code="a">B' + byte))
    assert [row.fields["title"][:1] for row in found] == ["A", "B", "C"]


def test_records_that_a_cut_marcxml_has_in_full_are_read() -> None:
    whole = OTHERS.format("").encode()
    first, second = read(whole[: whole.index(b"C</sub")])
    assert first.fields["title"] == "A"
    assert second.error


def test_a_record_of_marcxml_without_an_end_is_named() -> None:
    first, third, rest = read(OTHERS.format("<record><leader/>").encode())
    assert [first.fields["title"], third.fields["title"]] == ["A", "C"]
    assert rest.error


def test_marcxml_in_the_records_of_an_answer_is_read() -> None:
    """As servers of SRU and OAI-PMH send it."""
    data = f'<a:answer xmlns:a="urn:a"><a:record>{XML.format(TITLE.format("A"))}</a:record></a:answer>'
    (found,) = read(data.encode())
    assert found.fields["title"] == "A"


def test_marcxml_that_was_copied_without_the_namespaces_of_its_answer_is_read() -> None:
    record_in_answer = (
        f"<zs:record><zs:data><record><leader>x</leader>{TITLE.format('A')}</record></zs:data></zs:record>"
    )
    found = read(f"<zs:answer>{record_in_answer * 2}</zs:answer>".encode())
    assert [row.fields["title"] for row in found] == ["A", "A"]


def test_marcxml_without_a_sound_record_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="This MARCXML is damaged: "):
        read(XML.format("<datafield").encode())


@pytest.mark.parametrize(
    "opening",
    [
        '<?xml version="1.0" encodin="utf-8"?>',
        '<?xml version="1.0" encoding="none"?>',
        '<?xml version="1.0" encoding="shift_jis"?>',
        "<a>\0",
    ],
)
def test_marcxml_that_is_damaged_before_its_records_is_refused(opening: str) -> None:
    with pytest.raises(UnreadableFile, match="This MARCXML is damaged before its first record"):
        read(f"{opening}{XML.format('')}".encode())


def test_marc_as_text_is_read_field_by_field() -> None:
    """As MarcEdit writes it, with backslashes for spaces and names for what is not ASCII."""
    dates = "010314s1999    fr            000 0 fre d".replace(" ", "\\")
    text = (
        f"=LDR  00755cam  22002414a 4500\n=001  12883376\n=003  DLC\n=008  {dates}\n=020  \\\\$a0306406152\n"
        "=100  1\\$aDuval, Ren{acute}ee\n=245  10$aL'{acute}et{acute}e :$bune saison\n"
        "=520  \\\\$aOf {dollar}5 and {lcub}more{rcub}.\n\n"
        "=LDR  00755cam  22002414a 4500\n=245  10$aMärchen\n=LDR  00755cam\n=245  10$aThird\n"
    )
    first, second, third = read(text.replace("\n", "\r\n").encode())
    assert first.fields == {
        "source_key": "dlc:12883376",
        "title": "L'été",
        "subtitle": "une saison",
        "authors": ["Renée Duval"],
        "isbn13": "9780306406157",
        "published_year": 1999,
        "language": "fr",
        "description": "Of $5 and {more}.",
    }
    assert [second.fields["title"], third.fields["title"]] == ["Märchen", "Third"]
