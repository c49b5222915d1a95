"""Models of other methods behind the gateway, in this process: the models and their tools are real and tiny."""

import asyncio

import httpx
import openai
import pytest

from serving.gateway import create_app
from serving.model_service import ModelService
from serving.service import Task
from serving.settings import GatewaySettings, ModelArgs
from serving.solvers.opening import located_models, open_solver
from serving.solvers.toolformer import InlineSolver
from toolschool.methods.toolken.prompts import Prompts

NOW = "2026-03-02T09:00:00"
SUM = {"id": 1, "tool": "Calculator", "status": "ok", "value": "46", "args": {"expression": "12 + 34"}}
ADD = {"id": 1, "tool": "add", "status": "ok", "value": "46", "args": {"written": "12, 34"}}
NOTED = "Note 'Rent' created in folder 'Notes'."
NOTE = {
    "id": 1,
    "tool": "create_note",
    "status": "ok",
    "value": NOTED,
    "args": {"name": "Rent", "content": "rent is due", "folder": ""},
}
EXPECTED = {
    "toolformer": ("46 in all.", SUM, "[Calculator(12 + 34)->46] 46 in all."),
    "toolken": ("12 + 34 =46.", ADD, "12 + 34 =<add>(12, 34)=46."),
    "toolgen": ("I wrote it down.", NOTE, "First the note.\n<<create_note>>\n"),
}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}


@pytest.fixture(scope="module")
def models(folders_beside):
    args = located_models({name: ModelArgs(model=str(folder)) for name, folder in folders_beside.items()})
    return {name: ModelService(open_solver(each)) for name, each in args.items()}


@pytest.fixture
def queries(tiny):
    return {"toolformer": tiny.SUM, "toolken": tiny.QUESTION, "toolgen": tiny.NOTE}


