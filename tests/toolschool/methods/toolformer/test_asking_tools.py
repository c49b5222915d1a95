"""Question answering and translation ask an OpenAI-compatible server, over a real socket."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, HTTPException, Request

from toolschool.errors import ToolError
from toolschool.methods.toolformer.tools import InlineCall, ToolUse, execute

ANSWERS = {"Where was Marie Curie born?": "Warsaw\nIn Poland.", "cerrado": "closed", "nothing": ""}


@pytest.fixture(scope="module")
def asked() -> list[dict[str, Any]]:
    return []


@pytest.fixture(scope="module")
def url(asked: list[dict[str, Any]]) -> Iterator[str]:
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> dict[str, Any]:
        body = await request.json()
        asked.append(body)
        said = body["messages"][-1]["content"]
        if said == "forbidden":
            raise HTTPException(403, "no")
        message = {"role": "assistant", "content": ANSWERS[said]}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"], "choices": [choice]}

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    server.should_exit = True
    thread.join()


def ask(use: str, url: str, *written: str) -> list[str | ToolError]:
    tool = ToolUse(use=use, settings={"url": url, "model": "big"}).load()
    return asyncio.run(execute({tool.name: tool}, [InlineCall(tool.name, each) for each in written], {}))


def test_a_question_is_asked_once_and_its_first_line_counts(url: str, asked: list[dict[str, Any]]) -> None:
    question = '"Where was Marie Curie born?"'
    assert ask("question", url, question, question) == ["Warsaw", "Warsaw"]
    assert [body["messages"][-1]["content"] for body in asked] == ["Where was Marie Curie born?"]
    assert (asked[0]["model"], asked[0]["temperature"]) == ("big", 0.0)


def test_a_text_is_translated(url: str) -> None:
    assert ask("translation", url, "cerrado") == ["closed"]


def test_what_fails_is_an_error_of_one_line(url: str) -> None:
    for result in [*ask("question", url, "forbidden", "nothing", ""), *ask("question", "http://127.0.0.1:9/v1", "x")]:
        assert isinstance(result, ToolError)
        assert "\n" not in str(result)
