"""Language codes as people and files have them, and the names of languages."""

import re

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError

MAX_LENGTH = 20
_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")

# ISO 639-2 (bibliographic and terminological) to ISO 639-1, for the languages that library files name most.
_TWO_LETTERS = dict(
    pair.split(":")
    for pair in """
    eng:en fre:fr fra:fr ger:de deu:de spa:es ita:it por:pt dut:nl nld:nl swe:sv nor:no dan:da fin:fi ice:is isl:is
    rus:ru ukr:uk pol:pl cze:cs ces:cs slo:sk slk:sk slv:sl hrv:hr srp:sr bul:bg rum:ro ron:ro hun:hu gre:el ell:el
    tur:tr ara:ar heb:he per:fa fas:fa hin:hi ben:bn urd:ur tam:ta tel:te mar:mr guj:gu pan:pa mal:ml kan:kn san:sa
    chi:zh zho:zh jpn:ja kor:ko vie:vi tha:th ind:id may:ms msa:ms fil:tl tgl:tl lat:la epo:eo cat:ca baq:eu eus:eu
    glg:gl wel:cy cym:cy gle:ga est:et lav:lv lit:lt alb:sq sqi:sq arm:hy hye:hy geo:ka kat:ka afr:af swa:sw lao:lo
    """.split()
)
_NAMES = {
    "grc": "Ancient Greek",
    "la": "Latin",
    "zh": "Chinese",
    "no": "Norwegian",
    "sa": "Sanskrit",
    "mul": "Several languages",
}


def canonical(text: str) -> str:
    """The BCP 47 tag, lower case, its language in two letters where it has them: eng, EN and en_ are not four things.

    `eng` → `en`, `en-US` → `en-us`, `grc` → `grc`. Raises Django's ValidationError.
    """
    tag = text[: MAX_LENGTH + 1].strip().lower().replace("_", "-")
    if len(tag) > MAX_LENGTH or not _TAG.fullmatch(tag):
        raise ValidationError("Write a language code such as en, ja or pt-BR.", code="invalid")
    primary, *rest = tag.split("-")
    return "-".join([_TWO_LETTERS.get(primary, primary), *rest])


def primary(tag: str) -> str:
    """The language without its region or script: `pt-br` is `pt`."""
    return tag.split("-", 1)[0]


def name(tag: str) -> str:
    """The language's English name, or its code in capitals where we know none."""
    code = primary(tag)
    known = LANG_INFO.get(tag) or LANG_INFO.get(code) or {}
    return _NAMES.get(code) or str(known.get("name") or code.upper())
