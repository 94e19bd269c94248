"""Converts descriptions in HTML, as Calibre, Google and Goodreads have them, to plain text. Other text is unchanged."""

import html
import re
from collections.abc import Iterator

_BLOCKS = "address article blockquote center dd div dl dt figure h1 h2 h3 h4 h5 h6 hr p pre section table tr ol ul"
BLOCKS = frozenset(_BLOCKS.split())
LINES = frozenset(["br", "li"])
INLINE = frozenset("a abbr b big cite code del em font i img ins q s small span strong sub sup td th tt u wbr".split())
UNSHOWN = frozenset(["script", "style"])
TAGS = BLOCKS | LINES | INLINE | UNSHOWN  # anything else between < and > is text
DEPTH = 5  # how often text may have been escaped: twice in “&amp;amp;”

_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?:\s+[\w:-]+\s*=[^<>]*|\s*/?)>|<!--(?:(?!<!--).)*?-->", re.DOTALL
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}\d{0,2});")
_SIGNS = re.compile(
    r"</[A-Za-z]|<(?:br|hr|p|li|img|div)\b|<!--", re.IGNORECASE
)  # a lone <b> may be what the text is about
_ENDS_OF_LINES = re.compile(r"<(?:br|p|div|li)\b", re.IGNORECASE)
_LONE_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")
_MANY_LINE_ENDS = re.compile(r"\n{3,}")


def plain_text(written: str) -> str:
    """The text without tags and entities, with an empty line between paragraphs. Text that is not HTML is unchanged."""
    for _ in range(DEPTH):
        found = without_entities(_without_tags(written))
        if found == written:
            break
        written = found
    return written


def without_entities(written: str) -> str:
    """The text with the characters that entities such as `&eacute;` stand for."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]).replace("\xa0", " "), written)


def _without_tags(written: str) -> str:
    if "<" not in written or not _SIGNS.search(written):
        return written
    if _ENDS_OF_LINES.search(written):  # then a line end in the source is just a space
        written = _LONE_LINE_END.sub(" ", _stripped(written))
    return _MANY_LINE_ENDS.sub("\n\n", _stripped("".join(_shown(written)))).strip()


def _stripped(written: str) -> str:
    return "\n".join(map(str.strip, written.split("\n")))


def _shown(written: str) -> Iterator[str]:
    """The visible pieces of text, and the line ends that tags stand for."""
    place, hidden = 0, ""
    for tag in _TAG.finditer(written):
        name = (tag["name"] or "").lower()
        if name and name not in TAGS:
            continue
        if not hidden:
            yield written[place : tag.start()]
        place = tag.end()
        if hidden or name in UNSHOWN:
            hidden = "" if tag["end"] and name == hidden else hidden or name
        elif name in BLOCKS:
            yield "\n\n"
        elif name in LINES and not tag["end"]:
            yield "\n"
    if not hidden:
        yield written[place:]
