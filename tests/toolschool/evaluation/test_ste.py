"""STE's scores: each published convention next to what the strict rules say, and all nine published files, row by row."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets import ste
from toolschool.evaluation.ste import Marks, batch_of, grouped, rates_of
from toolschool.evaluation.ste_published import (
    JUDGED_ALL_THE_SAME,
    LISTED,
    VARIANTS,
    by_string,
    published_marks,
    same_strings,
)
from toolschool.evaluation.ste_report import score
from toolschool.evaluation.ste_strict import same_value, strict_marks

# Reference 8: no_call, err, well-formed, right API, correct, then percent well, api, correct by paper, string31 and string_all.
PUBLISHED: dict[str, tuple[float, ...]] = {
    "llama-7Bf": (0, 491, 259, 104, 80, 34.533, 40.154, 10.667, 10.933, 10.267),
    "llama-7Bf_FT": (0, 6, 744, 706, 550, 99.2, 94.892, 73.333, 74.533, 71.867),
    "llama-7Bf_ICL": (63, 250, 437, 379, 313, 58.267, 86.728, 41.733, 42.133, 38.933),
    "llama-7Bf_FT_no_exec": (0, 76, 674, 535, 379, 89.867, 79.377, 50.533, 51.333, 48.667),
    "mistral": (0, 287, 463, 321, 226, 61.733, 69.33, 30.133, 30.4, 27.6),
    "mistral_FT": (0, 7, 743, 712, 576, 99.067, 95.828, 76.8, 78.0, 73.467),
    "CL_round_0": (0, 1, 179, 177, 145, 99.444, 98.883, 80.556, 82.778, 81.111),
    "CL_round_1": (0, 4, 371, 356, 301, 98.933, 95.957, 80.267, 82.4, 81.333),
    "CL_round_1_no_replay": (0, 2, 373, 193, 174, 99.467, 51.743, 46.4, 46.933, 45.867),
}
BATCHES = {
    "CL_round_0": {"0": (99.444, 98.883, 80.556)},
    "CL_round_1": {"0": (97.778, 94.886, 76.111), "1": (100.0, 96.923, 84.103)},
    "CL_round_1_no_replay": {"0": (98.889, 2.247, 1.667), "1": (100.0, 96.923, 87.692)},
}
NAMES = ["add_date", "search", "Car database%%Makes"]


def item(output: str, gold: dict[str, Any], api: str = "add_date", judged: bool | None = None) -> ste.ToolItem:
    row = {"query": "q", "action": api, "action_input": json.dumps(gold), "model_output": output}
    return ste.to_item(api, row | ({} if judged is None else {"args_correct": judged}), predicted=True)


def call(arguments: str, name: str = "add_date") -> str:
    return f"Action: {name}\nAction Input: {arguments}"


@pytest.mark.parametrize(
    ("output", "gold", "published", "strict"),
    [
        (call('{"days": 90}'), {"days": 90}, "right", "right"),
        (call('{"days": "90 "}'), {"days": 90}, "right", "right"),
        (call('{"days": 90.0}'), {"days": 90}, "wrong arguments", "right"),
        (call('{"days": 90, "x": 1}'), {"days": 90}, "right", "wrong arguments"),
        (call('{"days": 90}'), {}, "right", "wrong arguments"),
        (call("{}"), {}, "right", "right"),
        (call("{}"), {"days": 90}, "wrong arguments", "wrong arguments"),
        (call('{"x": true}'), {"x": "True"}, "right", "right"),
        (call('{"x": 1}'), {"x": True}, "wrong arguments", "wrong arguments"),
        (call('{"x": {"a": 1}}'), {"x": {"a": 1}}, "malformed", "right"),
        (call('{"days": 90}', "add date"), {"days": 90}, "right", "malformed"),
        (call('{"days": 90}', "<tool_add_date>"), {"days": 90}, "right", "right"),
        (call('{"days": 90}', "search"), {"days": 90}, "wrong API", "wrong API"),
        ("Final Answer: 3", {}, "no call", "no call"),
        ("", {}, "malformed", "malformed"),
    ],
)  # fmt: skip
def test_conventions(output: str, gold: dict[str, Any], published: str, strict: str) -> None:
    one = item(output, gold)
    assert (published_marks(one, NAMES, "string_all").outcome, strict_marks(one, NAMES).outcome) == (published, strict)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("New  York", "new york ", True), ("ﬁt", "FIT", True), (1, 1.0, True), ("1e3", 1000, True), ("007", 7, False), ("1_0", 10, False),
        ("1.0", "1", False), (None, None, True), (None, "", False), (None, "none", False), (False, "false", True), (False, 0, False),
        ([1, 2], [1, 2.0], True), ([1, 2], [2, 1], False), ([1], 1, False), ({"a": [None]}, {"a": [None]}, True), ({"a": 1}, {"a": 1, "b": None}, False),
        ({}, [], False), (0, -0.0, True), ("nan", "NaN", True),
    ],
)  # fmt: skip
def test_same_value(one: Any, other: Any, same: bool) -> None:
    assert same_value(one, other) is same
    assert same_value(other, one) is same


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON, JSON)
def test_same_value_is_reflexive_and_symmetric(one: Any, other: Any) -> None:
    assert same_value(one, json.loads(json.dumps(one)))
    assert same_value(one, other) is same_value(other, one)


@given(st.dictionaries(st.text(), JSON))
def test_what_is_strictly_right_has_the_right_keys(gold: dict[str, Any]) -> None:
    assert same_strings(gold, gold)
    assert not same_value(gold, {**gold, "one more": 1}) or "one more" in gold


def test_rates_are_rounded_and_may_lack_a_base() -> None:
    rates = rates_of([Marks(no_call=True), Marks(err=True, kind="no input")])
    assert (rates.well_formed, rates.api_match, rates.correct, rates.grounded_share) == (0.0, None, 0.0, None)
    third = rates_of([Marks(api_match=True, correct=True), Marks(), Marks(err=True)])
    assert (third.well_formed, third.api_match, third.correct) == (66.667, 50.0, 33.333)
    assert rates_of([Marks(api_match=True, correct=None)]).correct is None


def test_judgements_are_read_where_a_variant_asks_for_them_and_nowhere_else() -> None:
    judged = item(call('{"q": "x"}', "search"), {"q": "y"}, "search", judged=True)
    assert [published_marks(judged, NAMES, variant).correct for variant in VARIANTS] == [True, True, False]
    listed = item(call('{"days": 1}'), {"days": 2}, judged=True)
    assert [published_marks(listed, NAMES, variant).correct for variant in VARIANTS] == [False] * 3
    assert (len(LISTED), len(JUDGED_ALL_THE_SAME), JUDGED_ALL_THE_SAME < LISTED) == (31, 5, True)
    assert sum(by_string(api, "paper") for api in LISTED) == 26


def test_without_judgements_their_numbers_are_null() -> None:
    unjudged = item(call('{"q": "x"}', "search"), {"q": "x"}, "search")
    metrics = score([unjudged, item(call("{}"), {})], NAMES).metrics()
    assert (metrics["legacy.correct"], metrics["legacy.correct_count"], metrics["legacy.string31"]) == (
        None,
        None,
        None,
    )
    assert (metrics["legacy.string_all"], metrics["strict.correct"], metrics["legacy.api_match"]) == (
        100.0,
        100.0,
        100.0,
    )
    missed = item(call("{}"), {}, "search")  # no judge is needed for a wrong API
    assert score([missed], NAMES).metrics()["legacy.correct"] == 0.0


def test_groups() -> None:
    items = [item("", {}, api) for api in ("search", "add_date", "search", "x")]
    assert grouped(items, batch_of([["add_date"], ["search"]])) == {"1": [0, 2], "0": [1]}


def predictions(data_root: Path, name: str) -> tuple[list[ste.ToolItem], list[str]]:
    found = ste.read_items(data_root / "ste" / "saved_results" / f"{name}.json", predicted=True)
    return list(ste.every(found)), list(found)


@pytest.mark.data
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_files(data_root: Path, name: str) -> None:
    """Every number of reference 8, to the last digit."""
    items, names = predictions(data_root, name)
    scored = score(items, names, ste.read_batches(data_root / "ste" / ste.BATCHES_FILE))
    rates = scored.rates("paper")
    found = (rates.no_call, rates.err, rates.well_formed_count, rates.api_match_count, rates.correct_count)
    shares = (rates.well_formed, rates.api_match, *(scored.rates(variant).correct for variant in VARIANTS))
    assert (*found, *shares) == PUBLISHED[name]
    for batch, expected in BATCHES.get(name, {}).items():
        part = scored.rates("paper", scored.by_batch[batch])
        assert (part.well_formed, part.api_match, part.correct) == expected


@pytest.mark.data
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_flags_row_by_row(data_root: Path, name: str) -> None:
    """From the raw output alone: the stored flags are taken away before."""
    items, names = predictions(data_root, name)
    for one in items:
        bare = ste.to_item(one.api, {key: one.raw[key] for key in ("query", "action", "action_input", "model_output")})
        mark = published_marks(bare, names, "paper")
        assert (mark.no_call, mark.err) == (one.raw["no_call"], one.raw["err"])
        assert "api_match" not in one.raw if mark.no_call or mark.err else mark.api_match == one.raw["api_match"]
        if mark.api_match and by_string(one.api, "paper"):
            assert mark.correct == one.raw["args_correct"]


@pytest.mark.data
def test_grounded_names_of_all_files(data_root: Path) -> None:
    """Reference 10: 102 of 4,243 well-formed outputs."""
    found = [predictions(data_root, name) for name in PUBLISHED]
    rates = rates_of(published_marks(one, names, "string_all") for items, names in found for one in items)
    assert (rates.grounded, rates.well_formed_count) == (102, 4243)


@pytest.mark.data
@pytest.mark.parametrize("name", PUBLISHED)
def test_strict_is_never_kinder_to_a_call_both_can_read(data_root: Path, name: str) -> None:
    items, names = predictions(data_root, name)
    for one in items:
        published = published_marks(one, names, "string_all")
        if strict_marks(one, names).outcome == "right" and not published.err:
            assert published.outcome == "right", one.output
