r"""Texts of a given form: like a code, or of a regular expression.

like("A-1042", rng)                     # "K-7391"
matching(r"^[A-Z]{2}-\d{4}$", rng)      # "QV-0382"
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from typing import Any


def like(code: str, rng: random.Random) -> str:
    """A code of the same form: a digit for a digit, a letter for a letter."""
    return "".join(
        rng.choice("123456789") if char.isdigit()
        else rng.choice(string.ascii_uppercase) if "A" <= char <= "Z"
        else rng.choice(string.ascii_lowercase) if "a" <= char <= "z"
        else char
        for char in code
    )  # fmt: skip


def matching(pattern: str, rng: random.Random) -> str:
    """A text of a regular expression of literals, sets, groups, alternatives and repeats; others may not match."""
    from re import _parser as parser  # type: ignore[attr-defined]

    try:
        return "".join(_expanded(parser.parse(pattern), rng))
    except (re.error, KeyError, ValueError):
        return ""


def _expanded(parts: Any, rng: random.Random) -> Iterator[str]:
    for operation, about in parts:
        name = str(operation)
        if name == "LITERAL":
            yield chr(about)
        elif name == "ANY":
            yield rng.choice(string.ascii_lowercase)
        elif name == "IN":
            yield rng.choice(_members(about))
        elif name == "BRANCH":
            yield from _expanded(rng.choice(about[1]), rng)
        elif name == "SUBPATTERN":
            yield from _expanded(about[3], rng)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inside = about
            for _ in range(rng.randint(least, min(int(most), least + 4))):
                yield from _expanded(inside, rng)


def _members(about: Any) -> str:
    """Printable characters of a set."""
    found, negated = set(), False
    for operation, value in about:
        name = str(operation)
        negated = negated or name == "NEGATE"
        if name == "LITERAL":
            found.add(chr(value))
        elif name == "RANGE":
            found |= {chr(code) for code in range(value[0], min(value[1], 126) + 1)}
        elif name == "CATEGORY":
            found |= set(_CATEGORIES[str(value)])
    plain = set(string.ascii_letters + string.digits + "-_")
    return "".join(sorted(plain - found if negated else found))


_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_letters + string.digits,
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": string.ascii_lowercase,
    "CATEGORY_NOT_SPACE": string.ascii_lowercase,
}
