"""Exponents of powers are found, with the error of an ordinary least squares fit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fit import curves_plot, exponents_table, fit, last_decade
from benchmarks.results import Curve

SIZES = (100, 316, 1_000, 3_162, 10_000, 31_623, 100_000)


@given(st.floats(-1, 3), st.floats(1e-6, 1e3))
def test_a_power_has_its_exponent(exponent: float, factor: float) -> None:
    found = fit(SIZES, [factor * size**exponent for size in SIZES])
    assert found.exponent == pytest.approx(exponent, abs=1e-9)
    assert found.error == pytest.approx(0, abs=1e-6)
    assert found.offset == pytest.approx(math.log10(factor), abs=1e-9)


@given(st.lists(st.floats(1e-3, 1e3), min_size=4, max_size=7))
def test_slope_and_error_are_those_of_numpy(costs: list[float]) -> None:
    sizes = SIZES[: len(costs)]
    (slope, offset), covariance = np.polyfit(np.log10(sizes), np.log10(costs), 1, cov=True)
    found = fit(sizes, costs)
    assert found.exponent == pytest.approx(slope, abs=1e-6)
    assert found.offset == pytest.approx(offset, abs=1e-6)
    assert found.error == pytest.approx(math.sqrt(max(0.0, covariance[0, 0])), abs=1e-6)


def test_a_fixed_cost_flattens_the_curve_but_not_its_last_decade() -> None:
    curve = Curve("a stage", "rows", SIZES, tuple(10 + size / 100 for size in SIZES))
    assert last_decade(curve).sizes == (10_000, 31_623, 100_000)
    assert fit(curve.sizes, curve.seconds).exponent < fit(last_decade(curve).sizes, last_decade(curve).seconds).exponent
    assert "| a stage | rows | 100 to 100,000 | 11 to 1,010 |" in exponents_table([curve])
    assert curves_plot([curve], "Cost").startswith(b"\x89PNG")


def test_one_size_is_no_curve() -> None:
    with pytest.raises(ValueError, match="two different sizes"):
        fit((5, 5), (1, 2))
