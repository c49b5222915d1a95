"""Dates and times in a request: where they stand, and what they mean by a clock that is passed in.

    find_times("lunch on Thursday at noon", now=datetime(2025, 3, 5, 14, 20))

General date parsers disagree with each other on the cases people dictate most ("next Friday", "at 3") and their search
functions report spans that swallow neighbouring words, so the few rules that matter are written down here:

- a weekday alone or with on/this is its next occurrence strictly after today; "next Friday" is the one of the next ISO week;
- a month and day without a year is its next occurrence, today included;
- a bare hour after "at" is 1-7 in the afternoon, 8-11 in the morning, 12 at noon;
- a clock without a day belongs to the nearest day named before it in the request, else after it; else today, or tomorrow when it has passed;
- the end of a stretch ("from 10 PM to 1 AM") is the first such clock after its start.

English only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
PARTS_OF_DAY = {"morning": time(9), "afternoon": time(14), "evening": time(18), "tonight": time(20), "night": time(20)}
NUMBER_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty-five": 45,
}  # fmt: skip


@dataclass(frozen=True)
class TimeSpan:
    """Characters `start:end` of a request, with the day and/or clock they name."""

    start: int
    end: int
    day: date | None
    clock: time | None

    @property
    def value(self) -> datetime:
        """The moment meant; midnight where only a day is named. Call `find_times` first: it fills in the day."""
        if self.day is None:
            raise ValueError("a clock without a day has no value yet")
        return datetime.combine(self.day, self.clock or time())


_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_COUNT = rf"(?:\d{{1,3}}|{'|'.join(NUMBER_WORDS)})"
_DAY = "|".join(
    (
        r"(?P<iso>\d{4}-\d{2}-\d{2})",
        r"(?P<us>\d{1,2}/\d{1,2}(?:/\d{2,4})?)",
        r"(?P<after>(?:the )?day after tomorrow)",
        r"(?P<near>today|tomorrow|tmrw|tonight)",
        rf"(?P<ago>in {_COUNT} (?:day|week|month)s?(?: from now| time)?|{_COUNT} (?:day|week|month)s? from (?:now|today))",
        r"(?P<nextunit>next (?:week|month|year))",
        rf"(?P<week>(?:(?P<which>next|this|coming)(?: coming)? )?(?P<weekday>{_WEEKDAY}))",
        rf"(?P<md>(?P<m1>{_MONTH})\.? (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?!:)(?:,? (?P<y1>\d{{4}}))?)",
        rf"(?P<dm>(?:the )?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<m2>{_MONTH})\b(?:,? (?P<y2>\d{{4}}))?)",
    )
)
_HOUR = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_TO = r" ?(?:-|–|to|until|till|and) ?"
_CLOCK = "|".join(
    (
        r"(?P<noon>noon|midday|midnight)",
        rf"(?P<quarters>half past|quarter past|quarter to) (?P<past>\d{{1,2}}|{_HOUR})\b",
        rf"(?:at|by|around) (?P<word>{_HOUR})(?= o'clock|[.,;!?]|$| (?:on|today|tomorrow|tonight|in|this|next|sharp|with|and)\b)(?: o'clock)?",
        rf"(?P<from>\d{{1,2}})(?:[:.](?P<minfrom>\d{{2}}))?(?={_TO}(?P<till>\d{{1,2}})(?:[:.]\d{{2}})? ?(?P<tillhalf>[ap])\.?m\b)",
        r"(?P<h12>\d{1,2})(?:[:.](?P<min12>\d{2}))? ?(?P<half>[ap]m\b|[ap]\.m\.?)",
        r"(?P<h24>\d{1,2}):(?P<min24>\d{2})(?::\d{2})?",
        r"(?:at|by|around) (?P<bare>\d{1,2})(?![:.]?\d|(?: ?[ap]\.?m\b)| ?(?:%|minutes|mins|hours|people|days|weeks|/|-)|\w|(?-i: [A-Z]))(?: ?o'?clock)?",
        r"(?:(?:in the|this|at) )?(?P<part>morning|afternoon|evening|night)(?! (?:of|shift|report|notes?|run|club))",
    )
)
_RELATIVE = rf"in (?P<rel>{_COUNT}|half an) (?P<relunit>minute|min|hour|hr)s?\b"
_WEEKDAY_NAMES = {*WEEKDAYS, *(day[:3] for day in WEEKDAYS)}
_ONE = re.compile(rf"\b(?:{_RELATIVE}|(?:on )?(?:{_DAY})\b|{_CLOCK})", re.IGNORECASE)
_GLUE = re.compile(r"(?:,? ?(?:at|on|by|around|in the|from)? ?)$", re.IGNORECASE)
_LEAD = re.compile(r"(?:on|at|by|around) ", re.IGNORECASE)
_TILL = re.compile(r"\s*(?:-|–|to|till|until)\s*", re.IGNORECASE)


def find_times(text: str, now: datetime) -> list[TimeSpan]:
    """Every time named in `text`, left to right, days filled in; phrases such as "tomorrow at 3pm" are one span."""
    return _inherit(text, [span for span in _merge(text, _single(text, now)) if span], now)


def _single(text: str, now: datetime) -> list[TimeSpan]:
    spans = []
    for match in _ONE.finditer(text):
        span = _read(match, now)
        if span and not _is_name(match, text):
            lead = _LEAD.match(match.group())
            spans.append(replace(span, start=match.start() + (lead.end() if lead else 0)))
    return spans


def _is_name(match: re.Match[str], text: str) -> bool:
    """`sat`, `sun` and `wed` are days only where they are written as such or stand where a day would."""
    word = match.group("weekday") or ""
    if word not in ("sat", "sun", "wed") or match.group("which") or match.group().lower().startswith("on "):
        return False
    before, after = text[: match.start()], text[match.end() :]
    return not (
        re.search(r"\b(?:by|until|every|for|from) $", before) or re.match(r",? (?:at|morning|evening|noon|\d)", after)
    )


def _merge(text: str, spans: Sequence[TimeSpan]) -> list[TimeSpan]:
    """Join a day and a clock that stand side by side, in either order."""
    merged: list[TimeSpan] = []
    for span in spans:
        last = merged[-1] if merged else None
        if last and _GLUE.fullmatch(text[last.end : span.start]):
            if last.clock is None and span.day is None:
                merged[-1] = replace(last, end=span.end, clock=span.clock)
                continue
            if last.day is None and span.clock is None:
                merged[-1] = replace(last, end=span.end, day=span.day)
                continue
            if last.day and span.day and last.clock is None and text[last.start : last.end].lower() in _WEEKDAY_NAMES:
                merged[-1] = replace(span, start=last.start)  # "Friday, June 5": the date decides
                continue
            clock = _with_part(text, last, span)
            if clock and (span.day is None or last.day is None):
                merged[-1] = replace(last, end=span.end, day=last.day or span.day, clock=clock)
                continue
        merged.append(span)
    return merged


def _with_part(text: str, first: TimeSpan, second: TimeSpan) -> time | None:
    """ "6 in the evening", "tomorrow morning at 6": the clock of the one in the half of the day of the other."""
    for clock, other in ((first.clock, second), (second.clock, first)):
        words = text[other.start : other.end].lower()
        part = next((part for part in PARTS_OF_DAY if part in words), None)
        if clock and other.clock and part:
            return clock.replace(hour=clock.hour % 12 + (0 if part == "morning" else 12))
    return None


def _inherit(text: str, spans: Sequence[TimeSpan], now: datetime) -> list[TimeSpan]:
    days = [span.day for span in spans]
    filled: list[TimeSpan] = []
    for index, span in enumerate(spans):
        if span.day is None and span.clock is not None:
            last = filled[-1] if filled else None
            if last and last.clock and _TILL.fullmatch(text[last.end : span.start]):
                day = _first_after(last.value, span.clock)
            else:
                before = next((day for day in reversed(days[:index]) if day), None)
                after = next((day for day in days[index + 1 :] if day), None)
                day = before or after or _first_after(now, span.clock)
            span = replace(span, day=day)
        filled.append(span)
    return filled


def _first_after(moment: datetime, clock: time) -> date:
    """The day on which the clock next shows that time."""
    return moment.date() + timedelta(days=int(datetime.combine(moment.date(), clock) <= moment))


def _read(match: re.Match[str], now: datetime) -> TimeSpan | None:
    """One match as a span; None where the digits are no date or time after all (13:75, 40/50)."""
    try:
        if match.group("rel"):
            return _relative(match, now)
        day, clock = _day(match, now.date()), _clock(match)
    except ValueError:
        return None
    if match.group("near") and match.group("near").lower() == "tonight":
        clock = PARTS_OF_DAY["tonight"]
    if day is None and clock is None:
        return None
    return TimeSpan(match.start(), match.end(), day, clock)


def _relative(match: re.Match[str], now: datetime) -> TimeSpan:
    amount = 0.5 if match.group("rel").lower() == "half an" else float(_count(match.group("rel")))
    hours = match.group("relunit").lower().startswith("h")
    moment = now + (timedelta(hours=amount) if hours else timedelta(minutes=amount))
    return TimeSpan(match.start(), match.end(), moment.date(), moment.time().replace(microsecond=0))


def _count(word: str) -> int:
    return int(word) if word.isdigit() else NUMBER_WORDS[word.lower()]


def _day(match: re.Match[str], today: date) -> date | None:
    if match.group("iso"):
        return date.fromisoformat(match.group("iso"))
    if match.group("us"):
        parts = [int(part) for part in match.group("us").split("/")]
        return _calendar_day(parts[0], parts[1], parts[2] if len(parts) > 2 else None, today)
    if match.group("after"):
        return today + timedelta(days=2)
    if match.group("near"):
        return today + timedelta(days=int(match.group("near").lower() in ("tomorrow", "tmrw")))
    if match.group("ago"):
        words = match.group("ago").lower().removeprefix("in ").split()
        return add_units(today, _count(words[0]), words[1].rstrip("s"))
    if match.group("nextunit"):
        return add_units(today, 1, match.group("nextunit").lower().split()[1])
    if match.group("week"):
        return _weekday(match.group("weekday"), (match.group("which") or "").lower(), today)
    for day, month, year in (("d1", "m1", "y1"), ("d2", "m2", "y2")):
        if match.group(day):
            number = next(i for i, name in enumerate(MONTHS, 1) if name.startswith(match.group(month).lower()[:3]))
            return _calendar_day(number, int(match.group(day)), int(match.group(year) or 0) or None, today)
    return None


def add_units(day: date, count: int, unit: str) -> date:
    """`day` plus days, weeks, months or years; the end of a shorter month is kept inside it."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (first_of_next - timedelta(days=1)).day))


