"""A tool of Toolformer's: a function, a few-shot prompt and a rule which texts to try, in one place.

    def tool() -> InlineTool:
        return InlineTool("Lookup", lookup_tool, prompt=PROMPT, wants=lambda document: "defined as" in document.text)

`tool` runs (`toolschool/tools/run.py`: schema, time limit, typed errors); its one argument, if it has one, is what stands in the
brackets. A file with such a function is all a user writes for a tool of their own (`kit/` has examples); `load_tool` opens it.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import importlib.util
import json
import os
import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from pydantic import Field

from toolschool.config import Config, build
from toolschool.errors import ConfigError, ToolError
from toolschool.methods.toolformer.documents import Document
from toolschool.methods.toolformer.presets import PRESETS, Preset
from toolschool.records import JsonValue, Tool
from toolschool.tools.run import run_tool

_QUOTED = re.compile(r"\s*([\"'“])(.*)[\"'”]\s*", re.DOTALL)
_FORBIDDEN = "[]"  # a result with a bracket could not be told from the end of its call
TEXT = "{text}"
KIT = "toolschool.methods.toolformer.kit"


@dataclass(frozen=True)
class InlineTool:
    """`name` as it stands in texts; `prompt` ends with the place of the text, `Input: {text}` and `Output:`.

    A `dated` tool takes the day of the document, and nothing in the brackets. `fits` may refuse a call by its argument and the
    text before it. Raises ConfigError for a tool that cannot run or takes more than one argument, and for a prompt without {text}.
    """

    name: str
    tool: Tool
    prompt: str
    wants: Callable[[Document], bool] = lambda document: True
    fits: Callable[[str, str], bool] = lambda argument, before: True
    preset: Preset = PRESETS["default"]
    dated: bool = False

    def __post_init__(self) -> None:
        if self.tool.run is None:
            raise ConfigError(f"{self.name}: the tool has no function; give it one")
        if len(self.tool.argument_names) > 1:
            raise ConfigError(
                f"{self.name} takes {len(self.tool.argument_names)} arguments; an inline call has one at most"
            )
        if self.prompt.count(TEXT) != 1:
            raise ConfigError(f"{self.name}: the prompt needs {TEXT} once, where the text comes in")

    def arguments(self, written: str, date: datetime | None = None) -> dict[str, JsonValue]:
        """What stands in the brackets, by the name of the argument; quotes round it are dropped. ToolError if it does not fit."""
        names = self.tool.argument_names
        quoted = _QUOTED.fullmatch(written)
        value = quoted[2] if quoted else written.strip()
        if self.dated or not names:
            if value:
                raise ToolError(f"{self.name} takes no argument")
            if self.dated and date is None:
                raise ToolError(f"{self.name} needs the text's date")
            return {names[0]: date.isoformat()} if date and self.dated else {}
        if not value:
            raise ToolError(f"{self.name} needs an argument")
        return {names[0]: value}


class InlineCall(NamedTuple):
    """A call to run: tool's name, what stands in its brackets, the day of its text."""

    tool: str
    written: str
    date: datetime | None = None


Results = MutableMapping[str, "str | ToolError"]  # by tool and arguments


async def execute(
    tools: Mapping[str, InlineTool], calls: Sequence[InlineCall], known: Results, parallel: int = 32
) -> list[str | ToolError]:
    """The result of every call as one line of text, or the ToolError: calls with equal arguments run once.

    `known` remembers results from one time to the next; errors are not kept there, so that a service that was down is asked again.
    """
    gate = asyncio.Semaphore(parallel)
    asked: dict[str, asyncio.Task[str | ToolError]] = {}

    async def one(key: str, tool: InlineTool, arguments: Mapping[str, JsonValue]) -> str | ToolError:
        if key in known:
            return known[key]
        async with gate:
            result = await _result(tool, arguments)
        if isinstance(result, str):
            known[key] = result
        return result

    async def of(call: InlineCall) -> str | ToolError:
        tool = tools[call.tool]
        try:
            arguments = tool.arguments(call.written, call.date)
        except ToolError as error:
            return error
        key = json.dumps([tool.name, arguments], sort_keys=True, ensure_ascii=False)
        if key not in asked:
            asked[key] = asyncio.create_task(one(key, tool, arguments))
        return await asked[key]

    return list(await asyncio.gather(*map(of, calls)))


