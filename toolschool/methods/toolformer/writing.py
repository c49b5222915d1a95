"""One answer in the making: which token comes next, by the model's choice, Toolformer's rules and what a tool found.

    row = Row(Rules(spelling, caller, top_k=10, max_calls=1, max_new_tokens=128), date=None)
    row.next(choice)         # the token to feed; None: it waits for row.running, or has ended
    row.take_result()        # once the tool is done; what it found comes next
    row.tokens, row.calls, row.finished

A call starts where its marker is among the top_k likeliest tokens, and is complete when the model has written the arrow. Then come
the result and the end marker; where there is no result the end marker alone, which makes it e(c, ε). A call without an end is
given up, and closed in the same way, after `MAX_ARGUMENT` characters. One that the model closed without an arrow stays as it is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from toolschool.methods.toolformer.calling import Caller, CallRecord
from toolschool.methods.toolformer.marker_tokens import marker_tokens
from toolschool.methods.toolformer.markers import MAX_ARGUMENT, Markers

Running = asyncio.Task[CallRecord]


class Spelling:
    """A tokenizer and the markers: `starts` begin a call, `marked` hold a start marker anywhere."""

    def __init__(self, tokenizer: Any, markers: Markers) -> None:
        self.tokenizer, self.markers, self.eos = tokenizer, markers, tokenizer.eos_token_id
        self.starts, _, self.marked = marker_tokens(tokenizer, markers)

    def ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def text(self, tokens: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=False))

    def behind_arrow(self, text: str) -> list[int]:
        """Tokens of a text behind an arrow; encoded by itself, some tokenizers would put a space before it."""
        arrow, whole = self.ids(self.markers.arrow), self.ids(self.markers.arrow + text)
        return whole[len(arrow) :] if whole[: len(arrow)] == arrow else self.ids(text)


class Rules(NamedTuple):
    """What all rows of a batch go by."""

    spelling: Spelling
    caller: Caller
    top_k: int
    max_calls: int
    max_new_tokens: int


class Choice(NamedTuple):
    """The likeliest token, the likeliest without a start marker, the likeliest that starts a call, and how many are likelier than it."""

    any: int
    plain: int
    start: int
    rank: int


class Row:
    """The tokens behind one prompt. `running` is the tool that it waits for, `finished` says that the model ended it."""

    def __init__(self, rules: Rules, date: datetime | None) -> None:
        self.rules, self.date = rules, date
        self.tokens: list[int] = []
        self.calls: list[CallRecord] = []
        self.running: Running | None = None
        self.finished = False
        self._coming: deque[int] = deque()  # the rest of a call, which the model does not choose
        self._opened: int | None = None  # where the open call begins
        self._missing = ""  # of the arrow of the call that runs
        self._behind_call = False  # nothing but spaces since the last one

    @property
    def ended(self) -> bool:
        return self.finished or len(self.tokens) >= self.rules.max_new_tokens

    @property
    def settled(self) -> Sequence[int]:
        """The tokens that stay as they are: a call that is open may still lose its last one."""
        return self.tokens[: self._opened]

    def next(self, choice: Choice) -> int | None:
        """Write a token."""
        if self.running:
            return None
        if self._coming:
            self.tokens.append(self._coming.popleft())
            return self.tokens[-1]
        token = self._choose(choice)
        if token == self.rules.spelling.eos:
            self.finished = True
            return None
        self.tokens.append(token)
        if self._opened is None and token in self.rules.spelling.starts:
            self._opened = len(self.tokens) - 1
        if self._opened is not None:
            return self._read_call(self._opened)
        self._behind_call = self._behind_call and not self.rules.spelling.text([token]).strip()
        return token

    def take_result(self) -> None:
        """Go on with what the tool has found."""
        if self.running:
            record, spelling = self.running.result(), self.rules.spelling
            rest = f"{record.result or ''}{spelling.markers.end}"
            self._coming.extend(spelling.ids(self._missing + rest) if self._missing else spelling.behind_arrow(rest))
            self._close(record)

    def give_up(self) -> None:
        """At the end: a call that is still open counts as one that failed."""
        if self._opened is not None:
            self._fail(self.rules.spelling.text(self.tokens[self._opened :]), "never closed")

    def _choose(self, choice: Choice) -> int:
        if self._opened is not None:
            return choice.any
        may_call = len(self.calls) < self.rules.max_calls and not self._behind_call
        return choice.start if may_call and choice.rank < self.rules.top_k else choice.plain

    def _read_call(self, opened: int) -> int | None:
        """Look at the open call with its newest token: it goes on, is closed, or runs."""
        spelling, token = self.rules.spelling, self.tokens[-1]
        arrow, end = spelling.markers.arrow, spelling.markers.end
        call, found, more = spelling.text(self.tokens[opened:]).partition(arrow)
        if end in call:
            self._fail(call.partition(end)[0], "closed without a result")
            return token
        if not found and len(call) <= MAX_ARGUMENT:
            return token
        self._missing = "" if found else arrow
        self.running = asyncio.create_task(self.rules.caller.call(call, self.date))
        if not more:
            return token
        # The token goes on behind the arrow, where the result belongs: only its share of the arrow will be written.
        self.tokens.pop()
        self._missing = f"{call}{arrow}"[len(spelling.text(self.tokens[opened:])) :]
        return None

    def _fail(self, written: str, error: str) -> None:
        self._close(self.rules.caller.failed(written, error))

    def _close(self, record: CallRecord) -> None:
        self.calls.append(record)
        self.running, self._opened, self._behind_call = None, None, True
