"""A teacher behind any OpenAI-compatible chat endpoint: a provider's, or vLLM, llama.cpp, Ollama on a machine of yours.

    async with ServedTeacher("https://api.openai.com/v1", "gpt-4o-mini", requests=Pace(500)) as teacher:
        reply = await teacher.reply(request)

What is tried again and what is final, and where the key comes from (OPENAI_API_KEY): `models/chat_endpoint.py`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from toolschool.errors import EndpointError, TeacherError
from toolschool.methods.ste.teachers.protocol import Reply, Request
from toolschool.models.chat_endpoint import KEY_VARIABLE, ChatEndpoint, ChatRequest
from toolschool.models.limits import Pace, Prices, Purse

log = logging.getLogger(__name__)


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
        self.endpoint = ChatEndpoint(
            url,
            model,
            concurrency=concurrency,
            timeout_s=timeout_s,
            requests=requests,
            tokens=tokens,
            prices=prices,
        )
        self.purse_of = purse_of or (lambda tool: purse)
        self.prompt_tokens = self.completion_tokens = 0

    async def __aenter__(self) -> ServedTeacher:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections of this event loop."""
        await self.endpoint.__aexit__()

    async def reply(self, request: Request) -> Reply:
        asked = ChatRequest(
            [{"role": message.role, "content": message.content} for message in request.messages],
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            seed=request.seed,
            stop=request.stop,
        )
        try:
            answer = await self.endpoint.ask(asked, self.purse_of(request.tool.name))
        except EndpointError as error:
            raise TeacherError(f"{error}; what was explored is kept: run again to go on") from None
        self.prompt_tokens += answer.prompt_tokens
        self.completion_tokens += answer.completion_tokens
        return Reply(answer.text, answer.prompt_tokens, answer.completion_tokens)


def ping(url: str, timeout_s: float = 10.0) -> None:
    """Ask an endpoint for its models, which costs nothing. TeacherError where nobody is there or the key is refused.

    Some endpoints have no such list: any other answer is a sign of life.
    """
    from openai import APIConnectionError, APIError, AuthenticationError, OpenAI, PermissionDeniedError

    key = os.environ.get(KEY_VARIABLE) or "none"
    with OpenAI(base_url=url, api_key=key, max_retries=1, timeout=timeout_s) as client:
        try:
            client.models.list()
        except APIConnectionError:
            raise TeacherError(f"nobody answers at {url}; start the server or mend teacher.url") from None
        except (AuthenticationError, PermissionDeniedError):
            raise TeacherError(f"{url} refuses the key; set {KEY_VARIABLE}") from None
        except (APIError, ValueError) as error:
            log.debug("%s has no list of models: %s", url, type(error).__name__)
