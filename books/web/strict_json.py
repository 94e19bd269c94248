"""JSON strictly by its standard: Python would accept more, and lose some values silently."""

import json
import math
from collections import Counter
from typing import Any


def loads(text: str) -> Any:
    """Parse. Raises ValueError for NaN, for a number too large for a float, and for a name twice in an object.

    Raises RecursionError for thousands of levels.
    """
    return json.loads(text, parse_constant=_finite, parse_float=_finite, object_pairs_hook=_each_once)


def _finite(digits: str) -> float:
    if math.isfinite(number := float(digits)):
        return number
    raise ValueError(f"{digits[:20]} is not a JSON number")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{twice[:50]!a} appears twice in one object")
    return found
