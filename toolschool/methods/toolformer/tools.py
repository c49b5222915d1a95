"""A tool of Toolformer's: a function, a few-shot prompt and a rule which texts to try, in one place.

    TOOL = InlineTool("Lookup", lookup_tool, prompt=PROMPT, wants=lambda text: "defined as" in text)

`tool` runs (`toolschool/tools/run.py`: schema, time limit, typed errors); its one argument, if it has one, is what stands in the
brackets. A file with such a TOOL is all a user writes for a tool of their own: `tools: [calculator, mine/lookup.py]`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from toolschool.errors import ConfigError, ToolError
from toolschool.records import JsonValue, Tool
from toolschool.tools.run import run_tool

_QUOTED = re.compile(r"\s*([\"'“])(.*)[\"'”]\s*", re.DOTALL)
TEXT = "{text}"


@dataclass(frozen=True)
class InlineTool:
    """`name` as it stands in texts; `prompt` ends with the place of the text, `Input: {text}` and `Output:`.

    Raises ConfigError for a tool that cannot run or takes more than one argument, and for a prompt without {text}.
    """

    name: str
    tool: Tool
    prompt: str
    wants: Callable[[str], bool] = lambda text: True
    version: str = "1"  # results are remembered by it

    def __post_init__(self) -> None:
        if self.tool.run is None:
            raise ConfigError(f"{self.name}: the tool has no function; give it one")
        if len(self.tool.argument_names) > 1:
            raise ConfigError(
                f"{self.name} takes {len(self.tool.argument_names)} arguments; an inline call has one at most"
            )
        if self.prompt.count(TEXT) != 1:
            raise ConfigError(f"{self.name}: the prompt needs {TEXT} once, where the text comes in")

    def arguments(self, written: str) -> dict[str, JsonValue]:
        """What stands in the brackets, by the name of the argument; quotes round it are dropped. ToolError if it does not fit."""
        names = self.tool.argument_names
        quoted = _QUOTED.fullmatch(written)
        value = quoted[2] if quoted else written.strip()
        if not names:
            if value:
                raise ToolError(f"{self.name} takes no argument")
            return {}
        if not value:
            raise ToolError(f"{self.name} needs an argument")
        return {names[0]: value}


async def execute(
    tool: InlineTool, calls: Sequence[str], known: Mapping[str, str], parallel: int = 32
) -> dict[str, str | ToolError]:
    """The result of every distinct call, as one line of text; ToolError where there is none. `known` results are not run again."""
    gate = asyncio.Semaphore(parallel)

    async def one(written: str) -> str | ToolError:
        if written in known:
            return known[written]
        async with gate:
            try:
                result = " ".join(str(await run_tool(tool.tool, tool.arguments(written))).split())
            except ToolError as error:
                return error
        return result or ToolError(f"{tool.name} gave an empty result")

    distinct = list(dict.fromkeys(calls))
    return dict(zip(distinct, await asyncio.gather(*map(one, distinct)), strict=True))
