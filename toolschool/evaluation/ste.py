"""Scores of written calls, whatever the rules: what became of each item, and rates over items as STE's paper defines them.

    rates = rates_of(marks)             # Marks by ste_published.py or ste_strict.py
    rates.well_formed, rates.api_match, rates.correct            # percent with three decimals, as published
    by_batch = grouped(items, batch_of(batches))                 # and by API: grouped(items, lambda item: item.api)

Well-formed and correct are shares of all items, the right API a share of well-formed ones only (arXiv 2403.04746 and its code).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from toolschool.datasets.ste import ToolItem

# What becomes of an item, from best to worst; every item is exactly one of them.
OUTCOMES = ("right", "wrong arguments", "wrong API", "malformed", "no call")


@dataclass(frozen=True)
class Marks:
    """What became of one item. `correct` is None where only a judge could say and no judgement is cached; `kind` says why it is malformed."""

    no_call: bool = False
    err: bool = False
    api_match: bool = False
    correct: bool | None = False
    grounded: bool = False
    kind: str = ""

    @property
    def outcome(self) -> str:
        """Which of OUTCOMES it is; without a judgement "wrong arguments"."""
        if self.no_call or self.err:
            return "no call" if self.no_call else "malformed"
        if not self.api_match:
            return "wrong API"
        return "right" if self.correct else "wrong arguments"


@dataclass(frozen=True)
class Rates:
    """Counts over items. `correct_count` is None where a judgement is missing."""

    items: int
    no_call: int
    err: int
    api_match_count: int
    correct_count: int | None
    grounded: int
    kinds: Mapping[str, int]

    @property
    def well_formed_count(self) -> int:
        return self.items - self.no_call - self.err

    @property
    def well_formed(self) -> float | None:
        """Percent of all items."""
        return _percent(self.well_formed_count, self.items)

    @property
    def api_match(self) -> float | None:
        """Percent of well-formed items."""
        return _percent(self.api_match_count, self.well_formed_count)

    @property
    def correct(self) -> float | None:
        """Percent of all items."""
        return None if self.correct_count is None else _percent(self.correct_count, self.items)

    @property
    def grounded_share(self) -> float | None:
        """Percent of well-formed items whose name was none of the allowed ones."""
        return _percent(self.grounded, self.well_formed_count)


def rates_of(marks: Iterable[Marks]) -> Rates:
    """Counts over all of them."""
    found = list(marks)
    correct = [mark.correct for mark in found]
    return Rates(
        items=len(found),
        no_call=sum(mark.no_call for mark in found),
        err=sum(mark.err for mark in found),
        api_match_count=sum(mark.api_match for mark in found),
        correct_count=None if None in correct else sum(map(bool, correct)),
        grounded=sum(mark.grounded for mark in found),
        kinds=Counter(mark.kind for mark in found if mark.kind),
    )


def grouped(items: Sequence[ToolItem], group_of: Callable[[ToolItem], str | None]) -> dict[str, list[int]]:
    """Positions of the items of each group, in the order of the groups' first items; items without a group are left out."""
    groups: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        group = group_of(item)
        if group is not None:
            groups.setdefault(group, []).append(place)
    return groups


def batch_of(batches: Sequence[Sequence[str]]) -> Callable[[ToolItem], str | None]:
    """The number of an item's batch, from "0"; None for an API that is in no batch."""
    numbers = {name: str(number) for number, batch in enumerate(batches) for name in batch}
    return lambda item: numbers.get(item.api)


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 3) if whole else None
