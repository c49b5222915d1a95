"""Inline calls as text: `[Calculator(48 / 2)->24]`; how they are written and read.

    form = Markers()
    form.call("Calculator", "48 / 2")                      # "[Calculator(48 / 2)]"
    form.call("Calculator", "48 / 2", "24")                # "[Calculator(48 / 2)->24]"
    form.read("Calculator(48 / 2)", "Calculator")          # "48 / 2"

Source: Toolformer (arXiv 2302.04761), section 2 and footnote 1: the markers are ordinary text, the vocabulary stays as it is.
"""

from __future__ import annotations

import re
from functools import cached_property

from toolschool.config import Config
from toolschool.errors import RowError

MAX_ARGUMENT = 1000  # characters; a model that never closes its call costs no more than this


class Markers(Config):
    """The three strings round a call. Stored with the model, so that training and inference cannot differ."""

    start: str = "["
    """Opens a call."""
    end: str = "]"
    """Closes it."""
    arrow: str = "->"
    """Stands between call and result."""

    def call(self, name: str, argument: str, result: str | None = None) -> str:
        """e(c) without a result, e(c, r) with one (section 2); e(c, ε) has the empty result."""
        answer = "" if result is None else f"{self.arrow}{result}"
        return f"{self.start}{name}({argument}){answer}{self.end}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A call with its result, as text: groups are name, argument and result."""
        start, end, arrow = (re.escape(mark) for mark in (self.start, self.end, self.arrow))
        inside = f"(?:(?!{start}|{end}).)*?"
        return re.compile(rf"{start}(\w+)\(({inside})\){arrow}({inside}){end}", re.DOTALL)

    def without_calls(self, text: str) -> str:
        """The text without its calls, each with the space before it; one that has no end goes on to the end of the text."""
        start, end = re.escape(self.start), re.escape(self.end)
        return re.sub(f" ?{start}.*?(?:{end}|\\Z)", "", text, flags=re.DOTALL)

    def read(self, text: str, name: str) -> str:
        """The argument of a sampled call: `text` stands between start and end. RowError says what is wrong with it."""
        if len(text) > MAX_ARGUMENT:
            raise RowError("too long")
        found = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", text, re.DOTALL)
        if not found:
            raise RowError("no call")
        if found[1] != name:
            raise RowError("another tool")
        if any(mark in found[2] for mark in (self.start, self.end, self.arrow)):
            raise RowError("a marker inside")
        return found[2].strip()
