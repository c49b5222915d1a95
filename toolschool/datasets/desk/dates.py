"""Dates and times as people write them, each with the moment it means, relative to the example's own clock.

The rules (another module resolves the same phrases from the query, so they are fixed here): a weekday alone, "on" or
"this" Friday is the next one strictly after today; "next Friday" the Friday of the following ISO week; a month and a
day without year the next such date, today included; numeric dates are US (month/day/year); a bare hour 1-7 is
afternoon, 8-11 morning, 12 noon; morning 9, noon 12, afternoon 14, evening 18, tonight 20, midnight 0 o'clock of the
day named; a clock without a date belongs to the day named last before it in the request, else it is today if still
ahead, else tomorrow; a date without clock is 9 o'clock where a moment is needed; neither date nor clock is now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from toolschool.datasets.desk.draw import Draw

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NINE = time(9)


@dataclass(frozen=True)
class When:
    """A phrase and what it means. `clock` is None when the phrase names a day only."""

    text: str
    day: date
    clock: time | None
    end: datetime | None = None
    minutes: int | None = None  # a duration that the phrase names

    @property
    def start(self) -> datetime:
        return datetime.combine(self.day, self.clock or NINE)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def weekday_after(today: date, weekday: int) -> date:
    """The next such weekday strictly after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def weekday_next_week(today: date, weekday: int) -> date:
    """That weekday of the following ISO week."""
    return today - timedelta(days=today.weekday()) + timedelta(days=7 + weekday)


def next_month_day(today: date, month: int, day: int) -> date:
    """The next such date, today included; `day` must exist in every year."""
    candidate = date(today.year, month, day)
    return candidate if candidate >= today else date(today.year + 1, month, day)


def roll(now: datetime, clock: time) -> date:
    """The day of a clock time without date: today if it is still ahead, else tomorrow."""
    return now.date() if datetime.combine(now.date(), clock) > now else now.date() + timedelta(days=1)


def ordinal(day: int) -> str:
    return f"{day}{'th' if 10 <= day % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def _number(draw: Draw, n: int) -> str:
    return NUMBERS[n] if n <= 10 and draw.chance(0.4) else str(n)


def day_phrase(draw: Draw) -> tuple[str, date]:
    """A phrase that names a day, with its preposition: 'on Friday', 'tomorrow', 'March 5th'."""
    today, kind = draw.now.date(), draw.rng.random()
    if kind < 0.3:
        return "tomorrow", today + timedelta(days=1)
    if kind < 0.34:
        return "today", today
    if kind < 0.37:
        return draw.pick(("the day after tomorrow", "day after tomorrow")), today + timedelta(days=2)
    weekday = draw.rng.randrange(7)
    name = WEEKDAYS[weekday]
    if kind < 0.5:
        return f"on {name}", weekday_after(today, weekday)
    if kind < 0.57:
        return draw.pick((f"this {name}", name, f"this coming {name}")), weekday_after(today, weekday)
    if kind < 0.74:
        return f"next {name}", weekday_next_week(today, weekday)
    if kind < 0.77:
        return "next week", today + timedelta(days=7)
    if kind < 0.82:
        if draw.chance(0.6):
            n = draw.rng.randint(2, 10)
            return f"in {_number(draw, n)} days", today + timedelta(days=n)
        n = draw.rng.randint(2, 6)
        return f"in {_number(draw, n)} weeks", today + timedelta(days=7 * n)
    return _calendar_day(draw, today)


def _calendar_day(draw: Draw, today: date) -> tuple[str, date]:
    day = today + timedelta(days=draw.rng.randint(1, 300))
    if day.day > 28:
        day = day.replace(day=28)
    month = MONTHS[day.month - 1]
    short = month[:3] if day.month != 5 else month
    kind = draw.rng.random()
    if kind < 0.55:  # no year: the next such date
        resolved = next_month_day(today, day.month, day.day)
        form = draw.pick((
            "on {m} {d}", "on {m} {o}", "on the {o} of {m}", "on {s} {d}", "{m} {o}", "on {d} {m}", "on {s} {o}",
        ))  # fmt: skip
        return form.format(m=month, d=day.day, o=ordinal(day.day), s=short), resolved
    form = draw.pick((
        f"on {day.isoformat()}", f"on {day.month}/{day.day}/{day.year}",
        f"on {day.month:02}/{day.day:02}/{day.year}", day.isoformat(), f"on {month} {day.day}, {day.year}",
        f"on {month} {ordinal(day.day)}, {day.year}", f"on {day.day} {month} {day.year}",
    ))  # fmt: skip
    return form, day


def clock_phrase(draw: Draw) -> tuple[str, time]:
    """A clock time without preposition: '3:30 PM', '15:00', 'noon'."""
    kind = draw.rng.random()
    hour = draw.rng.choices(range(6, 22), (1, 2, 5, 8, 9, 7, 4, 5, 8, 8, 7, 6, 5, 4, 3, 1))[0]
    minute = draw.pick((0, 0, 0, 0, 0, 30, 30, 15, 45, 20))
    moment = time(hour, minute)
    half, twelve = "AM" if hour < 12 else "PM", (hour - 1) % 12 + 1
    if kind < 0.42:
        return f"{twelve}:{minute:02} {half}", moment
    if kind < 0.52:
        return f"{twelve}:{minute:02}{half.lower()}", moment
    if kind < 0.74:
        return draw.pick((
            f"{twelve} {half}", f"{twelve}{half.lower()}", f"{twelve}{half.lower()}", f"{twelve} {half.lower()}",
            f"{twelve}{half}",
        )), time(hour)  # fmt: skip
    if kind < 0.8:
        return f"{hour:02}:{minute:02}", moment
    if kind < 0.9:  # a bare hour
        n = draw.rng.randint(1, 12)
        return draw.pick((str(n), str(n), f"{n} o'clock")), time(bare_hour(n))
    if kind < 0.97:
        return "noon", time(12)
    return "midnight", time(0)


