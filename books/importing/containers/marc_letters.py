"""Recognises the letters of MARC records that are not UTF-8: MARC-8, or an encoding that the standard does not allow.

In MARC-8 an accent comes before its letter. In other encodings the same byte is a letter, which is followed by others:
the acute accent is an â there, which hardly ever stands before a vowel. So a pair of bytes speaks for MARC-8, against
it, or for neither.
"""

import re

from books.importing import detection

MARC8 = "marc8"
LEGACY = [name for name in detection.LEGACY if not name.startswith("mac_")]
AMPLE = 40_000  # bytes, see detection.py
_FOR = re.compile(
    rb"[\xe0\xe2\xe6\xe8][AEIOUaeiou]|\xe1(?:(?<![aeiou]\xe1)[aeiou]\b|e[a-z]{1,2}e|[AEIOU])|\xe3[AIUYaiuy]|\xe5[AIOUaiou]"
    rb"|(?<=[aeiou])\xe4[Nn]|\xe4[AOao]|\xe7[Zz]|\xe9[A-Z]|\xea[AUau]|\xeb\w\xec\w|\xee[OUou]|\xf0[Cc]|\xf2[Hh]|\xf7[STst]"
    rb"|(?<=[a-z])[\xb2\xb8\xc7][a-z]|(?<=[A-Za-z])\xb0[a-z]"
)
_AGAINST = re.compile(
    rb"[\x80-\x87\x8a-\xa0\xaf\xbb\xbe\xbf\xc9-\xdf\xff]|[\xc0-\xc4][A-Za-z]|(?<![a-z])\xc7[A-Za-z]"
    rb"|[\xe0-\xfe][^A-Za-z\xa1-\xae\xb0-\xbd\xe0-\xfe]"
)
_ACCENTS = re.compile(rb"[\xe0-\xfe]+")
_SUBFIELD = re.compile(rb"\x1f.")


def is_marc8(texts: bytes, least: int = 1) -> bool:
    """Whether these must be MARC-8, as so many pairs say at least."""
    proofs = len(_FOR.findall(texts))
    others = len(_ACCENTS.findall(texts)) - proofs
    return proofs >= least and not contradicts_marc8(texts) and others <= 4 * proofs


def contradicts_marc8(texts: bytes) -> bool:
    """Whether more than stray bytes cannot be MARC-8."""
    return len(_AGAINST.findall(texts)) * 10 > len(_ACCENTS.findall(texts))


def encoding_of(records: bytes) -> str:
    """MARC8, another encoding, or "" if that would be a guess. The last record may be cut off."""
    fields = [each for each in records.split(b"\x1e") if not each.isascii() and not _is_utf8(each)]
    texts = b"\n".join(_SUBFIELD.sub(b" ", each) for each in fields)[:AMPLE]
    texts = texts[: texts.rfind(b"\n")] if b"\n" in texts else texts
    if is_marc8(texts):
        return MARC8
    size = sum(byte > 127 for byte in texts)
    found = detection.plausible_readings(texts, LEGACY) if size >= detection.TINY else []
    best = detection.clear_winner(found, size)
    return detection.CODECS.get(best.encoding, best.encoding) if best else ""


def _is_utf8(data: bytes) -> bool:
    return data.decode(errors="ignore").encode() == data
