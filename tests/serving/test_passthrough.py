"""A client's own tools through the gateway: the real service over a scripted planner, the official client on the other side."""

import json
from datetime import datetime

import httpx
import openai
import pytest

from serving.gateway import create_app
from serving.settings import GatewaySettings, Limits
from serving.tool_service import ToolService
from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.request import Turn
from toolschool.tools.desk import Desk

NOW = datetime(2026, 3, 2, 9, 0)
TEXT = {"type": "string"}


def function(name, /, **properties):
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": "Does it.", "parameters": schema}}


TOOLS = [function("find-phone", name=TEXT), function("send_sms", to={"type": "array", "items": TEXT}, text=TEXT)]
PLAN = '1. find_phone("Sid")\n2. find_phone("Ann")\n3. send_sms(["$1", "$2"], "late")\n4. join()<END_OF_PLAN>\n'
ASK = {
    "model": "tinyagent",
    "messages": [{"role": "user", "content": "Text Sid and Ann that I am late"}],
    "tools": TOOLS,
}


@pytest.fixture
def models(scripted):
    return scripted(PLAN)


@pytest.fixture
def http(models):
    app = create_app(ToolService(models, Desk(NOW), lambda: NOW), GatewaySettings(limits=Limits(max_earlier_chars=60)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1")


@pytest.fixture
async def api(http):
    async with openai.AsyncOpenAI(
        api_key="any", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0
    ) as api:
        yield api


def ran(message, *results):
    """The assistant's message, and what its calls gave."""
    answers = zip(message.tool_calls, results, strict=True)
    return [
        message.model_dump(exclude_none=True),
        *({"role": "tool", "tool_call_id": call.id, "content": result} for call, result in answers),
    ]


async def test_calls_side_by_side_then_what_needs_them_then_the_answer(api, models):
    first = await api.chat.completions.create(**ASK)
    choice = first.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert [(c.function.name, json.loads(c.function.arguments)) for c in choice.message.tool_calls] == [
        ("find-phone", {"name": "Sid"}),
        ("find-phone", {"name": "Ann"}),
    ]
    messages = [*ASK["messages"], *ran(choice.message, "555-1", "555-2")]
    second = await api.chat.completions.create(**ASK | {"messages": messages})
    (call,) = second.choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"to": ["555-1", "555-2"], "text": "late"}
    messages += ran(second.choices[0].message, "sent")
    third = await api.chat.completions.create(**ASK | {"messages": messages})
    assert third.choices[0].finish_reason == "stop"
    assert third.choices[0].message.content == "sent"
    assert third.choices[0].message.tool_calls is None
    assert [request.now for request in models.requests] == [NOW] * 3
    assert [request.must_call for request in models.requests] == [False, True, True]
    assert models.requests[0].catalog.names == ("find_phone", "send_sms")
    assert third.usage.prompt_tokens > first.usage.prompt_tokens


async def test_streamed_in_fragments(api, http):
    stream = await api.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in stream]
    deltas = [c.choices[0].delta for c in chunks if c.choices]
    assert (deltas[0].role, deltas[0].content) == ("assistant", None)
    calls: dict[int, dict[str, str]] = {}
    for delta in deltas:
        for part in delta.tool_calls or ():
            call = calls.setdefault(part.index, {"id": part.id, "name": part.function.name, "text": ""})
            call["text"] += part.function.arguments
    assert [(c["name"], c["text"]) for c in calls.values()] == [
        ("find-phone", '{"name": "Sid"}'),
        ("find-phone", '{"name": "Ann"}'),
    ]
    assert [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason] == ["tool_calls"]
    assert chunks[-1].usage.completion_tokens > 0
    async with api.chat.completions.stream(**ASK) as helper:  # the client's own accumulation
        final = await helper.get_final_completion()
    assert [c.function.arguments for c in final.choices[0].message.tool_calls] == ['{"name": "Sid"}', '{"name": "Ann"}']


