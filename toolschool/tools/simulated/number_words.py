"""Numbers in English words, as long as anybody writes them out.

number_words(1_234)             # "one thousand two hundred thirty-four"
"""

from __future__ import annotations

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
# The short scale (10^3 by 10^3), to 10^63.
_SCALES = (
    "_ thousand million billion trillion quadrillion quintillion sextillion septillion octillion nonillion decillion undecillion "
    "duodecillion tredecillion quattuordecillion quindecillion sexdecillion septendecillion octodecillion novemdecillion vigintillion"
).split()

LIMIT = 1000 ** len(_SCALES)


def number_words(number: int) -> str:
    """The number in words, without "and". ValueError from LIMIT on."""
    if abs(number) >= LIMIT:
        raise ValueError(f"a number of more than {3 * len(_SCALES)} digits has no name here")
    if number < 0:
        return f"minus {number_words(-number)}"
    groups: list[str] = []
    rest, scale = number, 0
    while rest:
        rest, group = divmod(rest, 1000)
        if group:
            groups.append(" ".join(filter(None, (_below_thousand(group), _SCALES[scale] if scale else ""))))
        scale += 1
    return " ".join(reversed(groups)) or _SMALL[0]


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens])
    elif rest:
        words.append(_SMALL[rest])
    return " ".join(words)
