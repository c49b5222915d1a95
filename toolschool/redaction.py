"""What identifies people and opens doors, taken out of texts and replaced by what it was.

    redacted("Mail sid@example.org or call 555-010-1234 on 2026-03-02 09:00")   # "Mail <EMAIL> or call <PHONE> on 2026-03-02 09:00"
    redacted_value({"to": ["sid@example.org"], "count": 3}, hidden=["s3cret"])  # the same in every text of a JSON value

Kinds: EMAIL; CARD, 13 digits or more, in groups or not; PHONE, 7 to 12 digits in groups, or behind a plus; NUMBER, any other 7 digits or more
in a row; KEY, bearer keys, keys of this server, and the secrets that are given as `hidden`. Dates and times stay.
Limits: names and addresses of people are not seen, nor what is spelled out in words; a number that looks like a date stays; numbers side by side count as one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Literal, get_args

from toolschool.records import JsonValue

Kind = Literal["EMAIL", "PHONE", "CARD", "NUMBER", "KEY"]
KINDS: tuple[str, ...] = get_args(Kind)
PERSONAL = ("EMAIL", "PHONE", "CARD", "NUMBER")
MANY = 7  # digits

_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DATE = (
    rf"(?<![\w.+-])(?:\d{{4}}(?P<a>[-/.]){_MONTH}(?P=a){_DAY}|{_DAY}(?P<b>[-/.]){_MONTH}(?P=b)\d{{4}}|{_MONTH}/{_DAY}/\d{{4}})"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?![-/.]?\d)"
)
_PATTERN = re.compile(
    r"(?P<KEY>\bbearer\s+[\w.~+/=-]{8,}|(?<!\w)(?:ts|sk)-[\w-]{16,})"
    r"|(?P<EMAIL>[^\s@<>\"'(),;:\[\]\\]{1,64}@[^\s@<>\"'(),;:\[\]\\]{1,200}\.[^\W\d_]{2,})"
    rf"|(?P<date>{_DATE})"
    r"|(?P<number>(?:(?<!\d)\+\s?)?\(?\d(?:[ ().\-/]{0,2}\d)*)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(f"<(?:{'|'.join(KINDS)})>")


def redacted(text: str, hidden: Iterable[str] = (), keep: Collection[str] = ()) -> str:
    """The text with placeholders; `hidden` are secrets, the longest first, `keep` kinds of what is personal that stay."""
    for secret in hidden:
        text = text.replace(secret, "<KEY>")
    return _PATTERN.sub(lambda found: _replaced(found, keep), text)


def redacted_value(value: JsonValue, hidden: Iterable[str] = (), keep: Collection[str] = ()) -> JsonValue:
    """A JSON value, every text in it redacted, names included; a whole number of many digits becomes a placeholder, too."""
    if isinstance(value, str):
        return redacted(value, hidden, keep)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10 ** (MANY - 1):
        text = redacted(str(value), hidden, keep)
        return value if text == str(value) else text
    if isinstance(value, list | tuple):
        return [redacted_value(item, hidden, keep) for item in value]
    if isinstance(value, Mapping):
        return {redacted(name, hidden, keep): redacted_value(item, hidden, keep) for name, item in value.items()}
    return value


def placeholder_in(text: str) -> str | None:
    """The first placeholder in a text."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else None


def _replaced(found: re.Match[str], keep: Collection[str]) -> str:
    text = found[0]
    kind = _kind_of(text) if found.lastgroup == "number" else found["date"] is None and found.lastgroup
    return text if not kind or kind in keep else f"<{kind}>"


def _kind_of(text: str) -> str | None:
    """What a run of digits and what stands between them is; None for one that says nothing of anybody."""
    groups = re.findall(r"\d+", text)
    digits = sum(map(len, groups))
    if digits < MANY:
        return None
    if text.startswith("+") and digits <= 15:
        return "PHONE"
    if len(groups) == 1:
        return "CARD" if 13 <= digits <= 19 else "NUMBER"
    if max(map(len, groups)) < 3 and text[0] not in "0(":  # such as 10 20 30 40
        return None
    return "CARD" if digits >= 13 else "PHONE"
