"""Toolformer's rules for a right answer, case by case, and on the gold texts of real sets."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets import gsm8k, registry, svamp
from toolschool.evaluation.math_answers import first_words_contain, number_is_right, predicted_number
from toolschool.tools.calculator import calculate


@pytest.mark.parametrize(
    ("prediction", "number"),
    [
        (" 8.", "8"), (" $1,200.50, or so", "1200.5"), (" -5 degrees", "-5"), (" −5", "-5"), (" -$5", "-5"), (" $-5", "-5"),
        (" 1,234,567", "1234567"), (" 1,20", "1"), (" 1,2000", "1"), (" 12345,678", "12345"), (" .5", "0.5"), (" -.5", "-0.5"),
        (" No.5", "5"), (" ...5", "5"), (" 3.14.", "3.14"), (" covid-19", "19"), (" 3-5", "3"), (" (-4)", "-4"), (" 007", "7"),
        (" 5 + 3 = 8 apples", "8"), (" 5+3=8", "8"), (" x = -$2.50.", "-2.5"), (" 7 = 7 = 8", "7"), (" 12. Then 3 = 4", "4"),
        (" [Calculator(5 + 3)->8] 9", "9"), (" [Calculator(1 = 2)->3] 4", "4"), (" 6 [Calculator(5)] 7", "6"),
    ],
)  # fmt: skip
def test_the_number_that_counts(prediction: str, number: str) -> None:
    assert predicted_number(prediction) == Decimal(number)


@pytest.mark.parametrize(
    "prediction",
    ["", " eight apples", " 5 + 3 =", " 5 = x", " [Calculator(5 + 3)->8]", " [Calculator(5 + 3)]", " [Calculator(5 + 3", " [Calculator(5 + 3)->",
     " [Calculator([5])]", " [Calendar()->Today is Friday, May 3, 2024.]", "[WikiSearch(1999\n) ->"],
)  # fmt: skip
def test_no_number(prediction: str) -> None:
    assert predicted_number(prediction) is None
    assert not number_is_right(prediction, "8")


@pytest.mark.parametrize(
    ("prediction", "gold", "right"),
    [(" 0.335", "0.34", True), (" 0.334", "0.34", False), (" 8.00", "8", True), (" 8000000001", "8000000000", False), (" 1e3", "1000", False)],
)  # fmt: skip
def test_numbers_are_compared_as_numbers(prediction: str, gold: str, right: bool) -> None:
    assert number_is_right(prediction, gold) is right


@given(st.decimals(-(10**9), 10**9, places=2))
def test_every_way_to_write_a_number_is_read(number: Decimal) -> None:
    for text in (f" {number}", f" ${number:,} in all", f" It is {number:,}.", f" 1 + 1 = {number}"):
        assert predicted_number(text) == number


@given(st.text(max_size=60), st.integers(0, 10**6))
def test_any_text_is_read_and_a_call_adds_nothing(text: str, number: int) -> None:
    predicted_number(text)
    assert predicted_number(f" [Calculator({number} + 1)->{number + 1}] {number}") == number
    assert predicted_number(f" [Calculator({number} + 1") is None


@pytest.mark.parametrize(
    ("prediction", "gold", "n", "found"),
    [
        (" It was Paris, of course.", "paris", 5, True), (" Well, I think that it was Paris", "Paris", 5, False),
        (" the New  York\nTimes", "new york", 5, True), (" a b c d New York", "New York", 5, False), (" party", "art", 5, False),
        (" [QA(capital of France)->Paris] unknown", "Paris", 5, False), (" Paris's river", "Paris", 5, True), (" C++", "C++", 5, True),
        ("", "Paris", 5, False), (" anything", "", 5, False), (" 1999.", "1999", 20, True), (" 21999", "1999", 20, False),
    ],
)  # fmt: skip
def test_first_words(prediction: str, gold: str, n: int, found: bool) -> None:
    assert first_words_contain(prediction, gold, n) is found


@given(st.lists(st.sampled_from(["one", "two", "three"]), min_size=0, max_size=8), st.integers(1, 8))
def test_a_word_counts_up_to_its_limit(before: list[str], n: int) -> None:
    assert first_words_contain(" ".join([*before, "gold", "rest"]), "Gold", n) is (len(before) < n)


@pytest.mark.data
def test_the_gold_texts_of_gsm8k_are_right(data_root: Path) -> None:
    wrong = []
    for row in registry.load("gsm8k", path=data_root / "gsm8k"):
        gold = gsm8k.answer(row)
        assert number_is_right(row["answer"].rpartition("####")[2], gold)
        assert number_is_right(gsm8k.text(row).rpartition("The answer is")[2], gold)
        for expression, value in gsm8k.ANNOTATION.findall(row["answer"]):
            if not number_is_right(f" {expression} = {value}", calculate(expression)):
                wrong.append(value)
    assert wrong == ["3/4"]  # the one value that is no number


@pytest.mark.data
def test_the_gold_texts_of_svamp_are_right(data_root: Path) -> None:
    for row in registry.load("svamp", path=data_root / "svamp"):
        gold = svamp.answer(row)
        assert number_is_right(f" {row['Answer']}", gold)
        assert number_is_right(svamp.text(row, calls=True).rpartition("The answer is")[2], gold)
        assert number_is_right(f" {row['Equation']} = {row['Answer']}", gold)
        assert re.fullmatch(r"-?\d+(\.\d+)?", gold)
