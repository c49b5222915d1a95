"""The gateway's doorman, one ASGI middleware: request id, API key, body limit, disconnect, log line, last resort.

It sees a request before anything of it is parsed. A body is read here, up to the limit and not a byte further (with or
without Content-Length), and handed on whole; afterwards one task alone listens for the client going away, so that any
number of listeners downstream learn of it.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving import auth, errors
from serving.errors import ApiError
from serving.settings import GatewaySettings

LOG = logging.getLogger("toolschool.gateway")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_GUARDED = ("/v1/", "/mcp")


class Doorman:
    """Wraps the whole app. Puts `request_id`, and the name of the `key` if one is asked for, into `scope["state"]`."""

    def __init__(self, app: ASGIApp, settings: GatewaySettings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = _Visit(scope, send, self.settings)
        try:
            visit.check_key()
            body = await visit.read_body(receive)
            async with _Listener(body, receive) as listener:
                await self.app(scope, listener.receive, visit.send)
        except ApiError as error:
            await errors.response(error)(scope, receive, visit.send)
        except _Gone:
            visit.status = 499
        except Exception:  # the last resort: a bug becomes a logged 500 in the envelope, nothing more
            LOG.exception("unhandled error", extra={"fields": {"request_id": visit.id}})
            if not visit.started:
                bug = ApiError(500, f"internal error; the log has it under request id {visit.id}", "internal_error")
                await errors.response(bug)(scope, receive, visit.send)
        finally:
            visit.log()


class _Gone(Exception):
    """The client left before its request was complete."""


class _Visit:
    """One request and what is known of it."""

    def __init__(self, scope: Scope, send: Send, settings: GatewaySettings) -> None:
        self.scope, self._send, self.settings = scope, send, settings
        self.headers = Headers(scope=scope)
        given = self.headers.get("x-request-id", "")
        self.id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = self.id
        self.began = time.monotonic()
        self.status = 0
        self.started = False
        self.key: str | None = None

    def check_key(self) -> None:
        if not self.settings.keys or not self.scope["path"].startswith(_GUARDED):
            return
        self.key = self.scope["state"]["key"] = auth.who(self.settings.keys, self.headers.get("authorization"))
        if self.key is None:
            raise ApiError(401, "send a valid API key: Authorization: Bearer KEY", "invalid_api_key")

    async def read_body(self, receive: Receive) -> bytes:
        """The whole body; ApiError 413 at the first byte too many, 408 when it does not arrive."""
        limits = self.settings.limits
        declared = self.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > limits.max_body_bytes:
            raise _too_large(limits.max_body_bytes)
        parts, size = [], 0
        try:
            async with asyncio.timeout(limits.body_timeout_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Gone
                    size += len(message.get("body", b""))
                    if size > limits.max_body_bytes:
                        raise _too_large(limits.max_body_bytes)
                    parts.append(message.get("body", b""))
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise ApiError(408, f"the request body did not arrive within {limits.body_timeout_s:g} s") from None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            if self.settings.echo_request_id:
                MutableHeaders(scope=message)["x-request-id"] = self.id
        await self._send(message)

    def log(self) -> None:
        fields = {
            "request_id": self.id,
            "method": self.scope["method"],
            "path": self.scope["path"],
            "status": self.status,
            "milliseconds": round((time.monotonic() - self.began) * 1000, 1),
            "key": self.key,
        }
        LOG.info("request", extra={"fields": fields})


def _too_large(limit: int) -> ApiError:
    return ApiError(413, f"the request body is larger than {limit} bytes; shorten it", "request_too_large")


class _Listener:
    """Gives the body once, and after it tells everyone who asks when the client goes away."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> _Listener:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        if self._watch is None:
            self._watch = asyncio.create_task(_until_gone(self._receive))
        await asyncio.shield(self._watch)  # a listener that is cancelled must not take the others' watch with it
        return {"type": "http.disconnect"}


async def _until_gone(receive: Callable[[], Awaitable[Message]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