@pytest.fixture
async def http(service, models):
    """The gateway over the fake agent with the models beside it."""
    agent = service.run
    service.run = lambda task: models[task.model].run(task) if task.model in models else agent(task)
    app = create_app(service, GatewaySettings(models=tuple(models)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
async def api(http):
    async with openai.AsyncOpenAI(
        api_key="any", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0
    ) as api:
        yield api


async def ask(api, model, query, **more):
    own = {"toolschool": {"now": NOW, **more.pop("toolschool", {})}}
    messages = [{"role": "user", "content": query}]
    return await api.chat.completions.create(model=model, messages=messages, extra_body=own, **more)


@pytest.mark.parametrize("model", EXPECTED)
async def test_each_answers_by_its_own_method(api, queries, model):
    answer, call, written = EXPECTED[model]
    reply = await ask(api, model, queries[model])
    assert (reply.model, reply.choices[0].message.content, reply.choices[0].finish_reason) == (model, answer, "stop")
    (seen,) = reply.toolschool["observations"]
    assert {name: seen[name] for name in call} == call
    assert reply.toolschool["plan"].startswith(written)
    assert call["tool"] in [tool["name"] for tool in reply.toolschool["tools"]]
    assert reply.toolschool["problems"] == []
    assert reply.toolschool["now"] == NOW
    assert min(reply.usage.prompt_tokens, reply.usage.completion_tokens) > 0


@pytest.mark.parametrize("model", EXPECTED)
async def test_what_it_does_is_streamed(api, queries, model):
    answer, call, written = EXPECTED[model]
    chunks = [chunk async for chunk in await ask(api, model, queries[model], stream=True)]
    events = [chunk.toolschool for chunk in chunks if getattr(chunk, "toolschool", None)]
    kinds = [event["type"] for event in events]
    assert (kinds[0], kinds[-1]) == ("tools", "trace")
    assert kinds.index("call_started") + 1 == kinds.index("call_finished")
    finished = events[kinds.index("call_finished")]
    assert (finished["tool"], finished["args"]) == (call["tool"], list(call["args"].values()))
    assert "".join(event["text"] for event in events if event["type"] == "plan").strip().startswith(written)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == answer


async def test_the_newer_route_answers_too(api, queries):
    reply = await api.responses.create(model="toolken", input=queries["toolken"])
    assert (reply.status, reply.output_text) == ("completed", EXPECTED["toolken"][0])


async def test_answers_are_those_of_the_offline_jobs(api, models, queries):
    inline, head = models["toolformer"]._solver.agent, models["toolken"]._solver.agent
    (offline,) = await asyncio.to_thread(inline.answer, [queries["toolformer"]])  # it has a loop of its own
    reply = await ask(api, "toolformer", queries["toolformer"])
    assert reply.toolschool["plan"] == offline.text.strip()
    for query in (queries["toolken"], "What do 7 and 8 make?"):
        assert (await ask(api, "toolken", query)).choices[0].message.content == head.answer(query).text.strip()


async def test_a_query_is_put_as_the_prompts_say(models, queries):
    solver = InlineSolver(models["toolformer"]._solver.agent, Prompts(question="12 and {question} are"))
    *_, done = [event async for event in ModelService(solver).run(Task("34"))]
    assert done["answer"] == EXPECTED["toolformer"][0]


async def test_all_are_listed_and_others_are_not_known(api, http):
    assert [model.id async for model in api.models.list()] == ["tinyagent", *EXPECTED]
    assert (await api.models.retrieve("toolgen")).id == "toolgen"
    with pytest.raises(openai.NotFoundError, match="'tinyagent' or 'toolformer' or 'toolken' or 'toolgen'"):
        await ask(api, "toolbert", "x")
    assert (await http.get("/v1/models/toolbert")).status_code == 404


async def test_the_agent_answers_under_its_own_name(api, service):
    reply = await ask(api, "tinyagent", "text Sid")
    assert reply.choices[0].message.content == "diS txet"
    assert service.tasks[0].model == "tinyagent"


async def test_tools_of_the_client_are_for_the_agent(api):
    for model in EXPECTED:
        with pytest.raises(openai.BadRequestError, match=f"'{model}' knows its tools by heart") as refused:
            await ask(api, model, "x", tools=[WEATHER])
        assert refused.value.param == "tools"
    assert (await ask(api, "tinyagent", "x", tools=[WEATHER])).choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("model", EXPECTED)
async def test_tokens_are_bounded(api, queries, model):
    reply = await ask(api, model, queries[model], max_tokens=5)
    assert reply.choices[0].finish_reason == "length"
    assert 0 < reply.usage.completion_tokens <= 5


@pytest.mark.parametrize("model", EXPECTED)
async def test_a_query_that_the_model_cannot_read_is_refused(api, models, model, monkeypatch):
    solver = models[model]._solver
    if model == "toolgen":
        monkeypatch.setattr(solver.agent, "max_tokens", 20)
    else:
        monkeypatch.setattr(solver.model.config, "max_position_embeddings", 20)
    with pytest.raises(openai.BadRequestError, match="this model reads 20; shorten it") as refused:
        await ask(api, model, "one two three " * 20)
    assert refused.value.code == "context_length_exceeded"


async def test_calls_that_run_out_end_without_an_answer(api, queries, models, monkeypatch):
    monkeypatch.setattr(models["toolgen"]._solver.agent, "max_calls", 0)
    reply = await ask(api, "toolgen", queries["toolgen"])
    assert reply.choices[0].message.content == "I have made all my calls and have no answer."
    assert reply.toolschool["problems"] == ["it ended without an answer: calls"]
    assert reply.toolschool["observations"] == []


async def test_nothing_is_changed_without_leave(api, queries):
    reply = await ask(api, "toolgen", queries["toolgen"], toolschool={"confirm": "always"})
    first = reply.toolschool["observations"][0]
    assert (first["tool"], first["status"]) == ("create_note", "declined")
    assert first["error"] == "create_note changes things, which is not allowed here"
    assert first["args"] == NOTE["args"]


async def test_an_answer_ends_at_a_stop(api, queries):
    reply = await ask(api, "toolformer", queries["toolformer"], stop=" all")
    assert reply.choices[0].message.content == "46 in"
