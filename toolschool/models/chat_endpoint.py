"""Any OpenAI-compatible chat endpoint, asked side by side: a provider's, our own, or vLLM, llama.cpp, Ollama on a machine of yours.

    async with ChatEndpoint("https://api.openai.com/v1", "gpt-4o-mini", requests=Pace(500)) as endpoint:
        answer = await endpoint.ask(ChatRequest([{"role": "user", "content": "2 + 2?"}], tools=[...]))
        answer.text, answer.calls, answer.completion_tokens, answer.seconds

Requests go out side by side. Refusals for now (429, 5xx, time-outs, answers that cannot be read) are tried again, later each time and not
before `Retry-After`; a 429 holds back the whole process. Other refusals are final: of one request (RequestRefused: 400, 413, 422) or of all
(EndpointError). Fields that a model does not know (`stop` and `temperature` of reasoning models) are left out from then on; stop strings are
cut here in any case. The key comes from an environment variable alone and stands in no message. Limits: no streaming; equal seeds give equal
answers only where the endpoint says so: keep what it said.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from toolschool.errors import EndpointError, RequestRefused
from toolschool.models.engines import before
from toolschool.models.limits import Pace, Prices, Purse, backoff, retry_after

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = logging.getLogger(__name__)

TRIES = 8
LONGEST_REST_S = 900.0  # an endpoint that wants a longer rest has closed for the day
KEY_VARIABLE = "OPENAI_API_KEY"
_NO_KEY = "none"
_REFUSED_FIELD = {"unsupported_parameter", "unsupported_value"}  # OpenAI's codes; `param` names the field
_OPTIONAL = {"stop", "temperature", "seed", "max_tokens"}  # in place of the last, max_completion_tokens is sent
_OF_ONE_REQUEST = (400, 413, 422)


@dataclass(frozen=True)
class ChatRequest:
    """A conversation to be continued, and the functions that may be called. The answer ends before the first of the `stop` strings.

    `extra` are fields that only this endpoint knows.
    """

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()
    max_tokens: int = 1024
    temperature: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ChatCall:
    """A call as it was written; `arguments` is a text that should be a JSON object."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    """What was said and called, what it cost in tokens, and the time of the try that brought it. `finish` is "length" where it was cut off."""

    text: str
    calls: tuple[ChatCall, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish: str = ""
    seconds: float = 0.0


class ChatEndpoint:
    """Model `model` at `url` (with its /v1). `key_variable` names where its key is, None where no key is to be sent."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key_variable: str | None = KEY_VARIABLE,
        concurrency: int = 32,
        timeout_s: float = 120.0,
        requests: Pace | None = None,
        tokens: Pace | None = None,
        prices: Prices | None = None,
    ) -> None:
        self.url, self.model, self.concurrency, self.timeout_s = url, model, concurrency, timeout_s
        self.requests, self.tokens = requests or Pace(None), tokens or Pace(None)
        self.prices = prices or Prices()
        self.key_variable = key_variable
        self._key = _key(key_variable)
        self._unknown: set[str] = set()  # fields that the endpoint does not take
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> ChatEndpoint:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections of this event loop."""
        if self._loop is asyncio.get_running_loop():
            self._loop = None
            await self._client.close()

    async def ask(self, request: ChatRequest, purse: Purse) -> Answer:
        """Raises EndpointError, RequestRefused, or BudgetError where the purse has not what it may cost."""
        client = self._connected()
        async with self._gate, purse.hold(self._most(request)) as bill:
            answer = await self._tried(client, request)
            bill.paid = self.prices.of(answer.prompt_tokens, answer.completion_tokens)
        return answer

    def _connected(self) -> AsyncOpenAI:
        """The client of the running event loop; connections do not outlive theirs."""
        from openai import AsyncOpenAI

        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._gate = loop, asyncio.Semaphore(self.concurrency)
            self._client = AsyncOpenAI(base_url=self.url, api_key=self._key, max_retries=0, timeout=self.timeout_s)
        return self._client

    def _most(self, request: ChatRequest) -> float:
        """What a request can cost at most: no tokenizer makes more tokens than bytes."""
        read = sum(len(text.encode(errors="replace")) + 16 for text in _texts(request))
        return self.prices.of(read, request.max_tokens)

    async def _tried(self, client: AsyncOpenAI, request: ChatRequest) -> Answer:
        """The answer of the first try that has one."""
        from openai import OpenAIError

        expected = _estimated(request)
        attempt, said = 0, ""
        while attempt < TRIES:
            await asyncio.sleep(max(self.requests.claim(1), self.tokens.claim(expected)))
            fields = self._fields(request)
            began = time.perf_counter()
            try:
                async with asyncio.timeout(self.timeout_s):
                    found = await client.chat.completions.create(**fields)
                answer = replace(_read(found, request), seconds=time.perf_counter() - began)
            except (OpenAIError, ValueError, TimeoutError) as error:
                if self._leaves_out(error, fields):
                    continue
                said = self._in_words(error)
                rest = self._rest(error, said)
            else:
                self.tokens.settle(answer.prompt_tokens + answer.completion_tokens - expected)
                return answer
            if attempt + 1 < TRIES:
                await asyncio.sleep(backoff(attempt, rest))
            attempt += 1
        raise EndpointError(f"{self.url} gave no answer in {TRIES} tries: {said}")

    def _fields(self, request: ChatRequest) -> dict[str, Any]:
        """The request as the endpoint takes it."""
        length = "max_completion_tokens" if "max_tokens" in self._unknown else "max_tokens"
        optional = {"stop": list(request.stop) or None, "temperature": request.temperature, "seed": request.seed}
        fields: dict[str, Any] = {"model": self.model, "messages": list(request.messages), length: request.max_tokens}
        if request.tools:
            fields["tools"] = list(request.tools)
        if request.extra:
            fields["extra_body"] = dict(request.extra)
        kept = {name: value for name, value in optional.items() if value is not None and name not in self._unknown}
        return fields | kept

    def _leaves_out(self, error: Exception, sent: Mapping[str, Any]) -> bool:
        """Whether an optional field was refused that was sent; it is not sent again."""
        field = getattr(error, "param", None)
        if getattr(error, "code", None) not in _REFUSED_FIELD or field not in _OPTIONAL or field not in sent:
            return False
        if field not in self._unknown:
            log.warning("%s does not take `%s` for %s; it is not sent again", self.url, field, self.model)
        self._unknown.add(field)
        return True

    def _rest(self, error: Exception, said: str) -> float:
        """Seconds that the endpoint asks to be left alone before the next try. Raises EndpointError where none would help."""
        from openai import APIStatusError

        if not isinstance(error, APIStatusError):
            return 0.0
        status, asked = error.status_code, retry_after(error.response.headers)
        if status in (401, 403):
            raise EndpointError(f"{self.url} refuses the key: {said}; set {self.key_variable or 'a key'}") from None
        if (status < 500 and status not in (408, 409, 429)) or error.code == "insufficient_quota":
            refusal = RequestRefused if status in _OF_ONE_REQUEST else EndpointError
            raise refusal(f"{self.url} does not answer as {self.model}: {said}") from None
        if asked > LONGEST_REST_S:
            raise EndpointError(f"{self.url} wants {asked:.0f} s of rest: {said}") from None
        if status == 429:
            self.requests.rest(asked)
        return asked

    def _in_words(self, error: Exception) -> str:
        """One line about an error, without the key."""
        if isinstance(error, TimeoutError) or type(error).__name__ == "APITimeoutError":
            return f"nothing came within {self.timeout_s:g} s"
        words = " ".join(str(error).split())
        hidden = words if self._key == _NO_KEY else words.replace(self._key, "(key)")
        return hidden[:300] or type(error).__name__


def ping(url: str, key_variable: str | None = KEY_VARIABLE, timeout_s: float = 10.0) -> None:
    """Ask an endpoint for its models, which costs nothing. EndpointError where nobody is there or the key is refused.

    Some endpoints have no such list: any other answer is a sign of life.
    """
    from openai import APIConnectionError, APIError, AuthenticationError, OpenAI, PermissionDeniedError

    with OpenAI(base_url=url, api_key=_key(key_variable), max_retries=1, timeout=timeout_s) as client:
        try:
            client.models.list()
        except APIConnectionError:
            raise EndpointError(f"nobody answers at {url}; start the server or mend the address") from None
        except (AuthenticationError, PermissionDeniedError):
            raise EndpointError(f"{url} refuses the key; set {key_variable or 'a key'}") from None
        except (APIError, ValueError) as error:
            log.debug("%s has no list of models: %s", url, type(error).__name__)


def _key(variable: str | None) -> str:
    return (os.environ.get(variable) if variable else None) or _NO_KEY


def _texts(request: ChatRequest) -> list[str]:
    """All that the endpoint reads: what each message says and calls, and the functions, as widely as templates write them."""
    said = [
        (message.get("content") or "")
        + (json.dumps(message["tool_calls"], indent=4) if "tool_calls" in message else "")
        for message in request.messages
    ]
    return [*said, *(json.dumps(tool, indent=4) for tool in request.tools)]


def _estimated(request: ChatRequest) -> int:
    """Tokens that a request may use: a token is about four characters of English."""
    return sum(map(len, _texts(request))) // 4 + request.max_tokens


def _read(found: Any, request: ChatRequest) -> Answer:
    """The answer up to the first stop string. ValueError where the endpoint answered something else.

    Tokens that the endpoint does not report are estimated at four characters each.
    """
    choices = getattr(found, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    content = getattr(message, "content", ...)  # may be None, but has to be there
    if not isinstance(content, str | None):
        raise ValueError("what came is no chat completion")
    text = (content or "").encode(errors="replace").decode()  # half an emoji could be sent nowhere
    calls = tuple(map(_call, getattr(message, "tool_calls", None) or ()))
    usage = getattr(found, "usage", None)
    read, written = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    characters = len(text) + sum(len(call.name) + len(call.arguments) for call in calls)
    return Answer(
        before(text, request.stop),
        calls,
        read if isinstance(read, int) else sum(map(len, _texts(request))) // 4,
        written if isinstance(written, int) else characters // 4,
        str(getattr(choice, "finish_reason", None) or ""),
    )


def _call(found: Any) -> ChatCall:
    """A call of a message. ValueError where it names no function."""
    function = getattr(found, "function", None)
    name, arguments = getattr(function, "name", None), getattr(function, "arguments", None)
    if not isinstance(name, str):
        raise ValueError("a call of what came names no function")
    # Some servers give the object itself, or nothing where there is nothing to say.
    text = arguments if isinstance(arguments, str) else json.dumps({} if arguments is None else arguments)
    return ChatCall(str(getattr(found, "id", None) or ""), name, text or "{}")
