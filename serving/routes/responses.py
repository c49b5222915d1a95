"""`POST /v1/responses`: whole or streamed, with the server's tools or the client's; stateless."""

from __future__ import annotations

import time
import uuid
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from serving import response_stream, responses
from serving.idempotency import Answers
from serving.routes.checks import check_model, check_tools
from serving.running import EventStream, Runner
from serving.settings import GatewaySettings


def routes(runner: Runner, answers: Answers, settings: GatewaySettings) -> APIRouter:
    """The route."""
    router, limits = APIRouter(prefix="/v1"), settings.limits

    @router.post("/responses")
    async def create(body: responses.ResponsesRequest, request: Request) -> Response:
        check_model(body.model, settings)
        return await answers.once(request, partial(answer, body, request))

    async def answer(body: responses.ResponsesRequest, request: Request) -> Response:
        task = responses.task_of(body, limits)
        check_tools(task, settings)
        shape = responses.Shape(f"resp_{uuid.uuid4().hex}", int(time.time()), body)
        run = await runner.begin(request, shape.id, task, body.toolschool.deadline_s)
        if body.stream:
            return EventStream(response_stream.sse(run.events, shape, limits.heartbeat_s), run)
        done, calls = await run.whole(request)
        output = [responses.call_item(call) for call in calls]
        if done["answer"] is not None:
            output.append(responses.message_item(done["answer"]))
        return JSONResponse(shape.done(done, output))

    return router
