"""Values that documentation and errors say in words: those that are permitted, and examples.

    permitted("Size of the pizza: small, medium or large.")          # ("small", "medium", "large")
    exemplified("Kind of pizza, such as margherita or funghi.")      # ("margherita", "funghi")
    permitted_by_error("unknown currency; known are USD, EUR")       # ("USD", "EUR")
    bounds_by_error("at most 8 guests")                              # (None, 8.0)

A description has permitted values where it lists them all; one that is open ("such as", "etc.") has none. English, by rule.
"""

from __future__ import annotations

import re
from collections.abc import Collection

Values = tuple[str, ...]

_QUOTE = "\"'`“”‘’*"
_QUOTED = r"[\"'`“‘*]{1,2}[^\"'`“”‘’*]{1,40}[\"'`”’*]{1,2}"
_PLAIN = r"[A-Za-z0-9][\w.+#°-]*"
_MOST = 12  # values of a list in a description
_LONGEST = 40  # characters of a value
_SHOWN = r"such as|e\.\s?g\.?,?|for example,?|for instance,?|examples?(?: are| is)?:|like"
_OPEN = re.compile(
    rf"\b(?:{_SHOWN}|etc|and so on|comma|separated|several|multiple|any|up to|depends?)(?!\w)|\.\.\.|…|http",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"\b(?:(?:must|can|may|should) be|one of|either|(?:possible|allowed|permitted|valid|supported|available|known|accepted) (?:values|options)? ?(?:are|is)?"
    r"|options(?: are)?|choose (?:from|between))(?: either| one of)?(?: the following)?\s*:?\s*",
    re.IGNORECASE,
)
_EXAMPLES = re.compile(rf"(?:\b|\()(?:{_SHOWN})\s*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.;!?](?:\s|$)|[()]|\n")
_PARTED = re.compile(r"\s*,\s*(?:or|and)\s+|\s*[,|]\s*|\s+(?:or|and)\s+|\s*\n\s*[-•]?\s*")
_BAD_NEWS = re.compile(
    r"\b(?:(?:known|allowed|valid|supported|permitted|possible|available|accepted|recogni[sz]ed|existing|expected|options|choices)\b"
    r"[\w\s'-]{0,40}?(?:\bare\b|\bis\b|:|=)"
    r"|(?:expected|choose|use|try|pick)(?: one)?(?: of| from| among| between)?(?: the following)?"
    r"|(?:must|should|can|needs to|has to) be(?: either| one of| in)?(?: the following)?"
    r"|one of|either)\s*:?\s*",
    re.IGNORECASE,
)
_NUMBER = r"(-?\d+(?:\.\d+)?)(?![\w-])"
_BETWEEN = re.compile(
    rf"(?:between|from|in|range)\s+[\[(]?{_NUMBER}\s*(?:and|to|-|–|,|\.\.)\s*{_NUMBER}", re.IGNORECASE
)
_AT_MOST = re.compile(
    rf"(?:at most|no more than|not more than|maximum(?: of| is)?|up to|limit(?: of| is)|less than or equal to|<=|must be under|only)\s*:?\s*{_NUMBER}",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    rf"(?:at least|no less than|not less than|minimum(?: of| is)?|greater than or equal to|>=)\s*:?\s*{_NUMBER}",
    re.IGNORECASE,
)


def permitted(about: str, things: Collection[str] = ()) -> Values:
    """All values that a description lists, () where it lists none. `things` are words for what arguments are about: "name, email or phone" lists
    those, not values."""
    if _OPEN.search(about):
        return ()
    quoted = re.search(rf"{_QUOTED}(?:(?:\s*,\s*(?:or |and )?|\s+or\s+|\s+and\s+|\s*[|/]\s*){_QUOTED})+", about)
    if quoted:
        return _values(re.findall(_QUOTED, quoted[0]))
    glossed = re.findall(rf"({_QUOTED})\s*(?:for|means|stands for|is|=)\s", about)
    if len(glossed) > 1:
        return _values(glossed)
    lead = _LEAD.search(about)
    if lead and (found := _plain_list(about[lead.end() :])):
        return found
    places = (re.findall(r"\(([^()]+)\)", about), re.findall(r"(?::|\s[-–])\s+(.+)", about), [about])
    for text in (text for texts in places for text in texts):
        found = _plain_list(text)
        if found and not {word.lower() for word in found} & set(things):
            return found
    return ()


