"""Numbers as people and models write them, read exactly and written plainly. Nothing is evaluated.

    read_number("$1,234.50")      # Fraction(2469, 2)
    read_number("= (15%)")        # Fraction(3, 20)
    write_number(Fraction(1, 3))  # "0.3333333333"

A number may have a sign, a currency sign, thousands commas, a per cent sign, an exponent (1e-05), a denominator (4/3), and stray `=`, `>`,
blanks and brackets around it. Limits: no units, no number words, no decimal comma; every value fits MAX_DIGITS digits on either side.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from toolschool.errors import ToolError

MAX_CHARACTERS = 150  # of a written number; every number that `write_number` writes can be read
MAX_DIGITS = 100  # before the point, and zeros after it
SIGNIFICANT = 10  # digits of a number that is not whole

_MINUS = str.maketrans({"−": "-", "–": "-"})
_AROUND = "=>$€£() \t\r\n"
_PLAIN = r"(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?"
_NUMBER = re.compile(rf"([+-]?)[$€£( ]*({_PLAIN})(?: ?/ ?({_PLAIN}))?[) ]*(%?)", re.ASCII)


def tidied(text: str) -> str:
    """The text with plain minus signs and without blanks, brackets, `=`, `>` and currency signs around it."""
    return text.translate(_MINUS).strip(_AROUND)


def read_number(text: str) -> Fraction:
    """The number that a text is, exactly; `p%` is p/100. Raises ToolError for anything that is not one number."""
    found = _NUMBER.fullmatch(tidied(text)) if len(text) <= MAX_CHARACTERS else None
    if not found:
        raise ToolError(f"{shown(text)} is no number; write one in digits, such as 1234.5")
    sign, above, below, percent = found.groups(default="1")
    value = Fraction(above.replace(",", ""))
    divisor = Fraction(below.replace(",", "")) * (100 if percent else 1)
    if not divisor:
        raise ToolError(f"division by zero in {shown(text)}; change the number")
    return (-value if sign == "-" else value) / divisor


def write_number(value: Fraction) -> str:
    """Whole numbers in full, others half up to 10 significant digits but never left of the point; no exponent, no trailing zeros.

    Raises ToolError beyond MAX_DIGITS digits before the point, or as many zeros after it.
    """
    if abs(value) >= 10**MAX_DIGITS:
        raise ToolError(f"the result is too large: it has more than {MAX_DIGITS} digits; use smaller numbers")
    if value and abs(value) < Fraction(1, 10**MAX_DIGITS):
        raise ToolError(f"the result is too small: more than {MAX_DIGITS} zeros after the point; use other numbers")
    if value.denominator == 1:
        return str(value.numerator)
    before_point = len(str(abs(value.numerator) // value.denominator))
    context = Context(prec=max(SIGNIFICANT, before_point), rounding=ROUND_HALF_UP)
    text = format(context.divide(Decimal(value.numerator), Decimal(value.denominator)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(text: str) -> str:
    """A text as it may stand in a message: quoted, one line, cut."""
    line = " ".join(text[:200].split())
    return repr(line if len(line) <= 80 else line[:79] + "…")
