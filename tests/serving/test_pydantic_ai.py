"""pydantic-ai against the gateway over a socket, unchanged: both routes, tools, streams, structured output, history, errors."""

from datetime import datetime

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, ModelHTTPError
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from serving.gateway import create_app
from serving.settings import GatewaySettings
from serving.tool_service import ToolService
from toolschool.tools.desk import Desk

NOW = datetime(2026, 3, 2, 9, 0)
PLAN = '1. find_phone("Sid")\n2. send_sms("$1", "late", None)\n3. join()<END_OF_PLAN>\n'


@pytest.fixture
def models(scripted):
    return scripted(PLAN)


@pytest.fixture
def url(models, serve):
    return serve(create_app(ToolService(models, Desk(NOW), lambda: NOW), GatewaySettings()))


@pytest.fixture(params=[OpenAIChatModel, OpenAIResponsesModel])
def model(request, url):
    return request.param("tinyagent", provider=OpenAIProvider(base_url=f"{url}/v1", api_key="any"))


@pytest.fixture
def agent(model):
    agent, agent.ran = Agent(model, instructions="Be brief."), []

    @agent.tool_plain
    def find_phone(name: str) -> str:
        """Finds a phone number."""
        agent.ran.append(name)
        return "555-1"

    @agent.tool_plain
    def send_sms(to: str, text: str, urgent: bool = False) -> str:
        """Sends a text."""
        agent.ran.append((to, text, urgent))
        return f"sent to {to}"

    return agent


async def test_tools_are_run_by_the_client(agent, models):
    result = await agent.run("Text Sid that I am late")
    assert result.output == "sent to 555-1"
    assert agent.ran == ["Sid", ("555-1", "late", False)]
    assert result.usage.requests == 3
    assert result.usage.output_tokens > 0
    assert models.requests[0].earlier[0].text == "Be brief."


async def test_streamed(agent):
    async with agent.run_stream("Text Sid that I am late") as result:
        pieces = [piece async for piece in result.stream_text(delta=True)]
    assert "".join(pieces) == "sent to 555-1"
    assert agent.ran == ["Sid", ("555-1", "late", False)]


async def test_a_conversation(agent, models):
    first = await agent.run("Text Sid that I am late")
    models.plans = ["1. join()<END_OF_PLAN>\n"]
    second = await agent.run("Thanks", message_history=first.all_messages())
    assert "no tool that fits" in second.output
    said = [(turn.role, turn.text) for turn in models.requests[-1].earlier]
    assert ("user", "Text Sid that I am late") in said
    assert ("assistant", "sent to 555-1") in said


class Place(BaseModel):
    """Where something is."""

    city: str
    zip: int | None = None


async def test_structured_output_is_one_more_call(model, models):
    agent = Agent(model, output_type=Place)
    models.plans = ['1. final_result("Bonn", 53111)\n2. join()<END_OF_PLAN>\n']
    assert (await agent.run("Where is it? In Bonn.")).output == Place(city="Bonn", zip=53111)
    assert models.requests[0].must_call

    @agent.tool_plain
    def locate(name: str) -> str:
        return "Rome"

    plan = '1. locate("it")\n2. join()<END_OF_PLAN>\n'
    models.plans = [plan, plan, '2. final_result("$1", None)\n3. join()<END_OF_PLAN>\n']
    assert (await agent.run("Where is it?")).output == Place(city="Rome")


async def test_the_servers_agent_answers_without_tools(model, models):
    models.plans = ['1. create_note("a", "b", "")\n2. join()<END_OF_PLAN>\n']
    result = await Agent(model).run("Note b")
    assert "note" in result.output.lower()
    async with Agent(model).run_stream("Note b") as stream:
        assert (await stream.get_output()).lower() == result.output.lower()


async def test_errors_are_typed(url):
    provider = OpenAIProvider(base_url=f"{url}/v1", api_key="any")
    with pytest.raises(ModelHTTPError) as refused:
        await Agent(OpenAIChatModel("gpt-5", provider=provider)).run("x")
    assert refused.value.status_code == 404
