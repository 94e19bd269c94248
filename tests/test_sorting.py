import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.metadata.sorting import LENGTH, name_key, sort_key, sort_name

pytestmark = pytest.mark.once

ORDERS = [
    ("en", "An Ember|Gulliver|The Hobbit|Ivanhoe|A Tale"),
    ("en", "A as in Ant|A Is for Axe|A to Z|Apt|A Band|A Castle"),
    ("fr", "L’Étranger|La Fontaine|Un garçon|Les Hommes|Île"),
    ("de", "Ein Apfel|Die Birne|Der Zauberberg"),
    ("es", "El ajedrez|La casa|Los nadadores|Ñandú|Oro"),
    ("it", "L'amica|Il barone|Gli indifferenti|Una vita"),
    ("pt", "A casa|O dia|Um farol"),
    ("nl", "De aanslag|Het boek|Een kat|'t Mannetje"),
    ("sv", "En annan|Det blå|Zebra|Åsna|Ärlig|Öl"),
    ("da", "En and|Zebra|Æble|Øl|Ål"),
    ("ar", "الأرض|البيت|تاريخ|الكتاب"),
    ("lb", "D'Auto|De Bam|En Clown"),
    ("oc", "L'amor|Lo ben"),
    ("mi", "Te awa|Ngā kai"),
    ("", "The Castle|Dune"),
    ("", "Volume 1|Volume 2|Volume 10|Volume 11"),
    ("", "999 nights|1,000 nights|1001 nights|Nights"),
    ("", "第2巻|第10巻|第11巻"),
    ("", "第一巻|第二巻|第三巻|第四巻|第十巻|第二十巻"),
    ("", "Band Ⅱ|Band Ⅴ|Band Ⅸ"),
    ("sv", "Mynt|Müs|Myt|Åsna"),
    ("lt", "Yda|Idas|Ilgas"),
    ("kk", "Үй|Ыдыс|Іні"),
    ("yi", "דער אָוונט|די בוך"),
    ("", "こころ|こゝろ|ころ"),
    ("", "Vol. ٢|Vol. ١٠"),
    ("", "007|8|James"),
    ("", "Dub|Dzban|Đurđevac|Esa|Lis|Lwów|Łuk|Mak|Zebra"),
    ("", "Гора|Ґанок|Дім|Євген|Зоря|Ирис|Іван|Кобзар|Яма"),
    ("", "باب|پدر|تاریخ|جان|چراغ|کتاب|گل|لب"),
    ("fa", "نان|وطن|هنر|یار"),
    ("", "กา|เกม|ขา|โขน|คน"),
    ("", "アイス|いぬ|ウミ|えき|かさ|ガス|き"),
    ("", "ファン|ファンタジー"),
    ("", "Äpfel|apple|Banana|éclair|New York|Newark|Zoo"),
    ("", "„Anna“ lacht|‹Bert› weint|Carl|…dann nicht|–ende gut|Fritz|《Golf》"),
    ("", "cote|coté|côte|côté"),
    ("cs", "Cena|Čas|Hora|Chata|Idea"),
    ("hu", "A cukor|Az csoda|Egy dal"),
    ("tr", "Hala|Irmak|Isı|İncir|Jale"),
    ("pl", "Lwów|Łuk|Mak|Sen|Świat|Zebra|Źródło|Żaba"),
    ("", "נהר|עץ"),
]


@pytest.mark.parametrize(("language", "titles"), ORDERS)
def test_titles_stand_where_their_readers_look_for_them(language: str, titles: str) -> None:
    right = titles.split("|")
    assert sorted(sorted(right, reverse=True), key=lambda title: sort_key(title, language)) == right


@pytest.mark.parametrize(("title", "language"), [("The", "en"), ("A", "en"), ("Die", "en"), ("La", "fr"), ("!!!", "")])
def test_what_is_all_of_a_title_is_no_article(title: str, language: str) -> None:
    assert sort_key(title, language).strip()


def test_an_article_of_another_language_stays() -> None:
    assert sort_key("Die Hard", "en") == "die hard"


