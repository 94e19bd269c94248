"""Reads the records of RIS and BibTeX files. Import this only when reading such a file: it loads large parsers."""

import logging
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, BinaryIO

import rispy
from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares.enclosing import RemoveEnclosingMiddleware
from bibtexparser.middlewares.names import parse_single_name_into_parts, split_multiple_persons_names
from bibtexparser.model import Entry, Field
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec  # type: ignore[import-untyped]
from pylatexenc.latex2text import get_default_latex_context_db as default_shown
from pylatexenc.latexwalker import get_default_latex_context_db as default_parsed  # type: ignore[import-untyped]
from pylatexenc.macrospec import MacroSpec  # type: ignore[import-untyped]

from books.importing.formats.base import Record
from books.importing.formats.values import DAMAGE

MAX_RECORD, MAX_TEXT = 1 << 18, 1 << 16  # characters, and those of a multi-line text
# BibTeX's @strings: characters of each, how many, and how often an entry may use them.
MAX_STRING, MAX_STRINGS, MAX_NAMED = 4000, 5000, 50
PEOPLE = ("author", "editor", "translator")
_TAG = re.compile(r"\s*([A-Z][A-Z0-9])[ \t]{1,4}-(?:[ \t](.*)|$)")
_ENTRY = re.compile(r"\s*@\s*([A-Za-z]+)\s*[{(]")
_NAME = r"[^\s{}()=,#\"]++"  # of a @string
_QUOTED = r'"((?:[^"{}\\]|\\.|\{[^{}]*+\})*+)"'
_BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*+\})*+\})*+)\}"
_PART = re.compile(rf"(?:\A\s*|#\s*+)(?:{_QUOTED}|{_BRACED}|({_NAME}))", re.DOTALL)
_SUM = rf"(?:{_QUOTED}|{_BRACED}|{_NAME})(?:\s*#\s*(?:{_QUOTED}|{_BRACED}|{_NAME}))*+"  # "The " # title
_STRING = re.compile(rf"@\s*string\s*[{{(]\s*(?P<name>{_NAME})\s*=\s*(?P<value>{_SUM})", re.IGNORECASE | re.DOTALL)
_FIELD = re.compile(rf"(?<=[\w-])\s*=\s*(?P<value>{_SUM})(?=\s*[,}})])", re.DOTALL)
_KEYWORD = re.compile(r"(?:\{[^{}]*\}|[^;,])+")  # text in braces is one keyword, even with commas
_PERSON = re.compile(r"(?:\{[^{}]*\}|[^;])+")  # some programs write semicolons for “and”
_NO_ENTRY = {"comment", "preamble"}
_NAMED_PARTS = re.compile(r"\b(given|prefix|family|suffix)=\s*([^,=]+)")  # BibLaTeX: family=Gogh, given=Vincent
_TILDE = re.compile(r"(?<!\{)\\~(\{\w\}|\w)")
_BARE_AMPERSAND = re.compile(r"(?<!\\)&")
_DOLLAR = re.compile(r"(?<!\\)\$")
logging.getLogger("bibtexparser").setLevel(logging.ERROR)
logging.getLogger("pylatexenc").setLevel(logging.ERROR)
_SIGNS = r"""
textbraceleft { textbraceright } textasciicircum ^ textunderscore _ textbar | textless < textgreater > textquotedbl "
glqq „ grqq “ flqq « frqq » S § P ¶ pounds £ copyright © ddag ‡ slash / SS ẞ TeX TeX LaTeX LaTeX BibTeX BibTeX
""".split()
_OF_ARGUMENTS = {  # the arguments, and their text
    **dict.fromkeys(["enquote", "mkbibquote"], ("{", "“%(1)s”")),
    **dict.fromkeys(["href", "foreignlanguage", "textcolor"], ("{{", "%(2)s")),
    "textcommabelow": ("{", "%(1)s\u0326"),
    "h": ("{", "%(1)s\u0309"),
}
_TEXTS = {
    **dict(zip(_SIGNS[::2], _SIGNS[1::2], strict=True)),
    **dict.fromkeys([";", "newline", "\\"], " "),
    **{name: text for name, (_, text) in _OF_ARGUMENTS.items()},
}
_UNSHOWN = ("hspace", "vspace", "label", "index")
_PARSED, _SHOWN = default_parsed(), default_shown()
_PARSED.add_context_category(
    "ours", prepend=True, macros=[MacroSpec(name, _OF_ARGUMENTS[name][0]) for name in _OF_ARGUMENTS]
)
_SHOWN.add_context_category(
    "ours",
    prepend=True,
    macros=[
        *(MacroTextSpec(*each) for each in _TEXTS.items()),
        *(MacroTextSpec(each, discard=True) for each in _UNSHOWN),
    ],
)
_SHOWN.set_unknown_macro_spec(MacroTextSpec("", discard=False))  # the text in \mbox or \texttt
_LATEX = LatexNodes2Text(latex_context=_SHOWN, math_mode="text", keep_comments=True)


def ris_records(file: BinaryIO) -> Generator[Record]:
    parser = rispy.RisParser(enforce_list_tags=False)
    for number, lines in enumerate(_ris_parts(_lines(file)), 1):
        (found,) = parser.parse_lines(iter([*lines, "ER  - "]))
        yield number, {**found, **found.pop("unknown_tag", {})}


