"""What the stories of `operations` are made of: phrasings, names, numbers and notation."""

import random
import re
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.desk.draw import Tree, parse
from toolschool.datasets.operations import call_split, generate, readings
from toolschool.datasets.operations.compose import STORIES, TOOLS
from toolschool.datasets.operations.notation import in_signs, in_words, listed
from toolschool.datasets.operations.numbers import shifted
from toolschool.datasets.operations.words import COMMON, POOLS, allowed, holder, owned
from toolschool.datasets.splits import SPLITS
from toolschool.tools.arithmetic import OPERATORS

QUESTIONS = {tool: tuple(q for story in stories for q in story.questions) for tool, stories in STORIES.items()}
LEADS = {tool: tuple(dict.fromkeys(q for story in stories for q in story.leads)) for tool, stories in STORIES.items()}
ASKED = {**QUESTIONS, "none": tuple(q for reading in readings.READINGS for q in reading.questions)}
NUMBERS = {"a", "b", "c", "n", "rate", "result", "wrong"}


def pattern(tree: Tree) -> str:
    """A regular expression for all that a template says."""
    said = ""
    for part in tree:
        if isinstance(part, str):
            pieces = re.split(r"\{(\w+)\}", part)
            said += "".join(
                re.escape(piece) if not at % 2 else r"-?[\d.]+" if piece in NUMBERS else ".+?"
                for at, piece in enumerate(pieces)
            )
        else:
            said += f"(?:{'|'.join(pattern(option) for option in part)})"
    return said


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_has_many_phrasings_and_every_split_enough(tool: str) -> None:
    assert len(set(QUESTIONS[tool])) == len(QUESTIONS[tool]) >= 16
    assert len(LEADS[tool]) >= 12
    for split in SPLITS:
        shared, own = allowed(QUESTIONS[tool], split)
        assert len(shared) >= 8, "for training"
        assert bool(own) == (split != "train"), "held back"
        assert len(allowed(LEADS[tool], split)[0]) >= 4


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, Any]]]:
    return {split: list(generate(5, 2600, split)) for split in SPLITS}


@pytest.mark.parametrize("family", ASKED)
def test_phrasings_held_back_are_shown_by_their_split_only(family: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    held = [(holder(template), re.compile(pattern(parse(template)))) for template in ASKED[family] if holder(template)]
    shown = dict.fromkeys(SPLITS, False)
    for split in SPLITS:
        for row in (row for row in rows[split] if row["family"] == family):
            owners = {owner for owner, said in held if said.fullmatch(row["question"])}
            assert owners <= {split}, row["question"]
            shown[split] |= bool(owners)
    assert shown == {"train": False, "validation": True, "test": True}


def test_no_two_splits_own_the_same_name_or_thing() -> None:
    for pool in POOLS.values():
        parts = {split: set(owned(pool, split)) for split in SPLITS}
        assert all(len(part) >= 2 for part in parts.values()), "two of a pool may stand in one story"
        assert not any(parts[one] & parts[other] for one, other in combinations(SPLITS, 2))
        assert set().union(*parts.values()) == set(pool)


def test_every_slot_of_a_phrasing_is_known() -> None:
    known = set(POOLS) | set(COMMON) | NUMBERS | {"all", "doubles", "signs", "words"}
    said = [*sum(ASKED.values(), ()), *sum(LEADS.values(), ()), *readings.STATED, *readings.TOLD]
    assert {slot for template in said for slot in re.findall(r"\{(\w+)\}", template)} <= known


@pytest.mark.parametrize("tool", TOOLS)
def test_every_story_finds_calls_for_every_split(tool: str) -> None:
    """Otherwise it would be drawn for ever."""
    rng = random.Random(0)
    for story in STORIES[tool]:
        drawn = [story.numbers(rng).arguments for _ in range(400)]
        assert {call_split(tool, arguments) for arguments in drawn} == set(SPLITS)
        least, most = OPERATORS[tool].takes
        assert all(least <= len(arguments) <= (most or 5) for arguments in drawn)


@given(st.integers(0, 10**6), st.integers(0, 3))
def test_a_shifted_number_keeps_its_value_and_has_no_trailing_zeros(number: int, places: int) -> None:
    written = shifted(number, places)
    assert Fraction(written) == Fraction(number, 10**places)
    assert "." not in written or written[-1] not in "0."


@given(st.sampled_from(TOOLS), st.lists(st.integers(4, 999).map(str), min_size=2, max_size=3), st.integers(0, 99))
def test_an_expression_shows_every_argument(tool: str, numbers: list[str], seed: int) -> None:
    arguments = numbers[: OPERATORS[tool].takes[1] or (2 if tool in ("power", "divide") else 3)]
    for written in (in_signs(random.Random(seed), tool, arguments), in_words(random.Random(seed), tool, arguments)):
        assert set(arguments) <= set(re.findall(r"\d+", written))


@pytest.mark.parametrize(
    ("tool", "arguments", "written"),
    [("remainder", ("5572", "3241"), {"5572 mod 3241", "5572%3241", "5572 % 3241"}),
     ("choose", ("12", "3"), {"C(12, 3)", "C(12,3)", "12C3", "12 choose 3"}),
     ("power", ("387", "-1"), {"387^(-1)", "387 ^ (-1)"}),
     ("log", ("8", "2"), {"log base 2 of 8", "log_2(8)"})],
)  # fmt: skip
def test_expressions_are_written_as_people_do(tool: str, arguments: tuple[str, ...], written: set[str]) -> None:
    assert {in_signs(random.Random(seed), tool, arguments) for seed in range(60)} == written


def test_lists_read_well() -> None:
    assert [listed("456"[:count]) for count in (1, 2, 3)] == ["4", "4 and 5", "4, 5, and 6"]
    assert in_words(random.Random(0), "power", ("7", "3")) == "7 cubed"