async def _result(tool: InlineTool, arguments: Mapping[str, JsonValue]) -> str | ToolError:
    try:
        answer = " ".join(str(await run_tool(tool.tool, arguments)).split())
    except ToolError as error:
        return error
    if not answer:
        return ToolError(f"{tool.name} gave an empty result")
    if any(sign in answer for sign in _FORBIDDEN):
        return ToolError(f"{tool.name} gave a result with a bracket in it")
    return answer


class ToolUse(Config):
    """A tool in a recipe."""

    use: str
    """Name in the kit (calculator, calendar, search, question, translation), or a .py file with a function `tool`."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """What its function `tool` is called with, such as {corpus: handbook/} for search."""
    prompt: str | None = None
    """Another prompt than the tool's own; it holds {text} once, where the text comes in."""
    preset: dict[str, Any] = Field(default_factory=dict)
    """Settings other than the tool's own: tau_s, k, m, tau_f, temperature, max_tokens, inside_words."""

    def load(self) -> InlineTool:
        """The tool. ConfigError when there is no such tool, or it cannot be made with these settings."""
        module = _module(self.use)
        if not callable(getattr(module, "tool", None)):
            raise ConfigError(f"{self.use} has no function `tool` that returns an InlineTool")
        try:
            made = module.tool(**self.settings)
        except TypeError as error:
            raise ConfigError(f"{self.use}: {error}; see its settings") from error
        if not isinstance(made, InlineTool):
            raise ConfigError(f"{self.use}: its function `tool` must return an InlineTool, not {type(made).__name__}")
        return replace(
            made,
            prompt=self.prompt or made.prompt,
            preset=build(Preset, made.preset.model_dump(), self.preset),
        )

    def located(self) -> ToolUse:
        """The same from any folder: its file, and what its settings name of files that are there, by their absolute paths."""
        use = str(Path(self.use).absolute()) if self.use.endswith(".py") else self.use
        settings = {
            name: str(Path(value).absolute()) if _is_path(value) else value for name, value in self.settings.items()
        }
        return self.model_copy(update={"use": use, "settings": settings})

    def fingerprint(self) -> str:
        """Hash of the tool's own file and of all files its settings name: other code or another corpus, other results."""
        spec = importlib.util.find_spec(f"{KIT}.{self.use}") if not self.use.endswith(".py") else None
        named = filter(_is_path, self.settings.values())
        found = hashlib.sha256()
        for path in [Path(spec.origin) if spec and spec.origin else Path(self.use), *map(Path, named)]:
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    found.update(hashlib.sha256(file.read_bytes()).digest() + file.name.encode())
        return found.hexdigest()


def _is_path(value: object) -> bool:
    return isinstance(value, str) and os.path.exists(value)


def load_tools(uses: Sequence[ToolUse]) -> dict[str, InlineTool]:
    """All tools of a recipe by name. ConfigError when two have the same name."""
    tools: dict[str, InlineTool] = {}
    for use in uses:
        made = use.load()
        if made.name in tools:
            raise ConfigError(f"two tools are called {made.name}; rename one")
        tools[made.name] = made
    return tools


def _module(use: str) -> ModuleType:
    if not use.endswith(".py"):
        try:
            return importlib.import_module(f"{KIT}.{use}")
        except ModuleNotFoundError as error:
            kit = sorted(path.stem for path in (Path(__file__).parent / "kit").glob("[a-z]*.py"))
            raise ConfigError(f"no tool '{use}'; known: {', '.join(kit)}, or a path to a .py file") from error
    spec = importlib.util.spec_from_file_location(f"inline_tool_{Path(use).stem}", use)
    if not Path(use).is_file() or spec is None or spec.loader is None:
        raise ConfigError(f"{use} is not there; give the path of a .py file with a function `tool`")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
