"""A request cut into numbered spans, so that a small model can point at text instead of spelling it.

A span is a quoted passage, an e-mail address, a phone number, a link, a file name, a time, a capitalised name, a number or
a single word. The compact prompt shows each as its index token and what the model needs of it (a kind for text it only
copies, the word itself otherwise); `toolschool/methods/tinyagent/compact.py` puts the pointers into plans and takes them out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from toolschool.methods.tinyagent.times import TimeSpan, find_times

MAX_SPANS = 96  # index tokens in the vocabulary; words beyond them can still be read, but not pointed at
KINDS = ("quote", "file", "email", "phone", "url", "time", "day", "name", "number")
COPIED = frozenset(("quote", "file", "email", "phone", "url"))  # whole; what they say does not choose a tool
HIDDEN = COPIED | {"time", "day", "name"}

# Capitalised words that carry meaning for choosing a tool, so the model has to see them.
SPOKEN = frozenset(
    """apple map maps google mail email gmail note notes calendar reminder reminders zoom sms pdf message messages imessage
    contacts files finder text call i i'm i'll i've mom mum mother dad father sister brother wife husband boss grandma
    grandpa aunt uncle team office home work ok asap am pm""".split()
)
_FILE_TYPES = r"pdf|docx?|pptx?|xlsx?|txt|csv|png|jpe?g|gif|zip|key|pages|numbers|md|mp[34]|mov|html?"
_PATH_START = r"(?<![\w./~-])(?:~|\.\.?)?"  # nothing is tried from the middle of a word: time must grow with the request, not with its square
_SPECIAL = re.compile(
    "|".join(
        (
            r"\"(?P<quote>[^\"\n]+)\"",
            r"“(?P<curly>[^”\n]+)”",
            r"(?:(?<=\s)|^)['‘](?P<single>[^'\n]+?)['’](?=[\s,.!?;:)]|$)",
            r"(?P<email>(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+)",
            r"(?P<url>https?://[^\s,]+[^\s,.!?])",
            rf"(?P<file>{_PATH_START}/?(?:[\w.-]++/)*+[\w-]++(?:\.[\w-]++)*?\.(?:{_FILE_TYPES})\b|{_PATH_START}(?:/[\w.-]*\w)+)",
            r"(?P<phone>(?<![\w-])(?:\+\d{1,3}[-. ]?)?(?:\(\d{3}\)[-. ]?)?\d{3}[-. ]\d{3,4}(?:[-. ]\d{4})?(?![\w-]))",
        )
    ),
    re.IGNORECASE,
)
_FILE_END = re.compile(rf"\.(?:{_FILE_TYPES})$", re.IGNORECASE)
_WORD = re.compile(
    r"(?P<name>[A-Z][\w&]*(?:[-.'’](?!s\b)\w+)*(?: (?:[A-Z][\w&]*(?:[-.'’](?!s\b)\w+)*|\d+\b(?![.,]\d)))*)"
    r"|(?P<number>(?:(?<!\S)-)?\d++(?:[.,]\d++)*+%?(?![A-Za-z]\w*\d))"  # 5km is a number and its unit, 1Z99 a word
    r"|(?P<word>\w+(?:[-'’](?!s\b)\w+)*)"
    r"|(?P<mark>'s\b|’s\b|[^\w\s])"
)
_NUMBER = re.compile(r"-?\d+(,\d{3})*(\.\d+)?%?", re.ASCII)
_SENTENCE_END = re.compile(r"(?:^|[.!?:;])\s*$")


@dataclass(frozen=True)
class Span:
    """Characters `start:end` of a request; `kind` is one of KINDS, "word", or "mark" (punctuation, never pointed at)."""

    start: int
    end: int
    kind: str
    time: TimeSpan | None = None


@dataclass(frozen=True)
class Request:
    """A request, its clock and its spans. `spans[i]` is what index token i points at."""

    text: str
    now: datetime
    spans: tuple[Span, ...]
    marks: tuple[Span, ...]

    def surface(self, first: int, last: int | None = None) -> str:
        """The request's own text from span `first` to span `last` (both included)."""
        last = first if last is None or last < first else last
        return self.text[self.spans[first].start : self.spans[last].end]

    @cached_property
    def times(self) -> tuple[tuple[int, TimeSpan], ...]:
        """Spans that name a time, with their indices."""
        return tuple((i, span.time) for i, span in enumerate(self.spans[:MAX_SPANS]) if span.time)


