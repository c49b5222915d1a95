"""An OpenAI-compatible endpoint whose every answer a test steers."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from toolschool.methods.ste.teachers.protocol import Purpose
from toolschool.methods.ste.teachers.protocol import Request as Asked
from toolschool.methods.ste.trials import Message
from toolschool.records import Tool

KEY = "sk-test-0123456789abcdef"


def ask(words: str, *, seed: int = 7, stop: tuple[str, ...] = (), tool: str = "add_date", **other: Any) -> Asked:
    """A request whose conversation ends with these words."""
    purpose: Purpose = other.pop("purpose", "query")
    messages = (Message("system", "You are a helpful assistant."), Message("user", words))
    about = Tool(tool, "Adds days to a date.", {"type": "object", "properties": {}})
    return Asked(purpose, messages, about, seed, other.pop("max_tokens", 60), other.pop("temperature", 1.0), stop)


class Endpoint:
    """Answers with the last message in capitals. `first` are answers to the first tries of each request, `slow` is the time of any."""

    def __init__(self, url: str = "") -> None:
        self.url, self.key = url, KEY
        self.asked: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.keys: set[str | None] = set()
        self.slow = 0.0
        self.usage = True
        self.models = 404  # the status of its list of models
        self.flying = self.most_flying = 0
        self.first: Callable[[int, dict[str, Any]], Response | None] = lambda count, body: None

    async def answer(self, request: Request) -> Response:
        body = await request.json()
        self.times.append(time.monotonic())
        self.keys.add(request.headers.get("authorization"))
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        try:
            await asyncio.sleep(self.slow)
        finally:
            self.flying -= 1
        count = sum(body["messages"] == other["messages"] for other in self.asked)
        self.asked.append(body)
        return self.first(count, body) or self.good(body)

    async def heard(self, count: int) -> None:
        """Return when so many requests have come; they come in another thread."""
        while len(self.times) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    def list_models(self) -> Response:
        return JSONResponse({"object": "list", "data": []}) if self.models == 200 else self.refusal(self.models)

    def good(self, body: dict[str, Any]) -> Response:
        text = body["messages"][-1]["content"].upper()
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120} if self.usage else None
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        about = {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"]}
        return JSONResponse({**about, "choices": [choice], "usage": usage})

    @staticmethod
    def refusal(status: int, message: str = "no", headers: dict[str, str] | None = None, **other: str) -> Response:
        """OpenAI's envelope of an error."""
        return JSONResponse({"error": {"message": message, "type": "error", **other}}, status, headers)


@pytest.fixture(scope="session")
def asking() -> Callable[..., Asked]:
    return ask


@pytest.fixture(scope="session")
def served() -> Iterator[dict[str, Endpoint]]:
    """A server on a free port of 127.0.0.1; it hands requests to the `now` of this."""
    app = FastAPI()
    at: dict[str, Endpoint] = {}

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        return await at["now"].answer(request)

    @app.get("/v1/models")
    async def models() -> Response:
        return at["now"].list_models()

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    at["now"] = Endpoint(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1")
    yield at
    server.should_exit = True
    thread.join()


@pytest.fixture
def endpoint(served: dict[str, Endpoint], monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """A fresh one; the key is set, and no wait between tries is longer than a moment."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr("toolschool.models.limits.FIRST_WAIT_S", 0.01)
    served["now"] = Endpoint(served["now"].url)
    return served["now"]
