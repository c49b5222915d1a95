"""`/v1/responses` with the official client: shapes, order of events, the client's tools, and what a stateless server refuses."""

import json
from datetime import datetime

import httpx
import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from serving import errors
from serving.gateway import create_app
from serving.settings import GatewaySettings
from serving.tool_service import ToolService
from toolschool.tools.desk import Desk

NOW = datetime(2026, 3, 2, 9, 0)
EVENT = TypeAdapter(ResponseStreamEvent)
PHONE = {
    "type": "function",
    "name": "find-phone",
    "description": "Finds it.",
    "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    "strict": True,
}
SMS = {
    "type": "function",
    "name": "send_sms",
    "parameters": {"properties": {"to": {"type": "string"}, "text": {"type": "string"}}, "required": ["to", "text"]},
}
PLAN = '1. find_phone("Sid")\n2. send_sms("$1", "late")\n3. join()<END_OF_PLAN>\n'
URL = "/v1/responses"


@pytest.fixture
def models(scripted):
    return scripted(PLAN)


@pytest.fixture
def http(models):
    app = create_app(ToolService(models, Desk(NOW), lambda: NOW), GatewaySettings())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1")


@pytest.fixture
async def api(http):
    async with openai.AsyncOpenAI(
        api_key="any", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0
    ) as api:
        yield api


async def test_the_agent_answers(api, http, models):
    models.plans = ['1. create_note("a", "b", "")\n2. join()<END_OF_PLAN>\n']
    reply = await api.responses.create(
        model="tinyagent", input="Note b", instructions="Be brief.", metadata={"k": "v"}, temperature=0.5, store=True
    )
    assert reply.status == "completed"
    assert reply.output_text
    assert reply.usage.total_tokens == reply.usage.input_tokens + reply.usage.output_tokens
    assert (reply.metadata, reply.temperature, reply.store) == ({"k": "v"}, 0.5, False)
    assert reply.toolschool["effects"]["added"]["notes"]
    assert models.requests[0].earlier[0].text == "Be brief."
    raw = (await http.post(URL, json={"model": "tinyagent", "input": "Note b"})).json()
    Response.model_validate(raw, strict=True)
    assert (await http.get(f"/v1/traces/{raw['id']}")).json()["trace"] == raw["toolschool"]


async def test_a_whole_exchange_with_the_clients_tools(api):
    said = [{"role": "user", "content": [{"type": "input_text", "text": "Text Sid that I am late"}]}]
    first = await api.responses.create(model="tinyagent", input=said, tools=[PHONE, SMS])
    (call,) = first.output
    assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "find-phone", {"name": "Sid"})
    said += [call.to_dict(), {"type": "function_call_output", "call_id": call.call_id, "output": "555-1"}]
    second = await api.responses.create(model="tinyagent", input=said, tools=[PHONE, SMS])
    (call,) = second.output
    assert json.loads(call.arguments) == {"to": "555-1", "text": "late"}
    parts = [{"type": "input_text", "text": "sent"}]
    said += [{"type": "reasoning", "summary": []}, call.to_dict()]
    said += [{"type": "function_call_output", "call_id": call.call_id, "output": parts}]
    third = await api.responses.create(model="tinyagent", input=said, tools=[PHONE, SMS])
    assert third.output_text == "sent"


async def events_of(http, **body):
    text = (await http.post(URL, json={"model": "tinyagent", "stream": True, **body})).text
    frames = [frame.split("\n") for frame in text.strip().split("\n\n") if not frame.startswith(":")]
    events = [json.loads(data.removeprefix("data: ")) for _, data in frames]
    assert [name for name, _ in frames] == [f"event: {event['type']}" for event in events]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    for event in events:
        EVENT.validate_python(event, strict=True)
    return events


async def test_order_of_events_of_an_answer(http, models):
    models.plans = ["1. join()<END_OF_PLAN>\n"]
    events = await events_of(http, input="hello")
    assert [event["type"].removeprefix("response.") for event in events if "toolschool" not in event] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.done",
        "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    assert [event["toolschool"]["type"] for event in events if "toolschool" in event] == ["tools", "plan"]
    assert events[-1]["response"]["output"][0] == events[-2]["item"]


async def test_order_of_events_of_calls(http):
    events = await events_of(http, input="Text Sid", tools=[PHONE, SMS])
    assert [event["type"].removeprefix("response.") for event in events if "toolschool" not in event] == [
        "created", "in_progress", "output_item.added", "function_call_arguments.delta", "function_call_arguments.delta",
        "function_call_arguments.done", "output_item.done", "completed",
    ]  # fmt: skip
    deltas = "".join(event["delta"] for event in events if event["type"].endswith("arguments.delta"))
    assert deltas == events[-1]["response"]["output"][0]["arguments"] == '{"name": "Sid"}'


async def test_the_clients_own_accumulation(api):
    async with api.responses.stream(model="tinyagent", input="Text Sid", tools=[PHONE, SMS]) as stream:
        kinds = {event.type async for event in stream}
        final = await stream.get_final_response()
    assert "response.completed" in kinds
    assert final.output[0].name == "find-phone"


async def test_a_failure_in_mid_stream(service, settings):
    service.midway = errors.unavailable("the planner died")
    app = create_app(service, settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        events = await events_of(http, input="hello")
        assert (events[-1]["type"], events[-1]["response"]["status"]) == ("response.failed", "failed")
        assert events[-1]["response"]["error"]["message"] == "the planner died"
        service.midway, service.before = None, errors.too_many()
        assert (await http.post(URL, json={"model": "tinyagent", "input": "x", "stream": True})).status_code == 429


async def test_tokens_that_do_not_suffice(http, models):
    models.plans = ['1. find_phone("Sid")\n2. send_']
    reply = (await http.post(URL, json={"model": "tinyagent", "input": "x", "max_output_tokens": 3})).json()
    assert (reply["status"], reply["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    Response.model_validate(reply, strict=True)
    events = await events_of(http, input="x", max_output_tokens=3)
    assert events[-1]["type"] == "response.incomplete"


async def test_max_tool_calls_bounds_the_servers_agent(http, models):
    await http.post(URL, json={"model": "tinyagent", "input": "x", "max_tool_calls": 2})
    assert models.requests[0].max_calls == 2


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"background": True}, "background"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format"),
        ({"input": []}, "input"),
        ({"input": " "}, "input"),
        ({"input": [{"content": "x"}]}, "input.0.role"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input.0.content"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input.0.type"),
        ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
        ({"tools": [PHONE], "tool_choice": {"type": "function", "name": "f"}}, "tool_choice"),
        ({"tools": [PHONE], "input": [{"role": "user", "content": "x"}, {"type": "function_call", "call_id": "c"}]}, "input.1"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"model": "gpt-5"}, "model"),
    ],
)  # fmt: skip
async def test_what_is_refused(http, models, changes, param):
    reply = await http.post(URL, json={"model": "tinyagent", "input": "x", **changes})
    assert reply.status_code == (404 if param == "model" else 400)
    assert reply.json()["error"]["param"] == param
    assert not models.requests


async def test_sent_again(client, service):
    body, key = {"model": "tinyagent", "input": "x"}, {"Idempotency-Key": "k"}
    first, again = [await client.post(URL, json=body, headers=key) for _ in range(2)]
    assert again.content == first.content
    other = await client.post(
        "/v1/chat/completions", json={"model": "tinyagent", "messages": [{"role": "user", "content": "x"}]}, headers=key
    )
    assert other.status_code == 200  # keys of another route
    assert service.started == 2
