"""Operations of an HTTP API as tools: what request a call is, and what its response says.

    request = request_of(operation, {"pet": 7, "status": ["sold"]})
    async with open_api("http://127.0.0.1:8000", operations, headers, query) as tools:
        await run_tool(tools["findPet"], {"pet": 7})

An answer is the JSON of the response, else its text; MAX_BYTES at most. A status from 300 on is a ToolError with what the server
said. Redirects are not followed, so that credentials stay where they belong. Credentials are in no log, no error and no
answer: what a server repeats of them is covered. With credentials in the query, proxies of the environment are not used.
"""

from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from toolschool.errors import ConfigError, ToolError
from toolschool.records import JsonValue, Tool, ToolFunction
from toolschool.tools.toolsets.environment import covered
from toolschool.tools.toolsets.openapi import FORM_TYPE, JSON_TYPE, Operation, Place

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 1_000_000
MAX_SAID = 200  # characters of an error's body
CONNECT_S = 10.0

_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass(frozen=True)
class Request:
    """What is sent, besides credentials."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None


def request_of(operation: Operation, args: Mapping[str, JsonValue]) -> Request:
    """The request of a call whose arguments fit the schema. ToolError for a path that they would leave."""
    path, query, headers = operation.path, list[tuple[str, str]](), dict[str, str]()
    fields: dict[str, JsonValue] = {}
    body: JsonValue = None
    for name, value in args.items():
        place = operation.places[name]
        if place.kind == "field":
            fields[place.name] = value
        elif place.kind == "body":
            body = value
        elif value is None:
            continue
        elif place.kind == "query":
            query += _pairs(place, value)
        elif place.kind == "path":
            path = path.replace(f"{{{place.name}}}", _segment(operation.tool, name, _joined(place, value)))
        elif place.kind == "header":
            headers[place.name] = _joined(place, value)
        else:
            cookies = (f"{key}={quote(text)}" for key, text in _pairs(place, value))
            headers["Cookie"] = "; ".join(filter(None, (headers.get("Cookie"), *cookies)))
    content = _content(operation, fields, body, headers)
    return Request(path, tuple(query), headers, content)


@asynccontextmanager
async def open_api(
    base: str,
    operations: Sequence[Operation],
    headers: Mapping[str, str],
    query: Mapping[str, str],
    secrets: Sequence[str] = (),
) -> AsyncIterator[dict[str, Tool]]:
    """The operations by name as tools over one client; `secrets` are covered in what it says. ConfigError where `base` is no address."""
    import httpx

    try:
        address = httpx.URL(base)
    except httpx.InvalidURL as error:
        raise ConfigError(f"{base} is no address: {error}") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise ConfigError(f"{base} is no address of an API; give one such as https://api.example.com/v1")
    timeout = httpx.Timeout(None, connect=CONNECT_S)  # a call's time limit is the tool's
    transport = _signed(query) if query else None
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # none are kept: a call knows nothing of another
    async with httpx.AsyncClient(headers=headers, cookies=cookies, timeout=timeout, transport=transport) as client:
        yield {operation.name: _tool(client, base.rstrip("/"), operation, secrets) for operation in operations}


def _tool(client: httpx.AsyncClient, base: str, operation: Operation, secrets: Sequence[str]) -> Tool:
    reads = operation.method in ("GET", "HEAD", "OPTIONS")
    function: ToolFunction = functools.partial(_called, client, base, operation, secrets)
    return Tool(
        operation.tool,
        operation.description,
        operation.parameters,
        side_effects=not reads,
        idempotent=reads or operation.method in ("PUT", "DELETE"),
        run=function,
    )


async def _called(
    client: httpx.AsyncClient, base: str, operation: Operation, secrets: Sequence[str], /, **args: JsonValue
) -> JsonValue:
    import httpx

    request = request_of(operation, args)
    try:
        async with client.stream(
            operation.method,
            base + request.path,
            params=request.query,
            headers=request.headers,
            content=request.content,
        ) as response:
            body = await _read(operation.tool, response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = covered(" ".join(str(error).split()) or type(error).__name__, secrets)
        raise ToolError(f"{operation.tool}: no answer from {base}: {reason}; try again later") from error
    return _answer(operation.tool, response, body, secrets)


async def _read(name: str, response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ToolError(f"{name}: the answer is longer than {MAX_BYTES} bytes; ask for less")
    return bytes(body)


def _answer(name: str, response: httpx.Response, body: bytes, secrets: Sequence[str]) -> JsonValue:
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    said = body.decode(response.encoding or "utf-8", errors="replace")
    text = f"[{kind or 'data'}, {len(body)} bytes]" if "\0" in said else covered(said, secrets)
    value: JsonValue = text
    if kind.endswith(("/json", "+json")) and text.strip():
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ToolError(f"{name}: the server says that it sends JSON and does not ({error}); try again") from error
    if response.status_code >= 300:
        raise ToolError(f"{name}: {response.status_code} {response.reason_phrase}{_said(value, response)}")
    return value


def _said(value: JsonValue, response: httpx.Response) -> str:
    """What the body of an error says, in one line."""
    if response.has_redirect_location:
        value = f"it is at {response.headers['location']}"
    if isinstance(value, Mapping):
        value = next((value[word] for word in ("detail", "message", "error", "title") if value.get(word)), value)
    line = " ".join((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).split())
    return f": {line if len(line) <= MAX_SAID else line[: MAX_SAID - 1] + '…'}" if line else ""


def _content(
    operation: Operation, fields: Mapping[str, JsonValue], body: JsonValue, headers: dict[str, str]
) -> bytes | None:
    """The body as bytes, with its header; None where nothing was said of it."""
    if not operation.media or not (fields or body is not None or operation.bodily):
        return None
    headers["Content-Type"] = operation.media
    if operation.media == JSON_TYPE:
        return json.dumps(fields if body is None else body).encode()
    if operation.media == FORM_TYPE:
        given = fields or (body if isinstance(body, Mapping) else {})
        pairs = [pair for name, value in given.items() if value is not None for pair in _pairs(Place("", name), value)]
        return "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in pairs).encode()
    return _text(body).encode()


def _pairs(place: Place, value: JsonValue) -> list[tuple[str, str]]:
    """A value of query, cookie or form by name, as OpenAPI's styles write it."""
    if place.as_json:
        return [(place.name, json.dumps(value))]
    if isinstance(value, Mapping) and place.style == "deepObject":
        return [(f"{place.name}[{key}]", _text(part)) for key, part in value.items()]
    if isinstance(value, Mapping) and place.explode:
        return [(str(key), _text(part)) for key, part in value.items()]
    if isinstance(value, list) and place.explode:
        return [(place.name, _text(part)) for part in value]
    return [(place.name, _joined(place, value))]


