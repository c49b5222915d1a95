"""Requests made up from the OpenAPI document, right and wrong ones: none is a server error, none hangs."""

import time
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from serving.gateway import create_app
from serving.settings import GatewaySettings

CASE_S = 30  # one request; a loaded machine takes a second
POSTS = ("/v1/chat/completions", "/v1/responses", "/v1/plan")


@pytest.mark.parametrize(
    "cases",
    [
        pytest.param(500, marks=pytest.mark.timeout(600)),
        pytest.param(10_000, marks=[pytest.mark.verify, pytest.mark.timeout(5400)]),
    ],
)
def test_no_request_is_a_server_error(service: Any, cases: int) -> None:
    app = from_here(create_app(service, GatewaySettings()))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = {found.ok().path: found.ok() for found in schema.get_all_operations()}
    assert set(POSTS) < set(operations)
    sent = 0
    for path, operation in operations.items():
        share = (cases + 5) // 6 if path in POSTS else 20
        for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:
            sent += send(operation, mode, share)
    assert sent >= cases


def from_here(app: Any) -> Any:
    """The app as a client on this machine finds it: without keys it answers nobody else."""

    async def local(scope: Any, receive: Any, send: Any) -> None:
        others = [(name, value) for name, value in scope.get("headers", ()) if name != b"host"]
        await app(
            {**scope, "client": ("127.0.0.1", 50000), "headers": [*others, (b"host", b"127.0.0.1")]}, receive, send
        )

    return local


REFUSED = (
    "n",
    "logprobs",
    "functions",
    "response_format",
    "prompt",
    "conversation",
    "previous_response_id",
    "background",
)


def settle(body: dict[str, Any], everything: bool) -> None:
    """Let a made-up body come further: the model has its name; and what is always refused is gone, somebody says something."""
    if isinstance(body.get("model"), str):
        body["model"] = "tinyagent"
    if not everything:
        return
    for name in (*REFUSED, *(name for name in ("tool_choice", "stop", "text") if len(body) % 2)):
        body.pop(name, None)
    for name in ("messages", "input"):
        if isinstance(body.get(name), list):
            body[name] = [*body[name], {"role": "user", "content": "Text Sid"}]


def send(operation: Any, mode: GenerationMode, count: int) -> int:
    """Send `count` requests of one kind; how many there were: a route without parameters has only one right request."""
    codes: list[int] = []

    @seed(0)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if isinstance(case.body, dict):
            settle(case.body, everything=len(codes) % 3 > 0)
        began = time.monotonic()
        response = case.call()
        assert response.status_code < 500, response.text
        assert time.monotonic() - began < CASE_S
        codes.append(response.status_code)

    try:
        check()
    except Unsatisfiable:  # nothing can be wrong about a route without parameters
        assert not codes
    return len(codes)
