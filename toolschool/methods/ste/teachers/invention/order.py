"""Arguments that depend on each other: least before most, starts before their ends, units of one sort.

put_in_order(leaves, {"start": "2026-05-09", "end": "2026-05-02"}, rng)
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from toolschool.methods.ste.teachers.invention import moments, pools
from toolschool.methods.ste.teachers.invention.kinds import MOMENTS, NUMBERS
from toolschool.methods.ste.teachers.invention.leaves import Leaf
from toolschool.records import JsonValue
from toolschool.tools.simulated.api import words

_FIRST = frozenset("start begin from min minimum after since checkin departure low lower".split())
_LAST = frozenset("end until to max maximum before till finish return checkout high upper".split())


def put_in_order(leaves: Sequence[Leaf], found: dict[str, JsonValue], rng: random.Random) -> None:
    """Least before most, starts a little before ends; left as it is where the schema does not take that."""
    _measure_alike([leaf for leaf in leaves if leaf.kind == "unit" and not leaf.many], found, rng)
    for first in leaves:
        for last in leaves:
            one, other = found[first.name], found[last.name]
            if not (set(words(first.name)) & _FIRST and set(words(last.name)) & _LAST and first.kind == last.kind):
                continue
            if first.many or last.many:
                continue
            if first.kind in NUMBERS and float(one) > float(other):
                one, other = other, one
            elif first.kind in MOMENTS:
                other = _later(first, last, str(one), rng)
            if first.takes(one) and last.takes(other):
                found[first.name], found[last.name] = one, other


def _measure_alike(leaves: Sequence[Leaf], found: dict[str, JsonValue], rng: random.Random) -> None:
    """Units of what the first one measures: nobody converts kilometers to grams."""
    for leaf in leaves[1:]:
        taken = {found[other.name] for other in leaves if other is not leaf}
        sort = next((sort for sort in pools.UNIT_SORTS if found[leaves[0].name] in sort), ())
        alike = [
            unit for unit in sort if unit not in taken and (not leaf.known or unit in leaf.known) and leaf.takes(unit)
        ]
        if alike and found[leaf.name] not in alike:
            found[leaf.name] = rng.choice(alike)


def _later(first: Leaf, last: Leaf, start: str, rng: random.Random) -> str:
    """A moment some days or hours after another; as it was where that is none."""
    begin = moments.parsed(start, first.moment_form)
    step = timedelta(days=rng.randint(1, 14)) if first.kind == "date" else timedelta(minutes=30 * rng.randint(1, 6))
    return moments.written(begin + step, last.moment_form) if begin else start
