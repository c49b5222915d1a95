"""`POST /v1/chat/completions`: whole or streamed, with the server's tools or the client's."""

from __future__ import annotations

import time
import uuid
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from serving import chat, stream
from serving.idempotency import Answers
from serving.routes.checks import check_model, check_tools
from serving.running import EventStream, Runner
from serving.settings import GatewaySettings


def routes(runner: Runner, answers: Answers, settings: GatewaySettings) -> APIRouter:
    """The route."""
    router, limits = APIRouter(prefix="/v1"), settings.limits

    @router.post("/chat/completions")
    async def completions(body: chat.ChatRequest, request: Request) -> Response:
        check_model(body.model, settings)
        return await answers.once(request, partial(answer, body, request))

    async def answer(body: chat.ChatRequest, request: Request) -> Response:
        task = chat.task_of(body, limits)
        check_tools(task, settings)
        id_, created = f"chatcmpl-{uuid.uuid4().hex}", int(time.time())
        run = await runner.begin(request, id_, task, body.toolschool.deadline_s)
        if not body.stream:
            done, calls = await run.whole(request)
            return JSONResponse(chat.completion(id_, created, body.model, done, calls))
        usage = bool(body.stream_options and body.stream_options.include_usage)
        chunk = partial(chat.chunk, id_, created, body.model)
        begins = "" if task.client is None else None
        return EventStream(stream.sse(run.events, chunk, usage, limits.heartbeat_s, begins), run)

    return router
