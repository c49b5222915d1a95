"""What a model wrote between the brackets of a call, as one text per number.

    read_arguments("1,200, 15%", (2, None))   # ["1200", "15%"]: a blank after a comma separates, so the other comma groups thousands
    read_arguments("1,234", (2, 2))           # ["1", "234"]
    read_arguments("1,234", (1, 2))           # ["1234"]
    run_written("multiply", "1,200, 15%")     # "180": read and run

The rule, for a tool that takes `count` numbers (fewest, most; None: no limit):

1. If some comma is followed by a blank, or there is a `;`, only these separate; another comma groups thousands, or separates where it cannot.
2. Else a comma before three digits that start with 0 groups thousands: nobody writes `000` as a number.
3. One number, if one is enough and the text can be read so: sqrt(1,234) and log(1,234) are of 1234.
4. Else every comma separates, if the tool takes so many numbers: multiply(1,234,567) multiplies three.
5. Else the one way to group thousands that gives the most numbers it takes: remainder(5,572,3,241) is of 5572 and 3241.

Two ways are refused, as choose(1,234,567) is. Limits: no number is read or evaluated here, see `toolschool/tools/numbers.py`.
"""

from __future__ import annotations

import re
from itertools import combinations, pairwise

from toolschool.errors import ToolError
from toolschool.tools.arithmetic import argument_count, calculate_call
from toolschool.tools.numbers import shown, tidied

MAX_CHARACTERS = 1000
_MAX_GROUPS = 12  # of digits between commas that rule 5 looks at; it tries every way

_SEPARATOR = re.compile(r";|,\s+")
_GROUPED = re.compile(r"[^\d,.]*[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?[^\d,.]*", re.ASCII)
_ZEROS = re.compile(r"0\d\d(?!\d)", re.ASCII)


def read_arguments(written: str, count: tuple[int, int | None]) -> list[str]:
    """The arguments, without thousands commas and what `tidied` takes away, as many as `count` allows.

    Raises ToolError where there are more, fewer, an empty one, or two ways to read them.
    """
    if len(written) > MAX_CHARACTERS:
        raise ToolError(f"the arguments are longer than {MAX_CHARACTERS} characters; write the numbers only")
    text = tidied(written)
    pieces = _SEPARATOR.split(text)
    parts = (
        [part for piece in pieces for part in _ungrouped(piece)]
        if len(pieces) > 1
        else _by_count(text.split(","), *count)
    )
    arguments = [tidied(part).replace(",", "") for part in parts]
    if not all(arguments):
        raise ToolError(f"({shown(written)[1:-1]}) lacks a number; write numbers with commas between them")
    least, most = count
    if len(arguments) < least or (most is not None and len(arguments) > most):
        wanted = f"{least} or more" if most is None else f"{least} to {most}" if least < most else f"{least}"
        raise ToolError(
            f"({shown(written)[1:-1]}) holds {len(arguments)} numbers, but {wanted} are taken; write that many"
        )
    return arguments


def run_written(tool: str, written: str) -> str:
    """The result of an arithmetic call as a model wrote it, brackets left out. Raises ToolError."""
    return calculate_call(tool, read_arguments(written, argument_count(tool)))


def _ungrouped(piece: str) -> list[str]:
    """One number where its commas can group thousands, else one for each comma."""
    return [piece] if _GROUPED.fullmatch(piece) else piece.split(",")


def _by_count(pieces: list[str], least: int, most: int | None) -> list[str]:
    """Rules 2 to 5."""
    whole = ",".join(pieces)
    if least == 1 and _GROUPED.fullmatch(whole):
        return [whole]
    parts = _with_zeros(pieces)
    if most is None or len(parts) <= most or len(pieces) > _MAX_GROUPS:
        return parts
    ways = [way for way in _ways(parts, most) if all("," not in part or _GROUPED.fullmatch(part) for part in way)]
    if len(ways) > 1:
        raise ToolError(
            f"({shown(whole)[1:-1]}) can be read in {len(ways)} ways; write numbers without thousands commas"
        )
    return ways[0] if ways else parts


def _with_zeros(pieces: list[str]) -> list[str]:
    """Pieces such as 000 joined to what they belong to."""
    parts = pieces[:1]
    for piece in pieces[1:]:
        joined = f"{parts[-1]},{piece}"
        if _ZEROS.match(piece) and _GROUPED.fullmatch(joined):
            parts[-1] = joined
        else:
            parts.append(piece)
    return parts


def _ways(parts: list[str], number: int) -> list[list[str]]:
    """Every way to join neighbours so that `number` texts remain."""
    cuts = combinations(range(1, len(parts)), number - 1)
    return [[",".join(parts[a:b]) for a, b in pairwise((0, *inner, len(parts)))] for inner in cuts]
