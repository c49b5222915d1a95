"""Bare sums: deterministic, right, of the promised shape, and never shared between splits."""

import re
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.inline_calls import plain
from toolschool.datasets.registry import load
from toolschool.datasets.splits import SPLITS
from toolschool.datasets.sums import FAMILIES, ONE_DIGIT, generate
from toolschool.errors import DataError
from toolschool.tools.calculator import calculate

SIGNS = {"plus": "+", "minus": "-", "times": "*"}


@given(st.integers(0, 10**6), st.sampled_from(SPLITS))
def test_a_row_follows_from_its_place(seed: int, split: str) -> None:
    assert list(generate(seed, 5, split)) == list(generate(seed, 20, split))[:5]


def test_seeds_and_splits_differ() -> None:
    streams = [[r["question"] for r in generate(seed, 26, split)] for seed in (0, 1) for split in SPLITS]
    assert all(one != other for one, other in combinations(streams, 2))


@pytest.mark.parametrize("split", SPLITS)
def test_rows_are_what_they_say(split: str) -> None:
    rows = list(generate(3, 1300, split))
    assert Counter(row["family"] for row in rows) == dict.fromkeys(FAMILIES, 100)
    for row in rows:
        asked = re.fullmatch(r"Question: What is (.+)\?\nAnswer:", row["question"])[1]
        assert " ".join(SIGNS.get(word, word) for word in asked.split()) == row["expression"]
        assert row["answer"] == calculate(row["expression"])
        assert row["call"] == f" [Calculator({row['expression']})->{row['answer']}] {row['answer']}"
        assert plain(row["call"]) == f" {row['answer']}"


@given(st.integers(0, 10**6), st.sampled_from(SPLITS))
def test_operands_are_as_long_as_the_family_says(seed: int, split: str) -> None:
    signs = {"a": "+", "s": "-", "m": "*"}
    for row in generate(seed, 16, split, (*FAMILIES, *ONE_DIGIT)):
        if row["family"] == "1dc":
            assert re.fullmatch(r"\(\d [-+*] \d\) [-+*] \d", row["expression"])
            continue
        a, sign, b = row["expression"].split()
        assert sign == signs[row["family"][-1]]
        assert max(len(a), len(b)) <= int(row["family"][0])


def test_operands_cover_their_range() -> None:
    operands = [int(r["expression"].split()[0]) for r in generate(0, 2000, "test", ("2da",))]
    assert set(operands) == set(range(100))
    patterns = Counter(re.sub(r"[\d() ]", "", r["expression"]) for r in generate(0, 1800, "train", ("1dc",)))
    assert len(patterns) == 9
    assert all(150 < count < 250 for count in patterns.values())


@pytest.mark.parametrize("family", [*FAMILIES, *ONE_DIGIT])
def test_splits_share_no_sum_even_turned_round(family: str) -> None:
    def sums(split: str) -> set[str]:
        found = {row["expression"] for row in generate(1, 500, split, (family,))}
        turned = {" ".join(reversed(sum_.split())) for sum_ in found} if family[-1] in "am" else set()
        return found | turned

    seen = {split: sums(split) for split in SPLITS}
    assert all(seen.values())
    for one, other in combinations(SPLITS, 2):
        assert not seen[one] & seen[other]


def test_a_sum_of_few_digits_has_one_split_in_every_family() -> None:
    train = {row["expression"] for row in generate(0, 3000, "train", ("2da", "2ds", "2dm"))}
    test = {row["expression"] for row in generate(0, 600, "test", ("1da", "1ds", "1dm"))}
    assert not train & test


def test_unknown_splits_are_refused() -> None:
    with pytest.raises(DataError, match="no split"):
        next(generate(0, 1, "dev"))
    assert len(list(load("sums", split="train", limit=3, purpose="train"))) == 3
