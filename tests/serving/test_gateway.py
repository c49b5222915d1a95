"""The gateway's routes over a fake service: replies, refusals, limits, keys, logs."""

import asyncio
import json
import logging
import re

import httpx
import pytest
from openai.types import Model
from openai.types.chat import ChatCompletion

from serving import errors
from serving.auth import digest, read_keys, who
from serving.gateway import create_app
from serving.logs import JsonFormatter
from serving.routes.page import PARTS
from serving.settings import GatewaySettings, Limits
from toolschool.errors import ConfigError

CHAT = "/v1/chat/completions"


def error_of(reply: httpx.Response) -> dict:
    """The envelope's inside; every error must have exactly this shape."""
    assert set(reply.json()) == {"error"}
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
    return reply.json()["error"]


async def test_answer_has_the_openai_shape_and_the_trace(client, service, ask):
    reply = await client.post(CHAT, json=ask("text Sid", temperature=0, seed=1, user="me"))
    assert reply.status_code == 200
    answer = ChatCompletion.model_validate(reply.json(), strict=True)
    assert answer.choices[0].message.content == "diS txet"
    assert answer.usage.total_tokens == 10
    assert reply.json()["toolschool"]["plan"].startswith("1. send_sms(")
    assert service.asked == [("text Sid", None)]


async def test_the_last_user_message_is_the_query_and_now_is_passed_on(client, service):
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": None},
        {"role": "user", "content": [{"type": "text", "text": "second"}, {"type": "text", "text": "line"}]},
    ]
    body = {"model": "tinyagent", "messages": messages, "toolschool": {"now": "2024-06-03T09:00:00"}}
    assert (await client.post(CHAT, json=body)).status_code == 200
    ((query, now),) = service.asked
    assert query == "second\nline"
    assert now.isoformat() == "2024-06-03T09:00:00"


async def test_plan_route(client, service):
    reply = await client.post("/v1/plan", json={"query": " text Sid ", "now": "2024-06-03T09:00:00"})
    assert reply.status_code == 200
    assert set(reply.json()) == {"tools", "plan", "calls", "problems"}
    assert service.asked[0][0] == "text Sid"


async def test_models_tools_desk(client):
    models = (await client.get("/v1/models")).json()
    assert [Model.model_validate(m, strict=True).id for m in models["data"]] == ["tinyagent"]
    assert (await client.get("/v1/models/tinyagent")).json()["id"] == "tinyagent"
    assert (await client.get("/v1/tools")).json()["data"][0]["function"]["name"] == "send_sms"
    assert (await client.get("/v1/desk")).json()["changes"]["added"]["messages"]


