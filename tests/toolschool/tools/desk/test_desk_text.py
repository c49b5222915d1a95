"""Names, lists, dates and sentences as planners write them."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.tools.desk.text import as_list, best_match, key, parse_date, stamp, stem, suffix, summary, words


def test_words_and_keys() -> None:
    assert words("celebrationNotes_v2 (Final)") == ["celebration", "notes", "v2", "final"]
    assert key("Jean-Luc  PICARD") == key("jean luc picard") == "jeanlucpicard"
    assert key("✨") == ""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sally", 0),
        ("al", 1),  # a beginning of Alan, not the middle of Sally
        ("john", 2),  # the first of two
        ("john smith", 3),
        ("smith john", 3),
        ("ithe", None),
        ("mit", 3),  # three letters inside a word
        ("john smithers", None),
        ("", None),
        ("?!", None),
    ],
)
def test_best_match(query: str, expected: int | None) -> None:
    assert best_match(query, ["Sally", "Alan", "John Doe", "John Smith"]) == expected


def test_loose_matches_come_last() -> None:
    names = ["Budget", "The Budget File 2"]
    assert best_match("the budget file", names, loose=True) == 1
    assert best_match("the budget paper", names, loose=True) == 0
    assert best_match("the budget paper", names) is None


@given(st.lists(st.text(max_size=10), max_size=5), st.text(max_size=10))
def test_a_match_is_an_index_and_an_exact_name_always_matches(names: list[str], query: str) -> None:
    found = best_match(query, names, loose=True)
    assert found is None or 0 <= found < len(names)
    if key(query) and query in names:
        assert found is not None
        assert key(names[found]) == key(query)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        ("", []),
        ([], []),
        ("a", ["a"]),
        ("a, b;c", ["a", "b", "c"]),
        (["a", " a ", "b,a", ""], ["a", "b"]),
    ],
)
def test_as_list(value: str | list[str] | None, expected: list[str]) -> None:
    assert as_list(value, "[,;]") == expected


@given(st.datetimes(min_value=datetime(1900, 1, 1)))
def test_dates_survive_writing_and_reading(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert parse_date(stamp(moment)) == moment
    assert parse_date(moment.isoformat()) == moment
    assert parse_date(moment.date().isoformat()) == moment.replace(hour=0, minute=0, second=0)


@given(st.text(max_size=25))
def test_any_text_is_a_date_or_none(text: str) -> None:
    parsed = parse_date(text)
    assert parsed is None or (parsed.tzinfo is None and parsed.microsecond == 0)


@pytest.mark.parametrize("text", ["", None, "tomorrow", "2026-02-30", "$3", "2026-03-03 25:00:00"])
def test_what_is_no_date(text: str | None) -> None:
    assert parse_date(text) is None


def test_file_names() -> None:
    assert (stem("/a/Annual Report.PDF"), suffix("/a/Annual Report.PDF")) == ("Annual Report", ".pdf")
    assert (stem("v1.2 notes"), suffix("v1.2 notes")) == ("v1.2 notes", "")


@given(st.text(max_size=2000))
def test_a_summary_is_the_beginning_and_short(text: str) -> None:
    short = summary(text)
    assert len(short) <= 502
    assert " ".join(text.split()).startswith(short.removesuffix(" …"))
