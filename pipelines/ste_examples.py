"""From trials to examples, tool by tool on actors: filter, judge, paraphrase, cut (`methods/ste/exploitation.py`).

    ended = make_examples(exploiting, open_for, shape, at_once=4)       # <run>/exploited/<tool>.json
    made = [read_made(run, tool.name) for tool in exploiting.tools]

A tool's file is written when all its examples are there, with a mark of what they depend on: what is there is not made again, and other trials or
settings make it anew. What a model said on the way stands in `transcripts/`, so that a kill costs no second judgement.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines import files, manifest
from pipelines.ste_trials import TrialStore, folder_name
from pipelines.ste_workers import Ended, OpenTeacher, Told, ToolWorker, work_on
from toolschool.methods.ste.examples import Example
from toolschool.methods.ste.prompts import documentation
from toolschool.methods.ste.settings import ExploitSettings
from toolschool.methods.ste.trials import Trial
from toolschool.records import Tool
from toolschool.tools.toolsets.kept import KeptOpen

if TYPE_CHECKING:
    from pipelines.stage import Shape

EXPLOITED = "exploited"


@dataclass(frozen=True)
class Exploiting:
    """What examples depend on. `trials` is the folder of an exploration, `speaker` names the teacher; `screened`: published test requests are
    at hand and are dropped."""

    run: str
    trials: str
    tools: tuple[Tool, ...]
    speaker: str
    settings: ExploitSettings
    screened: bool

    def mark(self, tool: Tool) -> str:
        """Fingerprint of what a tool's examples depend on."""
        settings = self.settings.model_dump(mode="json")
        trials = TrialStore(self.trials).raw(tool.name)
        return manifest.fingerprint([trials, documentation([tool]), settings, self.speaker, self.screened])


@dataclass(frozen=True)
class Made:
    """One tool's examples, and by trial or paraphrase why it is none."""

    tool: str
    examples: tuple[Example, ...] = ()
    dropped: dict[str, str] = field(default_factory=dict)


def unmade(exploiting: Exploiting) -> list[str]:
    """Tools whose examples are not there, or are of other trials or settings."""
    return [tool.name for tool in exploiting.tools if _mark(exploiting.run, tool.name) != exploiting.mark(tool)]


def make_examples(
    exploiting: Exploiting,
    open_for: Callable[[Sequence[str], int], OpenTeacher],
    shape: Shape,
    at_once: int,
    told: Told = lambda said: None,
) -> dict[str, Ended]:
    """Make what is missing; by tool how it ended. `open_for` gets the tools that are left and the number of workers.

    Needs a connected Ray; `told` hears a Made and an Ended of each tool.
    """
    ended: dict[str, Ended] = {}

    def hear(said: Made | Ended) -> None:
        if isinstance(said, Ended):
            ended[said.tool] = said
        told(said)

    left = unmade(exploiting)
    for tool in (tool.name for tool in exploiting.tools if tool.name not in left):
        hear(read_made(exploiting.run, tool))
        hear(Ended(tool, "done"))
    if left:
        given = exploiting, open_for(left, min(shape.actors, len(left)))
        work_on(left, Exploiter, given, shape, at_once, hear)
    return ended


def read_made(run: str, tool: str) -> Made:
    """A tool's file; nothing made where there is none."""
    uri = _file(run, tool)
    if not files.exists(uri):
        return Made(tool)
    content = json.loads(files.read_text(uri))
    return Made(tool, tuple(Example(**row) for row in content["examples"]), content["dropped"])


class Exploiter(ToolWorker):
    """The actor."""

    def __init__(self, given: tuple[Exploiting, OpenTeacher]) -> None:
        self.exploiting, open_teacher = given
        self.tools = {tool.name: tool for tool in self.exploiting.tools}
        self.teacher = KeptOpen(open_teacher)

    async def on(self, tool: str) -> AsyncIterator[Made]:
        """The tool's examples, once they are on disk."""
        from toolschool.methods.ste.exploitation import exploit

        how, teacher = self.exploiting, await self.teacher.get()
        raw = await asyncio.to_thread(TrialStore(how.trials).raw, tool)
        trials = map(Trial.from_json, raw)
        found = await exploit(self.tools[tool], trials, teacher, how.settings, screened=_screen(how.screened))
        made = Made(tool, found.examples, dict(found.dropped))
        await asyncio.to_thread(self._write, made)
        yield made

    def _write(self, made: Made) -> None:
        mark = self.exploiting.mark(self.tools[made.tool])
        content: dict[str, Any] = {"mark": mark, **asdict(made)}
        files.write_text(_file(self.exploiting.run, made.tool), json.dumps(content, ensure_ascii=False) + "\n")

    async def close(self) -> None:
        await self.teacher.close()


def _screen(screened: bool) -> Callable[[str], bool]:
    from toolschool.datasets.ste import is_test_request

    return is_test_request if screened else lambda query: False


def _file(run: str, tool: str) -> str:
    return files.join(run, EXPLOITED, f"{folder_name(tool)}.json")


def _mark(run: str, tool: str) -> str:
    uri = _file(run, tool)
    return str(json.loads(files.read_text(uri))["mark"]) if files.exists(uri) else ""
