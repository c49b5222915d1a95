"""The strict rules: which number is the answer, and when it is right."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.evaluation.numbers import answer_of, equal_when_rounded, within, within_or_equal


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("So, the answer is 1.54.", "1.54"), ("So, the answer is 777.41 dollars.", "777.41"), ("#### 123", "123"), ("... = 5 #### 1,234,567.50", "1234567.5"),
        ("The answer is -3.", "-3"), ("the answer is −3.", "-3"), ("the answer is $-3.5 a day.", "-3.5"), ("the answer is -$1,200.", "-1200"),
        ("Answer is: 12", "12"), ("the answer is 3 + 4 = 7.", "7"), ("the answer is x = 3+4 = 7!", "7"), ("the answer is 7 = seven.", "7"),
        # Only the first sentence that has a number counts, however the text runs on.
        ("So, the answer is 5.\n\nQ: Another?\nA: The answer is 6.", "5"), ("#### 5\n\nQuestion: 7 apples?\nAnswer: #### 8", "5"),
        ("#### 5. The answer is 6.", "5"), ("the answer is simple. So, the answer is 9.", "9"), ("The answer is\n12. No, the answer is 13.", "13"),
        ("He has 4 left, 2 each. The answer is 2? Yes.", "2"), ("the answer is 12.5", "12.5"), ("the answer is 12", "12"),
    ],
)  # fmt: skip
def test_the_answer(text: str, number: str) -> None:
    assert answer_of(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "The result is 5.",
        "the answer is",
        "the answer is unknown.",
        "####",
        "#### none\n5",
        "the answer is. 5",
    ],
)
def test_no_answer(text: str) -> None:
    assert answer_of(text) is None
    assert not within_or_equal(answer_of(text), "5")


def test_a_text_that_was_cut_off_completes_nothing_at_its_end() -> None:
    for text in ("the answer is 12", "the answer is 12.", "#### 1,2"):
        assert answer_of(text, finished=False) is None
    for text in ("the answer is 12. ", "the answer is 12.\n", "#### 12\n", "the answer is 12. So"):
        assert answer_of(text, finished=False) == 12
    assert answer_of("the answer is 5. #### 12", finished=False) == 5


@given(
    st.decimals(-(10**9), 10**9, places=3),
    st.sampled_from(["{}", "{:,}", "${:,}", "{:,} apples"]),
    st.text(max_size=30),
)
def test_every_way_to_write_an_answer_is_read(number: Decimal, form: str, after: str) -> None:
    for text in (
        f"1 + 1 = 2. So, the answer is {form.format(number)}.\n{after}",
        f"2 #### {form.format(number)}\n{after}",
    ):
        assert answer_of(text) == answer_of(text, finished=False) == number


@given(st.text(alphabet="answer is#.,-=0123456789 \n", max_size=60) | st.text(max_size=60), st.booleans())
def test_any_text_is_read(text: str, finished: bool) -> None:
    answer_of(text, finished)
    answer_of(f"the answer is {text}", finished)


@pytest.mark.parametrize(
    ("prediction", "gold", "is_within", "is_equal"),
    [
        ("8", "8", True, True), ("8.00", "8", True, True), ("999", "1000", True, False), ("998.9", "1000", False, False), ("1001", "1000", True, False),
        ("1001.1", "1000", False, False), ("5.97", "6", False, True), ("6.5", "6", False, False), ("6.4999", "6", False, True), ("5.5", "6", False, True),
        ("-3", "3", False, False), ("-3.0001", "-3", True, True), ("-3.5", "-4", False, True), ("-3.4", "-4", False, False), ("0", "0", True, True),
        ("0.001", "0", False, True), ("-0.4", "0", False, True), ("0.00002781", "0.000028", False, True), ("51.53", "52", False, True),
        ("488574.8484", "488574.848379", True, False), ("32040", "32040.0", True, True), ("194.8815867", "194.8815866605875", True, False),
    ],
)  # fmt: skip
def test_right_or_wrong(prediction: str, gold: str, is_within: bool, is_equal: bool) -> None:
    number = Decimal(prediction)
    assert within(number, gold) is is_within
    assert equal_when_rounded(number, gold) is is_equal
    assert within_or_equal(number, gold) is (is_within or is_equal)


def test_a_number_of_any_length_is_compared() -> None:
    number = answer_of(f"the answer is {'1' * 20_000}.")
    assert not within_or_equal(number, "11")
    assert within_or_equal(answer_of("answer is" * 3_000 + " 11"), "11")


def test_the_tolerance_is_relative_and_can_be_chosen() -> None:
    assert within(Decimal("101"), "100", tolerance=0.01)
    assert not within(Decimal("101.0001"), "100", tolerance=0.01)
    assert within(Decimal("100"), "100", tolerance=0)


@given(st.decimals(-(10**6), 10**6, places=6), st.integers(0, 5))
def test_a_gold_that_is_the_rounded_prediction_is_met(prediction: Decimal, places: int) -> None:
    """Oracle: Python's own rounding, but for halves."""
    gold = f"{prediction:.{places}f}"
    half = abs(prediction - Decimal(gold)) * 2 == Decimal(1).scaleb(-places)
    assert equal_when_rounded(prediction, gold) or half