async def test_health_does_not_depend_on_the_models_but_ready_does(client, service):
    assert (await client.get("/ready")).status_code == 200
    service.parts["planner"] = False
    assert (await client.get("/health")).status_code == 200
    reply = await client.get("/ready")
    assert reply.status_code == 503
    assert "planner" in error_of(reply)["message"]
    assert "retriever" not in error_of(reply)["message"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": [{"role": "user", "content": "x"}]}, "model"),
        ({"model": "tinyagent"}, "messages"),
        ({"model": "tinyagent", "messages": []}, "messages"),
        ({"model": "tinyagent", "messages": "text Sid"}, "messages"),
        ({"model": 7, "messages": [{"role": "user", "content": "x"}]}, "model"),
        ({"model": "tinyagent", "messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role"),
        ({"model": "tinyagent", "messages": [{"role": "system", "content": "x"}]}, "messages"),
        ({"model": "tinyagent", "messages": [{"role": "user", "content": "  "}]}, "messages.0.content"),
        ({"model": "tinyagent", "messages": [{"role": "user", "content": "x" * 2001}]}, "messages.0.content"),
        ({"model": "tinyagent", "messages": [{"role": "user", "content": "x"}], "stream": "yes"}, "stream"),
        ({"model": "tinyagent", "messages": [{"role": "user", "content": "x"}], "n": 2}, "n"),
        ({"model": "tinyagent", "messages": [{"role": "user", "content": "x"}], "tools": [{}]}, "tools.0.type"),
        (
            {"model": "tinyagent", "messages": [{"role": "user", "content": "x"}], "response_format": {"type": "json"}},
            "response_format",
        ),
        (
            {"model": "tinyagent", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages.0.content",
        ),
        (
            {"model": "tinyagent", "messages": [{"role": "user", "content": "x"}], "toolschool": {"now": "soon"}},
            "toolschool.now",
        ),
        (
            {"model": "tinyagent", "messages": [{"role": "user", "content": "x"}], "toolschool": {"nwo": 1}},
            "toolschool.nwo",
        ),
    ],
)
async def test_what_is_wrong_with_a_body_is_named(client, service, body, param):
    reply = await client.post(CHAT, json=body)
    assert reply.status_code == 400
    assert error_of(reply)["param"] == param
    assert error_of(reply)["type"] == "invalid_request_error"
    assert not service.asked


@pytest.mark.parametrize("content", [b'{"model": ', b"", b"\xff\xfe{}", b"[" * 200_000, b"null", b'"text"'])
async def test_malformed_json_is_a_400_in_the_envelope(client, service, content):
    reply = await client.post(CHAT, content=content, headers={"content-type": "application/json"})
    assert reply.status_code == 400
    assert error_of(reply)["message"]
    assert not service.asked


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_only_json_is_taken_for_json(client, service, ask, kind):
    """Other pages may send these types here without the browser asking first, and a query changes things."""
    headers = {"content-type": kind} if kind else {}
    reply = await client.post(CHAT, content=json.dumps(ask()).encode(), headers=headers)
    assert reply.status_code == 400
    assert not service.asked


async def test_half_a_surrogate_pair_is_refused(client, service):
    content = b'{"model": "tinyagent", "messages": [{"role": "user", "content": "x \\ud83d"}]}'
    reply = await client.post(CHAT, content=content, headers={"content-type": "application/json"})
    assert reply.status_code == 400
    assert not service.asked


async def test_unknown_model_route_and_method(client, ask):
    reply = await client.post(CHAT, json=ask() | {"model": "gpt-5"})
    assert reply.status_code == 404
    assert error_of(reply)["code"] == "model_not_found"
    assert (await client.get("/v1/models/gpt-5")).status_code == 404
    missing = await client.get("/v1/nothing")
    assert missing.status_code == 404
    assert "/v1/nothing" in error_of(missing)["message"]
    wrong = await client.get(CHAT)
    assert wrong.status_code == 405
    assert error_of(wrong)["type"] == "invalid_request_error"


class TestBodyLimit:
    """Bodies over the limit are refused while they are read, and nothing of them is parsed."""

    async def test_declared_ten_megabytes_are_not_even_read(self, service, settings):
        reads = []

        async def receive():
            reads.append(1)
            return {"type": "http.request", "body": b"x", "more_body": True}

        sent = await call(create_app(service, settings), receive, [(b"content-length", b"10000000")])
        assert sent[0]["status"] == 413
        assert not reads

    async def test_chunked_body_is_refused_at_the_first_byte_too_many(self, service, settings):
        reads = []

        async def receive():
            reads.append(1)
            return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

        sent = await call(create_app(service, settings), receive, [(b"transfer-encoding", b"chunked")])
        assert sent[0]["status"] == 413
        assert len(reads) == settings.limits.max_body_bytes // 65536 + 1

    async def test_envelope(self, client, service):
        reply = await client.post(CHAT, content=b"x" * 10_000_000)
        assert reply.status_code == 413
        assert error_of(reply)["code"] == "request_too_large"
        assert not service.asked

    async def test_a_body_at_the_limit_passes(self, client, settings, ask):
        body = json.dumps(ask()).encode()
        body += b" " * (settings.limits.max_body_bytes - len(body))
        assert (await client.post(CHAT, content=body, headers={"content-type": "application/json"})).status_code == 200
        reply = await client.post(CHAT, content=body + b" ", headers={"content-type": "application/json"})
        assert reply.status_code == 413

    async def test_a_body_that_does_not_arrive(self, service):
        async def receive():
            await asyncio.sleep(60)

        settings = GatewaySettings(limits=Limits(body_timeout_s=0.05))
        sent = await call(create_app(service, settings), receive, [])
        assert sent[0]["status"] == 408


async def call(app, receive, headers):
    """Drive the app by hand; what it sent."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": CHAT,
        "raw_path": CHAT.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json"), *headers],
        "server": ("agent", 80),
        "client": ("127.0.0.1", 5),
    }
    await asyncio.wait_for(app(scope, receive, send), 10)
    return sent


async def test_more_than_the_places_there_are_get_429(service, ask):
    service.gate = asyncio.Event()
    app = create_app(service, GatewaySettings(limits=Limits(max_in_flight=2)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        waiting = [asyncio.create_task(client.post(CHAT, json=ask())) for _ in range(2)]
        await service.wait_started(2)
        for path, body in ((CHAT, ask()), (CHAT, ask(stream=True)), ("/v1/plan", {"query": "x"})):
            reply = await client.post(path, json=body)
            assert reply.status_code == 429
            assert int(reply.headers["retry-after"]) >= 1
            assert error_of(reply)["type"] == "rate_limit_error"
        assert (await client.get("/health")).status_code == 200
        service.gate.set()
        assert [(await task).status_code for task in waiting] == [200, 200]
        assert (await client.post(CHAT, json=ask())).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
async def test_a_service_that_is_not_there_is_503(client, service, ask, stream):
    service.before = errors.unavailable("the planner is starting")
    reply = await client.post(CHAT, json=ask(stream=stream))
    assert reply.status_code == 503
    assert "retry-after" in reply.headers
    assert error_of(reply)["type"] == "server_error"


async def test_deadline_is_504_and_cancels_the_run(service, ask):
    service.gate = asyncio.Event()
    app = create_app(service, GatewaySettings(limits=Limits(deadline_s=0.05, max_in_flight=1)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        for _ in range(2):  # twice: the place is free again
            reply = await client.post(CHAT, json=ask())
            assert reply.status_code == 504
            assert error_of(reply)["code"] == "deadline_exceeded"
        assert service.cancelled == 2
        assert (await client.post("/v1/plan", json={"query": "x"})).status_code == 504


async def test_a_bug_is_a_500_without_its_text_and_is_logged(client, service, ask, caplog):
    service.before = ZeroDivisionError("secret detail")
    with caplog.at_level(logging.INFO, "toolschool.gateway"):
        reply = await client.post(CHAT, json=ask(), headers={"x-request-id": "r-1"})
    assert reply.status_code == 500
    assert error_of(reply)["code"] == "internal_error"
    assert "secret" not in reply.text
    assert "secret detail" in caplog.text


class TestDisconnect:
    """A client that goes away takes its run with it and frees its place."""

    @pytest.mark.parametrize("stream", [False, True])
    async def test_the_run_is_cancelled(self, service, ask, stream):
        service.gate = asyncio.Event()
        app = create_app(service, GatewaySettings(limits=Limits(max_in_flight=1)))
        body = json.dumps(ask(stream=stream)).encode()
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            if messages:
                return messages.pop()
            await service.wait_started(1)
            await asyncio.sleep(0.05)
            return {"type": "http.disconnect"}

        await call(app, receive, [])
        assert service.cancelled == 1
        service.gate = None
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
            assert (await client.post(CHAT, json=ask())).status_code == 200

    async def test_before_the_body_is_complete(self, service, settings):
        async def receive():
            return {"type": "http.disconnect"}

        assert await call(create_app(service, settings), receive, []) == []
        assert not service.started


class TestKeys:
    """API keys of the environment: asked for everywhere but for the state of health (the file: test_keys)."""

    @pytest.fixture
    def settings(self):
        return GatewaySettings(keys=read_keys({"TOOLSCHOOL_API_KEYS": "alice:s3cret, plain"}))

    async def test_without_a_key(self, client, service, ask):
        for headers in ({}, {"authorization": "Bearer nope"}, {"authorization": "Basic s3cret"}):
            reply = await client.post(CHAT, json=ask(), headers=headers)
            assert reply.status_code == 401
            assert reply.headers["www-authenticate"] == "Bearer"
            assert error_of(reply)["code"] == "invalid_api_key"
        assert (await client.get("/v1/desk")).status_code == 401
        assert not service.asked
        for path in (
            "/v1/models",
            "/v1/tools",
            "/openapi.json",
            "/v1/nothing",
            "/health/",
        ):
            reply = await client.get(path)
            assert reply.status_code == 401, path
            assert error_of(reply)["code"] == "invalid_api_key"
        for path in ("/health", "/ready"):
            assert (await client.get(path)).status_code == 200

    async def test_no_route_but_health_answers_without_one(self, service, settings):
        """Every route that there is, found by asking the app."""
        app = create_app(service, settings)
        known = {path: [method.upper() for method in found] for path, found in app.openapi()["paths"].items()}
        assert {CHAT, "/v1/responses", "/v1/plan", "/v1/tools/{name}", "/v1/traces/{id}", "/health"} <= set(known)
        known |= {"/mcp": ["GET", "POST", "DELETE"], "/": ["GET"], "/openapi.json": ["GET"], "/page/none.js": ["GET"]}
        known |= {path: ["GET"] for path in PARTS}
        open_ones = {"/health", "/ready", *PARTS}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
            for path, methods in known.items():
                for method in methods:
                    reply = await http.request(method, path)
                    assert (reply.status_code == 401) is (path not in open_ones), path

    async def test_the_page_shows_and_asks_for_a_key_under_401(self, client):
        reply = await client.get("/")
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"] == "Bearer"
        assert "API key" in reply.text
        assert (await client.get("/", headers={"authorization": "Bearer s3cret"})).status_code == 200

    async def test_with_a_key_its_name_is_logged_and_never_the_key(self, client, ask, caplog):
        with caplog.at_level(logging.INFO, "toolschool.gateway"):
            reply = await client.post(CHAT, json=ask("my query"), headers={"authorization": "Bearer s3cret"})
        assert reply.status_code == 200
        line = json.loads(JsonFormatter().format(caplog.records[-1]))
        assert line["key"] == "alice"
        assert line["route"] == CHAT
        assert line["status"] == 200
        assert line["code"] is None
        assert 0 < line["seconds"] < 60
        assert line["request_id"] == reply.headers["x-request-id"]
        assert "s3cret" not in json.dumps(line)
        assert "my query" not in json.dumps(line)

    def test_only_digests_are_kept(self, settings):
        assert set(settings.keys) == {digest("s3cret"), digest("plain")}
        assert who(settings.keys, "bearer plain") == "key2"
        assert who(settings.keys, None) is None
        assert read_keys({}) == {}
        with pytest.raises(ConfigError, match="entry 2"):
            read_keys({"TOOLSCHOOL_API_KEYS": "a:b,"})


async def test_request_id_in_and_out(client, ask):
    assert (await client.get("/health", headers={"x-request-id": "abc-1"})).headers["x-request-id"] == "abc-1"
    made = (await client.get("/health")).headers["x-request-id"]
    assert len(made) == 32
    for bad in ("a b", "x" * 200, 'q"'):
        assert (await client.get("/health", headers={"x-request-id": bad})).headers["x-request-id"] != bad
    assert "x-request-id" in (await client.post(CHAT, content=b"{")).headers
    assert "x-request-id" in (await client.post(CHAT, content=b"x" * 2_000_000)).headers


async def test_the_page_and_its_parts_load_nothing_from_elsewhere(client):
    reply = await client.get("/")
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in reply.headers["content-security-policy"]
    texts = [reply.text]
    for path in PARTS:
        part = await client.get(path)
        assert part.status_code == 200
        assert part.headers["content-type"].startswith("text/css" if path.endswith(".css") else "text/javascript")
        texts.append(part.text)
    named = {f"/page/{name}" for text in texts for name in re.findall(r"[\"'](?:\./|page/)([\w.]+)[\"']", text)}
    assert named == set(PARTS)
    for text in texts:
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in text
    assert (await client.get("/page/index.html")).status_code == 404
    assert (await client.get("/page/%2e%2e/gateway.py")).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "127.0.0.1:8000"}, 200),
        ({"Host": "localhost"}, 200),
        ({"Host": "[::1]:80", "Origin": "http://[::1]:80"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:8000"}, 403),
        ({"Host": "127.0.0.1:8000", "Origin": "http://evil.example"}, 403),
        ({"Host": "127.0.0.1:8000", "Origin": "null"}, 403),
    ],
)
async def test_without_keys_web_pages_of_others_are_refused(service, headers, status):
    app = create_app(service, GatewaySettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        assert (await client.get("/v1/models", headers=headers)).status_code == status
        assert (await client.get("/health", headers=headers)).status_code == 200


async def test_hosts_are_a_setting_and_keys_need_none(service):
    named = create_app(service, GatewaySettings(hosts=("agent.example.com",)))
    keyed = create_app(service, GatewaySettings(keys={digest("k"): "alice"}))
    for app, key in ((named, {}), (keyed, {"Authorization": "Bearer k"})):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://agent.example.com"
        ) as client:
            assert (await client.get("/v1/models", headers=key)).status_code == 200
