"""Calls as people write them: in signs and in words.

    in_signs(rng, "remainder", ("5572", "3241"))   # "5572 mod 3241", "5572%3241"
    in_words(rng, "gcd", ("12", "18"))             # "the greatest common divisor of 12 and 18"
    listed(("4", "5", "6"))                        # "4, 5, and 6"

Limit: whether the numbers fit the operation is not looked at.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

Forms = tuple[str, ...]
# Slots: a and b are the first and the second argument, all the whole list, in `+` and the like the sign stands between all.
BETWEEN: Mapping[str, Forms] = {
    "add": ("+", "+", " + "),
    "subtract": ("-", "-", " - "),
    "multiply": ("*", "*", "×", " x ", " * "),
    "divide": ("/", "/", "÷", " / "),
    "power": ("^", "^", "^", " ^ "),
    "remainder": (" mod ", " mod ", "%", " % "),
}
SIGNS: Mapping[str, Forms] = {
    "sqrt": ("sqrt({a})", "√{a}", "√({a})"),
    "ln": ("ln({a})", "ln({a})", "ln {a}"),
    "lcm": ("lcm({commas})", "LCM({commas})", "lcm of {all}"),
    "gcd": ("gcd({commas})", "GCD({commas})", "gcd of {all}"),
    "choose": ("C({a}, {b})", "C({a},{b})", "{a}C{b}", "{a} choose {b}"),
    "permutate": ("P({a}, {b})", "P({a},{b})", "{a}P{b}"),
}
COMMON_LOG = ("log({a})", "log10({a})", "log_10({a})", "log {a}")
BASE_LOG = ("log base {b} of {a}", "log_{b}({a})", "log base {b} of {a}")
WORDS: Mapping[str, Forms] = {
    "add": ("the sum of {all}", "{plus}"),
    "subtract": ("{minus}",),
    "multiply": ("{times}", "the product of {all}"),
    "divide": ("{a} divided by {b}", "the quotient of {a} and {b}"),
    "power": ("{a} to the power of {b}", "{a} raised to the power of {b}"),
    "sqrt": ("the square root of {a}",),
    "ln": ("the natural logarithm of {a}", "the natural log of {a}"),
    "lcm": ("the least common multiple of {all}", "the lowest common multiple of {all}"),
    "gcd": (
        "the greatest common divisor of {all}",
        "the highest common factor of {all}",
        "the greatest common factor of {all}",
    ),
    "remainder": ("the remainder of {a} divided by {b}", "the remainder when {a} is divided by {b}", "{a} modulo {b}"),
    "choose": (
        "{a} choose {b}",
        "the number of ways to choose {b} out of {a}",
        "the number of combinations of {b} out of {a}",
    ),
    "permutate": (
        "{a} permute {b}",
        "the number of ordered selections of {b} out of {a}",
        "the number of permutations of {b} out of {a}",
    ),
}
COMMON_LOG_WORDS = ("the base-10 logarithm of {a}", "the common logarithm of {a}", "the logarithm of {a} to base 10")
BASE_LOG_WORDS = ("the logarithm of {a} to base {b}", "the base-{b} logarithm of {a}")
POWERS = {"2": "{a} squared", "3": "{a} cubed"}


def in_signs(rng: random.Random, tool: str, arguments: Sequence[str]) -> str:
    """The expression with signs or the short name of its function."""
    if tool in BETWEEN:
        sign = rng.choice(BETWEEN[tool])
        return sign.join([arguments[0], *map(_bracketed, arguments[1:])])
    if tool == "log":
        return _filled(rng.choice(COMMON_LOG if len(arguments) == 1 else BASE_LOG), arguments)
    return _filled(rng.choice(SIGNS[tool]), arguments)


def in_words(rng: random.Random, tool: str, arguments: Sequence[str]) -> str:
    """The expression as a phrase that begins in lower case."""
    if tool == "log":
        return _filled(rng.choice(COMMON_LOG_WORDS if len(arguments) == 1 else BASE_LOG_WORDS), arguments)
    if tool == "power" and arguments[1] in POWERS:
        return _filled(POWERS[arguments[1]], arguments)
    return _filled(rng.choice(WORDS[tool]), arguments)


def listed(numbers: Sequence[str]) -> str:
    """`4`, `4 and 5`, `4, 5, and 6`."""
    if len(numbers) < 3:
        return " and ".join(numbers)
    return f"{', '.join(numbers[:-1])}, and {numbers[-1]}"


def letters(numbers: Sequence[str]) -> dict[str, str]:
    """Slots a, b, c … for numbers in order, and all, the list of them."""
    return {**dict(zip("abcdefgh", numbers, strict=False)), "all": listed(numbers)}


def _filled(form: str, arguments: Sequence[str]) -> str:
    joined = {
        "commas": ", ".join(arguments),
        "plus": " plus ".join(arguments),
        "minus": " minus ".join(arguments),
        "times": " times ".join(arguments),
    }
    return form.format(**letters(arguments), **joined)


def _bracketed(number: str) -> str:
    """A negative number behind a sign stands in brackets."""
    return f"({number})" if number.startswith("-") else number
