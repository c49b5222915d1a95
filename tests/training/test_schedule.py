"""Warm-up reaches the peak, cosine and linear end at zero, constant stays."""

import pytest

from training.schedule import learning_rate


@pytest.mark.parametrize("kind", ["cosine", "linear", "constant"])
def test_course(kind: str) -> None:
    rates = [learning_rate(step, 100, 1.0, 0.1, kind) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == pytest.approx(1.0)
    assert rates[10] == pytest.approx(1.0)
    assert rates[55] == pytest.approx(1.0 if kind == "constant" else 0.5)
    assert rates[100] == pytest.approx(1.0 if kind == "constant" else 0.0, abs=1e-12)
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_no_warmup_starts_at_the_peak() -> None:
    assert learning_rate(0, 10, 2.0, 0.0, "cosine") == 2.0
