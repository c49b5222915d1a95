"""What a request says of a tool's arguments, read from its words alone.

    read_request(leaves, "What is the weather in Bonn on 2026-03-05?")      # {"city": "Bonn", "date": "2026-03-05"}

First turns of phrase that say several arguments (`turns.py`), then what is said by name (the longest names first), then as people say such
things, then what is left over: where there are as many texts
of a sort as needed arguments of that sort, they are these, in order. No stretch is read twice. Limit: what fits neither is not read, and a
request in another's words may say more than is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from toolschool.methods.ste.teachers.invention.leaves import UNSAID, Leaf
from toolschool.methods.ste.teachers.invention.mentions import (
    any_form,
    named_forms,
    turn_form,
    usual_forms,
    value_of,
)
from toolschool.methods.ste.teachers.invention.sayings import flag_sayings
from toolschool.methods.ste.teachers.invention.turns import turns
from toolschool.records import JsonValue

_TAKEN = "\0"
Span = tuple[int, int]


def read_request(leaves: Sequence[Leaf], request: str) -> dict[str, JsonValue]:
    """Values by argument; what is not found is not there."""
    return _Reader(request).read(leaves)


class _Reader:
    """`left` is the request with what was read struck out."""

    def __init__(self, request: str) -> None:
        self.left = request
        self.found: dict[str, JsonValue] = {}

    def read(self, leaves: Sequence[Leaf]) -> dict[str, JsonValue]:
        self._turns(leaves)
        open_leaves = [leaf for leaf in leaves if leaf.name not in self.found]
        for leaf in sorted(open_leaves, key=lambda leaf: -len(leaf.label)):
            self._flag(leaf) if leaf.kind == "flag" else self._take(leaf, named_forms(leaf))
        for leaf in sorted(open_leaves, key=lambda leaf: not leaf.needed):
            if leaf.name not in self.found and leaf.kind != "flag":
                self._take(leaf, usual_forms(leaf))
        self._left_over([leaf for leaf in leaves if leaf.needed and leaf.name not in self.found])
        return {leaf.name: self.found[leaf.name] for leaf in leaves if leaf.name in self.found}

    def _turns(self, leaves: Sequence[Leaf]) -> None:
        for turn in turns(leaves):
            match = None if any(leaf.name in self.found for leaf in turn.says) else turn_form(turn).search(self.left)
            if match:
                values = [value_of(leaf, match[f"v{place}"]) for place, leaf in enumerate(turn.says)]
                if UNSAID not in values:
                    self.found |= dict(zip((leaf.name for leaf in turn.says), values, strict=True))
                    self._strike(match.span())

    def _flag(self, leaf: Leaf) -> None:
        for value in (False, True):
            forms = (re.compile(rf"(?<!\w)(?i:{re.escape(saying)})(?!\w)") for saying in flag_sayings(leaf, value))
            for form in forms:
                match = form.search(self.left)
                if match and leaf.name not in self.found:
                    self.found[leaf.name] = value
                    self._strike(match.span())

    def _take(self, leaf: Leaf, forms: Iterable[re.Pattern[str]]) -> None:
        """The first free place of the first form that has one."""
        for form in forms:
            for match in form.finditer(self.left):
                value = value_of(leaf, match["v"])
                if value is not UNSAID:
                    self.found[leaf.name] = value
                    self._strike(match.span())
                    return

    def _left_over(self, leaves: Sequence[Leaf]) -> None:
        sorts: dict[str, list[Leaf]] = {}
        for leaf in leaves:
            if leaf.kind not in ("flag", "json"):
                sorts.setdefault(any_form(leaf).pattern, []).append(leaf)
        for alike in sorts.values():
            places = list(any_form(alike[0]).finditer(self.left))
            values = [value_of(leaf, place["v"]) for leaf, place in zip(alike, places, strict=False)]
            if len(places) == len(alike) and UNSAID not in values:
                self.found |= dict(zip((leaf.name for leaf in alike), values, strict=True))
                for place in places:
                    self._strike(place.span())

    def _strike(self, span: Span) -> None:
        begin, end = span
        self.left = self.left[:begin] + _TAKEN * (end - begin) + self.left[end:]
