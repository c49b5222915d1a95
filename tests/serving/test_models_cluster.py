"""Models of all methods beside the agent on a real Ray Serve, each asked under its name by the official client."""

import httpx
import openai
import pytest

import serving.app
from serving.settings import AppArgs, ModelArgs, Resources

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

LIGHT = Resources(num_cpus=0.2)


@pytest.fixture(scope="module")
def url(ray_cluster, folders_beside):
    models = {name: ModelArgs(model=str(folder), resources=LIGHT) for name, folder in folders_beside.items()}
    args = AppArgs(models=models, retriever=LIGHT, planner_resources=LIGHT, now="2026-03-02T09:00:00")
    app = serving.app.run(args, port=0)
    yield app.url
    app.shutdown()


@pytest.fixture
def api(url):
    with openai.OpenAI(api_key="none", base_url=f"{url}/v1", timeout=120, max_retries=0) as client:
        yield client


def test_each_answers_under_its_name(api, url, tiny):
    parts = httpx.get(f"{url}/ready", timeout=30).json()["parts"]
    assert parts == dict.fromkeys(["executor", "retriever", "planner", "toolformer", "toolken", "toolgen"], True)
    assert [model.id for model in api.models.list()] == ["tinyagent", "toolformer", "toolken", "toolgen"]
    asked = {
        "toolformer": (tiny.SUM, "46 in all.", "Calculator"),
        "toolken": (tiny.QUESTION, "12 + 34 =46.", "add"),
        "toolgen": (tiny.NOTE, "I wrote it down.", "create_note"),
        "tinyagent": ("Create a note called Groceries", None, "create_note"),
    }
    for model, (query, answer, tool) in asked.items():
        reply = api.chat.completions.create(model=model, messages=[{"role": "user", "content": query}])
        assert answer in (None, reply.choices[0].message.content)
        assert [seen["tool"] for seen in reply.toolschool["observations"]] == [tool]
        trace = httpx.get(f"{url}/v1/traces/{reply.id}", timeout=30).json()["trace"]
        assert trace == reply.toolschool


def test_streams_and_refusals(api, tiny):
    messages = [{"role": "user", "content": tiny.QUESTION}]
    chunks = list(api.chat.completions.create(model="toolken", messages=messages, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "12 + 34 =46."
    kinds = [chunk.toolschool["type"] for chunk in chunks if getattr(chunk, "toolschool", None)]
    assert {"tools", "plan", "call_started", "call_finished", "trace"} == set(kinds)
    assert api.responses.create(model="toolformer", input=tiny.SUM).output_text == "46 in all."
    with pytest.raises(openai.BadRequestError, match="shorten it") as refused:
        api.chat.completions.create(model="toolgen", messages=[{"role": "user", "content": "7" * 1900}], stream=True)
    assert refused.value.code == "context_length_exceeded"
    with pytest.raises(openai.NotFoundError, match="'tinyagent' or 'toolformer'"):
        api.chat.completions.create(model="gpt", messages=messages)
