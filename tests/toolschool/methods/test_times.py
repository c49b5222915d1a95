"""What people mean by a time, by a clock that stands still: Wednesday, 5 March 2025, 14:20."""

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.methods.tinyagent.times import find_times

NOW = datetime(2025, 3, 5, 14, 20)


@pytest.mark.parametrize(
    ("text", "phrase", "value"),
    [
        ("exhibition for next Monday at 10:00 AM at the office", "next Monday at 10:00 AM", "2025-03-10 10:00"),
        ("renew my passport next Friday", "next Friday", "2025-03-14 00:00"),
        ("call her on Friday", "Friday", "2025-03-07 00:00"),
        ("a review tomorrow at 3pm with Ahmed", "tomorrow at 3pm", "2025-03-06 15:00"),
        ("the day after tomorrow at 15:00", "the day after tomorrow at 15:00", "2025-03-07 15:00"),
        ("phone her at 6 with Lena", "6", "2025-03-05 18:00"),
        ("phone her at 9", "9", "2025-03-06 09:00"),
        ("3:30 p.m. tomorrow", "3:30 p.m. tomorrow", "2025-03-06 15:30"),
        ("on the 5th of May 2026, 9 am", "the 5th of May 2026, 9 am", "2026-05-05 09:00"),
        ("due by June 5th", "June 5th", "2025-06-05 00:00"),
        ("due by March 1", "March 1", "2026-03-01 00:00"),
        ("on 6/5 at 4", "6/5 at 4", "2025-06-05 16:00"),
        ("Friday, June 6 at noon", "Friday, June 6 at noon", "2025-06-06 12:00"),
        ("on Friday at 3:00 PM. Invite", "Friday at 3:00 PM", "2025-03-07 15:00"),
        ("in two weeks", "in two weeks", "2025-03-19 00:00"),
        ("in 20 minutes", "in 20 minutes", "2025-03-05 14:40"),
        ("in half an hour", "in half an hour", "2025-03-05 14:50"),
        ("tomorrow morning at 6", "tomorrow morning at 6", "2025-03-06 06:00"),
        ("this Friday evening at 7", "this Friday evening at 7", "2025-03-07 19:00"),
        ("tonight", "tonight", "2025-03-05 20:00"),
        ("at midnight", "midnight", "2025-03-06 00:00"),
        ("next month", "next month", "2025-04-05 00:00"),
        ("at 8 tonight", "8 tonight", "2025-03-05 20:00"),
        ("half past two tomorrow", "half past two tomorrow", "2025-03-06 14:30"),
        ("Friday, quarter to 9", "Friday, quarter to 9", "2025-03-07 08:45"),
        ("dinner at seven with Mo", "seven", "2025-03-05 19:00"),
        ("by ten o'clock tomorrow", "ten o'clock tomorrow", "2025-03-06 10:00"),
        ("gym on sat at 10am", "sat at 10am", "2025-03-08 10:00"),
        ("lunch wed at 1pm", "wed at 1pm", "2025-03-12 13:00"),
    ],
)
def test_one_time(text: str, phrase: str, value: str) -> None:
    (span,) = find_times(text, NOW)
    assert (text[span.start : span.end], span.value.strftime("%Y-%m-%d %H:%M")) == (phrase, value)


def test_a_clock_takes_the_day_named_before_it() -> None:
    spans = find_times("lunch on Thursday with Dana at noon", NOW)
    assert [str(span.value) for span in spans] == ["2025-03-06 00:00:00", "2025-03-06 12:00:00"]
    spans = find_times("on Friday from 2:00 PM to 3:00 PM at the office", NOW)
    assert [str(span.value) for span in spans] == ["2025-03-07 14:00:00", "2025-03-07 15:00:00"]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("from 2 to 4 pm", 14, 16),
        ("11-2pm on Friday", 11, 14),
        ("9:00 until 10 am", 9, 10),
        ("between 7 and 8 p.m.", 19, 20),
    ],
)
def test_a_range_shares_the_half_of_the_day(text: str, start: int, end: int) -> None:
    first, second = find_times(text, NOW)[:2]
    assert (first.value.hour, second.value.hour) == (start, end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("from 12:00 PM to 5:00 PM", "2025-03-06 12:00", "2025-03-06 17:00"),  # noon has passed, five has not
        ("10 PM until 1 AM", "2025-03-05 22:00", "2025-03-06 01:00"),
        ("on Friday from 10 PM to 2 AM", "2025-03-07 22:00", "2025-03-08 02:00"),
    ],
)
def test_a_stretch_ends_after_it_begins(text: str, start: str, end: str) -> None:
    assert [f"{span.value:%Y-%m-%d %H:%M}" for span in find_times(text, NOW)] == [start, end]


@pytest.mark.parametrize(
    "text",
    [
        "call at 10 Downing Street",
        "version 3.5 at 20% off",
        "the March report",
        "I may go",
        "she sat down",
        "at one of the tables",
        "pages 2 to 4",
        "13:75",
        "at 45 people",
        "2/30",
    ],
)
def test_no_time(text: str) -> None:
    assert find_times(text, NOW) == []


@given(st.text(max_size=200), st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)))
def test_any_text_gives_ordered_spans_with_values(text: str, now: datetime) -> None:
    spans = find_times(text, now)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) and isinstance(span.value, datetime) for span in spans)


@given(
    st.lists(st.sampled_from("next Friday|at 3|tomorrow|noon|June 5|in two weeks|morning|,|and|on|10:30".split("|")))
)
def test_any_mixture_of_phrases(words: list[str]) -> None:
    assert all(span.value for span in find_times(" ".join(words), NOW))
