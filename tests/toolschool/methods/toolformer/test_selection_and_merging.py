"""Which texts are tried, and texts with their calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.inline_calls import plain
from toolschool.methods.toolformer.merging import Kept, best, merge, merge_ids
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


def kept(place: int, gain: float = 1.0, argument: str = "1+1") -> Kept:
    return Kept(place, f"[Calculator({argument})->2]", (90, place, 91), gain)


def test_the_largest_gain_stands_at_a_place() -> None:
    assert best([kept(3, 1.0, "a"), kept(1), kept(3, 2.0, "b"), kept(3, 2.0, "c")]) == [kept(1), kept(3, 2.0, "b")]


def test_a_call_stands_before_its_token() -> None:
    text = "That is 24, or $24."
    starts = [0, 4, 7, 10, 11, 14, 16, 18]  # That| is| 24|,| or| $|24|.
    assert merge(text, starts, [kept(2), kept(6)]) == ("That is [Calculator(1+1)->2] 24, or $[Calculator(1+1)->2] 24.")
    assert plain(merge(text, starts, [kept(2), kept(6)])) == text


@given(st.lists(st.integers(0, 80), max_size=12), st.lists(st.integers(0, 11), max_size=5))
def test_calls_never_change_the_tokens_of_the_text(ids: list[int], places: list[int]) -> None:
    calls = [kept(place) for place in places if place < len(ids)]
    merged = merge_ids(ids, calls)
    added = [token for call in best(calls) for token in call.ids]
    assert len(merged) == len(ids) + len(added)
    rest = iter(merged)
    assert all(token in rest for token in ids)