def bare_hour(n: int) -> int:
    """1-7 is afternoon, 8-11 morning, 12 noon."""
    return n + 12 if n <= 7 else n


DAY_PARTS = {"morning": time(9), "afternoon": time(14), "evening": time(18)}


def moment_phrase(draw: Draw) -> When:
    """A day with a clock time, in either order, or a part of the day, or 'in two hours'."""
    kind = draw.rng.random()
    if kind < 0.06:
        return _from_now(draw)
    if kind < 0.17:
        return _day_part(draw)
    clock_text, clock = clock_phrase(draw)
    if kind < 0.3 and (draw.days or draw.final):
        day = draw.days[-1] if draw.days else roll(draw.now, clock)
        return When(f"at {clock_text}", day, clock)
    day_text, day = day_phrase(draw)
    at = "," if draw.chance(0.05) else ""
    draw.days.append(day)
    if kind < 0.82 or not day_text[0].islower():  # not "at 12 2026-02-10"
        return When(f"{day_text}{at} at {clock_text}", day, clock)
    return When(f"at {clock_text} {day_text}", day, clock)


def _from_now(draw: Draw) -> When:
    if draw.chance(0.5):
        n = draw.pick((5, 10, 15, 20, 30, 45, 90))
        moment, text = draw.now + timedelta(minutes=n), f"in {_number(draw, n)} minutes"
    elif draw.chance(0.25):
        moment, text = draw.now + timedelta(hours=1), draw.pick(("in an hour", "in one hour", "in 1 hour"))
    else:
        n = draw.rng.randint(2, 8)
        moment, text = draw.now + timedelta(hours=n), f"in {_number(draw, n)} hours"
    draw.days.append(moment.date())
    return When(text, moment.date(), moment.time())


def _day_part(draw: Draw) -> When:
    today = draw.now.date()
    if draw.chance(0.3) and draw.now.hour < 19:
        draw.days.append(today)
        return When("tonight", today, time(20))
    name = draw.pick(tuple(DAY_PARTS))
    clock = DAY_PARTS[name]
    if draw.chance(0.2) and clock > draw.now.time() and draw.final and not draw.days:
        return When(f"this {name}", today, clock)
    day_text, day = day_phrase(draw)
    if day_text != "tomorrow" and day_text.split()[-1] not in WEEKDAYS:
        day_text, day = "tomorrow", today + timedelta(days=1)
    draw.days.append(day)
    if draw.chance(0.25):
        hour = (
            draw.rng.randint(8, 11)
            if name == "morning"
            else draw.rng.randint(2, 5)
            if name == "afternoon"
            else draw.rng.randint(6, 7)
        )
        return When(f"{day_text} {name} at {hour}", day, time(bare_hour(hour)))
    return When(f"{day_text} {name}", day, clock)


def day_only(draw: Draw) -> When:
    text, day = day_phrase(draw)
    draw.days.append(day)
    return When(text, day, None)


def span_phrase(draw: Draw) -> When:
    """'on Friday from 2 PM to 3:30 PM'."""
    hour = draw.rng.randint(8, 18)
    start = time(hour, draw.pick((0, 0, 0, 30)))
    minutes = draw.pick((30, 60, 60, 60, 90, 120, 120, 180))
    end = datetime.combine(date(2000, 1, 1), start) + timedelta(minutes=minutes)
    style = draw.rng.random()
    if style < 0.6:
        first, last = _long(start), _long(end.time())
    elif style < 0.85:
        first, last = _short(start), _short(end.time())
    else:
        first, last = f"{start:%H:%M}", f"{end:%H:%M}"
    day_text, day = day_phrase(draw)
    joined = draw.pick((
        f"from {first} to {last}", f"from {first} to {last}", f"between {first} and {last}",
        f"from {first} until {last}", f"{first}-{last}", f"{first} to {last}",
    ))  # fmt: skip
    text = f"{day_text} {joined}" if draw.days or draw.chance(0.85) or joined[0].isdigit() else f"{joined} {day_text}"
    draw.days.append(day)
    return When(text, day, start, end=datetime.combine(day, end.time()))


def _long(clock: time) -> str:
    return f"{(clock.hour - 1) % 12 + 1}:{clock.minute:02} {'AM' if clock.hour < 12 else 'PM'}"


def _short(clock: time) -> str:
    minute = f":{clock.minute:02}" if clock.minute else ""
    return f"{(clock.hour - 1) % 12 + 1}{minute}{'am' if clock.hour < 12 else 'pm'}"


def duration(draw: Draw) -> tuple[str, str, int]:
    """(after a preposition: '45 minutes', as adjective: '45-minute', minutes)."""
    if draw.chance(0.55):
        n = draw.pick((15, 20, 30, 30, 30, 45, 45, 90, 25, 40))
        return f"{n} minutes", draw.pick((f"{n}-minute", f"{n} minute", f"{n}-min")), n
    n = draw.pick((1, 1, 2, 2, 3))
    if n == 1:
        return draw.pick(("an hour", "one hour", "1 hour")), draw.pick(("one-hour", "1-hour", "hour-long")), 60
    return f"{_number(draw, n)} hours", f"{_number(draw, n)}-hour", 60 * n
