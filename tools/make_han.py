"""Makes books/metadata/tables/han.txt, from opencc-python-reimplemented (Apache licence 2.0) and variants in names.

    pip install opencc-python-reimplemented && python tools/make_han.py

Each word of han.txt is a set of characters that are written for one another: traditional and simplified Chinese, old
and new Japanese forms. The first is the one that stands for all of them in folded text.
"""

from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

TABLES = ("JPVariants", "TSCharacters", "STCharacters", "TWVariants", "HKVariants")
IN_NAMES = "高髙 崎﨑 吉𠮷 柳栁桺 浜濱濵 島嶋嶌 辺邊邉 斉齊 斎齋 桑桒 橋𣘺 館舘 徳德 冨富 塚塚 穂穗 瀬瀨 真眞 恵惠 渡渡"


def pairs() -> Iterator[tuple[str, str]]:
    for table in TABLES:
        text = (files("opencc") / "dictionary" / f"{table}.txt").read_text("utf-8")
        for line in text.splitlines():
            one, _, others = line.partition("\t")
            yield from ((one, other) for other in others.split())
    for variants in IN_NAMES.split():
        yield from ((variants[0], other) for other in variants[1:])


def is_japanese(character: str) -> bool:
    try:
        return bool(character.encode("euc_jp"))
    except UnicodeEncodeError:
        return False


def main() -> None:
    root: dict[str, str] = {}
    sets = defaultdict(set)

    def find(character: str) -> str:
        while root.setdefault(character, character) != character:
            character = root[character]
        return character

    japanese = (files("opencc") / "dictionary/JPVariants.txt").read_text("utf-8")
    new_forms = {line.split("\t")[1].strip() for line in japanese.splitlines()}
    for one, other in pairs():
        if len(one) == len(other) == 1:
            root[find(one)] = find(other)
    for character in root:
        sets[find(character)].add(character)
    found = [
        sorted(each, key=lambda character: (character not in new_forms, not is_japanese(character), character))
        for each in sets.values()
        if len(each) > 1
    ]
    words = ["".join(each) for each in sorted(found)]
    lines = [" ".join(words[place : place + 40]) for place in range(0, len(words), 40)]
    Path("books/metadata/tables/han.txt").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
