"""Compact text to the plan language while it is written: what the pointers of `compact.py` point at is put in their place."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from toolschool.methods.tinyagent.compact import POINTER, expand
from toolschool.methods.tinyagent.spans import Request, number_at


@dataclass
class Expander:
    """Piece by piece: a literal is expanded when its closing quote arrives, a number when its pointer is whole."""

    request: Request
    _literal: str | None = field(default=None, init=False)
    _pointer: str = field(default="", init=False)

    def feed(self, piece: str) -> str:
        """What can be said for certain after this piece."""
        return "".join(self._character(character) for character in piece)

    def finish(self) -> str:
        """What was left open when the text ended (a truncated literal)."""
        rest, self._literal, self._pointer = (self._literal or "") + self._pointer, None, ""
        return rest

    def _character(self, character: str) -> str:
        if self._literal is None:
            if character == '"':
                self._literal = '"'
                return ""
            return self._outside(character)
        self._literal += character
        if character != '"' or _escaped(self._literal):
            return ""
        literal, self._literal = self._literal, None
        return expand(literal, self.request)

    def _outside(self, character: str) -> str:
        if not self._pointer and character != "<":
            return character
        self._pointer += character
        if character != ">":
            return ""
        pointer, self._pointer = self._pointer, ""
        match = POINTER.fullmatch(pointer)
        return json.dumps(number_at(self.request, int(match.group(2)))) if match else pointer


def _escaped(literal: str) -> bool:
    body = literal[:-1]
    return (len(body) - len(body.rstrip("\\"))) % 2 == 1
