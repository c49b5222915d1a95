"""A calculator for what language models write: exact, bounded, never `eval`.

    calculate("1,200 × 15%")  # "180"

Numbers may hold thousands separators and a currency sign; `×`, `x`, `÷` and `^` are understood; `15%` is 0.15, but
`7 % 3`, with an operand behind the sign, is the remainder. Arithmetic is on fractions and rounded half up at the end,
as people round; a root (a power that is no whole number) goes through floating point. Names and functions are refused.
"""

from __future__ import annotations

import ast
import operator
import re
from fractions import Fraction
from typing import NamedTuple

from simpleeval import InvalidExpression, SimpleEval

from toolschool.errors import ToolError
from toolschool.records import JsonValue, Tool
from toolschool.tools.run import threaded

MAX_CHARACTERS = 200
MAX_BITS = 4096  # of a power; with the length of an expression it bounds time and memory
MAX_DIGITS = 100  # of the answer before the point

_SYMBOLS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "@", "$": "", "€": "", "£": ""})
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_OF = re.compile(r"(?<=%) of (?=[\d(.])")
_TIMES = re.compile(r"(?<=[\d)%.]) ?[xX] ?(?=[\d(.+-])")
_PERCENT = re.compile(r"%(?! ?[\d(.])")
_LEADING_ZEROS = re.compile(r"(?<![\d.eE])0+(?=\d)")
_ALLOWED = re.compile(r"(?:[\d ()+*/%@.-]|(?<=[\d.])[eE](?=[+-]?\d))*")


def calculate(expression: str, decimals: int = 2) -> str:
    """The value of an expression, rounded half up to `decimals` places, without trailing zeros.

    Two places are Toolformer's convention (arXiv 2302.04761, appendix A). Raises ToolError with the reason.
    """
    text = normalise(expression)
    try:
        value = _evaluator().eval(text)
    except ZeroDivisionError:
        raise ToolError(f"division by zero in {_shown(expression)}; change the expression") from None
    except (InvalidExpression, ArithmeticError, SyntaxError, ValueError, TypeError) as error:
        raise ToolError(f"cannot calculate {_shown(expression)}: {_shown(str(error), quoted=False)}") from None
    if not isinstance(value, Fraction):
        raise ToolError(f"{_shown(expression)} is no number; use numbers, + - * / ^ % and brackets")
    return _write(value, decimals)


def normalise(expression: str) -> str:
    """An expression in Python's notation. Raises ToolError for what is not arithmetic."""
    text = " ".join(expression.split()).removesuffix("=").strip()
    if not text or len(text) > MAX_CHARACTERS:
        raise ToolError(f"give an expression of 1 to {MAX_CHARACTERS} characters, such as 12 * (3 + 4)")
    text = _THOUSANDS.sub("", text.translate(_SYMBOLS))
    text = _LEADING_ZEROS.sub("", _TIMES.sub("*", _OF.sub("*", text)))
    if not _ALLOWED.fullmatch(text):
        raise ToolError(f"{_shown(expression)} is not arithmetic; use numbers, + - * / ^ % and brackets")
    # A power binds tighter than a product and to the right, as the per cent sign does: 100 / 50% is 200.
    return _PERCENT.sub("**percent", text.replace("@", "**"))


def calculator_tool(decimals: int = 2) -> Tool:
    """The calculator as a tool."""

    def calculator(expression: str) -> JsonValue:
        return calculate(expression, decimals)

    return Tool(
        name="calculator",
        description="Calculates an arithmetic expression and returns the number.",
        parameters={
            "type": "object",
            "properties": {"expression": {"type": "string"}},
            "required": ["expression"],
            "additionalProperties": False,
        },
        rules=("expression holds numbers, + - * / ^ % and brackets, such as 12 * (3 + 4).",),
        idempotent=True,
        timeout_s=5.0,
        run=threaded(calculator),
    )


class _Percent(NamedTuple):
    """The exponent that stands for a per cent sign; 50%^2 is read as 50^(%^2), so the sign takes the power with it."""

    power: Fraction = Fraction(1)


def _evaluator() -> SimpleEval:
    operators = {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: lambda a, b: Fraction(a // b),
        ast.Mod: operator.mod,
        ast.Pow: _power,
        ast.USub: operator.neg,
        ast.UAdd: operator.pos,
    }
    evaluator = SimpleEval(operators=operators, functions={}, names={"percent": _Percent()})
    kept = (ast.Expr, ast.Name, ast.UnaryOp, ast.BinOp)
    evaluator.nodes = {node: evaluator.nodes[node] for node in kept} | {ast.Constant: _number}
    return evaluator


def _number(node: ast.Constant) -> Fraction:
    if not isinstance(node.value, int | float) or node.value == float("inf"):
        raise ValueError(f"{node.value!r} is no number or too large")
    return Fraction(str(node.value))  # the decimal as written: 0.1 is one tenth


def _power(base: Fraction | _Percent, exponent: Fraction | _Percent) -> Fraction | _Percent:
    if isinstance(base, _Percent):
        if isinstance(exponent, _Percent):
            raise ValueError("two per cent signs in a row")
        return _Percent(exponent)
    if isinstance(exponent, _Percent):
        return _power(base / 100, exponent.power)
    if exponent.denominator != 1:
        if base < 0:
            raise ValueError("the root of a negative number is not real")
        return Fraction(float(base) ** float(exponent))
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * abs(exponent) > MAX_BITS:
        raise ValueError("a power is too large")
    return Fraction(base**exponent)


def _write(value: Fraction, decimals: int) -> str:
    if abs(value) >= 10**MAX_DIGITS:
        raise ToolError(f"the result has more than {MAX_DIGITS} digits; use smaller numbers")
    scaled = (abs(value) * 10**decimals + Fraction(1, 2)) // 1
    digits = str(scaled).rjust(decimals + 1, "0")
    whole, part = digits[: len(digits) - decimals], digits[len(digits) - decimals :].rstrip("0")
    sign = "-" if value < 0 and scaled else ""
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"


def _shown(text: str, quoted: bool = True) -> str:
    line = " ".join(text.split())
    line = line if len(line) <= 80 else line[:79] + "…"
    return repr(line) if quoted else line
