"""JSON as its standard has it, where Python would read more, or lose something without a word."""

import json
import math
from collections import Counter
from typing import Any, Never


def loads(text: str) -> Any:
    """The value. Raises ValueError for NaN, a number too large for a float, and a name that appears twice in an object.

    RecursionError for thousands of levels.
    """
    return json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_each_once)


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number in it is too large")
    return number


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{twice[:50]!a} appears twice in one object")
    return found
