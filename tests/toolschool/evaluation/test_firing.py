"""The firing curve against counting by hand at every bias."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.evaluation.firing import best_tools, firing_curve


def test_a_curve_by_hand() -> None:
    curve = firing_curve(
        np.array([2.0, -1.0, 0.5, -3.0]), np.array([True, True, False, True]), np.array([1, 1, 0, 1]) > 0
    )
    assert curve.calls.tolist() == [0, 1, 2, 3, 4]
    assert curve.right.tolist() == [0, 1, 1, 2, 3]
    assert curve.gold == 3
    best = curve.best()
    assert curve.f1[best] == pytest.approx(6 / 7)
    assert -curve.bias[best] < -3


def test_the_best_tool_is_compared_with_the_best_word() -> None:
    margins, tools = best_tools(np.array([[1.0, 3.0], [0.0, -1.0]]), np.array([2.5, 2.0]))
    assert margins.tolist() == [0.5, -2.0]
    assert tools.tolist() == [1, 0]


def test_a_head_that_should_never_fire_does_not() -> None:
    curve = firing_curve(np.array([1.0, 2.0]), np.array([False, False]), np.array([False, False]))
    assert curve.calls[curve.best()] == 0


@given(st.lists(st.tuples(st.integers(-6, 6), st.booleans(), st.booleans()), max_size=30))
def test_every_point_is_what_its_bias_gives(points: list[tuple[int, bool, bool]]) -> None:
    margins = np.array([m / 2 for m, _, _ in points])
    gold = np.array([g for _, g, _ in points], dtype=bool)
    right = np.array([g and r for _, g, r in points], dtype=bool)
    curve = firing_curve(margins, right, gold)
    for bias, calls, hits in zip(curve.bias, curve.calls, curve.right, strict=True):
        fires = margins + bias > 0
        assert (fires.sum(), right[fires].sum()) == (calls, hits)
    assert (np.diff(curve.bias) > 0).all()
