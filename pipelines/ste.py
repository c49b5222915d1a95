"""STE's exploration: tools in, trials out, tools side by side over the cluster; killed and run again, it goes on.

    sources --describe--> tools --stream of trials--> trials/<tool>/<episode>-<number>.json --when a tool ends--> explored/<tool>.parquet

`python -m jobs.explore` runs it. Inside a tool everything is in the exact order of the paper, because queries know of those before them; tools
know nothing of each other. What is on disk is done: a second run adds what is missing, with the same seeds, so that with a teacher that goes by
its seed the trials are those of a run that nobody disturbed. `explore.json` says what trials depend on; a run of the same name that
would make others is refused. A tool that cannot be explored goes to `quarantine/` with its reason and is tried again by the next run.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pipelines import files, manifest
from pipelines.begun import differences, refuse_others
from pipelines.ste_explorer import Explorer, Exploring, Found
from pipelines.ste_trials import TrialStore
from pipelines.ste_workers import Ended, Told, work_on
from toolschool.errors import DataError, ToolschoolError
from toolschool.methods.ste.learnt import SOURCES_FILE, TOOLS_FILE
from toolschool.methods.ste.prompts import documentation
from toolschool.methods.ste.settings import ExploreSettings

if TYPE_CHECKING:
    from pipelines.stage import Shape
    from pipelines.ste_workers import OpenTeacher
    from toolschool.methods.ste.teachers.opening import TeacherConfig
    from toolschool.tools.toolsets import Toolset, ToolSource

MARKS, NAMES_FILE, TRANSCRIPTS = "explore.json", "names.json", "transcripts"


class ExploreRows(ExploreSettings):
    """How tools are explored, and how many side by side (which changes no trial)."""

    workers: int | None = Field(default=None, ge=1)
    """Actors that explore; default: the profile's data.actors."""
    tools_at_once: int = Field(default=4, ge=1)
    """Tools that each of them explores side by side while the teacher's answers are on their way."""

    @property
    def settings(self) -> ExploreSettings:
        """What trials depend on."""
        return ExploreSettings(**self.model_dump(include=set(ExploreSettings.model_fields)))


@dataclass
class Outcome:
    """A run so far. `ended` by tool; `refused` also holds sources that did not open."""

    trials: dict[tuple[str, int, int], Found] = field(default_factory=dict)
    ended: dict[str, Ended] = field(default_factory=dict)
    refused: dict[str, Ended] = field(default_factory=dict)

    def hear(self, said: Found | Ended) -> None:
        if isinstance(said, Found):
            self.trials.setdefault((said.tool, said.episode, said.number), said)
            return
        self.ended[said.tool] = said
        if said.how == "refused":
            self.refused[said.tool] = said

    @property
    def unpaid(self) -> list[Ended]:
        """Tools whose part of the budget is spent."""
        return [each for each in self.ended.values() if each.how == "budget"]


def open_sources(sources: Sequence[ToolSource]) -> tuple[list[ToolSource], Toolset, dict[str, Ended]]:
    """Sources that open, their tools for reading, and why the others do not. DataError when none does."""
    from toolschool.tools.toolsets import describe_toolsets

    good, refused = [], {}
    for number, source in enumerate(sources):
        try:
            describe_toolsets([source])
        except ToolschoolError as error:
            name = f"tools.{number}"
            refused[name] = Ended(name, "refused", str(error))
        else:
            good.append(source)
    if not good:
        raise DataError(f"no source of tools opens: {next(iter(refused.values())).reason}")
    return good, describe_toolsets(good), refused


def unexplored(run: str, names: Sequence[str], settings: ExploreSettings) -> list[str]:
    """Tools whose trials are not all there."""
    store = TrialStore(run)
    return [name for name in names if store.compacted(name) < settings.trials]


def explore(
    names: Sequence[str], exploring: Exploring, shape: Shape, at_once: int, told: Told = lambda said: None
) -> Outcome:
    """Explore what is left of the tools. Needs a connected Ray; `told` hears what the outcome does. Can be repeated after a kill."""
    outcome = Outcome()

    def hear(said: Found | Ended) -> None:
        outcome.hear(said)
        told(said)

    left = unexplored(exploring.run, names, exploring.settings)
    for name in (name for name in names if name not in left):
        for row in TrialStore(exploring.run).rows(name):
            hear(Found.told(row))
        hear(Ended(name, "done"))
    if left:
        work_on(left, Explorer, exploring, shape, at_once, hear)
    return outcome


def teacher_of(run: str, config: TeacherConfig, left: Collection[str], workers: int) -> OpenTeacher:
    """What opens the teacher in each of the workers: its limits divided, what is left of the budget allotted to the tools that are left.

    What a model said is recorded in `transcripts/`, where the run's folder is local or mounted, and not asked for again.
    """
    from toolschool.methods.ste.teachers.opening import open_teacher, tool_allowances

    if config.kind in ("embedded", "replay") or "://" in run:
        return functools.partial(open_teacher, config, shares=workers)
    folder = files.join(run, TRANSCRIPTS)
    allowed = tool_allowances(config, folder, left)
    return functools.partial(open_teacher, config, folder, shares=workers, allowances=allowed)


def tool_marks(toolset: Toolset) -> dict[str, str]:
    """By tool, the hash of what the teacher reads of it."""
    return {tool.name: manifest.fingerprint(documentation([tool])) for tool in toolset.catalog}


def begin(run: str, settings: ExploreSettings, teacher: Mapping[str, Any], tools: Mapping[str, str]) -> None:
    """Write down what trials depend on; new tools may join a run. ConfigError says what differs from what the run was begun with."""
    uri = files.join(run, MARKS)
    now = {"explore": settings.model_dump(mode="json"), "teacher": dict(teacher), "tools": dict(tools)}
    before = json.loads(files.read_text(uri)) if files.exists(uri) else now
    refuse_others(run, changes(before, now))
    marks = {**now, "tools": {**before["tools"], **tools}}
    files.write_text(uri, json.dumps(marks, indent=2, ensure_ascii=False) + "\n")


def describe(run: str, toolset: Toolset, sources: Sequence[ToolSource]) -> None:
    """Write what is known of the tools (`tools.json`), what each is called at its source (`names.json`), and the sources (`sources.json`)."""
    from toolschool.tools.described import tools_to_json
    from toolschool.tools.toolsets.places import sources_to_json

    files.write_text(files.join(run, TOOLS_FILE), tools_to_json(toolset.catalog))
    names = {name: toolset.original(name) for name in toolset.catalog.names}
    files.write_text(files.join(run, NAMES_FILE), json.dumps(names, ensure_ascii=False, indent=0) + "\n")
    files.write_text(files.join(run, SOURCES_FILE), sources_to_json(sources))


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What would make other trials, one line each."""
    known = before["tools"]
    other = [tool for tool, mark in now["tools"].items() if known.get(tool, mark) != mark]
    found = differences({**before, "tools": None}, {**now, "tools": None})
    return [*found, *(f"the documentation of {tool} has changed" for tool in other)]


def refused_rows(refused: Mapping[str, Ended]) -> list[dict[str, str]]:
    """Quarantine rows: tools and sources, why, and the trace of an error nobody foresaw."""
    return [{"id": name, "reason": each.reason, "raw": each.trace} for name, each in refused.items()]
