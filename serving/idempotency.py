"""Answers to requests with an `Idempotency-Key`, so that a request that is sent again is not done again.

The same key with the same body gets the answer that is kept; with another body, or while the first is still at work, 409. What
ended before anything was done (400, 404, 429, 503) is not kept. What was broken off in the middle is: nobody knows what it
did, so the key answers 409 from then on. Kept in this process: another replica of the gateway knows other keys.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from serving import errors
from serving.auth import digest
from serving.errors import ApiError

HEADER = "idempotency-key"
MAX_KEY = 255
_NOTHING_DONE = frozenset((400, 404, 429, 503))


@dataclass
class _Entry:
    """What is known under a key: which body it came with, and what was answered, None as long as that is not there."""

    body: str
    since: float
    answer: tuple[bytes, int, str | None] | None = None  # content, status, media type

    def keep(self, content: bytes, status: int, media_type: str | None) -> None:
        self.answer = (content, status, media_type)

    def broken_off(self) -> None:
        message = "the request with this key was broken off; some of it may have been done. Send a new key to try again"
        refused = errors.response(ApiError(409, message, "idempotency_broken_off"))
        self.keep(bytes(refused.body), 409, refused.media_type)


class Answers:
    """Up to `size` answers, each for `seconds`."""

    def __init__(self, size: int, seconds: float) -> None:
        self._size, self._seconds = size, seconds
        self._entries: OrderedDict[tuple[str, ...], _Entry] = OrderedDict()

    async def once(self, request: Request, make: Callable[[], Awaitable[Response]]) -> Response:
        """The answer that `make` gives, or gave to the same request before. ApiError 400 for an unusable key, 409 as above."""
        key = request.headers.get(HEADER)
        if key is None:
            return await make()
        if not 0 < len(key) <= MAX_KEY:
            raise errors.invalid("Idempotency-Key", f"give 1 to {MAX_KEY} characters")
        place = (digest(request.headers.get("authorization", "")), request.url.path, key)
        body = hashlib.sha256(await request.body()).hexdigest()
        self._forget()
        if place in self._entries:
            return _known(self._entries[place], body)
        entry = self._entries[place] = _Entry(body, time.monotonic())
        return await self._first(place, entry, make)

    async def _first(self, place: tuple[str, ...], entry: _Entry, make: Callable[[], Awaitable[Response]]) -> Response:
        try:
            response = await make()
        except ApiError as error:
            if error.status in _NOTHING_DONE and error.code != errors.BROKEN_OFF:
                del self._entries[place]
            else:
                entry.broken_off()
            raise
        except BaseException:
            entry.broken_off()
            raise
        if isinstance(response, StreamingResponse):
            response.body_iterator = _recorded(entry, response, response.body_iterator)
        else:
            entry.keep(bytes(response.body), response.status_code, response.media_type)
        return response

    def _forget(self) -> None:
        """Drop what is too old, and the oldest where there are too many; what is still at work stays."""
        now = time.monotonic()
        finished = [place for place, entry in self._entries.items() if entry.answer is not None]
        surplus = len(self._entries) - self._size + 1
        for count, place in enumerate(finished):
            if count < surplus or now - self._entries[place].since > self._seconds:
                del self._entries[place]


def _known(entry: _Entry, body: str) -> Response:
    if entry.body != body:
        message = "this Idempotency-Key came with another request before; send a new one"
        raise ApiError(409, message, "idempotency_key_reused", "Idempotency-Key")
    if entry.answer is None:
        message = "the request with this Idempotency-Key is still at work; try again in 1 s"
        raise ApiError(409, message, "idempotency_in_progress", "Idempotency-Key", retry_after_s=1)
    content, status, media_type = entry.answer
    return Response(content, status, {"Idempotent-Replayed": "true"}, media_type)


async def _recorded(
    entry: _Entry, response: StreamingResponse, iterator: AsyncIterable[str | bytes | memoryview]
) -> AsyncGenerator[str | bytes | memoryview, None]:
    """The parts of a stream; the whole is kept when it came to its end."""
    parts: list[bytes] = []
    try:
        async for part in iterator:
            parts.append(part.encode() if isinstance(part, str) else bytes(part))
            yield part
        entry.keep(b"".join(parts), response.status_code, response.media_type)
    finally:
        if entry.answer is None:
            entry.broken_off()
