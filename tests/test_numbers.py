from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from books.metadata import numbers

pytestmark = pytest.mark.once

YEARS = """
1999: 1999 | 1999.0 | 1999-03-01 | 1999-03-01T00:00:00+00:00 | 1999-03 | 19990301 | 1999/3/1 | 1.3.1999 | 03/01/1999
    | March 1, 1999 | 1er mars 1999 | Mar 1999 | 1999.9 | 1999年3月1日 | c1999 | ©1999 | p1999 | ca. 1999 | circa 1999
    | um 1999 | [1999] | [1999?] | 1999? | 1999. | 1999-2001 | 1999-01 | 1999- | 1999–2001 | 1999/2000 | [1999-2001]
    | between 1999 and 2001 | １９９９ | ١٩٩٩ | ۱۹۹۹ | 平成11年 | 平成十一年 | H11 | h11.3.1 | 平11 | 一九九九年
    | MCMXCIX | 1999（平成11）年 | \u200e1999 | 民國88年 | 中華民國八十八年 | Heisei 11 | am 5. Mai 1999 | 2nd ed. 1999
    | 1999م - 1419هـ | वि.सं. २०५६ | 2056 BS | शक १९२१
    | 1420هـ | ١٤٢٠هـ | 1420 AH | 1420 [1999] | 1420هـ/1999م | 1999م/1420هـ | ۱۳۷۸ | 1378 ش | 1378 [1999 or 2000]
    | Sat May 01 1999 00:00:00 GMT+0100 | M.CM.XCIX. | M CM XCIX | Anno MCMXCIX | 1420H | 1420 H | ۱۳۷۸ هـ.ش
    | 1999-05-25/2001-06-26 | 1999-05-25~/..
    | 5759 [1999] | תשנ"ט | ה'תשנ״ט | พ.ศ. 2542 | ๒๕๔๒ | 2542 [1999] | 단기 4332년 | 주체88(1999) | 1999, c1998
1967: 1697 [i.e. 1967] | 1976 [recte 1967] | 1697, i.e. 1967 | 1697 i. e. 1967
-333: -0333/-0332 | -0333-07-12/-0300-03-15
1899: 光緒二十五年 | Guangxu 25
1858: 安政5年 | Ansei 5
1940: 皇紀2600年
1850: vor 1850 | avant 1850 | before 1850 | antes de 1850 | 1850 r.
1971: 昭和46年 | S46 | 昭和46 | 昭和四十六年 | Ｓ４６
1926: 昭和元年 | 大正15年 | 大正十五年
1989: 昭和64年 | 平成元年 | 平成1年
2019: 令和元年 | R1
1868: 明治元年 | M1
-380: 380 BC | 380 B.C. | 380 BCE | 380 v. Chr. | 380 av. J.-C. | −380 | -380 | BC 380 | c. 380 BC | 380-370 BC
    | 紀元前380年 | 公元前380年 | 前380年 | 380 до н. э. | 기원전 380년 | 380 avant J.-C. | 380 avant notre ère
    | 380 vor Christus | 380 a.C. | 380 a. C. | 380 aC | 380 antes de Cristo | 380 a. de C. | 380 avanti Cristo
    | 380 př. n. l. | 380 p.n.e. | MÖ 380 | M.Ö. 380 | 380 f.Kr. | 380 eKr. | 380 eaa. | i. e. 380 | Kr. e. 380
    | 380 î.Hr. | 380 TCN | 380 ق.م | 380 a. Chr. | 380 przed Chr.
    | 380 пр. Хр. | 380 pr. Kr. | 380 voor Christus | לפנה"ס 380
-50: 50 BC
180: 180 | AD 180 | 180 AD | 180 n. Chr.
1980: 198- | [198-?] | 198? | 198*
1900: 19-- | 19xx | 19**
None: 0 | 0000 | 0000-00-00 | 0101-01-01 | 0101-01-01T00:00:00+00:00 | n.d. | [s.a.] | o. J. | ?
    | z.j. | [b.r.] | б. г. | без даты | u.å. | N/A | date unknown | 刊年不明 | [出版年不明]
"""
NUMBERS = """
3: 3 | ３ | Vol. 3 | vol.3 | v. 3 | #3 | No. 3 | Bd. 3 | Tome 3 | том 3 | 第3巻 | 第三巻 | 3巻 | Book 3 of 7 | 3-5
    | 三ノ巻 | (三) | ❸ | Bd. III/1 | t. III, 1
    | III | Vol. III | III-V | III. | Bd.III | том III | Bd. III & IV | 下 | 下巻 | 3권 | (3)
1.5: 1.5 | 1,5 | #1.5 | 1½ | Vol. 1½ | 1 1/2
0.5: ½ | #½
1: 1-3 | 1,2,3 | #1,2 , 3 | 1,2.5,4 | 上 | 上巻 | 前編 | i | 一
2: 中 | 後編 | 第二集 | ii | כרך ב | ב' | Τόμος Β | Β΄
6: Τόμος ΣΤ΄
12: כרך י"ב | Τόμος ΙΒ
15: ט״ו
1000: 1,000 | 1000
14: XIV
0: 0
"""


