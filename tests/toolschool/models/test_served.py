"""A model behind a server that answers as vLLM does gives the numbers of the same model here.

The server below has vLLM's shapes (0.29: `prompt_logprobs`, `stop_reason`, `token_ids`), the numbers of a small random model.
"""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
import uvicorn
from fastapi import FastAPI, Request

from toolschool.errors import ModelError
from toolschool.models.branches import Reader
from toolschool.models.scoring import Row, Scorer
from toolschool.models.served import ServedLM

ROWS = [Row([3, 9, 4, 20, 7], (1, 4)), Row([5, 6], (1,)), Row([8, 9, 10, 11], (2, 3))]
HEAD, MIDDLE, TEXT = [5, 6, 7, 8], [9, 10], [11, 12, 13, 14, 15, 16]


def app_of(model: Any, asked: list[dict[str, Any]]) -> FastAPI:
    app = FastAPI()

    @app.post("/v1/completions")
    async def completions(request: Request) -> dict[str, Any]:
        body = await request.json()
        asked.append(body)
        ids = body["prompt"]
        with torch.no_grad():
            logs = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
        choices = [choice(model, body, ids, number) for number in range(body.get("n", 1))]
        if (top := body.get("prompt_logprobs")) is not None:
            choices[0]["prompt_logprobs"] = [None, *(shown(logs[i], ids[i + 1], top) for i in range(len(ids) - 1))]
        return {"id": "x", "object": "text_completion", "created": 0, "model": body["model"], "choices": choices}

    return app


def shown(logs: torch.Tensor, own: int, top: int) -> dict[str, Any]:
    """Of one place: its own token and the likeliest, as vLLM writes them."""
    tokens = {own, *logs.topk(top).indices.tolist()}
    ranks = logs.argsort(descending=True).tolist()
    return {str(t): {"logprob": float(logs[t]), "rank": ranks.index(t) + 1, "decoded_token": "?"} for t in tokens}


def choice(model: Any, body: dict[str, Any], ids: list[int], number: int) -> dict[str, Any]:
    """Greedy (the tests sample almost cold), until a stop token or the limit."""
    written: list[int] = []
    stops = body.get("stop_token_ids", [])
    while len(written) < body["max_tokens"] and (not written or written[-1] not in stops):
        with torch.no_grad():
            written.append(int(model(input_ids=torch.tensor([[*ids, *written]])).logits[0, -1].argmax()))
    stopped = written[-1] in stops
    return {
        "index": number,
        "text": "",
        "logprobs": None,
        "finish_reason": "stop" if stopped else "length",
        "stop_reason": written[-1] if stopped else None,
        "token_ids": written,
        "prompt_logprobs": None,
    }


class Tokenizer:
    """What ServedLM asks of a tokenizer."""

    eos_token_id = 2

    def __call__(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": [1, 2]}


@pytest.fixture(scope="module")
def asked() -> list[dict[str, Any]]:
    return []


@pytest.fixture(scope="module")
def served(tiny: Any, asked: list[dict[str, Any]]) -> Iterator[ServedLM]:
    server = uvicorn.Server(uvicorn.Config(app_of(tiny, asked), host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield ServedLM(f"http://127.0.0.1:{port}/v1", "tiny", Tokenizer())
    server.should_exit = True
    thread.join()


def test_scores_are_the_same(served: ServedLM, tiny: Any, asked: list[dict[str, Any]]) -> None:
    for here, there in zip(Scorer(tiny).score(ROWS), served.score(ROWS), strict=True):
        assert there == pytest.approx(here, abs=1e-5)
    assert served.begin == (1,)
    assert all(body["max_tokens"] == 1 and body["prompt_logprobs"] == 0 for body in asked)


def test_probabilities_are_the_same_where_a_token_is_among_the_likeliest(served: ServedLM, tiny: Any) -> None:
    here = Reader(tiny, HEAD).read(MIDDLE, TEXT)
    there = served.reader(HEAD).read(MIDDLE, TEXT)
    for token in range(3, 60):
        p, known = here.probabilities([token]), there.probabilities([token])
        assert known[known > 0] == pytest.approx(p[known > 0], abs=1e-5)
        assert (p[known == 0] < 1 / 20).all()


def test_samples_are_the_same(served: ServedLM, tiny: Any) -> None:
    wanted, every = {1: 3, 4: 2}, set(range(0, 64, 3))
    here = Reader(tiny, HEAD).read(MIDDLE, TEXT).sample(wanted, [20], every, {7}, 6, 0, temperature=1e-4)
    there = served.reader(HEAD).read(MIDDLE, TEXT).sample(wanted, [20], every, {7}, 6, 0, temperature=1e-4)
    assert there == here
    assert sum(map(len, there.values())) > 0


def test_a_server_that_is_not_there_is_named() -> None:
    lm = ServedLM("http://127.0.0.1:9/v1", "gone", Tokenizer())
    lm._client = lm._client.with_options(max_retries=0)
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9"):
        lm.score([Row([1, 2], (1,))])


def test_probabilities_of_unknown_tokens_are_zero(served: ServedLM) -> None:
    assert served.reader(HEAD).read(MIDDLE, TEXT).probabilities([63_000]) == pytest.approx(np.zeros(len(TEXT)))
