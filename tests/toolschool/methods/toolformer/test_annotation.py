"""Places and samples of a real small model, against whole forwards of the same prompt."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import RowError
from toolschool.methods.toolformer.annotation import Annotator, likeliest
from toolschool.methods.toolformer.documents import encode, places
from toolschool.methods.toolformer.losses import plain_losses
from toolschool.methods.toolformer.marker_tokens import marker_tokens
from toolschool.methods.toolformer.markers import MAX_ARGUMENT, Markers
from toolschool.methods.toolformer.tools import ToolUse
from toolschool.models.likelihood import LocalLM, open_lm

PROMPT = "Add Calculator calls.\nInput: {text}\nOutput:"
TEXT = "Ann had 48 eggs and sold 19 of them. That leaves 29 eggs."


@pytest.fixture(scope="module")
def nano() -> Any:
    return open_lm("assets/nano")


def tool(**preset: Any) -> Any:
    return ToolUse(use="calculator", prompt=PROMPT, preset=preset).load()


def annotated(nano: LocalLM, seed: str = "0", **preset: Any) -> Any:
    tokens = encode(nano.tokenizer, TEXT)
    losses = plain_losses(nano, tokens.ids, range(1, len(tokens.ids)))
    allowed = {i: losses[i] for i in places(tokens, TEXT, first=1)}
    return Annotator(nano, tool(**preset), Markers()).annotate(TEXT, tokens.ids, allowed, seed)


def test_probabilities_are_those_of_whole_forwards(nano: Any) -> None:
    starts = list(marker_tokens(nano.tokenizer, Markers()).starts)
    ids = encode(nano.tokenizer, TEXT).ids
    for place in annotated(nano).places:
        head = nano.tokenizer(PROMPT.replace("{text}", TEXT))["input_ids"]
        with torch.no_grad():
            logits = nano.model(input_ids=torch.tensor([[*head, *ids[: place.index]]])).logits[0, -1]
        assert place.probability == pytest.approx(float(logits.softmax(-1)[starts].sum()), abs=1e-5)


def test_the_call_that_makes_the_number_is_sampled(nano: Any) -> None:
    found = annotated(nano)
    before_29 = encode(nano.tokenizer, TEXT[: TEXT.index(" 29")]).ids
    assert "48 - 19" in found.calls[len(before_29)]
    assert sum(calls.total() for calls in found.calls.values()) + found.failures.total() == 10 * sum(
        not place.pruned for place in found.places
    )


def test_samples_follow_from_the_seed(nano: Any) -> None:
    assert annotated(nano, "1") == annotated(nano, "1")
    assert annotated(nano, "1").calls != annotated(nano, "2").calls


def test_pruned_places_get_no_samples_and_no_other_takes_their_slot(nano: Any) -> None:
    easy, hard = annotated(nano, tau_f=0.0), annotated(nano, tau_f=3.0)
    assert [place.index for place in easy.places] == [place.index for place in hard.places]
    pruned = {place.index for place in hard.places if place.pruned}
    assert pruned
    assert not pruned & hard.calls.keys()


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0, 1), st.integers(1, 10), st.data())
def test_the_likeliest_places(p: list[float], tau_s: float, k: int, data: Any) -> None:
    allowed = data.draw(st.lists(st.booleans(), min_size=len(p), max_size=len(p)))
    chosen = likeliest(np.array(p), tau_s, k, np.array(allowed, bool))
    could = [i for i in range(len(p)) if allowed[i] and p[i] > tau_s]
    assert len(chosen) == min(k, len(could))
    assert set(chosen) <= set(could)
    assert all(p[i] >= p[j] for i in chosen for j in set(could) - set(chosen))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Calculator(1+1", "no call"),
        ("48 - 19", "no call"),
        ("QA(why)", "another tool"),
        ("Calculator([Calculator(1+1)", "a marker inside"),
        ("Calculator(1->2)", "a marker inside"),
        (f"Calculator({'9' * MAX_ARGUMENT})", "too long"),
    ],
)
def test_what_is_no_call_is_said_to_be_none(text: str, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        Markers().read(text, "Calculator")


def test_arguments_may_hold_brackets_and_quotes() -> None:
    assert Markers().read(" Calculator( (3 + 4) * 2 )", "Calculator") == "(3 + 4) * 2"
    assert Markers().read('QA("Who (and when)?")', "QA") == '"Who (and when)?"'
