"""What jobs.solve measures: tasks drawn, done by the agent and compared with how they should be done. No Ray.

tasks = draw(Tasks(each=1), ground, "test", limit=50, on_bad=print)
solved = [attempt(agent, ground, kind, gold) for kind, gold in tasks]
measure = judge(solved, None)
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import Field

from toolschool.config import Config

if TYPE_CHECKING:
    from toolschool.datasets.splits import Split
    from toolschool.evaluation.intervals import Interval
    from toolschool.evaluation.toolgen_agent import AgentScores, ForcedStep, Run
    from toolschool.methods.toolgen.agent import ToolGenAgent
    from toolschool.methods.toolgen.episodes import Episode
    from toolschool.methods.toolgen.playground import Playground
    from toolschool.methods.toolgen.tasks import Tasks
    from toolschool.methods.toolgen.trajectories import OnBad

ALL = "all"
SIMILARITY = "answer-request similarity (MiniLM)"


class Judge(Config):
    """A model that says how relevant answers are."""

    url: str
    """OpenAI-compatible server."""
    model: str
    """The server's name of the model."""
    votes: int = Field(default=3, ge=1)
    """Votes on each answer."""


@dataclass
class Solved:
    """A task, and what the agent did. `relevance` of its answer is nan where there is none; `votes` are a judge's, as written."""

    kind: str
    run: Run
    steps: list[ForcedStep]
    relevance: float = math.nan
    votes: list[str] = field(default_factory=list)

    def to_row(self) -> dict[str, Any]:
        """For runs.jsonl."""
        relevance = None if math.isnan(self.relevance) else round(self.relevance, 4)
        return {"kind": self.kind, **self.run.to_row(), "relevance": relevance, "votes": self.votes}


def draw(tasks: Tasks, ground: Playground, split: Split, limit: int, on_bad: OnBad) -> list[tuple[str, Episode]]:
    """At most `limit` tasks of each kind, as they should be done."""
    from toolschool.methods.toolgen.tasks import list_tasks, play_task

    listed = list(list_tasks(tasks, ground, split, lambda row, reason: on_bad(str(row.get("id")), reason)))
    found: dict[str, list[Episode]] = {task.kind: [] for task in listed}
    random.Random(tasks.seed).shuffle(listed)
    for task in listed:
        if len(found[task.kind]) < limit:
            found[task.kind] += play_task(task, ground, on_bad)
    return [(kind, episode) for kind, episodes in found.items() for episode in episodes[:limit]]


def attempt(agent: ToolGenAgent, ground: Playground, kind: str, gold: Episode) -> Solved:
    """One task: the agent's own run, and its steps behind the right conversation."""
    from toolschool.evaluation.toolgen_agent import run_tasks, teacher_forced
    from toolschool.methods.toolgen.tasks import world_of

    world = world_of(kind, ground)
    (run,) = asyncio.run(run_tasks(agent, world, [gold]))
    return Solved(kind, run, teacher_forced(agent, world, [gold]))


def judge(solved: Sequence[Solved], by: Judge | None) -> str:
    """Set the relevance of all answers, by a judge or by similarity; says which it is."""
    from toolschool.evaluation.relevance import mean_votes, similarities, votes
    from toolschool.evaluation.toolgen_agent import answers
    from toolschool.models.chat import ChatWriter
    from toolschool.models.encoder import SentenceEncoder

    answered = [each for each in solved if each.run.transcript.episode.answer is not None]
    queries, said = answers([each.run for each in answered])
    if by is None:
        if answered:
            for each, value in zip(answered, similarities(queries, said, SentenceEncoder.load()), strict=True):
                each.relevance = float(value)
        return SIMILARITY
    judges = [ChatWriter(by.url, by.model, temperature=1.0, seed=seed) for seed in range(by.votes)]
    for each, given in zip(answered, votes(judges, queries, said), strict=True):
        each.votes = [vote.text for vote in given]
        each.relevance = next(iter(mean_votes([given]).tolist()), math.nan)
    return f"relevance from 1 to 5, {by.votes} votes of {by.model}"


def grouped(solved: Sequence[Solved]) -> dict[str, list[Solved]]:
    """All, and each kind where there are several."""
    kinds = list(dict.fromkeys(each.kind for each in solved))
    parts = {kind: [each for each in solved if each.kind == kind] for kind in kinds}
    return {ALL: list(solved), **parts} if len(parts) > 1 else parts


def scored(groups: Mapping[str, Sequence[Solved]]) -> tuple[dict[str, AgentScores], dict[str, Interval]]:
    """Rates and relevance of each group."""
    from toolschool.evaluation.intervals import bootstrap_mean
    from toolschool.evaluation.toolgen_agent import agent_scores

    scores = {
        name: agent_scores([each.run for each in group], [step for each in group for step in each.steps])
        for name, group in groups.items()
    }
    relevance = {
        name: bootstrap_mean([each.relevance for each in group if not math.isnan(each.relevance)])
        for name, group in groups.items()
    }
    return scores, relevance
