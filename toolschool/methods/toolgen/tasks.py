"""What is asked of an agent, by configuration: requests of sources that know their calls, and requests made up from documentation.

    for task in list_tasks(Tasks(asked={"desk": 600}), ground, "train", on_bad=print):      # quick: nothing is made up yet
        episodes = play_task(task, ground, on_bad=print)

A task is a few words, to be played anywhere. Every source keeps to its splits (`docs/splits.md`), and so do made-up requests, by their
text. Requests for the desk are to be given up in a world that has none. Limit: of the requests that are made up for an API few fall into
validation and test, at most `each` and often none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, PositiveInt

from toolschool.config import Config
from toolschool.datasets import registry
from toolschool.datasets.splits import Split
from toolschool.errors import RowError
from toolschool.methods.toolgen.chains import chained_scenarios
from toolschool.methods.toolgen.scenarios import (
    desk_scenario,
    made_up_scenarios,
    sealtools_scenario,
    unserved_scenario,
)
from toolschool.methods.toolgen.trajectories import OnBad, Scenario, played

if TYPE_CHECKING:
    from toolschool.methods.toolgen.episodes import Episode
    from toolschool.methods.toolgen.playground import Playground
    from toolschool.methods.toolgen.worlds import DeskWorld, SimulatedWorld

Source = Literal["desk", "written", "tinyagent", "sealtools"]

PURPOSES: Mapping[str, str] = {"train": "train", "validation": "select", "test": "test"}
MADE_UP, CHAINED, SEALTOOLS = "made up", "chained", "sealtools"


class Tasks(Config):
    """Which requests are asked."""

    each: int = Field(default=2, ge=0)
    """Requests made up for each simulated API, and for each pair of APIs of which one answers what the other needs."""
    asked: dict[Source, PositiveInt] = Field(default={"desk": 200})
    """So many requests of sources that know their calls: for the desk (desk, written, tinyagent), or for Seal-Tools' APIs."""
    seed: int = 0
    """Other requests by the same generators, and which ones of a file."""

    def check(self) -> None:
        """DataError where the requests of a source are not there."""
        for source in map(registry.source_named, self.asked):
            if source.generate is None:
                registry.folder_of(source, None)


@dataclass(frozen=True)
class Task:
    """A request of a source, which is `about`; or an API or a link, for which `count` requests are made up."""

    kind: str
    split: Split
    about: Any
    seed: int
    count: int = 1

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, default=str)


def list_tasks(tasks: Tasks, ground: Playground, split: Split, on_bad: registry.OnBad) -> Iterator[Task]:
    """All tasks of a split. Rows that a source cannot read go to `on_bad`."""
    for kind, count in tasks.asked.items():
        generated = registry.source_named(kind).generate is not None
        limit = count if generated else None
        rows = registry.load(kind, split=split, limit=limit, seed=tasks.seed, purpose=PURPOSES[split], on_bad=on_bad)
        requests = (row for row in rows if row.get("kind") != "tool")
        for row in requests if generated else registry.sampled(requests, count, tasks.seed):
            yield Task(kind, split, row, tasks.seed)
    if tasks.each:
        yield from (Task(MADE_UP, split, list(key), tasks.seed, tasks.each) for key in ground.near)
        yield from (Task(CHAINED, split, list(names), tasks.seed, tasks.each) for names in ground.links)


def play_task(task: Task, ground: Playground, on_bad: OnBad) -> list[Episode]:
    """The episodes of a task, none or several; what does not work out goes to `on_bad`. Not inside a running event loop."""
    try:
        scenarios = _scenarios(task, ground)
    except RowError as error:
        on_bad(str(task.about.get("id")), str(error))
        return []
    return list(played(scenarios, world_of(task.kind, ground), task.seed, on_bad))


def world_of(kind: str, ground: Playground) -> SimulatedWorld | DeskWorld:
    """Where tasks of a kind are played."""
    return ground.desk if ground.desk and kind not in (MADE_UP, CHAINED, SEALTOOLS) else ground.simulated


def _scenarios(task: Task, ground: Playground) -> list[Scenario]:
    """RowError for a request that cannot be played."""
    world = ground.simulated
    if task.kind == MADE_UP:
        category, tool, api = task.about
        doc = ground.docs[category, tool, api]
        return made_up_scenarios(doc, ground.near[doc.key], world, count=task.count, seed=task.seed, split=task.split)
    if task.kind == CHAINED:
        link = ground.links[tuple(task.about)]
        return chained_scenarios(link, world.apis, count=task.count, seed=task.seed, split=task.split)
    if task.kind == SEALTOOLS:
        return [sealtools_scenario(task.about, world.apis)]
    to_example = registry.source_named(task.kind).to_example
    assert to_example
    example = to_example(task.about)
    return [desk_scenario(example) if ground.desk else unserved_scenario(example)]
