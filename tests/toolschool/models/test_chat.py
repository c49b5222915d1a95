"""A server's answers come back in the order of the prompts; a model in this process is asked as its template wants it."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, HTTPException, Request

from toolschool.errors import ModelError
from toolschool.models.chat import ChatWriter, LocalWriter, open_writer
from toolschool.models.engines import Generation


def app_of(asked: list[dict[str, Any]]) -> FastAPI:
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> dict[str, Any]:
        body = await request.json()
        if body["model"] != "parrot":
            raise HTTPException(404, "no such model")
        asked.append(body)
        said = body["messages"][0]["content"].upper()
        reason = "length" if len(said) > body["max_tokens"] else "stop"
        choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": said}}
        usage = {"prompt_tokens": 1, "completion_tokens": 5, "total_tokens": 6}
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "parrot",
            "choices": [choice],
            "usage": usage,
        }

    return app


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    asked: list[dict[str, Any]] = []
    server = uvicorn.Server(uvicorn.Config(app_of(asked), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1", asked
    server.should_exit = True
    thread.join()


def test_answers_come_in_the_order_of_the_prompts(served: tuple[str, list[dict[str, Any]]]) -> None:
    url, asked = served
    prompts = [f"prompt {number}" for number in range(40)]
    found = open_writer("parrot", url).generate(prompts, max_new_tokens=8)
    assert [answer.text for answer in found] == [prompt.upper() for prompt in prompts]
    assert found[3] == Generation("PROMPT 3", 5, truncated=False)
    assert found[33].truncated
    assert {(body["temperature"], body["seed"], body["max_tokens"]) for body in asked} == {(0.0, 0, 8)}


def test_a_system_turn_and_stop_strings(served: tuple[str, list[dict[str, Any]]]) -> None:
    """The parrot says what the first turn says, and knows of no stop strings."""
    url, asked = served
    (answer,) = ChatWriter(url, "parrot", system="first\nSecond").generate(["x"], max_new_tokens=40, stop=["SEC", "\n"])
    assert answer.text == "FIRST"
    assert [turn["role"] for turn in asked[-1]["messages"]] == ["system", "user"]
    assert asked[-1]["stop"] == ["SEC", "\n"]
    ChatWriter(url, "parrot").generate(["x"], max_new_tokens=4)
    assert "stop" not in asked[-1]


def test_a_server_without_the_model_is_an_error(served: tuple[str, list[dict[str, Any]]]) -> None:
    with pytest.raises(ModelError, match="does not serve owl"):
        ChatWriter(served[0], "owl").generate(["x"], max_new_tokens=4)


class Echo:
    """An engine that writes its prompt."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def generate(
        self, prompts: list[str], *, max_new_tokens: int, stop: Sequence[str], grammars: Sequence[str] | None
    ) -> list[Generation]:
        return [Generation(prompt, max_new_tokens, False) for prompt in prompts]


def test_a_local_model_is_asked_by_its_template(nano_tokenizer: Any) -> None:
    (plain,) = LocalWriter(Echo(nano_tokenizer)).generate(["Name a river."], max_new_tokens=9)  # type: ignore[arg-type]
    assert plain.text.endswith("### Input:\nName a river.\n\n### Response:\n")


def test_a_local_model_may_be_asked_in_another_form(nano_tokenizer: Any) -> None:
    writer = LocalWriter(Echo(nano_tokenizer), system="Be brief.", wrapper="plain")  # type: ignore[arg-type]
    assert writer.generate(["Name a river."], max_new_tokens=9)[0].text == "Be brief.\nName a river.\n"


def test_a_local_model_stops_before_a_stop_string() -> None:
    """Each text of a batch by itself: greedy decoding is the same with and without, up to the first of them."""
    writer, prompts = open_writer("assets/nano"), ["Name a river.", "The quick brown fox", "1 + 1 ="]
    whole = [answer.text for answer in writer.generate(prompts, max_new_tokens=24)]
    end = whole[1][5:9]
    stopped = writer.generate(prompts, max_new_tokens=24, stop=[end])
    assert [answer.text for answer in stopped] == [text.partition(end)[0] for text in whole]
    assert len(stopped[1].text) <= 5
    assert not stopped[1].truncated


def test_nano_writes() -> None:
    (answer,) = open_writer("assets/nano").generate(["Name a river."], max_new_tokens=4)
    assert 0 <= answer.tokens <= 4
