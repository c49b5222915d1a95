"""What a request says of a tool's arguments, read from its words alone.

    read_request(leaves, "What is the weather in Bonn on 2026-03-05?")      # {"city": "Bonn", "date": "2026-03-05"}

First turns of phrase that say several arguments (`turns.py`), then what is said by name (the longest names first), then as people say such
things, then what is left over: where there are as many texts
of a sort as needed arguments of that sort, they are these, in order. No stretch is read twice. Limit: what fits neither is not read, and a
request in another's words may say more than is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

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
    return Reader(leaves).read(request)


class Reader:
    """Reads many requests of one tool: its expressions are made once."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.leaves = leaves
        self.turns = [(turn, turn_form(turn)) for turn in turns(leaves)]
        self.named = {leaf.name: list(named_forms(leaf)) for leaf in leaves if leaf.kind != "flag"}
        self.usual = {leaf.name: list(usual_forms(leaf)) for leaf in leaves if leaf.kind != "flag"}
        self.flags = {leaf.name: list(_flag_forms(leaf)) for leaf in leaves if leaf.kind == "flag"}
        self.anywhere = {
            leaf.name: any_form(leaf) for leaf in leaves if leaf.needed and leaf.kind not in ("flag", "json")
        }

    def read(self, request: str) -> dict[str, JsonValue]:
        """Values by argument, in the order of the arguments."""
        left = _Unread(request)
        self._turns(left)
        for leaf in sorted(self.leaves, key=lambda leaf: -len(leaf.label)):
            if leaf.kind == "flag":
                left.flag(leaf, self.flags[leaf.name])
            else:
                left.take(leaf, self.named[leaf.name])
        for leaf in sorted(self.leaves, key=lambda leaf: not leaf.needed):
            if leaf.kind != "flag":
                left.take(leaf, self.usual[leaf.name])
        self._left_over(left)
        return {leaf.name: left.found[leaf.name] for leaf in self.leaves if leaf.name in left.found}

    def _turns(self, left: _Unread) -> None:
        for turn, form in self.turns:
            match = None if any(leaf.name in left.found for leaf in turn.says) else form.search(left.text)
            if match:
                values = [value_of(leaf, match[f"v{place}"]) for place, leaf in enumerate(turn.says)]
                if UNSAID not in values:
                    left.found |= dict(zip((leaf.name for leaf in turn.says), values, strict=True))
                    left.strike(match.span())

    def _left_over(self, left: _Unread) -> None:
        """As many texts of a sort as arguments of that sort that must be said and are not: these, in order."""
        sorts: dict[str, list[Leaf]] = {}
        for leaf in self.leaves:
            if leaf.name in self.anywhere and leaf.name not in left.found:
                sorts.setdefault(self.anywhere[leaf.name].pattern, []).append(leaf)
        for alike in sorts.values():
            places = list(self.anywhere[alike[0].name].finditer(left.text))
            values = [value_of(leaf, place["v"]) for leaf, place in zip(alike, places, strict=False)]
            if len(places) == len(alike) and UNSAID not in values:
                left.found |= dict(zip((leaf.name for leaf in alike), values, strict=True))
                for place in places:
                    left.strike(place.span())


class _Unread:
    """A request with what was read struck out, and what was found."""

    def __init__(self, request: str) -> None:
        self.text = request
        self.found: dict[str, JsonValue] = {}

    def take(self, leaf: Leaf, forms: Iterable[re.Pattern[str]]) -> None:
        """The first place of the first form that has one."""
        if leaf.name in self.found:
            return
        for form in forms:
            for match in form.finditer(self.text):
                value = value_of(leaf, match["v"])
                if value is not UNSAID:
                    self.found[leaf.name] = value
                    self.strike(match.span())
                    return

    def flag(self, leaf: Leaf, forms: Iterable[tuple[bool, re.Pattern[str]]]) -> None:
        for value, form in forms:
            match = form.search(self.text)
            if match and leaf.name not in self.found:
                self.found[leaf.name] = value
                self.strike(match.span())

    def strike(self, span: Span) -> None:
        begin, end = span
        self.text = self.text[:begin] + _TAKEN * (end - begin) + self.text[end:]


def _flag_forms(leaf: Leaf) -> Iterator[tuple[bool, re.Pattern[str]]]:
    for value in (False, True):
        for saying in flag_sayings(leaf, value):
            yield value, re.compile(rf"(?<!\w)(?i:{re.escape(saying)})(?!\w)")
