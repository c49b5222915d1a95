"""Toolformer's losses against three full forwards per call, straight from the formula."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from toolschool.methods.toolformer.losses import WEIGHTS, CallIds, CallLosses, call_losses, plain_losses
from toolschool.models.scoring import Scorer


def reference(model: Any, text: list[int], call: CallIds, begin: list[int]) -> tuple[float, float, float]:
    """L_i(ε), L_i(e(c, ε)) and L+: whole rows, one at a time."""

    def loss(prefix: tuple[int, ...]) -> float:
        ids = torch.tensor([[*begin, *prefix, *text]])
        with torch.no_grad():
            logs = model(input_ids=ids).logits[0].double().log_softmax(-1)
        first = len(begin) + len(prefix)
        total = 0.0
        for j in range(call.place, len(text)):
            weight = max(0.0, 1 - 0.2 * (j - call.place)) / 3.0
            total -= weight * float(logs[first + j - 1, text[j]])
        return total

    return loss(()), loss(call.empty), loss(call.done)


def test_the_weights_are_five_and_sum_to_one() -> None:
    assert len(WEIGHTS) == 5
    assert sum(WEIGHTS) == pytest.approx(1)
    assert pytest.approx([max(0, 1 - 0.2 * t) / 3 for t in range(5)]) == WEIGHTS


def losses(
    model: Any, text: list[int], calls: list[CallIds], tau: float, begin: list[int] | None = None
) -> list[CallLosses]:
    scorer = Scorer(model, budget=64)
    plain = plain_losses(scorer, text, [call.place for call in calls], begin or ())
    return call_losses(scorer, text, calls, plain, tau, begin or ())


calls_of = st.lists(
    st.tuples(st.integers(0, 19), st.lists(st.integers(3, 60), min_size=1, max_size=4), st.integers(3, 60)), max_size=8
)


@given(calls=calls_of, tau=st.sampled_from([-1.0, 0.0, 0.01, 0.1, 4.0]), begin=st.sampled_from([[], [1]]))
def test_every_loss_and_decision_is_that_of_three_whole_forwards(
    tiny: Any, calls: list[tuple[int, list[int], int]], tau: float, begin: list[int]
) -> None:
    text = [3 + (7 * i) % 50 for i in range(20)]
    made = [CallIds(max(place, 0 if begin else 1), (*z, 2), (*z, result, 2)) for place, z, result in calls]
    for call, found in zip(made, losses(tiny, text, made, tau, begin), strict=True):
        plain, empty, done = reference(tiny, text, call, begin)
        assert found.plain == pytest.approx(plain, abs=1e-4)
        assert found.empty is None or found.empty == pytest.approx(empty, abs=1e-4)
        assert found.done is None or found.done == pytest.approx(done, abs=1e-4)
        gain = min(plain, empty) - done
        assert found.kept == (gain >= tau) or abs(gain - tau) < 1e-4


def test_losses_do_not_depend_on_what_else_is_scored(tiny: Any) -> None:
    text = list(range(3, 23))
    calls = [CallIds(place, (5, place, 2), (5, place, 9, 2)) for place in range(1, 15)]
    together = losses(tiny, text, calls, -10.0)
    alone = [losses(tiny, text, [call], -10.0)[0] for call in calls]
    assert [round(each.done or 0, 4) for each in together] == [round(each.done or 0, 4) for each in alone]