@pytest.mark.parametrize(
    ("name", "filed"),
    [
        ("Adam Zzyzx", "Zzyzx, Adam"),
        ("J. R. R. Tolkien", "Tolkien, J. R. R."),
        ("Tolkien, J. R. R.", "Tolkien, J. R. R."),
        ("Ludwig van Beethoven", "Beethoven, Ludwig van"),
        ("Johann Wolfgang von Goethe", "Goethe, Johann Wolfgang von"),
        ("Ursula K. Le Guin", "Le Guin, Ursula K."),
        ("Daphne du Maurier", "du Maurier, Daphne"),
        ("Simone de Beauvoir", "Beauvoir, Simone de"),
        ("Jean de La Fontaine", "La Fontaine, Jean de"),
        ("José Ortega y Gasset", "Ortega y Gasset, José"),
        ("Gabriel García Márquez", "García Márquez, Gabriel"),
        ("Garcia Lorca", "Garcia Lorca"),
        ("Pam Muñoz Ryan", "Ryan, Pam Muñoz"),
        ("Robert Cortes Holliday", "Holliday, Robert Cortes"),
        ("J. Ortega Munilla", "Ortega Munilla, J."),
        ("Adolfo Bioy Casares", "Bioy Casares, Adolfo"),
        ("Ginés Pérez de Hita", "Pérez de Hita, Ginés"),
        ("Pedro Calderón de la Barca", "Calderón de la Barca, Pedro"),
        ("Miguel de Cervantes Saavedra", "Cervantes Saavedra, Miguel de"),
        ("Walter de la Mare", "de la Mare, Walter"),
        ("Ngũgĩ wa Thiong'o", "Ngũgĩ wa Thiong'o"),
        ("Ono no Komachi", "Ono no Komachi"),
        ("Martin Luther King, Jr.", "King, Martin Luther, Jr."),
        ("Kurt Vonnegut Jr.", "Vonnegut, Kurt, Jr."),
        ("夏目漱石", "夏目漱石"),
        ("夏目 漱石", "夏目 漱石"),
        ("Homer", "Homer"),
        ("Le Corbusier", "Le Corbusier"),
        ("Ibn Battuta", "Ibn Battuta"),
        ("ابن بطوطة", "ابن بطوطة"),
        ("Ben Jonson", "Jonson, Ben"),
        ("Лев Толстой", "Толстой, Лев"),
        ("Henry Louis Gates Jr., Ph.D.", "Gates, Henry Louis, Jr., Ph.D."),
        ("Malcolm X", "X, Malcolm"),
        ("Louis XIV", "Louis XIV"),
        ("George V", "George V"),
        ("Pope John Paul II", "John Paul II, Pope"),
        ("Pliny the Elder", "Pliny the Elder"),
        ("John of Salisbury", "John of Salisbury"),
        ("The New York Times", "New York Times, The"),
        ("United Nations", "United Nations"),
        ("World Health Organization", "World Health Organization"),
        ("Simon & Schuster", "Simon & Schuster"),
        ("Charlotte Church", "Church, Charlotte"),
        ("Lonely Planet", "Lonely Planet"),
        ("Time-Life Books", "Time-Life Books"),
        ("Académie française", "Académie française"),
        ("Министерство культуры", "Министерство культуры"),
        ("Fundación Juan March", "Fundación Juan March"),
        ("Karl-Theodor von und zu Guttenberg", "Guttenberg, Karl-Theodor von und zu"),
        ("Hermynia Zur Mühlen", "Zur Mühlen, Hermynia"),
        ("Otto zur Linde", "zur Linde, Otto"),
        ("Jean d'Ormesson", "Ormesson, Jean d'"),
        ("Gabriele D'Annunzio", "D'Annunzio, Gabriele"),
        ("João Cabral de Melo Neto", "Melo Neto, João Cabral de"),
        ("Agostinho Neto", "Neto, Agostinho"),
        ("Seán Ó Faoláin", "Ó Faoláin, Seán"),
        ("Nuala Ní Dhomhnaill", "Ní Dhomhnaill, Nuala"),
        ("Edward St Aubyn", "St Aubyn, Edward"),
        ("Thomas à Kempis", "Thomas à Kempis"),
        ("Wilfrid Thesiger, CBE", "Thesiger, Wilfrid, CBE"),
        ("Ihsan Abdel Quddous", "Abdel Quddous, Ihsan"),
        ("إحسان عبد القدوس", "عبد القدوس, إحسان"),
        ("דויד בן גוריון", "בן גוריון, דויד"),
        ("Толстой Лев Николаевич", "Толстой Лев Николаевич"),
        ("Светлана Александровна Алексиевич", "Алексиевич, Светлана Александровна"),
        ("Толстой Л. Н.", "Толстой Л. Н."),
        ("Rowling J.K.", "Rowling J.K."),
        ("Nguyễn Nhật Ánh", "Nguyễn Nhật Ánh"),
        ("Wọlé Ṣóyínká", "Ṣóyínká, Wọlé"),
        ("Mao Tse-tung", "Mao Tse-tung"),
        ("Naguib Al-sayed", "Al-sayed, Naguib"),
    ],
)
def test_a_name_is_filed_by_its_last_name(name: str, filed: str) -> None:
    assert sort_name(name) == filed


def test_all_of_one_last_name_stand_together() -> None:
    names = ["Smithson, B", "Smith Jones, Ann", "Smith, Zadie", "Smith, Adam"]
    assert sorted(names, key=name_key) == names[::-1]


def test_the_arabic_article_of_a_name_does_not_count() -> None:
    names = ["الحكيم", "Baker, B", "تمر", "al-Aswany, Alaa", "البازي", "Achebe, C"]
    right = ["Achebe, C", "al-Aswany, Alaa", "Baker, B", "البازي", "تمر", "الحكيم"]
    assert sorted(names, key=name_key) == right


@given(st.text(max_size=1200), st.sampled_from(["", "en", "tr", "hu", "ar", "sv"]))
def test_any_text_has_a_key_that_a_cursor_can_carry(text: str, language: str) -> None:
    for key in (sort_key(text, language), name_key(sort_name(text))):
        assert len(key) <= LENGTH
        assert key.isprintable()
