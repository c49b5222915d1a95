"""Texts in which the results of calls are marked: what Toolken (arXiv 2305.11554) learns from.

    text = MarkedText("5572 mod 3241=2331.", (Span("remainder", 14, 18, ("5572", "3241")),), key="funcqa/train/0")
    check_marked(text)     # the text itself; RowError says what is wrong with it

The text reads as if there were no tools: a call is no part of it, only its result is, or an item of a plan. Readers of such
texts are funcqa, gsm8k_xl, virtualhome and kamel. Limit: whether a result is right is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from toolschool.errors import RowError

_MARKUP = re.compile(r"<eoe>|</?f>|<\w+>\s*\(")


class Span(NamedTuple):
    """A part of a text that a tool gives; `end` is exclusive, `tool` a bare name without <> or []."""

    tool: str
    start: int
    end: int
    arguments: tuple[str, ...] = ()


class MarkedText(NamedTuple):
    """A text without calls and its spans, in order; `key` says where it comes from.

    Characters before `start` are context and never supervised: the solved tasks before VirtualHome's own.
    """

    text: str
    spans: tuple[Span, ...]
    key: str = ""
    start: int = 0


def check_marked(marked: MarkedText) -> MarkedText:
    """The text as it is. RowError for left-over markup and for spans that are empty, outside, out of order or overlap."""
    found = _MARKUP.search(marked.text)
    if found:
        raise RowError(f"left-over call markup {found[0]!r} in the text; drop the row")
    if not 0 <= marked.start <= len(marked.text):
        raise RowError(f"start {marked.start} is outside of the text's {len(marked.text)} characters")
    place = marked.start
    for span in marked.spans:
        _check_span(span, marked, place)
        place = span.end
    return marked


@contextmanager
def about(key: str) -> Iterator[None]:
    """Says in a RowError which text it is about."""
    try:
        yield
    except RowError as error:
        raise RowError(f"{key}: {error}") from None


def bare(name: str) -> str:
    """A tool's name without the brackets around it: `<add>` is add, `[WALK]` is WALK."""
    return name.strip().strip("<>[]")


def _check_span(span: Span, marked: MarkedText, place: int) -> None:
    where = f"span {span.start}..{span.end} of {span.tool!r} "
    if not span.tool or span.tool != bare(span.tool):
        raise RowError(f"{where}wants a bare tool name, without brackets")
    if span.start < 0 or span.end > len(marked.text):
        raise RowError(f"{where}is outside of the text's {len(marked.text)} characters")
    if span.start >= span.end:
        raise RowError(f"{where}is empty")
    if span.start < marked.start:
        raise RowError(f"{where}begins before {marked.start}, in what is context only")
    if span.start < place:
        raise RowError(f"{where}overlaps the one before it, or stands out of order")
    covered = marked.text[span.start : span.end]
    if covered != covered.strip():
        raise RowError(f"{where}covers blanks at its edges; mark {covered.strip()!r} alone")
