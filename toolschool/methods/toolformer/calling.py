"""A call as a model wrote it while it answers: read, run and noted, whatever is wrong with it.

    caller = Caller([tool], Markers())
    await caller.call("[Calculator(3 * 12)")      # CallRecord("Calculator", "3 * 12", "36", None)
    await caller.call("[Calculator(3 / 0)")       # CallRecord("Calculator", "3 / 0", None, "division by zero ...")

Nothing raises: an answer goes on without the result. A dated tool (the calendar) is told what day it is, today if nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from toolschool.errors import RowError, ToolError
from toolschool.methods.toolformer.markers import MAX_ARGUMENT, Markers
from toolschool.methods.toolformer.tools import InlineCall, InlineTool, execute

MAX_RESULT = 2000  # characters; a longer one would push the question out of the model's sight


@dataclass(frozen=True)
class CallRecord:
    """What became of a call: `result` or `error` is None. Where it could not be read `tool` is empty and `argument` all of it."""

    tool: str
    argument: str
    result: str | None
    error: str | None


class Caller:
    """Tools by name. `forbidden` texts, such as special tokens, may not stand in a result, nor may start and end marker."""

    def __init__(self, tools: Sequence[InlineTool], markers: Markers, forbidden: Sequence[str] = ()) -> None:
        self.tools = {tool.name: tool for tool in tools}
        self.markers = markers
        self.forbidden = (markers.start, markers.end, *forbidden)

    async def call(self, written: str, date: datetime | None = None) -> CallRecord:
        """Run what stands from the start marker up to the arrow."""
        text = self._inside(written)
        name = text.partition("(")[0].strip()
        try:
            argument = self.markers.read(text, name)
        except RowError as error:
            return self.failed(written, str(error))
        if name not in self.tools:
            return CallRecord(name, argument, None, "no such tool")
        return await self.run(InlineCall(name, argument, date or datetime.now()))

    async def run(self, call: InlineCall) -> CallRecord:
        """Run a call that could be read, of a tool that is there."""
        (result,) = await execute(self.tools, [call], {})
        problem = str(result) if isinstance(result, ToolError) else self._problem(result)
        return CallRecord(call.tool, call.written, None if problem else str(result), problem)

    def failed(self, written: str, error: str) -> CallRecord:
        """The record of a call that cannot be read."""
        return CallRecord("", self._inside(written)[:MAX_ARGUMENT], None, error)

    def _inside(self, written: str) -> str:
        return written.lstrip(" ").removeprefix(self.markers.start)

    def _problem(self, result: str) -> str | None:
        if len(result) > MAX_RESULT:
            return "a result that is too long"
        return "a marker in the result" if any(mark in result for mark in self.forbidden) else None
