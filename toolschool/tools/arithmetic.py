"""FuncQA's 13 arithmetic operators as tools: exact, bounded, never `eval`.

    calculate_call("multiply", ["1,200", "15%"])   # "180"
    calculate_call("log", ["8", "2"])              # "3"
    tools = arithmetic_tools()                     # by name, in the published order of ids; the first four are GSM8K-XL's

Arguments are texts (see `numbers.py` for what is read). Sums and products are on fractions; roots, logarithms and powers that are not
rational go through 200 decimal digits. Results keep their full precision, where the published tools round to two decimals (ToolkenGPT,
arXiv 2305.11554): that alone costs up to 7 of FuncQA's 60 one-hop questions. Every refusal is a ToolError of one line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from functools import partial, reduce
from typing import NamedTuple

from toolschool.errors import ToolError
from toolschool.records import JsonValue, Tool
from toolschool.tools.numbers import MAX_DIGITS, read_number, shown, write_number
from toolschool.tools.run import threaded

MAX_ARGUMENTS = 50
MAX_BITS = 4096  # of an exact power; a longer one is rounded to PRECISION digits
PRECISION = 200  # decimal digits; enough for the logarithm of any readable number next to 1

Numbers = Sequence[Fraction]


class Operator(NamedTuple):
    """An operation on numbers: `takes` is how few and how many (None: no limit), `whole` whether they must be whole."""

    takes: tuple[int, int | None]
    work: Callable[[Numbers], Fraction]
    description: str
    example: str  # call = result
    whole: bool = False


def calculate_call(tool: str, arguments: Sequence[str]) -> str:
    """The result of `tool(arguments)` as text. Raises ToolError, one line, for whatever cannot be calculated."""
    operator = _operator(tool)
    _check_count(tool, len(arguments), operator.takes)
    numbers = [read_number(text) for text in arguments]
    if operator.whole and any(number.denominator != 1 for number in numbers):
        raise ToolError(f"{tool} takes whole numbers; {_call(tool, arguments)} has another")
    try:
        return write_number(operator.work(numbers))
    except ZeroDivisionError:
        raise ToolError(f"division by zero in {_call(tool, arguments)}; change the arguments") from None
    except ToolError as error:
        raise ToolError(f"{_call(tool, arguments)}: {error}") from None


def argument_count(tool: str) -> tuple[int, int | None]:
    """The fewest and the most arguments of an operator; None where there is no most. Raises ToolError for an unknown name."""
    return _operator(tool).takes


def arithmetic_tools() -> dict[str, Tool]:
    """The operators as tools, by name, in the published order of ids 0-12."""
    return {name: _tool(name, operator) for name, operator in OPERATORS.items()}


def _tool(name: str, operator: Operator) -> Tool:
    def run(numbers: Sequence[str | float]) -> JsonValue:
        return calculate_call(name, [str(number) for number in numbers])

    least, most = operator.takes
    items = {
        "type": "array",
        "items": {"type": ["string", "number"]},
        "minItems": least,
        "maxItems": most or MAX_ARGUMENTS,
    }
    return Tool(
        name=name,
        description=operator.description,
        parameters={
            "type": "object",
            "properties": {"numbers": items},
            "required": ["numbers"],
            "additionalProperties": False,
        },
        rules=(f"For example, {operator.example}.",),
        idempotent=True,
        timeout_s=5.0,
        run=threaded(run),
    )


def _operator(tool: str) -> Operator:
    if tool not in OPERATORS:
        raise ToolError(f"no operator {shown(tool)}; use {', '.join(OPERATORS)}")
    return OPERATORS[tool]


def _check_count(tool: str, given: int, count: tuple[int, int | None]) -> None:
    least, most = count
    if not least <= given <= (most or MAX_ARGUMENTS):
        wanted = f"{least} to {most or MAX_ARGUMENTS}" if least != most else f"{least}"
        raise ToolError(f"{tool} takes {wanted} numbers, got {given}; change the arguments")


def _call(tool: str, arguments: Sequence[str]) -> str:
    return f"{tool}({shown(', '.join(arguments))[1:-1]})"


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    whole = exponent.denominator == 1
    if base < 0 and not whole:
        raise ToolError("the root of a negative number is not real; use a number of 0 or more")
    if not base or (whole and _bits(base) * abs(exponent) <= MAX_BITS):
        return Fraction(base**exponent)  # 0 to a negative power divides by zero
    context = Context(prec=PRECISION)
    size, power = _decimal(abs(base)), _decimal(exponent)
    if abs(context.multiply(context.log10(size), power)) > 2 * MAX_DIGITS:
        raise ToolError("the result is too large or too small; use other numbers")
    value = Fraction(context.power(size, power))
    return -value if base < 0 and exponent.numerator % 2 else value


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _sqrt(numbers: Numbers) -> Fraction:
    if numbers[0] < 0:
        raise ToolError("the root of a negative number is not real; use a number of 0 or more")
    return Fraction(Context(prec=PRECISION).sqrt(_decimal(numbers[0])))


def _log(numbers: Numbers) -> Fraction:
    """To base 10, or to the second number."""
    context = Context(prec=PRECISION)
    if len(numbers) == 1:
        return Fraction(context.log10(_positive(numbers[0])))
    if numbers[1] == 1:
        raise ToolError("1 is the base of no logarithm; use another base")
    return Fraction(context.ln(_positive(numbers[0]))) / Fraction(context.ln(_positive(numbers[1])))


def _ln(numbers: Numbers) -> Fraction:
    return Fraction(Context(prec=PRECISION).ln(_positive(numbers[0])))


def _positive(value: Fraction) -> Decimal:
    if value <= 0:
        raise ToolError("only a number above 0 has a logarithm and can be its base; change the arguments")
    return _decimal(value)


def _decimal(value: Fraction) -> Decimal:
    return Context(prec=PRECISION).divide(Decimal(value.numerator), Decimal(value.denominator))


def _choose(numbers: Numbers) -> Fraction:
    n, r = _picked(numbers)
    few = min(r, n - r)
    if few > 0 and few * math.log10(n / few) > MAX_DIGITS:  # the result is at least (n/few)^few
        raise ToolError("the result is too large; use smaller numbers")
    return Fraction(math.comb(n, few) if few >= 0 else 0)


def _permutate(numbers: Numbers) -> Fraction:
    n, r = _picked(numbers)
    if n >= r > MAX_DIGITS:  # at least r!
        raise ToolError("the result is too large; use smaller numbers")
    return Fraction(math.perm(n, r) if r <= n else 0)


def _picked(numbers: Numbers) -> tuple[int, int]:
    n, r = (int(number) for number in numbers)
    if n < 0 or r < 0:
        raise ToolError("n and r count things, so they are not negative; change the arguments")
    return n, r


def _lcm(numbers: Numbers) -> Fraction:
    return Fraction(math.lcm(*map(int, numbers)))


def _gcd(numbers: Numbers) -> Fraction:
    return Fraction(math.gcd(*map(int, numbers)))


def _fold(step: Callable[[Fraction, Fraction], Fraction]) -> Callable[[Numbers], Fraction]:
    """Step by step from the left: ((a . b) . c)."""
    return partial(reduce, step)


MANY = (2, None)
# In the published order: the position is the tool's id. Descriptions are our own words.
OPERATORS: Mapping[str, Operator] = {
    "add": Operator(MANY, _fold(lambda a, b: a + b), "Adds numbers: their sum.", "add(1.5, 2, 3) = 6.5"),
    "subtract": Operator(
        MANY,
        _fold(lambda a, b: a - b),
        "Takes every later number away from the first: their difference.",
        "subtract(10, 2, 3) = 5",
    ),
    "multiply": Operator(
        MANY, _fold(lambda a, b: a * b), "Multiplies numbers: their product.", "multiply(2, 3, 4) = 24"
    ),
    "divide": Operator(
        MANY,
        _fold(lambda a, b: a / b),
        "Divides the first number by every later one: their ratio.",
        "divide(7, 2) = 3.5",
    ),
    "power": Operator(
        MANY,
        _fold(_power),
        "Raises the first number to the power of the second, that to the power of the third, and so on.",
        "power(2, 10) = 1024",
    ),
    "sqrt": Operator((1, 1), _sqrt, "The square root of a number that is not negative.", "sqrt(2) = 1.414213562"),
    "log": Operator(
        (1, 2), _log, "The logarithm of a number to base 10, or to the base given as second number.", "log(8, 2) = 3"
    ),
    "ln": Operator((1, 1), _ln, "The natural logarithm of a number, to base e.", "ln(10) = 2.302585093"),
    "lcm": Operator(MANY, _lcm, "The least common multiple of whole numbers.", "lcm(4, 6, 10) = 60", whole=True),
    "gcd": Operator(MANY, _gcd, "The greatest common divisor of whole numbers.", "gcd(12, 18, 30) = 6", whole=True),
    "remainder": Operator(
        (2, 2),
        _fold(lambda a, b: a % b),
        "What is left over when the first number is divided by the second (a mod b).",
        "remainder(17, 5) = 2",
    ),
    "choose": Operator(
        (2, 2),
        _choose,
        "In how many ways r things can be chosen from n, in any order (n, then r).",
        "choose(5, 2) = 10",
        whole=True,
    ),
    "permutate": Operator(
        (2, 2),
        _permutate,
        "In how many ways r of n things can be put in order (n, then r).",
        "permutate(5, 2) = 20",
        whole=True,
    ),
}
