"""Intervals against closed forms, scipy's own tests, and their promise of coverage."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from toolschool.evaluation.intervals import bootstrap_mean, paired_difference, paired_test, rate, wilson


def test_wilson_is_wilsons_formula() -> None:
    k, n, z = 123, 242, 1.959963984540054
    centre = (k / n + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(k / n * (1 - k / n) / n + z**2 / (4 * n**2))
    found = wilson(k, n)
    assert (found.value, found.n) == (k / n, n)
    assert found.low == pytest.approx(centre - half)
    assert found.high == pytest.approx(centre + half)


def test_rates_at_the_ends_and_of_nothing() -> None:
    assert rate([True] * 10).high == 1.0
    assert rate([True] * 10).low < 0.75
    assert rate([False] * 10).low == 0.0
    assert math.isnan(rate([]).value)
    assert rate([]).n == 0


def test_bootstrap_of_a_mean_is_near_the_normal_interval() -> None:
    values = np.random.default_rng(0).normal(2.0, 1.0, 400)
    found = bootstrap_mean(values)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert bootstrap_mean(values) == found  # seeded
    assert math.isnan(bootstrap_mean([1.0]).low)
    assert bootstrap_mean([3.0, 3.0, 3.0]).low == 3.0


def test_paired_difference_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for k in range(60):
        hard = rng.random(150)
        first, second = (rng.random(150) < hard + gain for gain in (0.0, -0.1))
        truth = float(np.mean(np.minimum(hard, 1) - np.maximum(hard - 0.1, 0)))
        interval = paired_difference(first, second, resamples=300, seed=k)
        hits += interval.low <= truth <= interval.high
    assert hits >= 51  # 95 % of 60 is 57; fewer than 51 would happen once in several hundred times


def test_spread_between_seeds_widens_the_interval() -> None:
    rng = np.random.default_rng(2)
    second = rng.random((100, 1)) < 0.5
    same_seeds = np.repeat(rng.random((100, 1)) < 0.7, 4, axis=1)
    levels = np.array([0.4, 0.6, 0.8, 1.0])
    other_seeds = rng.random((100, 4)) < levels
    narrow, wide = (paired_difference(first, second, resamples=500) for first in (same_seeds, other_seeds))
    assert wide.high - wide.low > 1.3 * (narrow.high - narrow.low)


def test_mcnemar_is_the_binomial_test_on_disagreements() -> None:
    first = [1] * 50 + [1] * 12 + [0] * 4 + [0] * 30
    second = [1] * 50 + [0] * 12 + [1] * 4 + [0] * 30
    found = paired_test(first, second)
    assert (found.only_first, found.only_second, found.method) == (12, 4, "McNemar, exact")
    assert found.p_value == pytest.approx(binomtest(12, 16, 0.5).pvalue)


def test_sign_flips_over_one_seed_agree_with_mcnemar() -> None:
    first, second = np.array([1] * 20 + [1] * 8 + [0] * 2), np.array([1] * 20 + [0] * 8 + [1] * 2)
    exact = paired_test(first, second)
    doubled = paired_test(np.stack([first, first], 1), np.stack([second, second], 1))
    assert doubled.method == "sign flips over items"
    assert doubled.p_value == pytest.approx(exact.p_value, abs=0.01)


def test_equal_systems_are_no_evidence() -> None:
    assert paired_test([1, 0, 1], [1, 0, 1]).p_value == 1.0
    assert paired_test(np.ones((3, 2)), np.ones((3, 2))).p_value == 1.0


def test_unpaired_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="same items"):
        paired_difference([1, 0], [1, 0, 1])
    with pytest.raises(ValueError, match="same items"):
        paired_test([], [])
