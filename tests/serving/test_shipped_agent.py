"""The shipped models served end to end: a query's effect is rows on the desk."""

import json

import httpx
import openai
import pytest

import serving.app
from serving.settings import AppArgs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def clients_own_tools(client):
    """Calls, and what is wrong with a schema, come through the deployments."""
    parameters = {"properties": {"name": {"type": "string"}}, "required": ["name"]}
    tool = {"type": "function", "function": {"name": "get_phone_number", "parameters": parameters}}
    asked = {"model": "tinyagent", "messages": [{"role": "user", "content": "What is the phone number of Sid?"}]}
    with client.chat.completions.stream(**asked, tools=[tool]) as stream:
        reply = stream.get_final_completion()
    (call,) = reply.choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"name": "Sid"}
    answer = client.responses.create(model="tinyagent", input="What is the phone number of Sid?", max_output_tokens=3)
    assert answer.status == "incomplete"
    parameters["properties"]["name"]["pattern"] = "(?=x)y"
    with pytest.raises(openai.BadRequestError, match="look-around"):
        client.chat.completions.create(**asked, tools=[tool])


def test_a_query_changes_the_desk(ray_cluster, tmp_path):
    records = tmp_path / "records"
    args = AppArgs(desk=str(tmp_path / "desk.sqlite"), now="2026-03-02T09:00:00", record=str(records))
    app = serving.app.run(args, port=0)
    try:
        with openai.OpenAI(api_key="none", base_url=f"{app.url}/v1", timeout=120) as client:
            query = "Text Sid Sharma that I will be ten minutes late"
            answer = client.chat.completions.create(model="tinyagent", messages=[{"role": "user", "content": query}])
            clients_own_tools(client)
        (message,) = answer.toolschool["effects"]["added"]["messages"]
        assert message["recipients"] == ["+15550100101"]
        assert "late" in message["body"]
        (path,) = records.glob("*.jsonl")
        record, short = map(json.loads, path.read_text().splitlines())  # runs of the client's own tools are none
        assert short["finish"] == "length"
        assert (record["query"], record["plan"]) == (query, answer.toolschool["plan"])
        assert record["observations"][0]["value"] == "<PHONE>"
        assert httpx.get(f"{app.url}/v1/desk").json()["changes"]["added"]["messages"] == [message]
    finally:
        app.shutdown()