@lru_cache(maxsize=64)  # prompt, grammar and answer of a request each ask
def cut(text: str, now: datetime) -> Request:
    """Cut a request into spans; every non-space character ends up in exactly one span, mark or pair of quotes."""
    spans: list[Span] = []
    position = 0
    for special, start, end in _specials(text, now):
        spans += _words(text, position, start)
        spans.append(special)
        position = end
    spans += _words(text, position, len(text))
    indexed = tuple(span for span in spans if span.kind != "mark")
    return Request(text, now, indexed, tuple(span for span in spans if span.kind == "mark"))


def number_at(request: Request, index: int) -> int | float | None:
    """The number that a span is, whatever else it was taken for; None where it is none ("1.2.3"), or no such span."""
    if index >= len(request.spans) or not _NUMBER.fullmatch(text := request.surface(index)):
        return None
    value = float(text.replace(",", "").rstrip("%"))
    return int(value) if value.is_integer() else value


def _specials(text: str, now: datetime) -> list[tuple[Span, int, int]]:
    """Quotes, addresses, files and times, left to right, none inside another; with where they begin and end, marks included."""
    found = []
    for match in _SPECIAL.finditer(text):
        group = match.lastgroup or ""
        kind = "quote" if group in ("quote", "curly", "single") else group
        start, end = match.span(group)
        if kind == "quote":  # "Q3 plan," he wrote: the comma is not part of the title
            end -= len(text[start:end]) - len(text[start:end].rstrip(" ,.;"))
            if end <= start:
                continue
            kind = "file" if _FILE_END.search(text[start:end]) else kind
        found.append((Span(start, end, kind), match.start(), match.end()))
    taken = [(start, end) for _, start, end in found]
    for time in find_times(text, now):
        if all(time.end <= start or time.start >= end for start, end in taken):
            found.append((Span(time.start, time.end, "time" if time.clock else "day", time), time.start, time.end))
    return sorted(found, key=lambda item: item[1])


def _words(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _WORD.finditer(text, start, max(start, end)):
        kind = match.lastgroup or "word"
        if kind == "name":
            yield from _names(text, match.start(), match.end())
        else:
            yield Span(match.start(), match.end(), kind)


def _names(text: str, start: int, end: int) -> Iterator[Span]:
    """A capitalised run, less what is capitalised for another reason: the start of a sentence, words with a meaning."""
    run_start = None
    for match in re.finditer(r"\S+", text[start:end]):
        left, right = start + match.start(), start + match.end()
        opens = left == start and _SENTENCE_END.search(text[:left]) is not None
        if opens or match.group().lower() in SPOKEN:
            if run_start is not None:
                yield Span(run_start, left - 1, "name")
                run_start = None
            yield Span(left, right, "word")
        elif run_start is None and match.group().isdecimal():
            yield Span(left, right, "number")
        elif run_start is None:
            run_start = left
    if run_start is not None:
        yield Span(run_start, end, "name")


def render(request: Request, hidden: Collection[str] = HIDDEN) -> str:
    """The request as the compact prompt shows it: `<0> text<1><name>` ..., with index tokens only below MAX_SPANS.

    Of spans whose kind is `hidden` it shows the kind only, of others the text in small letters.
    """
    ordered = sorted(
        [*enumerate(request.spans), *((-1, mark) for mark in request.marks)], key=lambda pair: pair[1].start
    )
    return "".join(_shown(request, index, span, hidden) for index, span in ordered)


def _shown(request: Request, index: int, span: Span, hidden: Collection[str]) -> str:
    text = _plain(request.text[span.start : span.end].lower())
    if span.kind == "mark":
        return text
    pointer = f"<{index}>" if index < MAX_SPANS else ""
    return f"{pointer}<{span.kind}>" if span.kind in hidden else f"{pointer} {text}"


def _plain(text: str) -> str:
    """Text that cannot be mistaken for an added token of the vocabulary."""
    return text.replace("<", "‹").replace(">", "›")
