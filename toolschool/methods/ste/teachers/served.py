"""A teacher behind any OpenAI-compatible chat endpoint: a provider's, or vLLM, llama.cpp, Ollama on a machine of yours.

    async with ServedTeacher("https://api.openai.com/v1", "gpt-4o-mini", requests=Pace(500)) as teacher:
        reply = await teacher.reply(request)

Requests go out side by side. Refusals for now (429, 5xx, time-outs, replies that cannot be read) are tried again, later each time and not
before `Retry-After`; a 429 holds back the whole process. Other refusals are final. Fields that a model does not know (`stop` and
`temperature` of reasoning models) are left out from then on; stop strings are cut here in any case. A key comes from OPENAI_API_KEY alone
and stands in no message. Limits: no streaming; equal seeds give equal replies only where the endpoint says so: keep transcripts.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from toolschool.errors import TeacherError
from toolschool.methods.ste.teachers.limits import Pace, Prices, Purse, backoff, retry_after
from toolschool.methods.ste.teachers.protocol import Reply, Request, cut

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = logging.getLogger(__name__)

TRIES = 8
LONGEST_REST_S = 900.0  # an endpoint that wants a longer rest has closed for the day
_NO_KEY = "none"
_REFUSED_FIELD = {"unsupported_parameter", "unsupported_value"}  # OpenAI's codes; `param` names the field
_OPTIONAL = {"stop", "temperature", "seed", "max_tokens"}  # in place of the last, max_completion_tokens is sent


class ServedTeacher:
    """`Teacher` over HTTP. `purse_of` has the money of a tool by its name. Raises TeacherError as the protocol says."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        concurrency: int = 32,
        timeout_s: float = 120.0,
        requests: Pace | None = None,
        tokens: Pace | None = None,
        prices: Prices | None = None,
        purse_of: Callable[[str], Purse] | None = None,
    ) -> None:
        purse = Purse()
        self.url, self.model, self.concurrency, self.timeout_s = url, model, concurrency, timeout_s
        self.requests, self.tokens = requests or Pace(None), tokens or Pace(None)
        self.prices, self.purse_of = prices or Prices(), purse_of or (lambda tool: purse)
        self.prompt_tokens = self.completion_tokens = 0
        self._key = os.environ.get("OPENAI_API_KEY") or _NO_KEY
        self._unknown: set[str] = set()  # fields that the endpoint does not take
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> ServedTeacher:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections of this event loop."""
        if self._loop is asyncio.get_running_loop():
            self._loop = None
            await self._client.close()

    async def reply(self, request: Request) -> Reply:
        client = self._connected()
        async with self._gate, self.purse_of(request.tool.name).hold(self._most(request)) as bill:
            reply = await self._tried(client, request)
            bill.paid = self.prices.of(reply.prompt_tokens, reply.completion_tokens)
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens
        return reply

    def _connected(self) -> AsyncOpenAI:
        """The client of the running event loop; connections do not outlive theirs."""
        from openai import AsyncOpenAI

        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._gate = loop, asyncio.Semaphore(self.concurrency)
            self._client = AsyncOpenAI(base_url=self.url, api_key=self._key, max_retries=0, timeout=self.timeout_s)
        return self._client

    def _most(self, request: Request) -> float:
        """What a request can cost at most: no tokenizer makes more tokens than bytes."""
        read = sum(len(message.content.encode(errors="replace")) + 16 for message in request.messages)
        return self.prices.of(read, request.max_tokens)

    async def _tried(self, client: AsyncOpenAI, request: Request) -> Reply:
        """The reply of the first try that has one."""
        from openai import OpenAIError

        expected = _estimated(request)
        attempt, said = 0, ""
        while attempt < TRIES:
            await asyncio.sleep(max(self.requests.claim(1), self.tokens.claim(expected)))
            fields = self._fields(request)
            try:
                async with asyncio.timeout(self.timeout_s):
                    answer = await client.chat.completions.create(**fields)
                reply = _read(answer, request)
            except (OpenAIError, ValueError, TimeoutError) as error:
                if self._leaves_out(error, fields):
                    continue
                said = self._in_words(error)
                rest = self._rest(error, said)
            else:
                self.tokens.settle(reply.prompt_tokens + reply.completion_tokens - expected)
                return reply
            if attempt + 1 < TRIES:
                await asyncio.sleep(backoff(attempt, rest))
            attempt += 1
        raise TeacherError(
            f"{self.url} gave no answer in {TRIES} tries: {said}; what was explored is kept: run again to go on"
        )

    def _fields(self, request: Request) -> dict[str, Any]:
        """The request as the endpoint takes it."""
        length = "max_completion_tokens" if "max_tokens" in self._unknown else "max_tokens"
        optional = {"stop": list(request.stop) or None, "temperature": request.temperature, "seed": request.seed}
        return {
            "model": self.model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            length: request.max_tokens,
            **{name: value for name, value in optional.items() if value is not None and name not in self._unknown},
        }

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
        """Seconds that the endpoint asks to be left alone before the next try. Raises TeacherError where none would help."""
        from openai import APIStatusError

        if not isinstance(error, APIStatusError):
            return 0.0
        status, asked = error.status_code, retry_after(error.response.headers)
        if status in (401, 403):
            raise TeacherError(f"{self.url} refuses the key: {said}; set OPENAI_API_KEY") from None
        if (status < 500 and status not in (408, 409, 429)) or error.code == "insufficient_quota":
            raise TeacherError(f"{self.url} does not answer as {self.model}: {said}") from None
        if asked > LONGEST_REST_S:
            raise TeacherError(
                f"{self.url} wants {asked:.0f} s of rest: {said}; what was explored is kept: run again then"
            ) from None
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


def _estimated(request: Request) -> int:
    """Tokens that a request may use: a token is about four characters of English."""
    return sum(len(message.content) for message in request.messages) // 4 + request.max_tokens


def _read(answer: Any, request: Request) -> Reply:
    """The reply up to the first stop string. ValueError where the endpoint answered something else.

    Tokens that the endpoint does not report are estimated at four characters each.
    """
    choices = getattr(answer, "choices", None)
    message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
    content = getattr(message, "content", ...)  # may be None, but has to be there
    if not isinstance(content, str | None):
        raise ValueError("what came is no chat completion")
    text = (content or "").encode(errors="replace").decode()  # half an emoji could be sent nowhere
    usage = getattr(answer, "usage", None)
    read, written = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    return Reply(
        cut(text, request.stop),
        read if isinstance(read, int) else sum(len(each.content) for each in request.messages) // 4,
        written if isinstance(written, int) else len(text) // 4,
    )


def ping(url: str, timeout_s: float = 10.0) -> None:
    """Ask an endpoint for its models, which costs nothing. TeacherError where nobody is there or the key is refused.

    Some endpoints have no such list: any other answer is a sign of life.
    """
    from openai import APIConnectionError, APIError, AuthenticationError, OpenAI, PermissionDeniedError

    key = os.environ.get("OPENAI_API_KEY") or _NO_KEY
    with OpenAI(base_url=url, api_key=key, max_retries=1, timeout=timeout_s) as client:
        try:
            client.models.list()
        except APIConnectionError:
            raise TeacherError(f"nobody answers at {url}; start the server or mend teacher.url") from None
        except (AuthenticationError, PermissionDeniedError):
            raise TeacherError(f"{url} refuses the key; set OPENAI_API_KEY") from None
        except (APIError, ValueError) as error:
            log.debug("%s has no list of models: %s", url, type(error).__name__)
