"""The template and constrained planning: whatever an untrained model says under the grammar is a plan that fits its tools."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import takewhile
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from toolschool.errors import ConfigError, ModelError, RowError
from toolschool.methods.tinyagent.examples import ExampleBank
from toolschool.methods.tinyagent.planner import Planner, PlannerOutput
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.methods.tinyagent.template import COMPACT_TOKENS, PlannerTemplate, static_prefix
from toolschool.models.decoding import Constrainer
from toolschool.models.engines import TransformersEngine
from toolschool.models.templates import encode_row, wrap
from toolschool.models.tokenizer import train_tokenizer
from toolschool.plans.grammar import format_plan, parse_plan
from toolschool.plans.graph import validate
from toolschool.records import Call, Example, Plan, Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import desk_catalog

NOW = datetime(2025, 3, 5, 14, 20)
CATALOG = desk_catalog()
QUERIES = (
    "Text Priya that I'm running ten minutes late",
    'Add "oat milk" to my Groceries note and remind me tomorrow at 3pm',
    "Summarize Q3-report.pdf, email it to Lena and set up lunch with Dana on Friday at noon for 30 minutes",
)
VECTORS = np.zeros((2, 4), dtype=np.float32)
NOTE = Plan((Call(1, "create_note", ("x", "it", "")),))
PLAN = Plan((Call(1, "get_phone_number", ("Priya",)), Call(2, "send_sms", (["$1"], "I'm running ten minutes late"))))


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    names = " ".join(CATALOG.names)
    return train_tokenizer([*QUERIES, names, format_plan(PLAN)] * 3, 700, COMPACT_TOKENS)


@pytest.fixture(scope="module")
def engine(tokenizer: Any) -> TransformersEngine:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=2048, initializer_range=0.4, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    return TransformersEngine(LlamaForCausalLM(config), tokenizer)


def requests(tools: tuple[str, ...] = CATALOG.names) -> list[PlanRequest]:
    return [PlanRequest(query, tools, NOW) for query in QUERIES]


def test_special_tokens_are_apart_and_text_round_trips(tokenizer: Any) -> None:
    ids = {tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id}
    assert len(ids) == 3
    assert all(len(tokenizer(token, add_special_tokens=False)["input_ids"]) == 1 for token in COMPACT_TOKENS)
    text = '1. get_email_address("<4>") costs 1234 — naïve ☃\n'
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def test_gold_plans_pass_their_own_grammar(tokenizer: Any) -> None:
    template = PlannerTemplate()
    prompt = template.prompt(requests()[0], CATALOG)
    completion = template.completion(PLAN, prompt, CATALOG)
    assert completion == '1. get_phone_number("<1>")\n2. send_sms(["$1"], "<3><7>")\n'
    matcher = Constrainer(tokenizer, len(tokenizer)).matcher(template.grammar(prompt, CATALOG, tokenizer))
    ids = tokenizer(completion, add_special_tokens=False)["input_ids"]
    assert matcher.try_consume_tokens(ids) == len(ids)
    assert matcher.is_accepting()


@pytest.mark.parametrize("style", ["compact", "full"])
def test_an_untrained_model_writes_valid_plans(engine: TransformersEngine, style: str) -> None:
    planner = Planner(engine, PlannerTemplate(style=style), CATALOG, max_new_tokens=300)
    outputs = planner.plan_many(requests())
    finished = [output for output in outputs if not output.truncated]
    assert [output.truncated for output in outputs] == [output.tokens == 300 for output in outputs]
    for output in finished:
        assert validate(parse_plan(output.text), CATALOG) == []


def test_streaming_and_batching_write_the_same(engine: TransformersEngine) -> None:
    planner = Planner(engine, PlannerTemplate(), CATALOG, max_new_tokens=120)
    tools = ("get_phone_number", "create_reminder")
    alone = ["".join(planner.stream(request)) for request in requests(tools)]
    batched = planner.plan_many(requests(tools), batch_size=3)
    for one, many in zip(alone, batched, strict=True):
        assert many.truncated or one == many.text


def test_only_offered_tools_can_be_written(engine: TransformersEngine) -> None:
    planner = Planner(engine, PlannerTemplate(), CATALOG, max_new_tokens=200)
    output = planner.plan_many([PlanRequest(QUERIES[0], ("get_phone_number",), NOW)])[0]
    assert "get_phone_number(" in output.text
    assert all(f"{name}(" not in output.text for name in CATALOG.names if name != "get_phone_number")


def test_a_closed_stream_stops_the_model(engine: TransformersEngine) -> None:
    stream = engine.stream("<tools><query><plan>", max_new_tokens=100_000)
    next(stream)
    stream.close()
    steps, ends = -1, time.monotonic() + 10
    with patch.object(engine.model, "forward", wraps=engine.model.forward) as forward:
        while steps != forward.call_count:
            assert time.monotonic() < ends, "generation went on"
            steps = forward.call_count
            time.sleep(0.2)


def test_nothing_offered_gives_an_empty_plan(engine: TransformersEngine) -> None:
    planner = Planner(engine, PlannerTemplate(), CATALOG)
    output = planner.plan_many([PlanRequest("Fly me to the moon", (), NOW)])[0]
    assert output.empty
    assert parse_plan(output.text).calls == ()
    assert "".join(
        planner.stream(PlanRequest("Again", ("send_sms",), NOW, context="Previous Plan:", first_id=3))
    ).startswith("3. join()")
    assert not PlannerOutput('1. get_phone_number("x")\n2. join()').empty


def test_the_full_prompt_has_the_published_parts() -> None:
    template = PlannerTemplate(style="full", wrapper="blocks", examples=1, instructions="Sign as Kim.")
    example = Example("e1", QUERIES[0], PLAN, "test")
    request = PlanRequest(
        QUERIES[1], ("get_phone_number", "send_sms"), NOW, context="Previous Plan:\n\n1. x", first_id=2
    )
    text = template.prompt(request, CATALOG, [example]).text
    parts = [
        "### Instruction:", "Guidelines:", "Sign as Kim.", "1. get_phone_number(name: str) -> str", "2. send_sms(", "3. join():",
        "Look up phone numbers first", "Current Plan is yours", "Examples:", QUERIES[0], "<END_OF_PLAN>",
        "Wednesday 2025-03-05 14:20", "### Input:", f"Question: {QUERIES[1]}", "Previous Plan:", "### Response:",
    ]  # fmt: skip
    position = 0
    for part in parts:
        position = text.index(part, position)  # ValueError when a part is missing or out of order
    assert "e-mail addresses first" not in text  # no e-mail tool is offered


def test_prompts_begin_alike_for_as_long_as_they_can() -> None:
    """What a server that caches prefixes may keep: the guidelines for all requests, the tools for those that need the same ones."""
    template = PlannerTemplate(style="full", instructions="Sign as Kim.", examples=1)

    def text(query: str, tools: tuple[str, ...], hour: int) -> str:
        return template.prompt(PlanRequest(query, tools, NOW.replace(hour=hour)), CATALOG).text

    sms, same, note = (
        text("Text Ann", ("send_sms", "get_phone_number"), 9),
        text("Text Bob", ("get_phone_number", "send_sms"), 10),
        text("Note it", ("create_note",), 9),
    )
    static = static_prefix("Sign as Kim.")
    assert "Use only these actions" in static
    assert "Sign as Kim." in static
    assert all(prompt.startswith(static) for prompt in (sms, same, note))
    shared = "".join(one for one, other in takewhile(lambda pair: pair[0] == pair[1], zip(sms, same, strict=False)))
    assert "3. join()" in shared  # the tools come in the catalogue's order, whoever is found first
    assert "It is" in shared
    assert "09:00" not in shared


OTHERS = Catalog(
    [
        Tool(
            "play",
            "Play music.",
            {
                "properties": {
                    "song": {"type": "string"},
                    "loud": {"type": "boolean"},
                    "rooms": {"type": "array", "items": {"type": "string"}},
                },
            },
        )
    ]
)


@pytest.mark.parametrize("style", ["compact", "full"])
def test_a_request_may_bring_tools_that_the_planner_does_not_know(engine: TransformersEngine, style: str) -> None:
    planner = Planner(engine, PlannerTemplate(style=style), CATALOG, max_new_tokens=200)
    request = PlanRequest("Play some jazz", ("play",), NOW, catalog=OTHERS)
    prompt = planner._prompt(request)
    assert " play" in prompt.text
    assert '"play("' in planner._grammar(prompt)
    output = planner.plan_many([request])[0]
    if not output.truncated:
        assert validate(parse_plan(output.text), OTHERS) == []


def test_examples_use_offered_tools_only(engine: TransformersEngine) -> None:
    bank = ExampleBank(
        (Example("e1", QUERIES[0], PLAN, "test"), Example("e2", "Note it", NOTE, "test")), VECTORS, engine
    )
    planner = Planner(
        engine,
        PlannerTemplate(style="full", examples=2),
        CATALOG,
        lambda request, count: bank.nearest(request.query, request.tools, count),
    )
    asked = PlanRequest("Text Bob", ("get_phone_number", "send_sms", "open_note"), NOW)
    text = planner._prompt(asked).text
    assert QUERIES[0] in text
    assert "Note it" not in text


def test_wrapping_is_checked() -> None:
    assert wrap("plain", "s", "u") == "s\nu\n"
    with pytest.raises(ConfigError, match="chat template"):
        wrap("chat", "s", "u")
    with pytest.raises(ConfigError, match="unknown tool send_smss; did you mean send_sms"):
        PlannerTemplate().prompt(PlanRequest("x", ("send_smss",), NOW), CATALOG)


def test_rows_supervise_the_plan_and_its_end_only(tokenizer: Any) -> None:
    row = encode_row(tokenizer, "<tools><query>x<plan>", "1. ", 50)
    assert len(row["input_ids"]) == len(row["labels"])
    assert row["labels"][-1] == tokenizer.eos_token_id
    assert row["labels"][:3] == [-100] * 3
    with pytest.raises(RowError, match="max_length=3"):
        encode_row(tokenizer, "<tools>", "1. 2. 3.", 3)


def test_a_bad_grammar_is_a_typed_error(tokenizer: Any) -> None:
    with pytest.raises(ModelError, match="does not compile"):
        Constrainer(tokenizer, len(tokenizer)).matcher("start: nothing_here")