def cases(table: str) -> list[tuple[str, str]]:
    lines = table.strip().replace("\n    |", " |").splitlines()
    parts = (line.partition(": ") for line in lines)
    return [(text.strip(), want) for want, _, texts in parts for text in texts.split("|")]


@pytest.mark.parametrize(("text", "want"), cases(YEARS))
def test_a_year_is_read_as_it_is_written(text: str, want: str) -> None:
    assert str(numbers.year(text)) == want


@pytest.mark.parametrize("text", ["soon", "9999", "2101", "-5000", "昭和65年", "大正16年", "19th century", "x" * 200])
def test_what_is_no_year_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        numbers.year(text)


@pytest.mark.parametrize(("text", "want"), cases(NUMBERS))
def test_a_number_in_a_series_is_read_as_it_is_written(text: str, want: str) -> None:
    assert numbers.series_number(text) == Decimal(want)


@pytest.mark.parametrize(
    ("text", "want"), [("1-3", "1-3"), ("Vol. 3a", "Vol. 3a"), (" 上 ", "上"), ("IV", "IV"), ("3½", "3½")]
)
def test_a_number_keeps_how_it_was_written(text: str, want: str) -> None:
    assert numbers.series_label(text) == want


@pytest.mark.parametrize("written", ["3", " 2.5", "1,5", "#2", "٣", "", 3, 2.5, None])
def test_a_mere_number_needs_no_label(written: object) -> None:
    assert not numbers.series_label(written)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Book One", 1),
        ("Erster Band", 1),
        ("Tome premier", 1),
        ("Том второй", 2),
        ("three", 3),
        ("Book the Fourth", 4),
        ("Книга четвёртая", 4),
        ("Book Twelve", 12),
        ("جلد سوم", 3),
        ("셋째 권", 3),
        ("Otto Müller Verlag", None),
        ("On hold", None),
    ],
)
def test_a_number_may_be_written_in_words(text: str, number: int | None) -> None:
    assert numbers.number_in_words(text) == number


PAGES = """
320: 320 | 320 p. | xii, 320 p. | XVI-320 S. | 320 p. : ill. ; 24 cm | 320p ; 24cm | 320 p., [16] leaves of plates
    | 320, [3] p. | [8], 320 p. | 320 S., 20 Abb. | 320 S. mit Abb. | Paperback, 320 pages | 320 p. + 1 CD-ROM | 320+
    | 約320頁 | 三百二十頁 | 三二〇頁 | ٣٢٠ صفحة | ۳۲۰ صفحه | 320 עמ' | 320 σελ. | ๓๒๐ หน้า | 320 hlm. | 320 lk.
    | 1 online resource (320 pages) | 1 vol. (320 p.) ; 18 cm | [4] Bl., 320 S. | xvi p., 320 p. | 2 v. (320 p.)
    | 320 : il. | 320 strán | 320 tr. | 320 Seite(n) | 320 עמ׳ | ص 320 | roughly 320 | 全320頁
    | 320 old. | xii; 320 | 320, [2] с. | 320 стор. | 320 p. (pbk.) | 320, xii p. | '320 | (320 p.) | pages: 320
"""


@pytest.mark.parametrize(("text", "want"), cases(PAGES))
def test_pages_are_read_as_they_are_written(text: str, want: str) -> None:
    assert str(numbers.pages(text)) == want


@pytest.mark.parametrize(
    "text",
    [
        "2 v.",
        "320 x",
        "2 v. (320, 400 p.)",
        "12-24",
        "12-24 p.",
        "2 v. (320 p. each)",
        "2 h 20 s",
        "-320",
        "xii",
        "320 minutes",
        "unpaged",
    ],
)
def test_what_is_no_number_of_pages_stays_text(text: str) -> None:
    assert numbers.pages(text) == text


@pytest.mark.parametrize("text", ["one", "-1", "1.234", "12345678", "Omnibus"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        numbers.series_number(text)


@given(st.text(max_size=120))
def test_any_text_is_a_year_or_refused(text: str) -> None:
    for read in (numbers.year, numbers.series_number):
        try:
            read(text)
        except ValidationError:
            continue
