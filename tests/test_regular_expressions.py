"""Each of our regular expressions on long texts that could make it try again and again.

While one matches, no other thread of the process runs. At 4,000 characters what grows with the square of the length
takes some 80 ms, what grows with the length less than 5.
"""

import ast
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import pytest

from tests.test_house import SOURCES

pytestmark = pytest.mark.once

Use = Callable[[Any], object]

METHODS = ("fullmatch", "match", "search", "sub", "split", "findall", "finditer")
RUNS = (
    *"a1 -_.,;:/\\'\"([{<>=%$\t\n年夏ーかﾞ\u0301\u0902\u0e40",
    *"a |A.|a.|a'|1 |1.|1,|1-|-1|0/|00|1e| ,|, |: | (|([|()|[ -|<a|$b |夏 |\u0902 |of |mm|ab-|;q=|978-".split("|"),
    *("isbn ", "and ", "sr ", "二", "1[", "a\n", '"a":', '"\\'),
)
OPENED = (" ", "1", "a")  # after a parenthesis
ENDS = ("", "!\0")
LENGTH = 4000
SECONDS = 0.03
LENGTHS = {  # of the longest texts that these get
    "books.metadata.isbn._AFTER.sub": 101,
    "books.metadata.numbers._CORRECTED.match": 101,
    "books.metadata.numbers._KANJI_NUMBER.sub": 101,
    "books.metadata.languages._BETWEEN.split": 201,
    "books.importing.containers.marc_fields._UP_TO_PAGES.match": 100,
}


def patterns() -> Iterator[tuple[str, Any, str]]:
    """Compiled ones in modules, those compiled at first use and those written where they are used; with the method."""
    for module, path in SOURCES.items():
        source = path.read_text()
        for name, value in vars(import_module(module)).items():
            if isinstance(value, re.Pattern):
                for method in re.findall(rf"\b{name}\.({'|'.join(METHODS)})\b", source):
                    yield f"{module}.{name}.{method}", value, method
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(ast.Attribute(ast.Call(ast.Name("compiled"), [ast.Name(name)]), method)):
                    yield f"{module}.{name}.{method}", re.compile(vars(import_module(module))[name]), method
                case ast.Call(ast.Attribute(ast.Name("re"), method), [ast.Constant(str() | bytes() as written), *_]):
                    if method in METHODS:
                        yield f"{module}:{node.lineno}.{method}", re.compile(written), method


def use(pattern: Any, method: str) -> Use:
    if method == "sub":
        return partial(pattern.sub, pattern.pattern[:0])
    found: Use = getattr(pattern, method)
    return (lambda text: list(found(text))) if method == "finditer" else found  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def found() -> list[tuple[str, Any, Use]]:
    """Each once. To look for them takes a second: only where they are tried."""
    each = {(pattern.pattern, method): (name, pattern, use(pattern, method)) for name, pattern, method in patterns()}
    return list(each.values())


def seconds(use: Use, text: Any) -> float:
    began = time.thread_time()
    use(text)
    return time.thread_time() - began


def is_slow(use: Use, text: Any) -> bool:
    return seconds(use, text) > SECONDS and min(seconds(use, text) for _ in range(3)) > SECONDS


def test_regular_expressions_are_found(found: list[tuple[str, Any, Use]]) -> None:
    assert len(found) > 100


def test_no_text_keeps_a_regular_expression_busy(found: list[tuple[str, Any, Use]], subtests: pytest.Subtests) -> None:
    for name, pattern, use in found:
        length = LENGTHS.get(name, LENGTH)
        runs = [*((run * length)[:length] for run in RUNS), *("x(" + run * length for run in OPENED)]
        texts = [run + end for run in runs for end in ENDS]
        given = [text.encode() for text in texts] if isinstance(pattern.pattern, bytes) else texts
        with subtests.test(name):
            slow = next((text for text in given if is_slow(use, text)), None)
            assert slow is None, slow[:20]
