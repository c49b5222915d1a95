"""How sure a number is: Wilson intervals for rates, bootstrap for means, paired tests for two systems.

    wilson(123, 242)                            # a rate with its 95 % interval
    paired_difference(scores_a, scores_b)       # (items,) or (items, seeds): is A better, and by how much
    paired_test(scores_a, scores_b).p_value     # exact McNemar, or its form for several seeds

Scores are 0/1 or real, one row per item of the same test set in the same order. Limits: with two or three seeds the
spread between seeds is itself badly known, so an interval over them is somewhat too narrow; say how many there were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

CONFIDENCE = 0.95
RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A value with its confidence limits; `n` items stand behind it. All nan where there are none."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class PairedTest:
    """Items (summed over seeds) where only one system was right, and the two-sided p-value that they are equal."""

    only_first: float
    only_second: float
    p_value: float
    method: Literal["McNemar, exact", "sign flips over items"]


def wilson(successes: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Wilson score interval of a rate (Wilson 1927), by `scipy.stats.binomtest`. n = 0 gives nan."""
    from scipy.stats import binomtest

    if n == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    limits = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    return Interval(successes / n, float(limits.low), float(limits.high), n)


def rate(outcomes: Sequence[bool], confidence: float = CONFIDENCE) -> Interval:
    """Wilson interval of the share of true outcomes."""
    return wilson(sum(map(bool, outcomes)), len(outcomes), confidence)


def bootstrap_mean(
    values: ArrayLike, *, confidence: float = CONFIDENCE, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """Percentile bootstrap interval of a mean over items, by `scipy.stats.bootstrap`; `values` is (items,)."""
    import numpy as np
    from scipy.stats import bootstrap

    values = np.asarray(values, dtype=float)
    if values.size < 2:
        mean = float(values.mean()) if values.size else float("nan")
        return Interval(mean, float("nan"), float("nan"), int(values.size))
    # batch: without it all resamples stand in memory at once
    result = bootstrap(
        (values,),
        np.mean,
        n_resamples=resamples,
        batch=100,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    limits = result.confidence_interval
    return Interval(float(values.mean()), float(limits.low), float(limits.high), int(values.size))


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Mean of first minus second with a bootstrap interval; each is (items,) or (items, seeds).

    Items are drawn once for both systems (they are paired), seeds for each system on its own (they are separate
    training runs), which is the pigeonhole bootstrap of Owen 2007. ValueError when the items differ in number.
    """
    import numpy as np

    one, two = _matrices(first, second)
    rng = np.random.default_rng(seed)
    items = one.shape[0]
    differences = np.empty(resamples)
    for k in range(resamples):
        rows = rng.integers(0, items, size=(items,))
        differences[k] = _mean_of(one, rows, rng) - _mean_of(two, rows, rng)
    tail = (1 - confidence) / 2
    low, high = np.quantile(differences, [tail, 1 - tail])
    return Interval(float(one.mean() - two.mean()), float(low), float(high), items)


def paired_test(first: ArrayLike, second: ArrayLike, *, resamples: int = 9999, seed: int = 0) -> PairedTest:
    """Are two systems equally often right on the same items? Scores in 0..1, (items,) or (items, seeds).

    One seed of 0/1 scores: McNemar's exact test, a binomial test on the items where they disagree (McNemar 1947).
    Several seeds: the runs of one item are not independent, so the sign of each item's mean difference is flipped
    instead (`scipy.stats.permutation_test`), which for one seed is McNemar's test again.
    """
    import numpy as np
    from scipy.stats import binomtest, permutation_test

    one, two = _matrices(first, second)
    if one.shape[1] == two.shape[1] == 1 and _is_binary(one) and _is_binary(two):
        only_first = int(np.sum((one == 1) & (two == 0)))
        only_second = int(np.sum((one == 0) & (two == 1)))
        discordant = only_first + only_second
        p_value = binomtest(only_first, discordant, 0.5).pvalue if discordant else 1.0
        return PairedTest(only_first, only_second, float(p_value), "McNemar, exact")
    difference = one.mean(axis=1) - two.mean(axis=1)
    ahead, behind = float(difference.clip(min=0).sum()), float((-difference).clip(min=0).sum())
    moved = difference[difference != 0]
    if moved.size < 2:  # one item flipped or none: no evidence either way
        return PairedTest(ahead, behind, 1.0, "sign flips over items")
    result = permutation_test(
        (moved,),
        lambda sample, axis: np.mean(sample, axis=axis),
        permutation_type="samples",
        n_resamples=resamples,
        batch=500,
        rng=np.random.default_rng(seed),
    )
    return PairedTest(ahead, behind, float(result.pvalue), "sign flips over items")


def _matrices(first: ArrayLike, second: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    one, two = (np.asarray(scores, dtype=float) for scores in (first, second))
    one, two = (scores[:, None] if scores.ndim == 1 else scores for scores in (one, two))
    if one.shape[0] != two.shape[0] or one.size == 0 or two.size == 0:
        raise ValueError(f"paired scores need the same items: got {one.shape} and {two.shape}")
    return one, two


def _mean_of(scores: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> float:
    seeds = scores.shape[1]
    drawn = scores[rows]
    return float(drawn.mean() if seeds == 1 else drawn[:, rng.integers(0, seeds, seeds)].mean())


def _is_binary(scores: np.ndarray) -> bool:
    return bool(((scores == 0) | (scores == 1)).all())