def _lines(file: BinaryIO) -> Iterator[str]:
    """The lines, split where they are longer than a record may be."""
    while raw := file.readline(MAX_RECORD):
        yield raw.decode(errors="replace").rstrip("\r\n")


def _ris_parts(lines: Iterable[str]) -> Iterator[list[str]]:
    """The first lines of each record from TY on, always with two spaces before the hyphen."""
    held, size = list[str](), 0
    for line in chain(lines, ["ER  - "]):
        found = _TAG.fullmatch(line.lstrip("\ufeff"))
        tag = found[1] if found else ""
        if tag in {"TY", "ER"} and held:
            yield held
            held, size = [], 0
        if (size := size + len(line)) > MAX_RECORD:
            continue
        if found and (tag == "TY" or (held and tag != "ER")):
            held.append(f"{tag}  - {found[2] or ''}")
        elif held and not found and len(held[-1]) < MAX_TEXT:  # rispy fails at such lines after a repeated tag
            between = "\n" if held[-1].startswith("KW") else " "  # EndNote writes each further keyword on its own line
            held[-1] = f"{held[-1]}{between}{line.strip()}".rstrip()


def bibtex_records(file: BinaryIO) -> Generator[Record]:
    number, strings = 0, dict[str, str]()
    for kind, text in _bibtex_parts(_lines(file)):
        if kind == "string":
            if len(text) <= MAX_STRING and len(strings) < MAX_STRINGS:
                for found in _STRING.finditer(text):
                    strings[found["name"].lower()] = _concatenate(found["value"], strings)[:MAX_STRING]
            continue
        if kind in _NO_ENTRY:
            continue
        number += 1
        yield number, _bibtex_entry(expand_strings(text, strings))


def expand_strings(entry: str, strings: Mapping[str, str]) -> str:
    """The entry with its @strings replaced by their texts, and concatenations like `"The " # name` joined."""
    left = MAX_NAMED

    def expand(match: re.Match[str]) -> str:
        nonlocal left
        value = match["value"]
        parts = [part[3] for part in _PART.finditer(value)]
        named = sum(name.lower() in strings for name in parts if name)
        if left < named or (len(parts) == 1 and not named):
            return match[0]
        left -= named
        return f" = {{{_concatenate(value, strings)}}}"

    return _FIELD.sub(expand, entry)


def _concatenate(value: str, strings: Mapping[str, str]) -> str:
    """The text of `acm # " Press"`. A name without a @string, such as `jan`, stands for itself."""
    return "".join(
        strings.get(found[3].lower(), found[3]) if found[3] else found[1] or found[2] or ""
        for found in _PART.finditer(value)
    )


def _bibtex_parts(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The kind and text of each @entry, which begins on a new line."""
    held: list[str] = []
    kind, size = "comment", 0
    for line in chain(lines, ["@comment{"]):
        if found := _ENTRY.match(line.lstrip("\ufeff")):
            yield kind, "".join(held)
            kind, held, size = found[1].lower(), [], 0
        size += len(line)
        if size <= MAX_RECORD:
            held.append(f"{line}\n")


def _bibtex_entry(text: str) -> dict[str, Any]:
    library = parse_string(text)
    twice = [block.ignore_error_block for block in library.failed_blocks]  # a field is repeated: still enclosed
    entry = library.entries[-1] if library.entries else next(iter(twice), None)
    if not isinstance(entry, Entry):
        return {DAMAGE: "This entry cannot be read: a brace, a quote or a comma is missing."}
    if not library.entries:
        RemoveEnclosingMiddleware().transform_entry(entry, library)
    return {"entry type": entry.entry_type, "key": entry.key} | dict(map(_bibtex_field, entry.fields))


def _bibtex_field(field: Field) -> tuple[str, str | list[str]]:
    name = field.key.lower()
    value = " ".join(str(field.value).split()) if name != "abstract" else str(field.value)
    if name in PEOPLE:
        written = [each for part in split_multiple_persons_names(value) for each in _PERSON.findall(part)]
        return name, [_name(each) for each in written if each != "others"]
    if name in {"keywords", "tags", "mendeley-tags"}:
        return name, [plain(each) for each in _KEYWORD.findall(value)]
    return name, plain(value)


def _name(written: str) -> str:
    if (named := dict(_NAMED_PARTS.findall(written))) and "family" in named:
        return plain(" ".join(named[part] for part in ("given", "prefix", "family", "suffix") if part in named))
    tilde_as_accent = _TILDE.sub(r"{\\~\1}", written)  # for the parser a bare one is a space
    return plain(parse_single_name_into_parts(tilde_as_accent, strict=False).merge_first_name_first)


def plain(latex: str) -> str:
    """The text of LaTeX, with accents and letters combined. Text that is not LaTeX is unchanged."""
    if not any(mark in latex for mark in "\\{}$~`'-"):
        return latex
    escaped = _BARE_AMPERSAND.sub(r"\\&", latex)
    if len(_DOLLAR.findall(escaped)) % 2:
        escaped = _DOLLAR.sub(r"\\$", escaped)
    try:
        return str(_LATEX.latex_to_text(escaped, latex_context=_PARSED)).replace("\xa0", " ").strip()
    except (ValueError, IndexError, KeyError, AttributeError, RecursionError):
        return latex.replace("{", "").replace("}", "")
