"""Questions about dates that can only be answered by who knows what day it is: DATESET, made anew.

    for row in generate(seed=0, count=9400, split="test"): row["now"], row["question"], row["answer"]

A row is `{id, split, now, question, answer}`; `now` is the simulated current date (ISO), which a calendar tool returns. Source:
Toolformer (arXiv 2302.04761, appendix D): 500 current dates, other dates within four years of them, and of 9,400 questions as
many of each kind as KINDS says; the wording is our own. A current date belongs to one split by its hash, and so does a pair of
date and question. Limits: holidays as in the United States; a question may come again.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache

from toolschool.datasets.desk.dates import MONTHS, WEEKDAYS
from toolschool.datasets.splits import by_shares, guard

FIRST, LAST = date(2000, 1, 1), date(2029, 12, 31)
CURRENT_DATES = 500
MOST = {"days": 1461, "weeks": 208, "months": 48, "years": 4}  # four years

ASKED: Mapping[str, Callable[[date], str]] = {
    "day of the week": lambda day: WEEKDAYS[day.weekday()],
    "day of the month": lambda day: str(day.day),
    "month": lambda day: MONTHS[day.month - 1],
    "year": lambda day: str(day.year),
}
NEAR = {
    "was it the day before yesterday": -2,
    "was it yesterday": -1,
    "is it today": 0,
    "will it be tomorrow": 1,
    "will it be the day after tomorrow": 2,
}


def generate(seed: int, count: int, split: str) -> Iterator[dict[str, str]]:
    """`count` rows of a split; row `i` depends on (seed, split, i) only."""
    guard("dateset", split, "test")
    days = current_dates(seed, split)
    for index in range(count):
        now = days[index % len(days)]
        rng = random.Random(f"dateset/{split}/{seed}/{index}")
        question, answer = _SCHEDULE[index % len(_SCHEDULE)](rng, now)
        yield {
            "id": f"dateset-{split}-{seed}-{index}",
            "split": split,
            "now": now.isoformat(),
            "question": question,
            "answer": answer,
        }


@cache
def current_dates(seed: int, split: str) -> tuple[date, ...]:
    """The days that are today in some row of a split."""
    days = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    own = [day for day in days if by_shares(f"dateset:{day.isoformat()}", train=50, validation=10) == split]
    return tuple(random.Random(f"dateset/{split}/{seed}").sample(own, CURRENT_DATES))


def holidays(year: int) -> dict[str, date]:
    """The holidays of a year by name."""
    from dateutil.easter import easter

    return {
        "New Year's Day": date(year, 1, 1),
        "Martin Luther King Jr. Day": _nth(year, 1, calendar.MONDAY, 3),
        "Valentine's Day": date(year, 2, 14),
        "Presidents' Day": _nth(year, 2, calendar.MONDAY, 3),
        "Saint Patrick's Day": date(year, 3, 17),
        "Good Friday": easter(year) - timedelta(days=2),
        "Easter Sunday": easter(year),
        "Mother's Day": _nth(year, 5, calendar.SUNDAY, 2),
        "Memorial Day": _nth(year, 5, calendar.MONDAY, -1),
        "Father's Day": _nth(year, 6, calendar.SUNDAY, 3),
        "Independence Day": date(year, 7, 4),
        "Labor Day": _nth(year, 9, calendar.MONDAY, 1),
        "Halloween": date(year, 10, 31),
        "Veterans Day": date(year, 11, 11),
        "Thanksgiving": _nth(year, 11, calendar.THURSDAY, 4),
        "Christmas Day": date(year, 12, 25),
        "New Year's Eve": date(year, 12, 31),
    }


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth such weekday of a month; -1 is the last."""
    days = [week[weekday] for week in calendar.monthcalendar(year, month) if week[weekday]]
    return date(year, month, days[nth - 1 if nth > 0 else nth])


def _days_between(rng: random.Random, now: date) -> tuple[str, str]:
    count = rng.randint(1, MOST["days"])
    if rng.random() < 0.5:
        return f"How many days have passed since {_written(now - timedelta(days=count))}?", str(count)
    return f"How many days is it until {_written(now + timedelta(days=count))}?", str(count)


def _some_time_ago(rng: random.Random, now: date) -> tuple[str, str]:
    from dateutil.relativedelta import relativedelta

    # Not every month has a 29th, and what "two months ago" means then is a matter of taste.
    unit = rng.choice(("days", "weeks", "months", "years") if now.day <= 28 else ("days", "weeks"))
    count = rng.randint(1, MOST[unit])
    asked, read = rng.choice(list(ASKED.items()))
    day = now - relativedelta(**{unit: count})
    return f"Which {asked} was it {_counted(count, unit)} ago?", read(day)


def _in_some_days(rng: random.Random, now: date) -> tuple[str, str]:
    count = rng.randint(1, MOST["days"])
    asked, read = rng.choice(list(ASKED.items()))
    return f"Which {asked} will it be in {_counted(count, 'days')}?", read(now + timedelta(days=count))


def _weekday(rng: random.Random, now: date) -> tuple[str, str]:
    day = now + timedelta(days=rng.randint(-MOST["days"], MOST["days"]))
    return f"On which day of the week does {_written(day)} fall?", ASKED["day of the week"](day)


def _near(rng: random.Random, now: date) -> tuple[str, str]:
    words, days = rng.choice(list(NEAR.items()))
    asked, read = rng.choice(list(ASKED.items()))
    return f"Which {asked} {words}?", read(now + timedelta(days=days))


def _holiday(rng: random.Random, now: date) -> tuple[str, str]:
    name, day = rng.choice(list(holidays(now.year).items()))
    asked = rng.choice(("day of the week", "day of the month", "month"))
    return f"Which {asked} is {name} this year?", ASKED[asked](day)


def _to_holiday(rng: random.Random, now: date) -> tuple[str, str]:
    name, day = rng.choice([(name, day) for name, day in holidays(now.year).items() if day != now])
    days = abs((day - now).days)
    unit, count = rng.choice((("days", days), ("full weeks", days // 7)))
    return f"How many {unit} {'are there until' if day > now else 'have passed since'} {name} this year?", str(count)


def _written(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit.removesuffix('s') if count == 1 else unit}"


Kind = Callable[[random.Random, date], tuple[str, str]]
KINDS: Mapping[Kind, int] = {
    _days_between: 400,
    _some_time_ago: 800,
    _in_some_days: 800,
    _weekday: 400,
    _near: 4000,
    _holiday: 1800,
    _to_holiday: 1200,
}
# Any 94 rows in a row hold the kinds in these shares, mixed, so that a short run is a fair sample.
_SHARES = [count // 100 for count in KINDS.values()]
_SCHEDULE: list[Kind] = random.Random(0).sample(list(KINDS), sum(_SHARES), counts=_SHARES)
