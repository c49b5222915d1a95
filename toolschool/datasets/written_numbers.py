"""Numbers as texts write them: `$22,500`, `10.00`, `.8`, and as this project writes them.

    [(start, end, value)] = numbers_in("He makes $22,500.")      # (10, 16, Decimal("22500")): the number without the sign of money
    number_text(12.0)                                            # "12"

Limit: number words, fractions (1/2 is two numbers) and exponents are not read.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from toolschool.errors import RowError

# The minus of "10-5" and of "w-10" is no sign.
_NUMBER = re.compile(r"(?:(?<![\w).])-)?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<![\w.])\.\d+)", re.ASCII)


class Written(NamedTuple):
    """A number in a text: its place (`end` exclusive) and its value."""

    start: int
    end: int
    value: Decimal


def numbers_in(text: str, start: int = 0, end: int | None = None) -> list[Written]:
    """All numbers between two places of a text, in order."""
    found = _NUMBER.finditer(text, start, len(text) if end is None else end)
    return [Written(number.start(), number.end(), _decimal(number[0])) for number in found]


def number_value(text: str) -> Decimal | None:
    """The value of a text that is one number, None for any other."""
    return _decimal(text) if _NUMBER.fullmatch(text) else None


def number_at(text: str, start: int) -> Written | None:
    """The number that begins at a place of a text, to its last digit."""
    found = _NUMBER.match(text, start)
    return Written(start, found.end(), _decimal(found[0])) if found else None


def number_text(value: object) -> str:
    """A number of a JSON file without separators, exponent or a useless `.0`; RowError for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise RowError(f"{value!r} is no number")
    try:
        number = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        raise RowError(f"{value!r} is no number") from None
    if not number.is_finite():
        raise RowError(f"{value!r} is no number")
    written = f"{number:f}"
    return written.removesuffix(".0") if isinstance(value, float) else written


def _decimal(written: str) -> Decimal:
    return Decimal(written.replace(",", ""))
