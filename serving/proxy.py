"""What Ray Serve's HTTP proxy says by itself, in the words of the endpoint: refusals of a full queue, a gateway that died.

The proxy stands before the gateway and answers in plain text, or not at all. Every Ray node with a proxy must have this in
its environment when Serve starts (`jobs.serve` and cluster/kubernetes/rayservice.yaml set it):

    RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH=serving.proxy:middlewares

A stream that breaks off in the middle stays broken: its status was sent long before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving import errors
from serving.errors import ApiError

if TYPE_CHECKING:
    from starlette.middleware import Middleware

ENVIRONMENT = {"RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "serving.proxy:middlewares"}

_HEALTH = "/-/healthz"
_ROUTES = "/-/routes"  # tells what is served without asking for a key


def middlewares() -> list[Middleware]:
    """What Serve puts around its proxy."""
    from starlette.middleware import Middleware

    return [Middleware(Envelope)]


class Envelope:
    """Serve's own refusals as OpenAI's error envelope; what the gateway answers passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == _HEALTH:
            await self.app(scope, receive, send)
            return
        if scope["path"] == _ROUTES:
            await errors.response(ApiError(404, f"there is no {_ROUTES}"))(scope, receive, send)
            return
        answer = _Answer(send)
        await self.app(scope, receive, answer.send)
        if answer.refusal is not None or not answer.started:
            response = errors.response(refusal(answer.refusal, answer.retry_after))
            response.headers.update(answer.identity)
            await response(scope, receive, send)


class _Answer:
    """Passes an answer on, unless it is a refusal of Serve's, which is kept back."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.refusal: int | None = None
        self.retry_after: int | None = None
        self.identity: dict[str, str] = {}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = Headers(raw=message["headers"])
            if message["status"] >= 400 and headers.get("content-type", "").startswith("text/plain"):
                self.refusal, after = message["status"], headers.get("retry-after", "")
                self.retry_after = int(after) if after.isdigit() else None
                self.identity = {name: value for name, value in headers.items() if name == "x-request-id"}
        if self.refusal is None:
            await self._send(message)


def refusal(status: int | None, retry_after_s: int | None = None) -> ApiError:
    """Serve's status as an error; None where it gave no answer at all, because the replica at work on the request died."""
    if status == 429:
        return errors.too_many(retry_after_s or 1)
    if status == 404:
        return ApiError(404, "there is no such application here, or not yet")
    if status == 408:
        return ApiError(408, "the request took longer than the proxy allows", "request_timeout")
    if status is None:
        return errors.unavailable("the server lost what was at work on this request; it may have been done in part")
    if status in (500, 503):
        return errors.unavailable("the server is not there at the moment; try again")
    return ApiError(status, "the proxy refused this request")