def _joined(place: Place, value: JsonValue) -> str:
    """A value in one text."""
    if place.as_json:
        return json.dumps(value)
    if isinstance(value, Mapping) and place.explode:
        return ",".join(f"{key}={_text(part)}" for key, part in value.items())
    if isinstance(value, list | Mapping):
        return _DELIMITERS.get(place.style, ",").join(_flat(value))
    return _text(value)


def _flat(value: list[JsonValue] | Mapping[str, JsonValue]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from (str(key), _text(part))
    else:
        yield from map(_text, value)


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    whole = isinstance(value, float) and value.is_integer()  # 3.0 is an integer to JSON Schema, and to no server
    return json.dumps(int(value) if whole else value)


def _segment(tool: str, name: str, text: str) -> str:
    """A part of a path; it cannot lead elsewhere."""
    if text in ("", ".", ".."):
        raise ToolError(f"{tool}: {name} cannot be {text!r}; it is part of an address")
    return quote(text, safe="")


def _signed(query: Mapping[str, str]) -> httpx.AsyncBaseTransport:
    """A transport that adds credentials below the client, which logs addresses."""
    import httpx

    class Signed(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            signed: Any = httpx.Request(
                request.method,
                request.url.copy_merge_params(dict(query)),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
            return await super().handle_async_request(signed)

    return Signed()
