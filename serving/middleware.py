"""The gateway's doorman, one ASGI middleware: request id, API key, rate, body limit, disconnect, log line, last resort.

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
from dataclasses import asdict

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving import auth, errors
from serving.door import Door
from serving.errors import ApiError
from serving.logs import Entry
from serving.routes import page
from serving.settings import GatewaySettings

LOG = logging.getLogger("toolschool.gateway")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_HEALTH = ("/health", "/ready")  # open: load balancers have no keys, and nothing is told but whether models are there
_PAGE = page.INDEX  # without a key it comes as a 401 that shows, so that a browser can ask for the key
_OPEN = frozenset([*_HEALTH, *page.PARTS])  # the page's scripts and styles: a browser takes none that come as a 401
_LEFT = 499


class Doorman:
    """Wraps the whole app. Puts `request_id`, and the name of the `key` if one is asked for, into `scope["state"]`."""

    def __init__(self, app: ASGIApp, settings: GatewaySettings, door: Door) -> None:
        self.app, self.settings, self.door = app, settings, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = _Visit(scope, send, self.settings, self.door)
        self.door.enter()
        try:
            visit.check_open()
            visit.check_key()
            visit.check_rate()
            body = await visit.read_body(receive)
            async with _Listener(body, receive) as listener:
                await self.app(scope, listener.receive, visit.send)
        except ApiError as error:
            await visit.refuse(error, receive)
        except _Gone:
            visit.status = _LEFT
        except Exception:  # the last resort: a bug becomes a logged 500 in the envelope, nothing more
            LOG.exception("unhandled error", extra={"fields": {"request_id": visit.id}})
            if not visit.started:
                bug = ApiError(500, f"internal error; the log has it under request id {visit.id}", "internal_error")
                await visit.refuse(bug, receive)
        finally:
            entry = visit.entry()
            self.door.leave(entry)
            LOG.info("request", extra={"fields": asdict(entry)})


class _Gone(Exception):
    """The client left before its request was complete."""


class _Visit:
    """One request and what is known of it."""

    def __init__(self, scope: Scope, send: Send, settings: GatewaySettings, door: Door) -> None:
        self.scope, self._send, self.settings, self.door = scope, send, settings, door
        self.headers = Headers(scope=scope)
        given = self.headers.get("x-request-id", "")
        self.id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        self.state = scope.setdefault("state", {})
        self.state["request_id"] = self.id
        self.path = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
        self.began = time.monotonic()
        self.status = 0
        self.started = False
        self.denied = self.rated = False
        self.key: str | None = None

    def check_open(self) -> None:
        """ApiError 503 while the gateway closes; it is alive, but neither ready nor open."""
        if self.door.closing and self.path != "/health":
            raise errors.unavailable("the server is shutting down; try again in a moment")

    def check_key(self) -> None:
        """ApiError 401 where a key is missing or wrong, or none is set and the client is on another machine."""
        if self.path in _OPEN:
            return
        if self.door.ring.needed:
            self.key = self.state["key"] = self.door.ring.who(self.headers.get("authorization"))
            refused = self.key is None and "send a valid API key: Authorization: Bearer KEY"
        else:
            client = self.scope.get("client")
            near = client is None or auth.is_loopback(client[0])  # no client: a socket of this machine
            refused = (
                not near and "this server has no API keys yet, so it answers its own machine alone; set app.key_file"
            )
            if near:
                self._check_host()
        if not refused:
            return
        error = ApiError(401, refused, "invalid_api_key")
        self.denied, self.state["code"] = True, error.code
        if self.path != _PAGE:
            raise error

    def _check_host(self) -> None:
        """ApiError 403 for a web page's request: its name was pointed at this machine, or it is another origin. A key would keep it out."""
        asked = [
            self.headers.get("host", ""),
            *(part.partition("://")[2] or part for part in self.headers.getlist("origin")),
        ]
        for host in asked:
            if host and not any(_is_host(host, known) for known in self.settings.hosts):
                message = (
                    f"requests for or from '{host[:100]}' are refused without API keys; set app.hosts or app.key_file"
                )
                raise ApiError(403, message, "host_not_allowed")

    def check_rate(self) -> None:
        """ApiError 429 when this key has asked too often."""
        if self.path not in _OPEN | {_PAGE}:
            self.rated = True
            self.door.rates.take(self.key)

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

    async def refuse(self, error: ApiError, receive: Receive) -> None:
        """Answer with the error's envelope."""
        self.state["code"] = error.code
        await errors.response(error)(self.scope, receive, self.send)

    async def send(self, message: Message) -> None:
        """What goes back, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if self.denied and self.path == _PAGE:
                message["status"], headers["www-authenticate"] = 401, "Bearer"
            self.started, self.status = True, message["status"]
            if self.settings.echo_request_id:
                headers["x-request-id"] = self.id
            allowance = self.door.rates.look(self.key) if self.rated else None
            headers.update(allowance.headers() if allowance else {})
        await self._send(message)

    def entry(self) -> Entry:
        """What is logged and counted of the request."""
        route = getattr(self.scope.get("route"), "path", None)
        seconds = round(time.monotonic() - self.began, 4)
        return Entry(self.id, self.key, self.scope["method"], route, self.status, self.state.get("code"), seconds)


def _is_host(host: str, known: str) -> bool:
    """Whether a Host header is a known one; `NAME:*` knows it with any port, and with none."""
    if not known.endswith(":*"):
        return host == known
    name = known.removesuffix(":*")
    return host == name or (host.startswith(f"{name}:") and host[len(name) + 1 :].isdigit())


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
