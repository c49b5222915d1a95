"""The official client against the app: what users' programs will do."""

import asyncio
import time

import httpx
import openai
import pytest

from serving import errors
from serving.gateway import create_app
from serving.settings import GatewaySettings, Limits

MESSAGES = [{"role": "user", "content": "text Sid"}]


@pytest.fixture
async def api(client):
    async with openai.AsyncOpenAI(
        api_key="any", base_url="http://127.0.0.1/v1", http_client=client, max_retries=0
    ) as api:
        yield api


async def test_whole_answer(api):
    answer = await api.chat.completions.create(
        model="tinyagent", messages=MESSAGES, extra_body={"toolschool": {"now": "2024-06-03T09:00:00"}}
    )
    assert answer.choices[0].message.content == "diS txet"
    assert answer.toolschool["effects"]["added"]["messages"] == [{"text": "hi"}]


@pytest.mark.parametrize("include_usage", [False, True])
async def test_streamed_answer(api, include_usage):
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    stream = await api.chat.completions.create(model="tinyagent", messages=MESSAGES, stream=True, **options)
    chunks = [chunk async for chunk in stream]
    assert len({chunk.id for chunk in chunks}) == 1
    text = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert "".join(text) == "diS txet"
    finishes = [c.choices[0].finish_reason for c in chunks if c.choices]
    assert finishes[-1] == "stop"
    assert set(finishes[:-1]) == {None}
    events = [c.toolschool["type"] for c in chunks if getattr(c, "toolschool", None)]
    assert events == ["tools", "plan", "trace"]
    usages = [c.usage.total_tokens for c in chunks if c.usage]
    assert usages == ([10] if include_usage else [])
    assert (chunks[-1].choices == []) is include_usage


async def test_stream_on_the_wire(client, ask):
    reply = await client.post("/v1/chat/completions", json=ask(stream=True))
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["cache-control"] == "no-store"
    frames = reply.text.split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    assert all(frame.startswith("data: ") for frame in frames[:-1])


async def test_failure_in_mid_stream_reaches_the_client(api, service):
    service.midway = errors.unavailable("the planner died")
    stream = await api.chat.completions.create(model="tinyagent", messages=MESSAGES, stream=True)
    with pytest.raises(openai.APIError, match="the planner died"):
        [chunk async for chunk in stream]


async def test_a_quiet_stream_is_kept_alive(service, ask):
    service.gate = asyncio.Event()
    app = create_app(service, GatewaySettings(limits=Limits(heartbeat_s=0.02)))

    async def release():
        await service.wait_started(1)
        await asyncio.sleep(0.2)
        service.gate.set()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        reply, _ = await asyncio.gather(client.post("/v1/chat/completions", json=ask(stream=True)), release())
    assert reply.text.count(": still at work\n\n") >= 2
    assert reply.text.endswith("data: [DONE]\n\n")


async def test_typed_errors(api, service):
    with pytest.raises(openai.NotFoundError) as missing:
        await api.chat.completions.create(model="gpt-5", messages=MESSAGES)
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as bad:
        await api.chat.completions.create(model="tinyagent", messages=[])
    assert bad.value.param == "messages"
    service.before = errors.too_many()
    with pytest.raises(openai.RateLimitError):
        await api.chat.completions.create(model="tinyagent", messages=MESSAGES)
    assert (await api.models.retrieve("tinyagent")).owned_by == "toolschool"
    assert [m.id async for m in api.models.list()] == ["tinyagent"]


@pytest.fixture
def url(service, settings, serve):
    """The app behind a real server on a free port."""
    return serve(create_app(service, settings))


def test_over_a_socket(url):
    with openai.OpenAI(api_key="any", base_url=f"{url}/v1", max_retries=0) as api:
        stream = api.chat.completions.create(model="tinyagent", messages=MESSAGES, stream=True)
        text = [c.choices[0].delta.content for c in stream if c.choices[0].delta.content]
    assert "".join(text) == "diS txet"


@pytest.mark.parametrize("chunked", [False, True])
def test_ten_megabytes_over_a_socket(url, chunked):
    content = (b"x" * 65536 for _ in range(160)) if chunked else b"x" * 10_000_000
    with httpx.Client(timeout=20) as client:
        reply = client.post(f"{url}/v1/chat/completions", content=content)
        assert reply.status_code == 413
        assert reply.json()["error"]["code"] == "request_too_large"
        assert client.get(f"{url}/health").status_code == 200


def test_a_client_that_leaves_ends_its_run(url, service, ask):
    service.gate = asyncio.Event()
    with (
        httpx.Client(timeout=20) as client,
        client.stream("POST", f"{url}/v1/chat/completions", json=ask(stream=True)) as r,
    ):
        next(r.iter_lines())
    ends = time.monotonic() + 10
    while not service.cancelled:
        assert time.monotonic() < ends, "the run went on"
        time.sleep(0.02)
