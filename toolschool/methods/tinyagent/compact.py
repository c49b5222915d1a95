"""The compact plan: the plan language with pointers into the request where a string only repeats it.

    1. get_email_address("<4>")
    2. create_calendar_event("<Aa><7><8>", "<at><9>", "<at><9>+60", "", ["$1"], "", None)

Inside string literals `<4>` is span 4 of the request, `<7><9>` the request's text from span 7 to span 9; `<Aa>` before a
pointer makes a title of it, `<A>` capitalises its first word; `<at><9>` is the moment span 9 names (`+60`: minutes later), `<on><9>` its
day, `<now>` the clock. Outside of them `<4>` is the number that span 4 is; only tools that no planner was trained on have such arguments.
`encode` writes only what `expand` turns back into the same string, except that with `lossy=True` (gold plans
whose clock is unknown or whose free text was invented) dates follow the spans that name them and free text keeps what the
request says. Pointing is what lets a model of five million parameters handle names it has never seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from toolschool.methods.tinyagent.spans import MAX_SPANS, Request
from toolschool.records import JsonValue, Plan

ARTICLES = frozenset({"a", "an", "the"})
FREE_TEXT = frozenset({"context", "content", "message", "notes"})
MIN_F1 = 0.5  # of tokens, below which invented free text is dropped (the threshold of args_strict, reference 9.2)
MAX_RANGE = 24  # spans one pointer pair may cover
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(?::\d{2})?)?")
_REFERENCE = re.compile(r"\$\{?\d+\}?")
_MONEY = re.compile(r"\$(?=[\d{$])")  # the user's own "$5" is escaped: it is never a reference
POINTER = re.compile(r"(<Aa>|<A>)?<(\d+)>(?:<(\d+)>)?")
FORMS = {"on": "%Y-%m-%d", "at": "%Y-%m-%d %H:%M:%S"}  # of the days and moments that `<on>` and `<at>` write
_MOMENT = re.compile(r"<(at|on)>(?:<(\d+)>|<now>)(?:\+(\d+))?")


def encode(plan: Plan, request: Request, argument_names: Mapping[str, tuple[str, ...]], lossy: bool = False) -> str:
    """A plan as compact text, one call a line. `argument_names` maps a tool to its arguments in order."""
    encoder = _Encoder(request, lossy)
    lines = []
    for call in plan.calls:
        names = argument_names.get(call.tool, ())
        texts = [encoder.value(value, names[i] if i < len(names) else "") for i, value in enumerate(call.args)]
        lines.append(f"{call.id}. {call.tool}({', '.join(texts)})\n")
    return "".join(lines)


def expand(text: str, request: Request) -> str:
    """A string literal as the model wrote it, its pointers replaced by escaped text. Never raises on model text."""
    text = _MOMENT.sub(lambda match: _moment(match, request), text)
    return POINTER.sub(lambda match: literal(_MONEY.sub("$$", pointed_text(match, request))), text)


def exact_pointer(text: str, request: Request) -> str | None:
    """The pointer that stands for exactly `text`, None if there is none."""
    return _exact_encoder(request).exact(text)


@lru_cache(maxsize=8)  # a grammar asks for every listed value, a row for every argument
def _exact_encoder(request: Request) -> _Encoder:
    return _Encoder(request, lossy=False)


def _moment(match: re.Match[str], request: Request) -> str:
    index = int(match.group(2)) if match.group(2) else None
    value = request.now
    if index is not None and index < len(request.spans):
        time = request.spans[index].time
        value = time.value if time else request.now
    value += timedelta(minutes=min(int(match.group(3) or 0), 10**6))
    return value.strftime(FORMS[match.group(1)])


def pointed_text(match: re.Match[str], request: Request) -> str:
    """What a match of POINTER points at, in the case that it asks for; "" where there is no such span."""
    first, last = int(match.group(2)), int(match.group(3) or match.group(2))
    if max(first, last) >= len(request.spans):
        return ""
    text = request.surface(first, last)
    if match.group(1):
        return title_case(text) if match.group(1) == "<Aa>" else text[:1].upper() + text[1:]
    return text


def literal(text: str) -> str:
    """The inside of a string literal that says this."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def title_case(text: str) -> str:
    """'review the report' -> 'Review Report': every word capitalised, its rest untouched, articles inside left out."""
    *words, last = text.split(" ")
    return " ".join(word[:1].upper() + word[1:] for word in [*(w for w in words if w not in ARTICLES), last])


