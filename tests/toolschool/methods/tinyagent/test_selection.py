"""Choosing a set by coverage and price."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from toolschool.errors import DataError
from toolschool.methods.tinyagent.selection import (
    LIKELY,
    Calibration,
    calibrate,
    choose,
    fit_temperature,
    pick_price,
    sigmoid,
)

PROBABILITIES = arrays(np.float64, (3, 5), elements=st.floats(0.001, 0.999))


@given(PROBABILITIES, st.floats(0.001, 0.5), st.integers(1, 5))
def test_sets_are_prefixes_within_bounds(probabilities: np.ndarray, price: float, cap: int) -> None:
    chosen = choose(probabilities, price, cap=cap)
    assert ((chosen.sum(axis=1) >= 1) & (chosen.sum(axis=1) <= cap)).all()
    for row, keep in zip(probabilities, chosen, strict=True):
        if not keep.all():
            assert row[keep].min() >= row[~keep].max()


@given(arrays(np.float64, (1, 4), elements=st.floats(0.01, 0.49)), st.floats(0.005, 0.3))
def test_the_set_is_the_best_of_all_subsets(probabilities: np.ndarray, price: float) -> None:
    """Brute force over every non-empty subset, under independence."""

    def worth(subset: tuple[int, ...]) -> float:
        left = [1 - p for i, p in enumerate(probabilities[0]) if i not in subset]
        return float(np.prod(left)) - price * len(subset)

    subsets = [s for size in range(1, 5) for s in itertools.combinations(range(4), size)]
    chosen = tuple(np.flatnonzero(choose(probabilities, price)[0]))
    assert worth(chosen) == pytest.approx(max(map(worth, subsets)), abs=1e-9)


def test_a_likely_tool_is_kept_even_where_coverage_is_hopeless() -> None:
    probabilities = np.array([[0.99, 0.6, 0.45, 0.45, 0.45, 0.45, 0.45]])
    assert choose(probabilities, price=0.9)[0].tolist() == [True, True, False, False, False, False, False]


@given(PROBABILITIES)
def test_a_higher_price_never_makes_sets_larger(probabilities: np.ndarray) -> None:
    sizes = [choose(probabilities, price).sum(axis=1) for price in (0.01, 0.05, 0.2)]
    assert (sizes[0] >= sizes[1]).all()
    assert (sizes[1] >= sizes[2]).all()
    assert (sizes[2] >= (probabilities >= LIKELY).sum(axis=1)).all()


def test_temperature_recovers_the_truth() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 4))
    labels = rng.random(logits.shape) < sigmoid(logits)
    assert fit_temperature(logits * 2.5, labels) == pytest.approx(2.5, rel=0.1)


def test_the_budget_is_kept_and_used() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(-1, 2, size=(500, 8))
    labels = rng.random(logits.shape) < sigmoid(logits)
    calibration = calibrate(logits, labels, budget=4.0)
    chosen = choose(calibration.probabilities(logits), calibration.price)
    assert 3.8 < chosen.sum(axis=1).mean() <= 4.0
    covered = (chosen | ~labels).all(axis=1).mean()
    plain = sigmoid(logits) >= np.sort(sigmoid(logits).ravel())[-int(chosen.sum())]  # one threshold, as many tools
    assert covered >= (plain | ~labels).all(axis=1).mean()


def test_a_budget_below_one_tool_is_refused() -> None:
    with pytest.raises(DataError, match="below 1"):
        pick_price(np.full((2, 3), 0.5), 0.5)


def test_calibration_survives_json() -> None:
    calibration = Calibration(1.5, 0.02, 5.5)
    assert Calibration.from_json(calibration.to_json()) == calibration
