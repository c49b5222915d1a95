"""A server that answers `/v1/completions` and `/v1/models` as vLLM does, with a small model of transformers.

Shapes of 0.26: `structured_outputs`, `return_token_ids`, `stop_reason`, and an error envelope. What a test wants to go wrong is an attribute.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import torch
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse

from toolschool.models.decoding import Constrainer


class FakeVLLM:
    """`asked` has the bodies of requests for texts; `left` counts those whose client left before their end."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model, self.tokenizer = model.eval(), tokenizer
        self.constrainer = Constrainer(tokenizer, model.config.vocab_size)
        self.names = ["tiny"]
        self.key: str | None = None
        self.knows_grammars = True  # False: the field is passed over, as unknown ones are
        self.refuses_grammars = False
        self.gives_ids = True
        self.breaks_after: int | None = None  # tokens
        self.pause_s = 0.0
        self.asked: list[dict[str, Any]] = []
        self.left = 0

    def app(self) -> FastAPI:
        app = FastAPI()
        app.add_exception_handler(HTTPException, envelope)
        app.get("/v1/models")(self.models)
        app.post("/v1/completions")(self.completions)
        return app

    async def models(self, request: Request) -> dict[str, Any]:
        self.open(request)
        return {"object": "list", "data": [{"id": name, "object": "model"} for name in self.names]}

    async def completions(self, request: Request) -> StreamingResponse:
        self.open(request)
        body = await request.json()
        self.asked.append(body)
        if body["model"] not in self.names:
            raise HTTPException(404, f"The model `{body['model']}` does not exist.")
        if self.refuses_grammars and "structured_outputs" in body:
            raise HTTPException(400, "Invalid grammar specification: Lark is not supported")
        return StreamingResponse(self.events(body), media_type="text/event-stream")

    def open(self, request: Request) -> None:
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            raise HTTPException(401, f"Unauthorized: {request.headers.get('authorization')}")

    async def events(self, body: dict[str, Any]) -> AsyncIterator[str]:
        told = 0
        try:
            for told, (token, end) in enumerate(self.tokens(body), 1):
                if told == self.breaks_after:
                    raise RuntimeError("the engine died")
                await asyncio.sleep(self.pause_s)
                choice = {"index": 0, "text": "?", "logprobs": None, "finish_reason": end, "stop_reason": None}
                if self.gives_ids and body.get("return_token_ids"):
                    choice["token_ids"] = [token]
                chunk = {"id": "x", "object": "text_completion", "created": 0, "model": "x", "choices": [choice]}
                yield f"data: {json.dumps(chunk)}\n\n"
            yield "data: [DONE]\n\n"
        except (asyncio.CancelledError, GeneratorExit):
            self.left += 1
            raise

    def tokens(self, body: dict[str, Any]) -> Iterator[tuple[int, str | None]]:
        """Greedy, read anew for each token: slow, and nothing of the engines that are tested."""
        ids, left = list(body["prompt"]), body["max_tokens"]
        grammar = body.get("structured_outputs", {}).get("grammar") if self.knows_grammars else None
        mask = self.constrainer.processor([grammar]) if grammar else lambda ids, scores: scores
        token = None
        while left and token != self.tokenizer.eos_token_id:
            asked = torch.tensor([ids])
            with torch.no_grad():
                token = int(mask(asked, self.model(input_ids=asked).logits[:, -1]).argmax())
            ids.append(token)
            left -= 1
            end = "stop" if token == self.tokenizer.eos_token_id else None if left else "length"
            yield token, end


async def envelope(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    body = {"error": {"message": error.detail, "type": "BadRequestError", "param": None, "code": error.status_code}}
    return JSONResponse(body, error.status_code)