@dataclass
class _Encoder:
    request: Request
    lossy: bool

    def __post_init__(self) -> None:
        text, lower = self.request.text, self.request.text.lower()
        self.lower = lower if len(lower) == len(text) else text  # a few letters change length with their case
        spans = self.request.spans[:MAX_SPANS]
        self.starts = {span.start: index for index, span in enumerate(spans)}
        self.ends = {span.end: index for index, span in enumerate(spans)}
        self.start: tuple[datetime, int | None] | None = None  # the last moment written, for ends relative to it

    @cached_property
    def loose(self) -> dict[str, str]:
        """Every stretch of the request, case and punctuation aside, and its pointer."""
        return self._pointers("", _normal)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Every stretch of the request as a title, and its pointer."""
        return self._pointers("<Aa>", title_case)

    @cached_property
    def loose_titles(self) -> dict[str, str]:
        """The same, case and punctuation aside."""
        return self._pointers("<Aa>", lambda surface: _normal(title_case(surface)))

    def _pointers(self, prefix: str, written: Callable[[str], str]) -> dict[str, str]:
        """What `written` makes of every stretch, and the pointer to the first and shortest stretch it makes that of."""
        found: dict[str, str] = {}
        for first, last in _ranges(self.request):
            found.setdefault(written(self.request.surface(first, last)), _pointer(prefix, first, last))
        return found

    def exact(self, text: str) -> str | None:
        """The pointer that expands to exactly `text`, None if there is none."""
        best: dict[str, str] = {}
        for first, last in self._occurrences(text.lower() if self.lower is not self.request.text else text):
            surface = self.request.surface(first, last)
            for prefix, form in (("", surface), ("<A>", surface[:1].upper() + surface[1:])):
                if form == text:
                    best.setdefault(prefix, _pointer(prefix, first, last))
        return best.get("") or best.get("<A>") or (self.titles.get(text) if text[:1].isupper() else None)

    def _occurrences(self, text: str) -> Iterator[tuple[int, int]]:
        position = self.lower.find(text)
        while position >= 0:
            first, last = self.starts.get(position), self.ends.get(position + len(text))
            if first is not None and last is not None and 0 <= last - first < MAX_RANGE:
                yield first, last
            position = self.lower.find(text, position + 1)

    def value(self, value: JsonValue, name: str) -> str:
        if isinstance(value, list):
            return "[" + ", ".join(self.value(item, name) for item in value) + "]"
        if not isinstance(value, str):
            return repr(value)
        return f'"{self._string(value, name)}"'

    def _string(self, text: str, name: str) -> str:
        if not text or _REFERENCE.fullmatch(text):
            return text
        if _DATE.fullmatch(text):
            return self._date(text)
        if pointer := self.exact(text):
            return pointer
        if self.lossy and text[:1].isupper() and _normal(text) in self.loose_titles:
            return self.loose_titles[_normal(text)]
        if self.lossy and _normal(text) in self.loose:
            return self.loose[_normal(text)]
        if self.lossy and name in FREE_TEXT:
            return self._free(text)
        return self._beside_references(text) or _spell(text)

    def _beside_references(self, text: str) -> str | None:
        """'the way there $2' with a pointer for its words; None where some words are not the request's."""
        pieces = re.split(rf"({_REFERENCE.pattern}|\s+(?={_REFERENCE.pattern})|(?<=\d)\s+)", text)
        kept = ("", " ")
        done = [piece if piece in kept or _REFERENCE.fullmatch(piece) else self.exact(piece) for piece in pieces]
        return None if len(pieces) == 1 or None in done else "".join(filter(None, done))

    def _free(self, text: str) -> str:
        """References in their order, and the stretch of the request that says most of the rest."""
        references = " ".join(dict.fromkeys(_REFERENCE.findall(text)))
        words = _normal(_REFERENCE.sub(" ", text)).split()
        pointer, score = self._best_range(words)
        return " ".join(part for part in (pointer if score >= MIN_F1 else "", references) if part)

    def _best_range(self, words: list[str]) -> tuple[str, float]:
        wanted = set(words)
        best = ("", 0.0)
        for normal, pointer in self.loose.items():
            have = normal.split()
            common = len(wanted & set(have))
            score = 2 * common / (len(words) + len(have)) if common else 0.0
            if score > best[1]:
                best = (pointer, score)
        return best

    def _date(self, text: str) -> str:
        match = _DATE.fullmatch(text)
        assert match
        clock = match.group(2)
        value = datetime.fromisoformat(f"{match.group(1)} {clock or '00:00'}")
        index, minutes = (self._follow if self.lossy else self._resolve)(value, clock is not None)
        if index is None and minutes is None:
            return text
        self.start = (value, index)
        point = "<now>" if index is None else f"<{index}>"
        later = f"+{minutes}" if minutes else ""
        return f"<{'at' if clock else 'on'}>{point}{later}"

    def _resolve(self, value: datetime, clock: bool) -> tuple[int | None, int | None]:
        """The span whose moment this is, or minutes after one; (None, None) when the request does not say."""
        for index, span in self.request.times:
            if span.value == value or (not clock and span.value.date() == value.date()):
                return index, 0
        if not clock and value.date() == self.request.now.date():
            return None, 0
        points: list[tuple[int | None, datetime]] = [(index, span.value) for index, span in self.request.times]
        if self.start:  # the end of what was just started comes first
            begun = self.start[0]
            points.sort(key=lambda point: point[1] != begun)
        points.append((None, self.request.now.replace(microsecond=0)))
        for point, moment in points:
            minutes = (value - moment).total_seconds() / 60
            if 0 <= minutes <= 24 * 60 and minutes == int(minutes):
                return point, int(minutes)
        return None, None

    def _follow(self, value: datetime, clock: bool) -> tuple[int | None, int | None]:
        """Clock unknown: an end follows its start; else the first span with this time of day, else the first span."""
        times = self.request.times
        same = [i for i, span in times if span.clock == value.time() and clock]
        if self.start and clock and value > self.start[0] and (value - self.start[0]) <= timedelta(hours=12):
            exact = [i for i in same if self.start[1] is None or i > self.start[1]]
            if exact:
                return exact[0], 0
            return self.start[1], int((value - self.start[0]).total_seconds() / 60)
        days = [i for i, span in times if span.clock is None]
        order = same or (days if not clock or value.time() == datetime.min.time() else []) or [i for i, _ in times]
        return (order[0], 0) if order else (None, 0)


def _pointer(prefix: str, first: int, last: int) -> str:
    return f"{prefix}<{first}>" if last == first else f"{prefix}<{first}><{last}>"


def _ranges(request: Request) -> Iterator[tuple[int, int]]:
    count = min(len(request.spans), MAX_SPANS)
    for length in range(MAX_RANGE):
        for first in range(count - length):
            yield first, first + length


def _normal(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _spell(text: str) -> str:
    """The inside of a literal; an escaped `<` cannot be taken for an added token."""
    return literal(text).replace("<", "\\x3c")
