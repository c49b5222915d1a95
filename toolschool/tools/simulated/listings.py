"""Values and examples that a description lists, read from its words.

    documented_values("Allowed values are *json*, *xml* and *yaml*.")          # ["json", "xml", "yaml"]
    examples("The sample (e.g., DNA, blood)")                                   # ["DNA", "blood"]

Values are read only where the list is plain and complete: bullets, one a line, or parted by commas, after words such as
"possible values are". Otherwise there are none: an enumeration that lacks a value would refuse calls that are right.
"""

from __future__ import annotations

import re

_EXAMPLES = re.compile(r"\(e\.g\.,?\s*([^()]+)\)", re.IGNORECASE)

# What stands before a complete list of values ...
_LEAD = re.compile(
    r"(?:(?:possible|allowed|accepted|valid|available|following)\s+values?(?:\s+(?:are|is))?(?:\s+available)?"
    r"|must be (?:either|one of)(?:\s+the following)?(?:\s+(?:values|options))?|one of(?:\s+the following)?(?:\s+values)?"
    r"|^the options|^enums?\b[^:\n]*)\s*:?\s*",
    re.IGNORECASE,
)
# ... and what says that it is not one, or that an argument may hold several of them.
_OPEN = re.compile(
    r"multiple|comma|separat|delimit|\betc\b|\.\.\.|…|e\.g|\beg\b|example|and more|several|up to|include|http|\bany\b|[0-9]\s*-\s*[0-9]",
    re.IGNORECASE,
)
_MARKUP = "`*\"'.[]{}“”• \t"
_VALUE = re.compile(r"[A-Za-z0-9][\w.+:-]{0,39}")


def examples(description: str) -> list[str]:
    """What the description gives in brackets after "e.g."."""
    found = _EXAMPLES.search(description)
    return [part.strip(_MARKUP) for part in found[1].split(",")] if found else []


def documented_values(description: str, enumerated: bool = False) -> list[str]:
    """All values that the description lists, [] where it has no plain and complete list.

    Where values are `enumerated` by type, bullets are a list without a word that says so.
    """
    if _OPEN.search(description):
        return []
    lead = _LEAD.search(description)
    if lead:
        return _listed(description[lead.end() :])
    return _bullets(description) if enumerated else []


def _listed(text: str) -> list[str]:
    """The values at the beginning of a text: bullets, one a line, or parted by commas, `|`, "or", "and"."""
    if bullets := _bullets(text):
        return bullets
    first, *others = text.strip().split("\n")
    lines = [line.strip(_MARKUP) for line in (first, *others) if line.strip()]
    if others and all(map(_VALUE.fullmatch, lines)):
        return lines
    sentence = re.sub(r"\([^()]*\)", "", re.split(r"[.;!]\s", f"{first} ")[0])
    parts = re.split(r",\s*(?:or|and)\s|\s(?:or|and)\s|[,|]", sentence)
    values = [part.strip(_MARKUP) for part in parts]
    return values if len(values) > 1 and all(map(_VALUE.fullmatch, values)) else []


def _bullets(text: str) -> list[str]:
    """What stands first in each line that begins with a dash or star; [] where some value is not plain."""
    lines = [line.strip() for line in text.split("\n")]
    heads = [re.split(r":\s|\s[-–]\s", f"{line[1:].strip()} ")[0] for line in lines if re.match(r"[-*•]\s", line)]
    values = [head.strip(_MARKUP) for head in heads]
    return values if len(values) > 1 and all(map(_VALUE.fullmatch, values)) else []