def _calendar_day(month: int, day: int, year: int | None, today: date) -> date:
    if year is not None:
        return date(year if year > 99 else 2000 + year, month, day)
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def _weekday(name: str, which: str, today: date) -> date:
    number = next(i for i, full in enumerate(WEEKDAYS) if full.startswith(name.lower()[:3]))
    if which == "next":
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(days=7 + number)
    return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def _clock(match: re.Match[str]) -> time | None:
    if match.group("noon"):
        return time(0) if match.group("noon").lower() == "midnight" else time(12)
    if match.group("quarters"):
        return _quarters(match.group("quarters").lower(), _hour(match.group("past")))
    if match.group("word"):
        return time(_awake(_hour(match.group("word"))))
    if match.group("from"):
        return _range_start(match)
    if match.group("h12"):
        hour = int(match.group("h12"))
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        afternoon = match.group("half").lower().startswith("p")
        return time(hour % 12 + 12 * afternoon, int(match.group("min12") or 0))
    if match.group("h24"):
        hour = int(match.group("h24"))
        return time(hour, int(match.group("min24")))
    if match.group("bare"):
        return time(_awake(int(match.group("bare"))))
    if match.group("part"):
        return PARTS_OF_DAY[match.group("part").lower()]
    return None


def _hour(word: str) -> int:
    return int(word) if word.isdigit() else _HOUR.split("|").index(word.lower()) + 1


def _awake(hour: int) -> int:
    """A bare hour: 1-7 in the afternoon, the others as they are."""
    return hour + 12 if 1 <= hour <= 7 else hour


def _quarters(words: str, hour: int) -> time:
    """ "quarter to three" is 14:45."""
    if words == "quarter to":
        return time((_awake(hour) - 1) % 24, 45)
    return time(_awake(hour), 30 if words == "half past" else 15)


def _range_start(match: re.Match[str]) -> time:
    """The 2 of "2 to 4 pm" is in the half of the day of the 4, the 11 of "11 to 2 pm" in the other."""
    first, last = int(match.group("from")), int(match.group("till"))
    if not (1 <= first <= 12 and 1 <= last <= 12):
        raise ValueError("no such hour")
    afternoon = (match.group("tillhalf").lower() == "p") == (first % 12 <= last % 12)
    return time(first % 12 + 12 * afternoon, int(match.group("minfrom") or 0))
