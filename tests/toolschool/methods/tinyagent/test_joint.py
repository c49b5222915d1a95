"""One scale for trained and described tools: what is fitted, and what it is fitted on."""

import numpy as np
import pytest

from toolschool.errors import DataError
from toolschool.methods.tinyagent.described import EVIDENCE
from toolschool.methods.tinyagent.joint import (
    NEAREST,
    OTHERS,
    Joint,
    Logistic,
    Trial,
    expected_error,
    fit_joint,
    sample,
)
from toolschool.methods.tinyagent.selection import sigmoid

RNG = np.random.default_rng(0)


def trial(tools: int, trained: int = 0) -> Trial:
    """A request whose wanted tools have the higher evidence, and the higher logits, by chance."""
    evidence = RNG.normal(size=(tools, len(EVIDENCE)))
    wanted = RNG.random(tools) < sigmoid(2 * evidence[:, 0] - 2)
    logits = np.full(tools, np.nan)
    logits[:trained] = 4 * wanted[:trained] - 2 + RNG.normal(size=trained)
    return Trial(evidence, wanted, logits)


def test_a_regression_recovers_what_made_the_labels() -> None:
    features = RNG.uniform(-2, 2, size=(8000, 2))
    wanted = RNG.random(8000) < sigmoid(features @ [3.0, -1.0] + 0.5)
    found = Logistic.fit(features, wanted, np.ones(8000))
    assert found.weights == pytest.approx((3, -1), abs=0.2)
    assert found.offset == pytest.approx(0.5, abs=0.15)
    assert expected_error(found.probabilities(features), wanted) < 0.02


def test_rows_that_stand_for_many_weigh_as_many() -> None:
    features = RNG.normal(size=(4000, 1))
    wanted = RNG.random(4000) < 0.5
    counts = np.where(wanted, 1.0, 9.0)
    assert Logistic.fit(features, wanted, counts).probabilities(np.zeros((1, 1)))[0] == pytest.approx(0.1, abs=0.02)


def test_trained_tools_are_told_by_their_logits_and_others_by_their_description() -> None:
    joint = fit_joint([trial(20, trained=8) for _ in range(300)], "minilm")
    assert joint.trained.weights[0] > 1
    assert joint.described.weights[0] == pytest.approx(2, abs=0.3)
    assert Joint.from_json(joint.to_json()) == joint


def test_a_sample_keeps_what_matters_and_stands_for_the_rest() -> None:
    big = trial(1000)
    places, counts = sample(big, np.random.default_rng(1))
    assert counts.sum() == 1000
    assert len(set(places)) == len(places) < 1000
    assert set(np.flatnonzero(big.wanted)) <= set(places)
    assert set(np.argsort(-big.evidence[:, 0])[:NEAREST]) <= set(places)
    assert (counts > 1).sum() == OTHERS
    small = trial(10)
    places, counts = sample(small, np.random.default_rng(1))
    assert sorted(places) == list(range(10))
    assert (counts == 1).all()


def test_too_little_to_fit_on_is_said() -> None:
    with pytest.raises(DataError, match="validation rows"):
        fit_joint([], "minilm")
    none = trial(5, trained=5)
    with pytest.raises(DataError, match="wanted"):
        fit_joint([Trial(none.evidence, np.zeros(5, bool), none.logits)], "minilm")


def test_expected_error() -> None:
    assert expected_error([0.05, 0.95], [False, True]) == pytest.approx(0.05)
    assert expected_error([0.9, 0.9], [False, True]) == pytest.approx(0.4)
