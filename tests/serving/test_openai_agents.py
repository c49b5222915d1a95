"""openai-agents against the gateway over a socket, unchanged: both routes, tools, handoffs, streams, structured output.

Not in the `dev` extra, because it wants another version of websockets than the lock has: `make test-agents` installs it into an
environment of its own and runs these tests there.
"""

from datetime import datetime

import openai
import pytest
from pydantic import BaseModel

from serving.gateway import create_app
from serving.settings import GatewaySettings
from serving.tool_service import ToolService
from toolschool.tools.desk import Desk

agents = pytest.importorskip("agents", reason="openai-agents is not installed here; make test-agents")

NOW = datetime(2026, 3, 2, 9, 0)
PLAN = '1. find_phone("Sid")\n2. send_sms("$1", "late", None)\n3. join()<END_OF_PLAN>\n'


@pytest.fixture
def models(scripted):
    return scripted(PLAN)


@pytest.fixture
def url(models, serve):
    agents.set_tracing_disabled(True)
    return serve(create_app(ToolService(models, Desk(NOW), lambda: NOW), GatewaySettings()))


@pytest.fixture(params=["OpenAIChatCompletionsModel", "OpenAIResponsesModel"])
async def model(request, url):
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client:
        yield getattr(agents, request.param)(model="tinyagent", openai_client=client)


@pytest.fixture
def ran():
    return []


@pytest.fixture
def agent(model, ran):
    @agents.function_tool
    def find_phone(name: str) -> str:
        """Finds a phone number."""
        ran.append(name)
        return "555-1"

    @agents.function_tool
    def send_sms(to: str, text: str, urgent: bool | None = None) -> str:
        """Sends a text."""
        ran.append((to, text, urgent))
        return f"sent to {to}"

    return agents.Agent(name="Secretary", instructions="Be brief.", model=model, tools=[find_phone, send_sms])


async def test_tools_are_run_by_the_client(agent, ran, models):
    result = await agents.Runner.run(agent, "Text Sid that I am late")
    assert result.final_output == "sent to 555-1"
    assert ran == ["Sid", ("555-1", "late", None)]
    assert models.requests[0].earlier[0].text == "Be brief."
    assert result.context_wrapper.usage.output_tokens > 0


async def test_streamed(agent, ran):
    result = agents.Runner.run_streamed(agent, "Text Sid that I am late")
    kinds = [event.name async for event in result.stream_events() if event.type == "run_item_stream_event"]
    assert result.final_output == "sent to 555-1"
    assert [kind for kind in kinds if kind.startswith("tool")] == ["tool_called", "tool_output"] * 2
    assert len(ran) == 2


async def test_a_conversation(agent, models):
    first = await agents.Runner.run(agent, "Text Sid that I am late")
    models.plans = ["1. join()<END_OF_PLAN>\n"]
    thanks = [*first.to_input_list(), {"role": "user", "content": "Thanks"}]
    second = await agents.Runner.run(agent, thanks)
    assert "no tool that fits" in second.final_output
    assert ("assistant", "sent to 555-1") in [(turn.role, turn.text) for turn in models.requests[-1].earlier]


async def test_tool_choice(agent, models):
    settings = agents.ModelSettings(tool_choice="required", parallel_tool_calls=False, max_tokens=200)
    await agents.Runner.run(agent.clone(model_settings=settings), "Text Sid that I am late")
    assert models.requests[0].must_call
    assert models.requests[0].max_tokens == 200


async def test_a_handoff_is_a_call(model, models):
    models.plans = ["1. transfer_to_notes()\n2. join()<END_OF_PLAN>\n", '1. keep("b")\n2. join()<END_OF_PLAN>\n']

    @agents.function_tool
    def keep(text: str) -> str:
        return f"kept {text}"

    notes = agents.Agent(name="Notes", model=model, tools=[keep])
    front = agents.Agent(name="Front", model=model, handoffs=[notes])
    result = await agents.Runner.run(front, "Note b")
    assert result.last_agent.name == "Notes"
    assert result.final_output.endswith("kept b")


async def test_the_servers_agent_answers_without_tools(model, models):
    models.plans = ['1. create_note("a", "b", "")\n2. join()<END_OF_PLAN>\n']
    result = await agents.Runner.run(agents.Agent(name="Any", model=model), "Note b")
    assert "note" in result.final_output.lower()


class Place(BaseModel):
    city: str


async def test_json_output_is_refused_clearly(model):
    with pytest.raises(openai.BadRequestError, match="only text is given"):
        await agents.Runner.run(agents.Agent(name="Any", model=model, output_type=Place), "Where?")
