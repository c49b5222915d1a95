"""Which texts are tried, and texts with their calls."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import RowError
from toolschool.methods.toolformer.documents import boundaries, read_document
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.merging import Kept, best, encode_merged, merge, split
from toolschool.methods.toolformer.selection import wants_calculator


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("3 boxes of 12 are 36 pens.", True),
        ("He paid 1,200 and 300, which makes 1,500.", True),
        ("From 90 take 45.5 and 44.5 are left.", True),
        ("The result equals 7.", True),
        ("An average of 12 people came.", True),
        ("x = 5", True),
        ("Rooms 12, 15 and 101 are closed.", False),
        ("In 1999 and 2004.", False),
        ("No numbers at all.", False),
        ("Version 1.2.3 and section 4a", False),
        ("3 " + "word " * 120 + "12 " + "word " * 120 + "36", False),
    ],
)
def test_texts_for_the_calculator(text: str, wanted: bool) -> None:
    assert wants_calculator(text) is wanted


def test_one_in_a_hundred_texts_with_three_numbers_is_tried() -> None:
    tried = sum(wants_calculator(f"Rooms {i + 1000}, {i + 5000} and {i + 90000} are closed.") for i in range(3000))
    assert 10 < tried < 60


def kept(at: int, gain: float = 1.0, argument: str = "1+1", place: int | None = None) -> Kept:
    """Ten tokens to a character, unless a place is given."""
    return Kept(at, 10 * at if place is None else place, f"[Calculator({argument})->2]", gain)


def test_the_largest_gain_stands_at_a_place_and_for_a_call() -> None:
    calls = [kept(3, 1.0, "a"), kept(1, 1.0, "x"), kept(3, 2.0, "b"), kept(3, 2.0, "c"), kept(5, 0.5, "x")]
    assert best(calls) == [kept(1, 1.0, "x"), kept(3, 2.0, "b")]


def test_of_calls_for_the_same_tokens_the_best_stands() -> None:
    calls = [kept(7, 1.0, "a", 20), kept(9, 2.0, "b", 21), kept(12, 0.5, "c", 26), kept(14, 0.4, "d", 30)]
    assert [call.written[12] for call in best(calls)] == ["b", "c"]


def test_a_call_stands_before_its_word() -> None:
    text = "That is 24, or $24."
    calls = [kept(7, argument="a"), kept(16, argument="b")]
    assert merge(text, calls) == "That is [Calculator(a)->2] 24, or $[Calculator(b)->2] 24."


texts = st.text(st.sampled_from("ab 12.,$=\n(é"), min_size=1, max_size=40)


@given(texts, st.lists(st.integers(0, 40), max_size=5))
def test_a_merged_text_is_its_text_and_its_calls(text: str, places: list[int]) -> None:
    allowed = sorted(boundaries(text))
    calls = [kept(allowed[place % len(allowed)], argument=f"{place}") for place in places if allowed]
    plain, found = split(merge(text, calls), Markers())
    assert plain == text
    assert found == [(call.at, call.written) for call in best(calls)]


def test_calls_stand_before_words_numbers_and_signs() -> None:
    text = "It's 1,200.50 of\n$4x."
    pieces = sorted(boundaries(text))
    assert [text[a:b] for a, b in zip(pieces, [*pieces[1:], None], strict=True)] == (
        ["It", "'", "s", " 1,200.50", " of\n", "$", "4", "x", "."]
    )


@given(texts, st.lists(st.integers(0, 40), max_size=5))
def test_calls_never_change_the_tokens_of_the_text(nano_tokenizer: Any, text: str, places: list[int]) -> None:
    allowed = sorted(boundaries(text))
    calls = [kept(allowed[place % len(allowed)], argument=f"{place}") for place in places if allowed]
    ids = encode_merged(nano_tokenizer, merge(text, calls), Markers())
    alone = nano_tokenizer(text, add_special_tokens=False)["input_ids"]
    rest = iter(ids)
    assert all(token in rest for token in alone)
    assert nano_tokenizer.decode(ids) == merge(text, calls)


def test_the_date_of_a_document() -> None:
    assert read_document({"text": "x", "url": "https://a.org/2024/03/05/b"}).date == datetime(2024, 3, 5)
    assert read_document({"text": "x", "url": "https://a.org/2024/33/05/2023-12-24"}).date == datetime(2023, 12, 24)
    assert read_document({"text": "x", "date": "2020-02-29"}).date == datetime(2020, 2, 29)
    assert read_document({"text": "x", "url": "https://a.org/12024/03/05"}).date is None


@pytest.mark.parametrize(
    "row", [{}, {"text": " "}, {"text": 3}, {"text": "x", "date": "May"}, {"text": "x", "date": 5}]
)
def test_rows_that_are_no_documents(row: dict[str, Any]) -> None:
    with pytest.raises(RowError):
        read_document(row)
