"""The agent's HTTP face: a FastAPI app that knows nothing of Ray Serve.

    app = create_app(service, GatewaySettings())        # any `AgentService`; run it with uvicorn, a TestClient or Serve

| route | what |
|---|---|
| `POST /v1/chat/completions` | answer a query by running tools; whole or streamed; trace under `toolschool` |
| `POST /v1/plan` | plan without running |
| `GET /v1/tools`, `/v1/models`, `/v1/desk` | the catalogue, the model's name, rows that changed on the desk |
| `GET /health`, `/ready` | this process lives; the models are loaded |
| `GET /` | a page to watch it work |

Limits: single-turn (the last user message is the query); `serving/protocol.py` says what else is refused.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from serving import errors, protocol, stream
from serving.door import Door
from serving.errors import ApiError
from serving.middleware import Doorman
from serving.service import AgentService, Event
from serving.settings import GatewaySettings

PAGE = Path(__file__).parent / "page" / "index.html"
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"
)

T = TypeVar("T")


def create_app(service: AgentService, settings: GatewaySettings, door: Door | None = None) -> FastAPI:
    """The app over a service. One app may be used from one event loop. ConfigError when the key file is missing or wrong."""
    # No /docs: its page loads scripts from elsewhere; /openapi.json stays.
    app = FastAPI(title="Toolschool", docs_url=None, redoc_url=None, redirect_slashes=False)
    errors.install(app)
    app.add_middleware(Doorman, settings=settings, door=door or Door(settings))
    app.include_router(_agent_routes(service, settings))
    app.include_router(_look_routes(service, settings))
    app.include_router(_state_routes(service))
    return app


def _agent_routes(service: AgentService, settings: GatewaySettings) -> APIRouter:
    router, limits, places = APIRouter(prefix="/v1"), settings.limits, Places(settings.limits.max_in_flight)

    @router.post("/chat/completions")
    async def chat(body: protocol.ChatRequest, request: Request) -> Response:
        _check_model(body.model, settings.model_name)
        query = protocol.query_of(body, limits.max_query_chars)
        id_, created = f"chatcmpl-{uuid.uuid4().hex}", int(time.time())
        events = places.hold(stream.with_deadline(service.run(query, body.toolschool.now), limits.deadline_s))
        # Errors before the first event (nothing free, models not there) still get their own status.
        first = await _unless_gone(request, anext(events))
        if not body.stream:
            done = await _unless_gone(request, _last(first, events))
            return JSONResponse(protocol.completion(id_, created, body.model, done))
        options = body.stream_options or protocol.StreamOptions()
        chunk = partial(protocol.chunk, id_, created, body.model)
        frames = stream.sse(_chain(first, events), chunk, options.include_usage, limits.heartbeat_s)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return _EventStream(frames, events, headers)

    @router.post("/plan")
    async def plan(body: protocol.PlanRequestBody, request: Request) -> JSONResponse:
        query = protocol.checked_query(body.query, limits.max_query_chars, "query")
        with places.take():
            try:
                async with asyncio.timeout(limits.deadline_s):
                    return JSONResponse(await _unless_gone(request, service.plan(query, body.now)))
            except TimeoutError:
                raise errors.deadline(limits.deadline_s) from None

    return router


def _look_routes(service: AgentService, settings: GatewaySettings) -> APIRouter:
    router, created = APIRouter(prefix="/v1"), int(time.time())

    @router.get("/tools")
    async def tools() -> JSONResponse:
        return JSONResponse({"object": "list", "data": await service.tools()})

    @router.get("/desk")
    async def desk() -> JSONResponse:
        return JSONResponse(await service.desk())

    @router.get("/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [protocol.model_card(settings.model_name, created)]}

    @router.get("/models/{name}")
    async def model(name: str) -> dict[str, Any]:
        _check_model(name, settings.model_name)
        return protocol.model_card(name, created)

    return router


def _state_routes(service: AgentService) -> APIRouter:
    router, page = APIRouter(), PAGE.read_text(encoding="utf-8")

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready")
    async def ready() -> JSONResponse:
        parts = await service.ready()
        if all(parts.values()):
            return JSONResponse({"status": "ready", "parts": parts})
        missing = ", ".join(name for name, there in parts.items() if not there)
        raise errors.unavailable(f"not ready: {missing}; try again in a moment")

    @router.get("/", include_in_schema=False)
    async def index() -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-cache"})

    return router


class Places:
    """A fixed number of places for queries at work; nobody waits, one too many is told to come back (429)."""

    def __init__(self, size: int) -> None:
        self.free = size

    def take(self) -> Places:
        if self.free == 0:
            raise errors.too_many()
        self.free -= 1
        return self

    def __enter__(self) -> Places:
        return self

    def __exit__(self, *_: object) -> None:
        self.free += 1

    async def hold(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """The events, holding a place from the first request for one until the end."""
        with self.take():
            try:
                async for event in events:
                    yield event
            finally:
                await events.aclose()


def _check_model(given: str, known: str) -> None:
    if given != known:
        raise ApiError(404, f"there is no model '{given}' here; use '{known}'", "model_not_found", "model")


async def _unless_gone(request: Request, work: Awaitable[T]) -> T:
    """The result of `work`, which is cancelled when the client goes away first."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ApiError(499, "the client closed the request", "client_closed_request")
    finally:
        for one in (gone, task):
            if not one.done():
                one.cancel()
                with suppress(asyncio.CancelledError):
                    await one


async def _last(first: Event, events: AsyncGenerator[Event, None]) -> Event:
    last = first
    async for event in events:
        last = event
    return last


async def _chain(first: Event, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    yield first
    async for event in events:
        yield event


class _EventStream(StreamingResponse):
    """A response of server-sent events; however it ends, the run behind it ends too."""

    def __init__(
        self, frames: AsyncGenerator[str, None], events: AsyncGenerator[Event, None], headers: dict[str, str]
    ) -> None:
        super().__init__(frames, media_type="text/event-stream", headers=headers)
        self._frames, self._events = frames, events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._frames.aclose()
            await self._events.aclose()
