"""The service of one model: one task at a time, an end when nobody listens, failures; and what a run tells."""

import asyncio
from contextlib import aclosing
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import ApiError, too_many
from serving.model_service import ModelService
from serving.service import Task
from serving.solvers.base import Solution
from serving.told import Told
from toolschool.errors import ModelError
from toolschool.records import Tool


class Endless:
    """A solver that asks its model again and again, unless the query is `short`; `wrong` fails."""

    tools = tuple(f"tool_{number}" for number in range(40))

    def __init__(self) -> None:
        self.model, self.at_work = torch.nn.Identity(), 0
        self.tokenizer = lambda text, add_special_tokens: {"input_ids": text.split()}

    def room(self, task):
        if task.query == "long and longer":
            raise too_many()
        return 100

    async def solve(self, task, room, told):
        assert room == 100
        if task.query == "wrong":
            raise ValueError("a bug")
        if task.query == "refused":
            raise ModelError("a prompt is empty; begin it with a word")
        self.at_work += 1
        assert self.at_work == 1
        try:
            while True:
                self.model(torch.zeros(1))
                told.wrote(told.text + "x")
                if task.query == "short":
                    told.end(told.begin("tool_7", {"city": "Bonn"}), "warm")
                    return Solution("done", task.query, 1)
        finally:
            self.at_work -= 1


async def whole(service, query):
    return [event async for event in service.run(Task(query))]


async def test_a_run_that_nobody_reads_ends_and_the_next_one_begins():
    service = ModelService(Endless())
    async with aclosing(service.run(Task("long"))) as events:
        assert (await anext(events))["type"] == "tools"
        assert (await anext(events))["text"] == "x"
    async with asyncio.timeout(30):
        assert (await whole(service, "short"))[-1]["answer"] == "done"


async def test_a_task_that_waits_can_be_given_up():
    service = ModelService(Endless())
    async with aclosing(service.run(Task("long"))) as events:
        await anext(events)
        waiting = asyncio.ensure_future(whole(service, "short"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        waiting.cancel()
    async with asyncio.timeout(30):
        assert (await whole(service, "short"))[-1]["type"] == "done"


async def test_of_many_tools_those_that_were_called_are_listed():
    first, *_, done = await whole(ModelService(Endless()), "short")
    assert first == {"type": "tools", "tools": []}
    assert done["trace"]["tools"] == [{"name": "tool_7", "probability": None}]


async def test_a_model_that_fails_is_unavailable_and_the_next_task_is_served():
    service = ModelService(Endless())
    with pytest.raises(ApiError, match="the model failed") as failed:
        await whole(service, "wrong")
    assert failed.value.status == 503
    with pytest.raises(ApiError, match="a prompt is empty") as said:
        await whole(service, "refused")
    assert said.value.status == 500
    with pytest.raises(ApiError, match="at its limit"):  # before there is any event
        await anext(service.run(Task("long and longer")))
    assert (await whole(service, "short"))[-1]["usage"] == {"prompt_tokens": 1, "completion_tokens": 1}


@given(st.lists(st.text(max_size=5), max_size=6))
def test_pieces_are_the_text(parts):
    events: list = []
    told = Told(events.append, may_change=True)
    text = ""
    for part in parts:
        text += part
        told.wrote(text)
    assert "".join(event["text"] for event in events) == text.rstrip("\ufffd")


def test_half_a_character_is_not_told():
    events: list = []
    told = Told(events.append, may_change=True)
    for text in ("caf", "caf\ufffd", "café"):
        told.wrote(text)
    assert [event["text"] for event in events] == ["caf", "é"]


def test_what_became_of_a_call():
    events: list = []
    told = Told(events.append, may_change=False)
    first, second = told.begin("find", {"name": "Sid"}), told.begin("send", {})
    told.end(second, error="no", status="declined")
    told.end(first, "+1")
    assert [(event["type"], event["id"]) for event in events] == [
        ("call_started", 1),
        ("call_started", 2),
        ("call_finished", 2),
        ("call_finished", 1),
    ]
    assert [(seen.status, seen.value, seen.attempts) for seen in told.observations] == [
        ("ok", "+1", 1),
        ("declined", None, 0),
    ]
    assert told.has("find", ("Sid",))
    assert not told.has("find", ("Mom",))
    changes = Tool("send", "", {}, side_effects=True)
    assert told.refusal(changes) == "send changes things, which is not allowed here"
    assert told.refusal(Tool("find", "", {})) is None
    assert Told(SimpleNamespace, may_change=True).refusal(changes) is None
