"""Answers with calls from real models: decoding is transformers' own, and what else is in the batch changes nothing."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import torch

from toolschool.methods.toolformer.inference import InlineAgent
from toolschool.methods.toolformer.kit.calculator import tool as calculator
from toolschool.methods.toolformer.markers import Markers
from toolschool.tools.calculator import calculate

QUESTIONS = (
    "There were 3 muffins in the box. Justin put in 488 more. How many muffins are in the box? There are",
    "What is 12 * 34?",
    "Ann had 12 apples and gave 5 of them to Bob. How many apples are left?",
    "Hello",
    "3 boxes of 12 pens are 36 pens.\nThe answer is",
)


@pytest.fixture(scope="module")
def nano(nano_tokenizer: Any) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained("assets/nano", dtype=torch.float32), nano_tokenizer


def test_without_calls_it_is_greedy_decoding_of_transformers(nano: tuple[Any, Any]) -> None:
    model, tokenizer = nano
    some = InlineAgent(model, tokenizer, [calculator()], Markers(), max_new_tokens=30)
    batch = tokenizer(list(QUESTIONS), return_tensors="pt", padding=True, padding_side="left")
    out = model.generate(
        batch["input_ids"],
        attention_mask=batch["attention_mask"],
        max_new_tokens=30,
        do_sample=False,
        suppress_tokens=list(some.spelling.marked),
    )[:, batch["input_ids"].shape[1] :]
    expected = [tokenizer.decode(row).partition("</s>") for row in out]
    answers = some.answer(QUESTIONS, disabled=True)
    assert [(answer.text, answer.finished) for answer in answers] == [(said, bool(end)) for said, end, _ in expected]


async def _slow(expression: str) -> str:
    await asyncio.sleep(0.1)  # other rows write meanwhile
    return calculate(expression)


def test_a_real_model_calls_and_neither_its_batch_nor_slow_tools_change_what_it_says(nano: tuple[Any, Any]) -> None:
    tool = calculator()
    slow_tool = replace(tool, tool=replace(tool.tool, run=_slow))
    quick, slow = (InlineAgent(*nano, [each], Markers(), max_calls=3, max_new_tokens=30) for each in (tool, slow_tool))
    answers = quick.answer(QUESTIONS)
    assert answers == [quick.answer([question])[0] for question in QUESTIONS]
    assert [answer.text for answer in slow.answer(QUESTIONS)] == [answer.text for answer in answers]
    results = [(call, answer) for answer in answers for call in answer.calls if call.result]
    assert results
    assert all(f"->{call.result}]" in answer.text for call, answer in results)


def test_a_model_that_babbles_leaves_text_and_calls_apart(nano_tokenizer: Any) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(nano_tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        initializer_range=0.5,
    )
    model = LlamaForCausalLM(config)
    calls = 0
    for k in (10, 300, 3000):
        some = InlineAgent(model, nano_tokenizer, [calculator()], Markers(), top_k=k, max_calls=4, max_new_tokens=40)
        answers = some.answer(QUESTIONS)
        assert answers == [some.answer([question])[0] for question in QUESTIONS]
        assert all("[" not in Markers().without_calls(answer.text) for answer in answers)
        calls += sum(len(answer.calls) for answer in answers)
    assert calls