class TestChoice:
    """tool_choice and parallel_tool_calls."""

    async def test_none_plans_nothing(self, api, models):
        reply = await api.chat.completions.create(**ASK, tool_choice="none")
        assert "forbids it" in reply.choices[0].message.content
        assert reply.choices[0].finish_reason == "stop"
        assert not models.requests

    async def test_none_answers_from_results(self, api):
        first = await api.chat.completions.create(**ASK)
        messages = [*ASK["messages"], *ran(first.choices[0].message, "555-1", "555-2")]
        reply = await api.chat.completions.create(**ASK | {"messages": messages}, tool_choice="none")
        assert reply.choices[0].message.content == "555-1\n555-2"

    async def test_required_reaches_the_planner(self, api, models):
        await api.chat.completions.create(**ASK, tool_choice="required")
        assert models.requests[0].must_call

    async def test_required_goes_on_behind_the_plan(self, api, models):
        """Clients that take their result by a call (structured output) demand one in every turn."""
        models.plans = ['1. find_phone("Sid")\n2. join()<END_OF_PLAN>\n'] * 2
        first = await api.chat.completions.create(**ASK, tool_choice="required")
        messages = [*ASK["messages"], *ran(first.choices[0].message, "555-1")]
        models.plans = [models.plans[0], '2. send_sms(["$1"], "late")\n3. join()<END_OF_PLAN>\n']
        second = await api.chat.completions.create(**ASK | {"messages": messages}, tool_choice="required")
        (call,) = second.choices[0].message.tool_calls
        assert json.loads(call.function.arguments) == {"to": ["555-1"], "text": "late"}
        last = models.requests[-1]
        assert (last.tools, last.first_id, last.must_call) == (("send_sms",), 2, True)
        assert "Observation: 555-1" in last.context

    async def test_a_named_function_is_called_once(self, api, models):
        choice = {"type": "function", "function": {"name": "find-phone"}}
        reply = await api.chat.completions.create(**ASK, tool_choice=choice)
        assert len(reply.choices[0].message.tool_calls) == 1
        assert models.requests[0].tools == ("find_phone",)

    async def test_one_call_a_turn(self, api, models):
        reply = await api.chat.completions.create(**ASK, parallel_tool_calls=False)
        assert len(reply.choices[0].message.tool_calls) == 1
        assert models.stopped  # the rest of the plan is not written


async def test_a_client_tool_wins_over_one_of_the_desk(api, models):
    """send_sms is a tool of the desk, too; what the client sent is called by the client."""
    models.plans = ['1. send_sms(["555-1"], "hi")\n2. join()<END_OF_PLAN>\n']
    reply = await api.chat.completions.create(**ASK)
    assert reply.choices[0].message.tool_calls[0].function.name == "send_sms"
    assert not any(reply.toolschool["effects"].values())


async def test_results_without_tools_are_answered_and_nothing_runs_here(api, models):
    """A client that sums up without offering its tools again does not mean those of the desk."""
    first = await api.chat.completions.create(**ASK)
    messages = [*ASK["messages"], *ran(first.choices[0].message, "555-1", "555-2")]
    reply = await api.chat.completions.create(model="tinyagent", messages=messages)
    assert reply.choices[0].message.content == "555-1\n555-2"
    assert len(models.requests) == 1