def exemplified(about: str) -> Values:
    """What follows "such as", "e.g." or "for example", up to the end of the sentence or bracket."""
    found = []
    for lead in _EXAMPLES.finditer(about):
        if lead[0].strip(" (").lower() == "like" and about[: lead.start()].strip() == "":
            continue
        text = _SENTENCE_END.split(about[lead.end() :], maxsplit=1)[0].rstrip(".")
        parts = [re.sub(r"^(?:an?|the) |\betc$", "", part.strip(f" {_QUOTE}")).strip() for part in _PARTED.split(text)]
        found += [part for part in parts if 0 < len(part) <= _LONGEST and len(part.split()) <= 4]
    return tuple(dict.fromkeys(found))


def permitted_by_error(error: str) -> Values:
    """Values that an error names as those that it would take, () where it names none: one alone only in quotes or brackets."""
    for lead in _BAD_NEWS.finditer(error):
        rest = error[lead.end() :].lstrip()
        bracketed = re.match(r"[\[({]([^\[\](){}]+)[\])}]", rest)
        text = bracketed[1] if bracketed else re.split(r"[.;!?](?:\s|$)|\n\n", rest, maxsplit=1)[0]
        parts = [part.strip() for part in _PARTED.split(text) if part.strip()]
        marked = bool(bracketed) or all(re.fullmatch(_QUOTED, part) for part in parts)
        plain = all(re.fullmatch(rf"{_QUOTED}|{_PLAIN}(?: {_PLAIN}){{0,2}}", part) for part in parts)
        if plain and (len(parts) > 1 or (parts and marked)):
            return _values(parts)
    return ()


def bounds_by_error(error: str) -> tuple[float | None, float | None]:
    """The least and the most that an error says a number may be: "must be between 1 and 8", "at most 8 guests"; None for what it does not say."""
    both = _BETWEEN.search(error)
    if both:
        return float(both[1]), float(both[2])
    least, most = _AT_LEAST.search(error), _AT_MOST.search(error)
    return (float(least[1]) if least else None), (float(most[1]) if most else None)


def _plain_list(text: str) -> Values:
    """The words or codes of a list that fills its sentence: "a, b or c", "a/b/c", "a | b"."""
    sentence = _SENTENCE_END.split(text.strip(), maxsplit=1)[0].strip(" .")
    if re.search(r"\band/or\b|\d\s*[-–]\s*\d", sentence):
        return ()
    if re.fullmatch(rf"{_WORDED}(?:\s*/\s*{_WORDED})+", sentence):
        return _values(re.split(r"\s*/\s*", sentence))
    parts = re.split(r"\s*,\s*(?:or|and)\s+|\s*[,|]\s*|\s+or\s+", sentence)
    if len(parts) < 2 or not re.search(r"\sor\s|\||,.*\sand\s|,", sentence):
        return ()
    parts = [part.removeprefix("either ") for part in parts]
    if re.search(r"\s+and\s+", parts[-1]) and len(parts) > 1:
        parts = [*parts[:-1], *re.split(r"\s+and\s+", parts[-1])]
    return _values(parts) if all(re.fullmatch(_PLAIN, part.strip(_QUOTE)) for part in parts) else ()


_WORDED = r"[A-Za-z][\w-]+"


def _values(parts: Collection[str]) -> Values:
    found = tuple(dict.fromkeys(part.strip(f" {_QUOTE}") for part in parts))
    return found if all(0 < len(value) <= _LONGEST for value in found) and len(found) <= 4 * _MOST else ()
