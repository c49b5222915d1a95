"""The serving engine on a GPU: batches, streams and grammars give what a CPU gives."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from toolschool.models.engines import TransformersEngine

pytestmark = pytest.mark.gpu
Used = Callable[[float], AbstractContextManager[None]]
PROMPTS = ["3 boxes of 4 pens are", "What is 12 plus 7?", "Send a message to Priya that"]
LIMIT = 12


def opened(dtype: str, device: str) -> TransformersEngine:
    engine = TransformersEngine.load("assets/nano", dtype)
    engine.model.to(device)
    return engine


def test_a_batch_is_continued_as_on_a_cpu(device: str, used: Used) -> None:
    expected = opened("float32", "cpu").generate(PROMPTS, max_new_tokens=LIMIT)
    with used(20e6):
        found = opened("float32", device).generate(PROMPTS, max_new_tokens=LIMIT)
    assert found == expected
    assert any(text.tokens > 2 for text in found)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_stream_is_the_text_in_pieces(device: str, dtype: str) -> None:
    engine = opened(dtype, device)
    whole = engine.generate(PROMPTS[:1], max_new_tokens=LIMIT)[0]
    assert "".join(engine.stream(PROMPTS[0], max_new_tokens=LIMIT)) == whole.text
    pieces = engine.stream(PROMPTS[0], max_new_tokens=LIMIT)
    next(pieces)
    pieces.close()  # the model stops, and the engine can be asked again
    assert engine.generate(PROMPTS[:1], max_new_tokens=LIMIT)[0] == whole


def test_a_grammar_holds(device: str) -> None:
    pytest.importorskip("llguidance")
    engine = opened("bfloat16", device)
    grammars = ['start: "yes" | "no"', "start: /[0-9]{2}/", 'start: "yes" | "no"']
    texts = [made.text for made in engine.generate(PROMPTS, max_new_tokens=LIMIT, grammars=grammars)]
    assert texts[0] in ("yes", "no")
    assert texts[1].isdigit()
    assert len(texts[1]) == 2
    assert "".join(engine.stream(PROMPTS[0], max_new_tokens=LIMIT, grammar=grammars[0])) == texts[0]