async def test_no_fitting_call_is_said(api, models):
    models.plans = ["1. join()<END_OF_PLAN>\n"]
    reply = await api.chat.completions.create(**ASK)
    assert reply.choices[0].finish_reason == "stop"
    assert "no tool that fits" in reply.choices[0].message.content


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "tools.0"),
        ({"tools": [{"type": "function"}]}, "tools.0"),
        ({"tools": [function("no way")]}, "tools.0.name"),
        ({"tool_choice": "perhaps"}, "tool_choice"),
        ({"messages": [*ASK["messages"], {"role": "tool", "tool_call_id": "x", "content": "1"}]}, "messages.1"),
        (
            {
                "messages": [
                    *ASK["messages"],
                    {"role": "assistant", "tool_calls": [{"id": "x", "function": {"name": "f", "arguments": ""}}]},
                ]
            },
            "messages.1.tool_calls",
        ),
        ({"stop": ["a", ""]}, "stop"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"logprobs": True}, "logprobs"),
        ({"functions": [{}]}, "functions"),
        ({"toolschool": {"deadline_s": 0}}, "toolschool.deadline_s"),
        ({"toolschool": {"confirm": "maybe"}}, "toolschool.confirm"),
    ],
)
async def test_what_is_wrong_is_named(http, models, changes, param):
    reply = await http.post("/v1/chat/completions", json=ASK | changes)
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == param
    assert not models.requests


@pytest.mark.parametrize("part", ['"minimum": 1e999', '"enum": ["\\ud83d"]', '"a": ' + "[" * 100 + "]" * 100])
async def test_json_that_cannot_be_written_again_is_refused(http, part):
    body = json.dumps(ASK).replace('"type": "string"', f'"type": "string", {part}')
    reply = await http.post("/v1/chat/completions", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 400


async def test_a_schema_that_cannot_be_decoded_is_the_clients_mistake(api, models):
    models.error = ConfigError("find_phone: argument name: look-around is not supported")
    with pytest.raises(openai.BadRequestError, match="look-around") as refused:
        await api.chat.completions.create(**ASK)
    assert refused.value.param == "tools"
    models.error = ValueError("secret")
    with pytest.raises(openai.InternalServerError) as failed:
        await api.chat.completions.create(**ASK)
    assert failed.value.status_code == 503
    assert "secret" not in str(failed.value)


async def test_earlier_turns_reach_the_planner_the_newest_first(api, models):
    said = [
        ("system", "Be brief."),
        ("user", "x" * 40),
        ("assistant", "One."),
        ("user", "Two?"),
        ("assistant", "Three."),
    ]
    messages = [{"role": role, "content": text} for role, text in said]
    await api.chat.completions.create(**ASK | {"messages": [*messages, *ASK["messages"]]})
    kept = [Turn("system", "Be brief."), Turn("assistant", "One."), Turn("user", "Two?"), Turn("assistant", "Three.")]
    assert models.requests[0].earlier == tuple(kept)


class TestBudgets:
    """Bounds of one request."""

    async def test_calls(self, api, models):
        reply = await api.chat.completions.create(**ASK, extra_body={"toolschool": {"max_calls": 1}})
        assert len(reply.choices[0].message.tool_calls) == 1
        assert models.stopped

    async def test_tokens_reach_the_planner(self, api, models):
        models.plans = ['1. find_phone("Sid")\n2. find_']  # what a planner with a bound gives
        reply = await api.chat.completions.create(**ASK, max_completion_tokens=50, max_tokens=7)
        assert models.requests[0].max_tokens == 50
        assert reply.choices[0].finish_reason == "length"
        assert len(reply.choices[0].message.tool_calls) == 1

    async def test_tokens_and_stops_of_the_answer(self, api, models):
        models.plans = ['1. find_phone("Sid")\n2. join()<END_OF_PLAN>\n']
        first = await api.chat.completions.create(**ASK)
        messages = [*ASK["messages"], *ran(first.choices[0].message, "one two three four")]
        whole = ASK | {"messages": messages}
        used = len(models.plans[0].split())
        short = await api.chat.completions.create(**whole, max_tokens=used + 2)
        assert short.choices[0].message.content == "one two"
        assert short.choices[0].finish_reason == "length"
        assert short.usage.completion_tokens == used + 2
        stopped = await api.chat.completions.create(**whole, stop=["three", "four"])
        assert stopped.choices[0].message.content == "one two "
        assert stopped.choices[0].finish_reason == "stop"
