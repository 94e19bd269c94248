"""Plausible books in many scripts, the same at every run.

Words come from our own short lists and from syllables, used as often as words are: few very often, most seldom.
Most books have a valid ISBN; authors, publishers, series and topics recur as they do on shelves.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from stdnum import ean

from books.metadata.record import EMPTY

VOCABULARY = 12_000  # words of a language, most of them made of syllables
TOPICS = (
    "Novels Poetry History Travel Biography Humour Science Fantasy Cooking Art Music Philosophy Religion Law Medicine "
    "Gardening Chess Economics Education Drama Essays Letters Myths Mathematics Physics Botany Ships Railways Sport"
).split()


class Tongue(NamedTuple):
    """What titles and names of a language are made of."""

    share: int  # of a hundred books
    common: str  # words, the most frequent first
    syllables: str
    gap: str = " "


TONGUES = {
    "en": Tongue(
        38,
        "the of and a in to for from on with life world time house night day man woman king love death war sea river "
        "history story letters garden city road dream stone light shadow winter summer island mountain child secret",
        "an ber con den el fer gan hol in ker lin mer nor ol per qui ran son ter ur ven wick yor",
    ),
    "de": Tongue(
        10,
        "der die das und von im ein eine zu Haus Zeit Welt Leben Nacht Tag Liebe Tod Krieg Geschichte Garten Stadt "
        "Weg Traum Wald Berg Fluss Kunstgeschichte Rathaus Straße schöne große kleine Mädchen König Frühling",
        "auf ber ein gen haus land lich mann rei schaft stein tal ung ver wald zeit brück hof berg dorf",
    ),
    "fr": Tongue(
        8,
        "le la les de du des et un une à dans vie monde temps maison nuit jour amour mort guerre histoire jardin ville "
        "rêve forêt rivière été hiver île secret âme cœur château étranger",
        "beau champ de eau fleur gran jol lan mon neu pont que ri saint tour val ville",
    ),
    "es": Tongue(
        7,
        "el la los las de y en un una del vida mundo tiempo casa noche día amor muerte guerra historia jardín ciudad "
        "camino sueño río montaña niño corazón español",
        "al ba ca do es fa gue ja la mar na ño pe que ra sol ti va za",
    ),
    "ru": Tongue(
        7,
        "и в на о с к война мир жизнь время дом ночь день любовь смерть история сад город дорога сон лес река зима "
        "лето остров тайна душа сердце король ребёнок",
        "ан бор вер гор дан ев жи зол ин кол лен мир нов ол пет род ск тай ов ин",
    ),
    "ja": Tongue(
        10,
        "の 心 人 夜 日本 物語 銀河 鉄道 猫 東京 世界 時間 歴史 春 夏 秋 冬 海 山 川 こころ ノート 文学 研究 入門 と",
        "夏目 石川 田中 山本 木村 カ フ ラ ン さく はな ゆき 三 四 花 雪 風 林 森 島 青 赤 白 黒 古 新",
        "",
    ),
    "zh": Tongue(
        6,
        "的 中国 历史 文学 世界 红楼 三国 故事 人生 时间 生活 春天 夏天 城市 花园 梦 与 研究 概论 山水 诗",
        "王 李 张 刘 陈 明 华 国 文 海 山 水 云 龙 凤 金 玉 天 地 风 月",
        "",
    ),
    "ko": Tongue(
        4,
        "한국 역사 문학 세계 이야기 사랑 시간 인생 밤 봄 여름 가을 겨울 바다 산 도시 정원 꿈 그리고 나의",
        "김 이 박 최 정 강 조 윤 장 임 한 서 신 권 민 준 지 수 영 하",
    ),
    "ar": Tongue(
        4,
        "في من على و ليلة كتاب الكتاب تاريخ العالم الحياة الليل الحب الموت الحرب مدينة البحر الجبل حلم قصة ألف",
        "أح مد مح مود عب دال ال كر يم سل طان نور دين فا طم",
    ),
    "el": Tongue(
        3,
        "η ο το των και της του στην ζωή κόσμος χρόνος νύχτα αγάπη θάνατος πόλεμος ιστορία κήπος πόλη θάλασσα Οδύσσεια",
        "αν γε δη ελ θα κα λο μα νι πα ρο στα τσι φω χρι ος ης",
    ),
    "hi": Tongue(
        3,
        "की का के और में से जीवन कहानी इतिहास भारत प्रेम रात दिन नदी पर्वत गोदान सपना दुनिया समय",
        "अ न का रा म सी ता दे व श र्मा गु प्ता सिं ह",
    ),
}
PUBLISHERS = "Lantern Harbour Meridian Juniper Northgate Quill Sparrow Tideway Umber Willow Aster Beacon".split()


class Language:
    """Words and people of one language, with how often each is used."""

    def __init__(self, code: str, tongue: Tongue, chance: random.Random, people: int) -> None:
        self.code, self.gap = code, tongue.gap
        syllables = tongue.syllables.split()
        made = {
            "".join(chance.choices(syllables, k=chance.randint(2, 4 if tongue.gap else 2))) for _ in range(VOCABULARY)
        }
        self.words = [*tongue.common.split(), *sorted(made)]
        self.weights = list(accumulate(1 / (place + 3) for place in range(len(self.words))))
        self.people = sorted({self._name(chance, syllables) for _ in range(people)})
        self.series = [self.title(chance, 2) for _ in range(max(people // 20, 3))]

    def _name(self, chance: random.Random, syllables: Sequence[str]) -> str:
        parts = ("".join(chance.choices(syllables, k=chance.randint(1, 3))).title() for _ in range(2))
        return " ".join(parts)

    def title(self, chance: random.Random, most: int = 7) -> str:
        words = chance.choices(self.words, cum_weights=self.weights, k=chance.randint(1, most))
        text = self.gap.join(words)
        return text[0].upper() + text[1:]

    def prose(self, chance: random.Random) -> str:
        return self.gap.join(chance.choices(self.words, cum_weights=self.weights, k=chance.choice([0, 12, 30, 60])))


def books(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Records of books, clean as an import would leave them."""
    chance = random.Random(seed)
    languages = [
        Language(code, tongue, chance, max(count * tongue.share // 400, 5)) for code, tongue in TONGUES.items()
    ]
    shares = list(accumulate(tongue.share for tongue in TONGUES.values()))
    often = list(accumulate(1 / (place + 1) for place in range(len(TOPICS))))
    for number in range(count):
        language = chance.choices(languages, cum_weights=shares)[0]
        people = language.people
        authors = {people[int(len(people) * chance.random() ** 2)] for _ in range(chance.choice([1, 1, 1, 2, 3]))}
        series = chance.choice(language.series) if chance.random() < 0.12 else ""
        digits = f"978{number + 1_000_000:09d}"
        yield {
            **EMPTY,
            "source_key": f"generated:{number}",
            "title": language.title(chance),
            "subtitle": language.title(chance, 4) if chance.random() < 0.2 else "",
            "authors": sorted(authors),
            "isbn13": digits + ean.calc_check_digit(digits) if chance.random() < 0.9 else None,
            "publisher": f"{chance.choice(PUBLISHERS)} Press",
            "published_year": int(2026 - 220 * chance.random() ** 2.5) if chance.random() < 0.96 else None,
            "language": language.code,
            "pages": chance.randint(40, 900),
            "description": language.prose(chance),
            "topics": sorted(set(chance.choices(TOPICS, cum_weights=often, k=chance.choice([0, 1, 1, 2, 3])))),
            "series": series,
            "series_number": chance.randint(1, 12) if series else None,
        }
