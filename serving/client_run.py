"""One request with the client's own tools at work: plan it, tell the calls that can be made, or answer from their results.

Nothing runs here. A call that needs another's result waits for the turn in which the client brings it (`exchange.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING

from serving import errors
from serving.bench import NO_CHANGES
from serving.budget import usage
from serving.exchange import Exchange, clock_of
from serving.found import parts_of
from serving.service import Task
from serving.work import Work
from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.models.engines import before
from toolschool.plans.grammar import JOIN, BadLine, Item
from toolschool.plans.stream import StreamParser
from toolschool.records import Call, JsonValue

if TYPE_CHECKING:
    from serving.tool_service import ToolService

log = logging.getLogger(__name__)


class ClientRun(Work):
    """`go()` plans the task, which has tools of the client."""

    def __init__(self, service: ToolService, task: Task) -> None:
        assert task.client is not None
        self.tools = task.client
        super().__init__(service, task, task.now or clock_of(self.tools.done) or service.clock())
        self.exchange = Exchange(self.tools, task.query, self.now, task.max_calls)
        self.parts: Mapping[str, str] = {}

    async def go(self) -> None:
        """Plan to the end; the last event is `done`. ApiError 400 for tools that cannot be decoded."""
        try:
            judged = (
                [] if self.tools.forbidden else await self.service.models.judge(self.task.query, self.tools.catalog)
            )
            offered = self._offered({tool["name"]: tool["probability"] for tool in judged})
            self._emit("tools", tools=offered)
            if not self.tools.forbidden:
                self.parts = parts_of(judged)
                if self.tools.must_call and judged and not self.parts:
                    self.parts = {judged[0]["name"]: self.task.query}
                await self._plan_all()
            self._emit("done", **await self._report(offered))
        except ConfigError as error:
            raise errors.invalid("tools", str(error)) from error
        finally:
            self.events.put_nowait(None)

    def _offered(self, probabilities: Mapping[str, JsonValue]) -> list[JsonValue]:
        """The client's tools under its names."""
        return [{"name": name, "probability": probabilities.get(ours)} for ours, name in self.tools.names.items()]

    async def _plan_all(self) -> None:
        """The plan of the request; where all of it is done and a call is demanded, another one behind it."""
        exchange, names = self.exchange, self.tools.catalog.names
        # A plan of which something was done has calls, whatever this turn's tool_choice is.
        await self._plan(names, must_call=self.tools.must_call or bool(self.tools.done))
        if self.tools.must_call and self.tools.done and not exchange.next_calls and not exchange.full:
            await self._plan(exchange.uncalled(), exchange.last_id + 1, exchange.context(), must_call=True)

    async def _plan(self, names: tuple[str, ...], first_id: int = 1, context: str = "", *, must_call: bool) -> None:
        left = await self._left()
        if left == 0:
            self.cut = True
            return
        request = PlanRequest(
            self.task.query,
            names,
            self.now,
            context,
            first_id,
            earlier=self.task.earlier,
            model=self.task.model,
            catalog=self.tools.catalog,
            must_call=must_call,
            max_tokens=left,
            parts=self.parts,
        )
        try:
            await self._read(request)
        except (errors.ApiError, ConfigError):
            raise
        except Exception as error:  # the boundary to the planner, which may be any engine
            log.warning("the planner failed", exc_info=True)
            raise errors.unavailable("the planner failed, nothing was done; try again") from error

    async def _read(self, request: PlanRequest) -> None:
        """Accept the steps of a plan as they are written, up to its end or the last call of this turn."""
        parser = StreamParser()
        self.plans.append("")
        async with aclosing(self.service.models.plan(request)) as pieces:
            async for piece in pieces:
                self.plans[-1] += piece
                self._emit("plan", round=len(self.plans), text=piece)
                for item in parser.feed(piece):
                    self._accept(item)
                if parser.ended or (self.exchange.next_calls and self.exchange.full):
                    return
        for item in parser.finish():
            self._accept(item)
        self.cut = not parser.ended

    def _accept(self, item: Item) -> None:
        if isinstance(item, BadLine):
            self.exchange.problems.append(str(item))
        if not isinstance(item, Call) or item.tool == JOIN:
            return
        found = self.exchange.accept(item)
        if found is not None:
            index = len(self.exchange.next_calls) - 1
            arguments = dict(found.arguments)
            self._emit("tool_call", index=index, id=found.id, name=found.name, arguments=arguments)

    async def _report(self, offered: JsonValue) -> dict[str, JsonValue]:
        task, exchange = self.task, self.exchange
        answer = None if exchange.next_calls or self.cut else before(exchange.answer(), task.stop)
        read = [task.query, *(turn.text for turn in task.earlier), *(done.result for done in self.tools.done)]
        if answer is not None:
            answer = await self._shortened(answer)
        trace = exchange.trace()
        observations = [{"round": 1, **seen.to_dict()} for seen in trace.observations]
        return {
            "answer": answer,
            "finish": "length" if self.cut else "tool_calls" if exchange.next_calls else "stop",
            "trace": self._trace(offered, observations, trace.problems, NO_CHANGES),
            "usage": await usage(self.service.models.count, read, [*self.plans, answer or ""]),
        }
