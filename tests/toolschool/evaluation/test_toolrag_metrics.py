"""Retrieval scores by hand, thresholds under a budget, and the TF-IDF baseline on real rows."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import DataError
from toolschool.evaluation.tfidf import train
from toolschool.evaluation.toolrag import curve, label_matrix, pick_threshold, score_labels, score_sets, select

TOOLS = ("mail", "note", "sms", "map")


def test_scores_by_hand() -> None:
    gold = [{"mail", "note"}, {"sms"}, {"mail"}, {"note", "sms"}]
    predicted = [{"mail", "note", "sms"}, {"sms"}, set(), {"note"}]
    scores = score_sets(predicted, gold, TOOLS)
    assert scores.set_coverage.value == 0.5
    assert scores.mean_recall.value == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert scores.precision == pytest.approx(4 / 5)
    assert scores.mean_tools.value == 1.25
    assert (scores.empty, scores.queries) == (1, 4)
    assert scores.per_tool["mail"] == 0.5
    assert scores.per_tool["note"] == 1.0
    assert math.isnan(scores.per_tool["map"])  # no query needs it


def test_a_query_without_tools_is_covered_by_anything() -> None:
    scores = score_sets([set(), {"map"}], [set(), set()], TOOLS)
    assert scores.set_coverage.value == scores.mean_recall.value == 1.0


def test_wrong_input_is_refused() -> None:
    with pytest.raises(DataError, match="fax"):
        label_matrix([{"fax"}], TOOLS)
    with pytest.raises(DataError, match="row by row"):
        score_sets([{"mail"}], [], TOOLS)


def test_select_is_never_empty_and_takes_thresholds_per_tool() -> None:
    probabilities = np.array([[0.1, 0.2, 0.05, 0.0], [0.9, 0.6, 0.2, 0.5]])
    assert select(probabilities, 0.5).tolist() == [[False, True, False, False], [True, True, False, True]]
    assert not select(probabilities, 0.5, at_least=0)[0].any()
    per_tool = np.array([0.05, 0.7, 0.1, 0.9])
    assert select(probabilities, per_tool).tolist() == [[True, True, False, False], [True, False, True, False]]


@st.composite
def scored(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    queries = draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return rng.random((queries, 4)).round(2), (rng.random((queries, 4)) < 0.4).astype(int)


@given(scored())
def test_a_lower_threshold_never_covers_less(data: tuple[np.ndarray, np.ndarray]) -> None:
    points = curve(*data)
    for lower, higher in zip(points[1:], points[:-1], strict=True):
        assert lower.threshold < higher.threshold
        assert lower.mean_tools >= higher.mean_tools
        assert lower.set_coverage >= higher.set_coverage
        assert lower.mean_recall >= higher.mean_recall


@given(scored(), st.floats(1.0, 4.0))
def test_the_picked_threshold_is_the_best_under_the_budget(data: tuple[np.ndarray, np.ndarray], budget: float) -> None:
    probabilities, labels = data
    if (probabilities == 1.0).sum(axis=1).clip(1).mean() > budget:  # certain tools alone are too many
        with pytest.raises(DataError, match="raise the budget"):
            pick_threshold(probabilities, labels, budget)
        return
    best = pick_threshold(probabilities, labels, budget)
    assert best.mean_tools <= budget
    every = curve(probabilities, labels, [k / 100 for k in range(101)])
    assert best.set_coverage >= max((p.set_coverage for p in every if p.mean_tools <= budget), default=0.0)
    again = score_labels(select(probabilities, best.threshold), labels, TOOLS)
    assert again.set_coverage.value == pytest.approx(best.set_coverage)
    assert again.mean_tools.value == pytest.approx(best.mean_tools)


def test_an_impossible_budget_is_refused() -> None:
    with pytest.raises(DataError, match="raise the budget"):
        pick_threshold(np.array([[0.5, 0.1]]), np.array([[1, 0]]), 0.5)


QUERIES = ["send a mail to Sid", "mail the report", "write a note", "note this down", "text Emma", "text my mother"]
SETS = [{"mail"}, {"mail"}, {"note"}, {"note"}, {"sms"}, {"sms"}]


def test_baseline_learns_words_and_orders_its_columns() -> None:
    baseline = train(QUERIES, SETS, ("sms", "note", "mail"))
    probabilities = baseline.probabilities(["please mail Bob", "a note for Bob", "text Bob"])
    assert probabilities.shape == (3, 3)
    assert probabilities.argmax(axis=1).tolist() == [2, 1, 0]
    assert baseline.probabilities([]).shape == (0, 3)


def test_a_positive_weight_raises_probabilities() -> None:
    plain, weighted = (train(QUERIES, SETS, TOOLS[:3], positive_weight=w).probabilities(QUERIES) for w in (1, 8))
    assert (weighted > plain).all()


def test_baseline_needs_rows() -> None:
    with pytest.raises(DataError, match="one set for each"):
        train([], [], TOOLS)


@pytest.mark.data
def test_baseline_reproduces_the_reference_on_one_fold(data_root: Path) -> None:
    """Reference §5.1: at 4.8 tools per query TF-IDF covers .72 of the sets; one fold of 240 rows is +-.06."""
    lines = (data_root / "tinyagent" / "plans.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    tools = sorted({tool for row in rows for tool in row["tools"]})
    train_rows, test_rows = ([r for k, r in enumerate(rows) if (k % 5 == 0) is held] for held in (False, True))
    baseline = train([r["query"] for r in train_rows], [r["tools"] for r in train_rows], tools)
    labels = label_matrix([r["tools"] for r in test_rows], tools)
    [point] = curve(baseline.probabilities([r["query"] for r in test_rows]), labels, [0.3], at_least=0)
    assert point.set_coverage == pytest.approx(0.719, abs=0.08)
    assert point.mean_recall == pytest.approx(0.932, abs=0.02)
    assert point.mean_tools == pytest.approx(4.75, abs=0.2)
