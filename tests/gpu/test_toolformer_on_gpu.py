"""Toolformer's filter and annotator on a GPU: the losses, places and calls of a CPU in float32."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from benchmarks.gpu_arms import TEXT, calculator
from toolschool.methods.toolformer.annotation import Annotator, Proposals
from toolschool.methods.toolformer.documents import encode, places
from toolschool.methods.toolformer.losses import CallIds, call_losses, plain_losses
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.presets import PRESETS
from toolschool.models import backbone
from toolschool.models.backbone import ModelConfig
from toolschool.models.likelihood import LocalLM

pytestmark = pytest.mark.gpu
Used = Callable[[float], AbstractContextManager[None]]
NANO = "assets/nano"
WEIGHTS = 5_000_000


def opened(dtype: str, device: str) -> LocalLM:
    model, tokenizer = backbone.load(ModelConfig(name=NANO, dtype=dtype))
    return LocalLM(model.to(device), tokenizer)


def losses(lm: LocalLM) -> list[float]:
    """L_i(ε), L_i(e(c, ε)) and L+ of true and false calls before every word; a threshold far below keeps none back."""
    found = encode(lm.tokenizer, TEXT)
    where = places(found, TEXT, 1)
    plain = plain_losses(lm, found.ids, where, lm.begin)

    def ids(written: str) -> tuple[int, ...]:
        return tuple(lm.tokenizer(written, add_special_tokens=False)["input_ids"])

    calls = [
        CallIds(place, ids(f"[Calculator({call})->] "), ids(f"[Calculator({call})->{result}] "))
        for place in where
        for call, result in (("12*8", "96"), ("96*7", "672"), ("1+1", "3"))
    ]
    scored = call_losses(lm, found.ids, calls, plain, tau=-100.0, begin=lm.begin)
    return [loss for call in scored for loss in (call.plain, call.empty, call.done) if loss is not None]


@pytest.mark.parametrize(("dtype", "nats"), [("float32", 1e-3), ("bfloat16", 0.1)])
def test_losses_are_those_of_a_cpu(device: str, used: Used, dtype: str, nats: float) -> None:
    expected = losses(opened("float32", "cpu"))
    with used(2 * WEIGHTS):
        found = losses(opened(dtype, device))
    assert len(found) == len(expected) > 100
    assert found == pytest.approx(expected, abs=nats)


def annotated(lm: LocalLM) -> Proposals:
    found = encode(lm.tokenizer, TEXT)
    plain = plain_losses(lm, found.ids, places(found, TEXT, 1), lm.begin)
    return Annotator(lm, calculator(PRESETS["calculator"]), Markers()).annotate(TEXT, found.ids, plain, "0")


def test_places_and_calls_are_those_of_a_cpu(device: str, used: Used) -> None:
    """Samples are drawn on the CPU from the logits, so equal seeds give equal calls but where rounding tips one over."""
    expected = annotated(opened("float32", "cpu"))
    with used(4 * WEIGHTS):
        found = annotated(opened("float32", device))
    assert [place.index for place in found.places] == [place.index for place in expected.places]
    for here, there in zip(found.places, expected.places, strict=True):
        assert here.probability == pytest.approx(there.probability, rel=1e-3, abs=1e-6)
    total = sum(calls.total() for calls in expected.calls.values())
    shared = sum(
        (calls & found.calls[place]).total() for place, calls in expected.calls.items() if place in found.calls
    )
    assert total > 0
    assert shared >= 0.9 * total


def test_sixteen_bits_annotate_too(device: str) -> None:
    found = annotated(opened("bfloat16", device))
    assert 5 < len(found.places) <= PRESETS["calculator"].k
    assert sum(calls.total() for calls in found.calls.values()) > 0
