"""A teacher behind any OpenAI-compatible chat endpoint: a provider's, or vLLM, llama.cpp, Ollama on a machine of yours.

    async with ServedTeacher("https://api.openai.com/v1", "gpt-4o-mini", requests=Pace(500)) as teacher:
        reply = await teacher.reply(request)

What is tried again and what is final, and where the key comes from (OPENAI_API_KEY): `models/chat_endpoint.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from toolschool.errors import EndpointError, TeacherError
from toolschool.methods.ste.teachers.protocol import Reply, Request
from toolschool.models import chat_endpoint
from toolschool.models.chat_endpoint import ChatEndpoint, ChatRequest
from toolschool.models.limits import Pace, Prices, Purse


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
    """`chat_endpoint.ping` with a teacher's error."""
    try:
        chat_endpoint.ping(url, timeout_s=timeout_s)
    except EndpointError as error:
        raise TeacherError(str(error)) from None
