"""How much faster are tools explored by more workers? Eight tools, an endpoint that takes 200 ms for a reply, one tool at a time on each worker.

Each teacher sleeps 0.2 s per request, so a worker mostly waits, as it does for a served model. Times are from the moment when all workers are
up to the last trial on disk. `linear` is the time of one worker divided by the number of workers. The last arm is one worker that explores
four tools side by side. The trials of all arms are the same, and checked to be. Rounds alternate; ratios are of the same round.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from benchmarks.results import Claim, Measured
from benchmarks.timing import ROUNDS
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
async def slow_teacher(gate: Path, workers: int) -> AsyncIterator[Teacher]:
    """A worker's teacher, which begins when all workers have theirs."""
    meet(gate, workers)
    yield SlowTeacher()


def meet(gate: Path, workers: int) -> None:
    """Return when all workers have come; a worker has nothing else to do until then."""
    (gate / uuid.uuid4().hex).touch()
    while len(list(gate.iterdir())) < workers:
        time.sleep(0.01)


def explored(workers: int, at_once: int) -> tuple[float, dict[str, Trial]]:
    """Seconds from when all workers are up to the last trial, and the trials by id."""
    names = describe_toolsets(SOURCES).catalog.names
    with tempfile.TemporaryDirectory() as folder:
        run, gate = Path(folder, "run"), Path(folder, "gate")
        gate.mkdir()
        open_teacher = partial(slow_teacher, gate, workers)
        exploring = Exploring(str(run), partial(open_toolsets, SOURCES), open_teacher, SETTINGS)
        explore(names, exploring, Shape(workers, cpus=0.5), at_once)
        store = TrialStore(str(run))
        up = max(path.stat().st_mtime for path in gate.iterdir())
        end = max(path.stat().st_mtime for path in run.glob("trials/*/*.json"))
        return end - up, {trial.id: trial for name in names for trial in store.read(name)}


def alternate() -> tuple[dict[tuple[int, int], list[float]], dict[str, Trial]]:
    """Seconds of every arm in every round, and the trials, which are those of all."""
    import ray

    seconds: dict[tuple[int, int], list[float]] = {arm: [] for arm in ARMS}
    trials: dict[str, Trial] = {}
    ray.init(address="local", num_cpus=6, log_to_driver=False)
    try:
        for _ in range(ROUNDS):
            for arm in ARMS:
                spent, found = explored(*arm)
                assert not trials or found == trials, "another number of workers made other trials"
                trials = found
                seconds[arm].append(spent)
    finally:
        ray.shutdown()
    return seconds, trials


def shares(seconds: Mapping[tuple[int, int], list[float]]) -> dict[tuple[int, int], tuple[float, ...]]:
    """What share of linear each arm but the first reaches, round by round."""
    base = seconds[ARMS[0]]
    return {
        (workers, at_once): tuple(
            alone / here / (workers * at_once) for alone, here in zip(base, seconds[workers, at_once], strict=True)
        )
        for workers, at_once in ARMS[1:]
    }


def report() -> Measured:
    """Seconds of each arm, and what share of linear its speed is."""
    seconds, trials = alternate()
    found = shares(seconds)
    lines = ["| workers | tools at once on each | median s | of linear | least | most |", "|---|---|---|---|---|---|"]
    for (workers, at_once), spent in seconds.items():
        share = found.get((workers, at_once), (1.0,))
        cells = f"{statistics.median(share):.0%} | {min(share):.0%} | {max(share):.0%}"
        lines.append(f"| {workers} | {at_once} | {statistics.median(spent):.1f} | {cells} |")
    lines.append(f"\n{len(trials)} trials of {len(trials) // SETTINGS.trials} tools in every arm, the same ones.")
    claims = (Claim(f"ste/{workers} x {at_once}", share) for (workers, at_once), share in found.items())
    return Measured("\n".join(lines), tuple(claims))
