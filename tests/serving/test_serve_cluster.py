"""The application on a real Ray Serve, with real model formats: what no in-process test can show."""

import importlib.util
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest

import serving.app
from serving.auth import VARIABLE
from serving.settings import AppArgs, Limits
from toolschool.errors import ConfigError

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

MESSAGES = [{"role": "user", "content": "Text Sid that I am running late"}]
KEY = "test-key"
HEADERS = {"authorization": f"Bearer {KEY}"}
LIMITS = Limits(max_in_flight=2, deadline_s=60)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("tiny_models", Path(__file__).with_name("tiny_models.py"))
    tiny = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tiny)
    folder = tmp_path_factory.mktemp("models")
    return {"toolrag": str(tiny.save_retriever(folder / "r")), "planner": str(tiny.save_planner(folder / "p"))}


@pytest.fixture(scope="module")
def app(ray_cluster, models, tmp_path_factory):
    """The running application, its desk in a file, with one API key."""
    desk = tmp_path_factory.mktemp("desk") / "deep" / "desk.sqlite"
    args = AppArgs(**models, desk=str(desk), now="2026-03-02T09:00:00", limits=LIMITS)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = f"tester:{KEY}"
    try:
        running = serving.app.run(args, port=0)
        yield running
        running.shutdown()
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


@pytest.fixture
def http(app):
    with httpx.Client(base_url=app.url, headers=HEADERS, timeout=60) as client:
        yield client


@pytest.fixture
def api(app):
    with openai.OpenAI(api_key=KEY, base_url=f"{app.url}/v1", max_retries=0, timeout=60) as client:
        yield client


def test_ready_when_run_returns(http):
    reply = http.get("/ready")
    assert reply.json()["parts"] == {"executor": True, "retriever": True, "planner": True}
    assert http.get("/health").json() == {"status": "ok"}
    assert len(http.get("/v1/tools").json()["data"]) == 16
    assert "Toolschool" in http.get("/").text


def test_openai_client_whole_and_streamed(api):
    whole = api.chat.completions.create(model="tinyagent", messages=MESSAGES)
    assert whole.choices[0].message.content
    assert whole.toolschool["now"] == "2026-03-02T09:00:00"
    assert whole.toolschool["tools"][0]["probability"] > 0
    assert whole.usage.completion_tokens > 0
    stream = api.chat.completions.create(
        model="tinyagent",
        messages=MESSAGES,
        stream=True,
        stream_options={"include_usage": True},
        extra_body={"toolschool": {"now": "2030-01-01T00:00:00"}},
    )
    chunks = list(stream)
    events = [chunk.toolschool for chunk in chunks if getattr(chunk, "toolschool", None)]
    assert events[0]["type"] == "tools"
    assert events[-1]["type"] == "trace"
    assert events[-1]["now"] == "2030-01-01T00:00:00"
    assert "".join(event["text"] for event in events if event["type"] == "plan").strip() == events[-1]["plan"]
    assert chunks[-1].usage.total_tokens > 0


def test_plan_and_desk(http):
    reply = http.post("/v1/plan", json={"query": "Text Sid"}).json()
    assert "join()" in reply["plan"]
    assert set(http.get("/v1/desk").json()["changes"]) == {"added", "changed", "removed"}


def test_errors_through_the_proxy(http, api):
    assert http.post("/v1/chat/completions", content=b"{").status_code == 400
    assert http.get("/v1/nothing").json()["error"]["type"] == "not_found_error"
    with pytest.raises(openai.NotFoundError):
        api.chat.completions.create(model="gpt-5", messages=MESSAGES)
    denied = http.get("/v1/desk", headers={"authorization": "Bearer wrong"})
    assert denied.status_code == 401
    assert denied.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("chunked", [False, True])
def test_ten_megabytes(http, chunked):
    content = (b"x" * 65536 for _ in range(160)) if chunked else b"x" * 10_000_000
    reply = http.post("/v1/chat/completions", content=content)
    assert reply.status_code == 413
    assert reply.json()["error"]["code"] == "request_too_large"
    assert http.get("/ready").status_code == 200


def test_a_second_start_on_another_port_says_where_serve_is(app, models):
    with pytest.raises(ConfigError, match=app.url.removeprefix("http://")):
        serving.app.run(AppArgs(**models), port=1)


def test_request_id_comes_back_once(http):
    reply = http.get("/health", headers={"x-request-id": "abc-1"})
    assert reply.headers.get_list("x-request-id") == ["abc-1"]
    assert len(http.get("/health").headers.get_list("x-request-id")) == 1


def test_overload_is_429_in_the_envelope(http):
    body = {"model": "tinyagent", "messages": MESSAGES}
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda _: http.post("/v1/chat/completions", json=body), range(12)))
    codes = {reply.status_code for reply in replies}
    assert codes == {200, 429}
    refused = next(reply for reply in replies if reply.status_code == 429)
    assert refused.json()["error"]["type"] == "rate_limit_error"
    assert int(refused.headers["retry-after"]) >= 1


def test_clients_that_leave_free_their_places(http):
    body = {"model": "tinyagent", "messages": MESSAGES, "stream": True}
    for _ in range(2 * LIMITS.max_in_flight):
        deadline = time.monotonic() + 20
        while True:
            with http.stream("POST", "/v1/chat/completions", json=body) as reply:
                if reply.status_code == 200:
                    next(reply.iter_lines())
                    break
            assert time.monotonic() < deadline, "places were not given back"
            time.sleep(0.1)
    deadline = time.monotonic() + 20
    while http.post("/v1/plan", json={"query": "Text Sid"}).status_code != 200:
        assert time.monotonic() < deadline, "places were not given back"
        time.sleep(0.1)
