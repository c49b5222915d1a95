"""ASHA against the exhaustive sweep: Ray's own scheduler decides on recorded curves of real, tiny trainings.

What is trained: softmax regression with one hidden layer on scikit-learn's digits, 32 settings of rate, width, momentum and decay per seed,
16 evaluations each. All curves are computed once in full; then the scheduler is asked after each evaluation, four trials at the same time.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from toolschool.config import build
from tuning.config import SweepConfig
from tuning.search import scheduler

TRIALS, EVALUATIONS, AT_ONCE = 32, 16, 4


@pytest.fixture(scope="module")
def digits():
    """Training and validation images (rows of 64 in [0, 1]) with their labels."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    images, labels = images[order] / 16, labels[order]
    return images[:600], labels[:600], images[900:], labels[900:]


def learning_curve(digits, rng: np.random.Generator) -> list[float]:
    """Validation accuracy after each epoch of a small network at settings drawn as a recipe's space would be."""
    x, y, validation, gold = digits
    rate, width = 10 ** rng.uniform(-3, 0.7), int(rng.integers(4, 48))
    momentum, decay = rng.uniform(0, 0.95), 10 ** rng.uniform(-6, -2)
    sizes = [(64, width), (width, 10)]
    weights = [rng.normal(0, 1 / np.sqrt(size[0]), size) for size in sizes]
    speeds = [np.zeros(size) for size in sizes]
    curve = []
    for _ in range(EVALUATIONS):
        for rows in np.array_split(rng.permutation(len(y)), len(y) // 30):
            hidden = np.maximum(x[rows] @ weights[0], 0)
            scores = hidden @ weights[1]
            wrong = np.exp(scores - scores.max(1, keepdims=True))
            wrong /= wrong.sum(1, keepdims=True)
            wrong[np.arange(len(rows)), y[rows]] -= 1
            back = (wrong @ weights[1].T) * (hidden > 0)
            slopes = [x[rows].T @ back / len(rows), hidden.T @ wrong / len(rows)]
            for k, slope in enumerate(slopes):
                speeds[k] = momentum * speeds[k] - rate * np.clip(slope + decay * weights[k], -1, 1)
                weights[k] = weights[k] + speeds[k]
        right = (np.maximum(validation @ weights[0], 0) @ weights[1]).argmax(1) == gold
        curve.append(float(right.mean()))
    return curve


def replay(curves: list[list[float]]) -> tuple[float, int]:
    """Best accuracy that the sweep's scheduler leaves us with, and the evaluations it paid for."""
    config = build(
        SweepConfig,
        {
            "trial": {"rows": "rows", "model": {"name": "x"}},
            "space": {"train.lr": {"uniform": [0.1, 1]}},
            "search": {"metric": "val_accuracy", "grace": 1, "reduction": 2, "evaluations": EVALUATIONS},
        },
    )
    asha = scheduler(config, [])
    waiting = [SimpleNamespace(trial_id=str(k)) for k in range(len(curves))]
    running: dict[str, int] = {}
    best, paid = 0.0, 0
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            asha.on_trial_add(None, waiting[0])
            running[waiting.pop(0).trial_id] = 0
        for name in list(running):
            running[name] += 1
            paid += 1
            value = curves[int(name)][running[name] - 1]
            best = max(best, value)
            row = {"training_iteration": running[name], "val_accuracy": value}
            said = asha.on_trial_result(None, SimpleNamespace(trial_id=name), row)
            if said == "STOP" or running[name] == EVALUATIONS:
                del running[name]
    return best, paid


@pytest.mark.parametrize("seed", range(5))
def test_asha_finds_what_the_exhaustive_sweep_finds_for_half_the_evaluations(digits, seed):
    rng = np.random.default_rng(seed)
    curves = [learning_curve(digits, rng) for _ in range(TRIALS)]
    best = max(max(curve) for curve in curves)
    spread = best - np.median([max(curve) for curve in curves])
    assert spread > 0.01, "a sweep in which every trial is as good as the best shows nothing"
    found, paid = replay(curves)
    assert found >= 0.99 * best
    assert paid <= TRIALS * EVALUATIONS / 2
