"""Written calls scored without free passes: exact names, whole arguments, one call.

    strict_marks(item, names)
    same_value(90, "90"), same_value("New  York", "new york"), same_value(True, 1)       # True, True, False

Against the published rules (`ste_published.py`): nested arguments are read, a wrong name is wrong, keys too many are wrong, and a gold `{}`
needs `{}`. Values are the same when they mean the same to an API: numbers by value, and a number and its text; texts with case, spaces and Unicode
forms aside; lists in their order; objects by all their keys. Limit: no synonyms; "NYC" is not "New York", and no judge is asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from toolschool.datasets.ste import ToolItem
from toolschool.evaluation.ste import Marks
from toolschool.methods.ste.parsing import FinalAnswer, Malformed, read_strict

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?", re.ASCII)  # as JSON writes them; "007" is a text


def strict_marks(item: ToolItem, names: Sequence[str]) -> Marks:
    """The flags of one item, from its output alone."""
    written = read_strict(item.output or "", names)
    if isinstance(written, FinalAnswer):
        return Marks(no_call=True)
    if isinstance(written, Malformed):
        return Marks(err=True, kind=written.kind)
    match = written.name == item.api
    return Marks(api_match=match, correct=match and same_value(item.arguments, written.arguments))


def same_value(one: Any, other: Any) -> bool:
    """Whether two JSON values mean the same."""
    if isinstance(one, Mapping) or isinstance(other, Mapping):
        both = isinstance(one, Mapping) and isinstance(other, Mapping)
        return both and one.keys() == other.keys() and all(same_value(one[key], other[key]) for key in one)
    if isinstance(one, list) or isinstance(other, list):
        both = isinstance(one, list) and isinstance(other, list)
        return both and len(one) == len(other) and all(map(same_value, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return _text(one) == _text(other)
    return _scalar(one) == _scalar(other)


def _scalar(value: Any) -> tuple[str, Any]:
    """What a value is and how much, so that 90, 90.0 and "90" are one thing and true and 1 are two."""
    if value is None:
        return "null", None
    text = _text(str(value))  # True is "true" then, as JSON has it
    if text in ("true", "false"):
        return "truth", text
    return ("number", Decimal(text)) if _NUMBER.fullmatch(text) else ("text", text)


def _text(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
