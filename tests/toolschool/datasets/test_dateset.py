"""DATESET made anew: right against other ways to compute a date, with the paper's counts, its splits apart."""

import re
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.dateset import FIRST, LAST, current_dates, generate, holidays
from toolschool.datasets.registry import load
from toolschool.datasets.splits import SPLITS
from toolschool.errors import DataError

FORMATS = {"day of the week": "%A", "day of the month": "%-d", "month": "%B", "year": "%Y"}
PATTERNS = {
    r"How many days (?:have passed since|is it until) (\w+ \d+, \d{4})\?": 400,
    r"Which (.+) was it (\d+) (\w+) ago\?": 800,
    r"Which (.+) will it be in (\d+) days?\?": 800,
    r"On which day of the week does (.+) fall\?": 400,
    r"Which (.+) (?:was it|is it|will it be) (the day before yesterday|yesterday|today|tomorrow|the day after tomorrow)\?": 4000,
    r"Which (.+) is (.+) this year\?": 1800,
    r"How many (days|full weeks) (?:are there until|have passed since) (.+) this year\?": 1200,
}
BETWEEN, AGO, AHEAD, WEEKDAY, NEAR, HOLIDAY, TO_HOLIDAY = PATTERNS
DAYS = {"the day before yesterday": -2, "yesterday": -1, "today": 0, "tomorrow": 1, "the day after tomorrow": 2}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return list(generate(0, 9400, "test"))


def matched(rows: list[dict[str, str]], pattern: str) -> list[tuple[date, tuple[str, ...], str]]:
    found = [(row, re.fullmatch(pattern, row["question"])) for row in rows]
    return [(date.fromisoformat(row["now"]), match.groups(), row["answer"]) for row, match in found if match]


def read(text: str) -> date:
    return datetime.strptime(text, "%B %d, %Y").date()


def test_counts_are_those_of_the_paper(rows: list[dict[str, str]]) -> None:
    assert {pattern: len(matched(rows, pattern)) for pattern in PATTERNS} == PATTERNS
    assert len({row["now"] for row in rows}) == 500


def test_differences_and_weekdays(rows: list[dict[str, str]]) -> None:
    for now, (other,), answer in matched(rows, BETWEEN):
        assert int(answer) == abs((read(other) - now).days)
        assert 0 < int(answer) <= 1461
    for now, (other,), answer in matched(rows, WEEKDAY):
        assert answer == read(other).strftime("%A")
        assert abs((read(other) - now).days) <= 1461


def test_moved_dates(rows: list[dict[str, str]]) -> None:
    for now, (asked, count), answer in matched(rows, AHEAD):
        assert answer == (now + timedelta(days=int(count))).strftime(FORMATS[asked])
    for now, (asked, words), answer in matched(rows, NEAR):
        assert answer == (now + timedelta(days=DAYS[words])).strftime(FORMATS[asked])
    units = set()
    for now, (asked, count, unit), answer in matched(rows, AGO):
        units.add(unit.rstrip("s"))
        if unit.startswith(("month", "year")):
            months = now.year * 12 + now.month - 1 - int(count) * (12 if unit.startswith("year") else 1)
            day = date(months // 12, months % 12 + 1, now.day)
        else:
            day = now - timedelta(days=int(count) * (7 if unit.startswith("week") else 1))
        assert answer == day.strftime(FORMATS[asked])
        assert now - day <= timedelta(days=1461)
    assert units == {"day", "week", "month", "year"}


def test_holidays_in_questions(rows: list[dict[str, str]]) -> None:
    for now, (asked, name), answer in matched(rows, HOLIDAY):
        assert answer == holidays(now.year)[name].strftime(FORMATS[asked])
    for now, (unit, name), answer in matched(rows, TO_HOLIDAY):
        days = abs((holidays(now.year)[name] - now).days)
        assert days > 0
        assert int(answer) == (days if unit == "days" else days // 7)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Thanksgiving", "2023-11-23"), ("Memorial Day", "2021-05-31"), ("Labor Day", "2024-09-02"),
        ("Easter Sunday", "2024-03-31"), ("Good Friday", "2019-04-19"), ("Mother's Day", "2022-05-08"),
        ("Father's Day", "2025-06-15"), ("Martin Luther King Jr. Day", "2017-01-16"), ("Presidents' Day", "2018-02-19"),
        ("Christmas Day", "2020-12-25"),
    ],
)  # fmt: skip
def test_known_holidays(name: str, day: str) -> None:
    assert holidays(int(day[:4]))[name] == date.fromisoformat(day)


@given(st.integers(2000, 2029))
def test_holidays_by_rule_fall_where_they_may(year: int) -> None:
    days = holidays(year)
    assert all(day.year == year for day in days.values())
    assert date(year, 11, 22) <= days["Thanksgiving"] <= date(year, 11, 28)
    assert date(year, 5, 25) <= days["Memorial Day"] <= date(year, 5, 31)
    assert date(year, 3, 22) <= days["Easter Sunday"] <= date(year, 4, 25)


def test_deterministic_and_apart() -> None:
    assert list(generate(1, 50, "train")) == list(generate(1, 80, "train"))[:50]
    own = {split: {day for seed in range(3) for day in current_dates(seed, split)} for split in SPLITS}
    assert all(FIRST <= day <= LAST for days in own.values() for day in days)
    for one, other in combinations(SPLITS, 2):
        assert not own[one] & own[other]


def test_a_short_run_is_mixed_and_the_registry_knows_it() -> None:
    rows = list(load("dateset", split="validation", limit=94, seed=5, purpose="select"))
    assert Counter(len(matched([row], NEAR)) for row in rows)[1] == 40
    assert any(matched([row], HOLIDAY) for row in rows[:15])
    with pytest.raises(DataError, match="no split"):
        next(generate(0, 1, "dev"))
