"""Retrieval metrics against their definitions written out, and what is known of the upstream's inflated NDCG."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import DataError
from toolschool.evaluation.retrieval import (
    CUTS,
    DEPTH,
    LEGACY,
    METRICS,
    group_table,
    ndcg_legacy,
    retrieval_table,
    score,
)
from toolschool.evaluation.tables import to_markdown

Case = tuple[list[int], set[int]]
case = st.tuples(st.lists(st.integers(0, 15), unique=True), st.sets(st.integers(0, 15), min_size=1))


def written_out(ranking: list[int], gold: set[int]) -> dict[str, float]:
    """The definitions of the reference, section 2, with nothing saved."""
    hits = [1 if item in gold else 0 for item in ranking]
    first = [1 / (place + 1) for place, hit in enumerate(hits) if hit]
    values = {"MRR": first[0] if first else 0.0, "Recall@5": sum(hits[:5]) / len(gold)}
    values["Completeness@5"] = float(gold <= set(ranking[:5]))
    for k in CUTS:
        dcg = sum(hit / math.log2(place + 2) for place, hit in enumerate(hits[:k]))
        found = sum(hits[:5])
        ideal, own = (sum(1 / math.log2(place + 2) for place in range(min(k, n))) for n in (len(gold), found))
        values |= {f"NDCG@{k}": dcg / ideal, f"legacy NDCG@{k}": dcg / own if found else 0.0}
    return values


@given(st.lists(case, min_size=1, max_size=12))
def test_every_metric_is_its_definition(cases: list[Case]) -> None:
    rankings, gold = map(list, zip(*cases, strict=True))
    scores = score(rankings, gold)
    for place, (ranking, wanted) in enumerate(cases):
        expected = written_out(ranking, wanted)
        assert set(expected) == {*METRICS, *LEGACY}
        for metric, value in expected.items():
            assert scores[metric][place] == pytest.approx(value, abs=1e-9), metric


@given(case, st.integers(5, 20))
def test_legacy_is_never_below_the_true_value_and_equal_at_one(one: Case, length: int) -> None:
    ranking, gold = one
    scores = score([ranking], [gold])
    for k in CUTS:
        assert ndcg_legacy(ranking, gold, k, length) >= scores[f"NDCG@{k}"][0] - 1e-12
    assert scores["legacy NDCG@1"][0] == scores["NDCG@1"][0]


def test_one_of_three_found_first_is_all_of_it_for_legacy() -> None:
    scores = score([["a", "x", "y", "z", "w"]], [{"a", "b", "c"}])
    assert scores["legacy NDCG@3"][0] == scores["legacy NDCG@5"][0] == 1.0
    assert scores["NDCG@3"][0] == pytest.approx(1 / (1 + 1 / math.log2(3) + 1 / 2))


def test_lists_are_cut_for_every_system() -> None:
    ranking = list(range(DEPTH + 50))
    scores = score([ranking, ranking], [{DEPTH - 1}, {DEPTH}])
    assert scores["MRR"].tolist() == pytest.approx([1 / DEPTH, 0.0])


def test_wrong_input_is_refused() -> None:
    with pytest.raises(DataError, match="one by one"):
        score([[1]], [])
    with pytest.raises(DataError, match="request 1 has no set"):
        score([[1], [2]], [{1}, set()])
    with pytest.raises(DataError, match="no set of relevant items"):
        score([["a"]], ["abc"])  # type: ignore[list-item]  # a string would match its letters
    with pytest.raises(DataError, match="request 0 has an item twice"):
        score([[1, 2, 1]], [{1}])
    with pytest.raises(DataError, match="every request needs one"):
        group_table({"a": score([[1]], [{1}])}, ["x", "y"])


def test_parts_intervals_and_tables() -> None:
    rng = np.random.default_rng(0)
    gold = [{int(item)} for item in rng.integers(0, 4, 60)]
    good = score([[next(iter(items)), 9] for items in gold], gold)
    bad = score([[9, 8]] * 60, gold)
    assert len(good.part(range(10))) == 10
    whole = good.interval("Completeness@5")
    assert whole.value == 1.0
    assert whole.low < 1.0  # Wilson: sixty of sixty are not for certain all
    table = retrieval_table({"good": good, "bad": bad})
    assert [row[0] for row in table.rows] == [*METRICS, *LEGACY, "requests"]
    assert table.rows[0][1:] == ("100.0 [100.0, 100.0]", "0.0 [0.0, 0.0]")
    groups = ["G2"] * 20 + ["G1"] * 40
    by_group = group_table({"good": good, "bad": bad}, groups, "MRR")
    assert [(row[0], row[-1]) for row in by_group.rows] == [("G2", "20"), ("G1", "40"), ("all", "60")]
    assert "MRR in percent" in to_markdown(by_group)
