"""How much faster are tools explored by more workers? Eight tools, an endpoint that takes 200 ms for a reply, one tool at a time on each worker.

Each teacher sleeps 0.2 s per request, so a worker mostly waits, as it does for a served model; times are from the first trial on disk to the last,
without Ray's start. `linear` is the time of one worker divided by the number of workers. The last arm is one worker that explores
four tools side by side. The trials of all arms are the same, and checked to be.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from pipelines.stage import Shape
from pipelines.ste import explore
from pipelines.ste_explorer import Exploring
from pipelines.ste_trials import TrialStore
from toolschool.methods.ste.settings import ExploreSettings
from toolschool.methods.ste.teachers import Reply, Request, Teacher
from toolschool.methods.ste.teachers.embedded import EmbeddedTeacher
from toolschool.methods.ste.trials import Trial
from toolschool.tools.toolsets import ToolSource, describe_toolsets, open_toolsets

REPLY_S = 0.2
SETTINGS = ExploreSettings(episodes=3, trials_per_episode=2)
SOURCES = [ToolSource(desk=True, open_world=True, now="2026-06-01T09:00:00", limit=8)]
ARMS = ((1, 1), (2, 1), (4, 1), (1, 4))  # workers, tools at once


class SlowTeacher(EmbeddedTeacher):
    """The embedded teacher behind an endpoint that takes its time."""

    async def reply(self, request: Request) -> Reply:
        await asyncio.sleep(REPLY_S)
        return await super().reply(request)


@asynccontextmanager
async def slow_teacher() -> AsyncIterator[Teacher]:
    yield SlowTeacher()


def explored(workers: int, at_once: int) -> tuple[float, dict[str, Trial]]:
    """Seconds from the first trial to the last, and the trials by id."""
    names = describe_toolsets(SOURCES).catalog.names
    with tempfile.TemporaryDirectory() as run:
        exploring = Exploring(run, partial(open_toolsets, SOURCES), slow_teacher, SETTINGS)
        explore(names, exploring, Shape(workers, cpus=0.5), at_once)
        store = TrialStore(run)
        times = [path.stat().st_mtime for path in Path(run, "trials").rglob("*.json")]
        return max(times) - min(times), {trial.id: trial for name in names for trial in store.read(name)}


def report() -> str:
    """Markdown: seconds of each arm, how much faster than one worker, and what share of linear that is."""
    import ray

    lines = ["| workers | tools at once on each | s | times faster | of linear |", "|---|---|---|---|---|"]
    ray.init(address="local", num_cpus=6, log_to_driver=False)
    try:
        base, trials = explored(*ARMS[0])
        for workers, at_once in ARMS:
            seconds, found = (base, trials) if (workers, at_once) == ARMS[0] else explored(workers, at_once)
            assert found == trials, "another number of workers made other trials"
            faster = base / seconds
            lines.append(
                f"| {workers} | {at_once} | {seconds:.1f} | {faster:.2f} | {faster / (workers * at_once):.0%} |"
            )
    finally:
        ray.shutdown()
    return "\n".join(
        [*lines, f"\n{len(trials)} trials of {len(trials) // SETTINGS.trials} tools in every arm, the same ones."]
    )
