"""What the two OpenAI routes ask for in the same words: messages, tools of the client, and toolschool's own field, as a `Task`.

`chat.py` and `responses.py` read their bodies into items (`conversation.py`) and functions, and add what only they have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from serving import conversation, protocol
from serving.conversation import Item
from serving.protocol import Extension
from serving.service import Task
from serving.settings import Limits
from serving.tool_choice import wanted


class Body(Protocol):
    """What the bodies of both routes have."""

    @property
    def model(self) -> str: ...
    @property
    def tools(self) -> Sequence[Any] | None: ...
    @property
    def tool_choice(self) -> str | Mapping[str, Any] | None: ...
    @property
    def parallel_tool_calls(self) -> bool | None: ...
    @property
    def stream(self) -> bool | None: ...
    @property
    def toolschool(self) -> Extension: ...


def task_of(
    body: Body,
    items: Sequence[Item],
    param: str,
    function: Callable[[Any, int], Mapping[str, Any]],
    limits: Limits,
    max_tokens: int | None,
) -> Task:
    """The task of a request whose messages, the field `param`, are `items`; `function` reads a tool at its place. ApiError 400."""
    query, before, behind = conversation.split(items, param)
    tools, own = None, body.toolschool
    if body.tools or conversation.has_calls(behind):
        functions = [function(tool, place) for place, tool in enumerate(body.tools or ())]
        tools = wanted(functions, body.tool_choice, body.parallel_tool_calls, conversation.done_calls(behind))
    return Task(
        query=protocol.checked_query(query.text, limits.max_query_chars, query.where),
        earlier=conversation.kept_turns(before, limits.max_earlier_chars),
        now=own.now,
        client=tools,
        confirm=own.confirm == "always",
        max_calls=own.max_calls,
        max_tokens=max_tokens,
        watched=bool(body.stream),
        model=body.model,
    )
