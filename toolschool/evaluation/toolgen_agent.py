"""What ToolGen's agent achieves: tasks done by checked calls and state, tools and arguments chosen, actions that are no tool.

    runs = await run_tasks(agent, world, episodes)            # gold episodes of a split that the model has not seen
    steps = teacher_forced(agent, world, episodes)            # what it writes behind the gold conversation, step by step
    scores = agent_scores(runs, steps)
    show(agent_table({"nano": scores}, relevance={"nano": relevance}))

A task is done when the run ends with an answer, every gold call was made with its arguments, and no failed call is left (reference,
section 2; `tools/simulated/completion.py`): no model judges it. `same state` asks less: the calls may be others if they change the same.
Requests that nothing serves are counted apart: giving up is right there. Hallucination is measured without constraints, on the likeliest
tokens at the places where the gold conversation acts. Limit: gold episodes were made by templates; their thoughts say what comes next.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolschool.datasets.api_docs import Key
from toolschool.errors import ToolError
from toolschool.evaluation import plots
from toolschool.evaluation.intervals import Interval, bootstrap_mean, rate
from toolschool.evaluation.state import same_state
from toolschool.evaluation.tables import Table, percent, plain
from toolschool.methods.toolgen.agent import ToolGenAgent, Transcript
from toolschool.methods.toolgen.episodes import Episode
from toolschool.methods.toolgen.protocol import Turn
from toolschool.methods.toolgen.worlds import DeskWorld, State, World
from toolschool.records import JsonValue
from toolschool.tools.simulated.api import Api
from toolschool.tools.simulated.calls import Exchange, call_text
from toolschool.tools.simulated.completion import unmet, unrepaired

if TYPE_CHECKING:
    from toolschool.methods.toolgen.drafting import Draft

ROWS: Mapping[str, str] = {
    "completed": "task completion (all gold calls, exact)",
    "same_state": "same final state",
    "gave_up": "gives up where nothing serves",
    "selected_task": "tool selection, per task",
    "selected": "tool selection, per step (teacher-forced)",
    "selected_freely": "the same without constraints",
    "hallucinated": "hallucinated actions, without constraints",
    "arguments": "arguments exact (teacher-forced)",
    "answered": "answered",
}
DRAWN: Mapping[str, str] = {
    "completed": "tasks completed",
    "same_state": "same state",
    "gave_up": "given up rightly",
    "selected": "tools selected",
    "arguments": "arguments exact",
    "hallucinated": "hallucinated",
}


@dataclass(frozen=True)
class Run:
    """A task's gold episode and what the agent did; `same_state`: it left things as the gold episode leaves them."""

    gold: Episode
    transcript: Transcript
    completed: bool
    same_state: bool

    @property
    def served(self) -> bool:
        """Whether the task can be done."""
        return self.gold.answer is not None

    @property
    def right_tools(self) -> bool:
        return self.transcript.episode.tools == self.gold.tools

    def to_row(self) -> dict[str, JsonValue]:
        """For a file of runs; `turns` is the whole conversation as text."""
        said = self.transcript
        return {
            "id": self.gold.id,
            "query": self.gold.query,
            "ended": said.ended,
            "answer": said.episode.answer,
            "completed": self.completed,
            "same_state": self.same_state,
            "gold": self.gold.to_json(),
            "turns": json.dumps([list(turn) for turn in said.turns], ensure_ascii=False),
        }


@dataclass(frozen=True)
class ForcedStep:
    """A gold step. `chosen` under the constraint, `free` without it (a text is no tool); both "" beyond what the model can read.

    `arguments`: whether its own for the gold tool are the gold ones; None for FINISH.
    """

    gold: Key
    chosen: Key | str
    free: Key | str
    arguments: bool | None


@dataclass(frozen=True)
class AgentScores:
    """Rates with their intervals, by the names of ROWS; how runs ended, and calls per task."""

    rates: Mapping[str, Interval]
    ended: Mapping[str, int]
    calls: Interval
    tasks: int


async def run_tasks(agent: ToolGenAgent, world: World, episodes: Sequence[Episode]) -> list[Run]:
    """The agent's own runs of the tasks, each in a fresh place."""
    runs = []
    for gold in episodes:
        with world.open(gold.now) as place:
            transcript = await agent.run(gold.query, place.call, gold.now, gold.id)
            state = place.state()
        wanted = await _state_after(gold, world)
        same = same_state(state, wanted) if isinstance(world, DeskWorld) else state == wanted
        ended = "gave up" if gold.answer is None else "answer"
        runs.append(Run(gold, transcript, _done(gold, transcript, world.apis), same and transcript.ended == ended))
    return runs


def teacher_forced(agent: ToolGenAgent, world: World, episodes: Sequence[Episode]) -> list[ForcedStep]:
    """What the agent would write at every taught step of the gold conversations."""
    return [step for episode in episodes for step in _forced(agent, world.apis, episode)]


def agent_scores(runs: Sequence[Run], steps: Sequence[ForcedStep]) -> AgentScores:
    """All rates of ROWS."""
    served = [run for run in runs if run.served]
    rates = {
        "completed": rate([run.completed for run in served]),
        "same_state": rate([run.same_state for run in served]),
        "gave_up": rate([run.transcript.ended == "gave up" for run in runs if not run.served]),
        "selected_task": rate([run.right_tools for run in runs]),
        "selected": rate([step.chosen == step.gold for step in steps]),
        "selected_freely": rate([step.free == step.gold for step in steps]),
        "hallucinated": rate([isinstance(step.free, str) for step in steps]),
        "arguments": rate([step.arguments for step in steps if step.arguments is not None]),
        "answered": rate([run.transcript.ended == "answer" for run in runs]),
    }
    calls = bootstrap_mean([len(run.transcript.episode.steps) for run in runs])
    return AgentScores(rates, Counter(run.transcript.ended for run in runs), calls, len(runs))


def agent_table(
    systems: Mapping[str, AgentScores], relevance: Mapping[str, Interval], measure: str, title: str = "Agent"
) -> Table:
    """One row per metric, one column per system. `measure` names what `relevance` is: "answer-request similarity (MiniLM)"."""
    rows = [(label, *(percent(scores.rates[name]) for scores in systems.values())) for name, label in ROWS.items()]
    rows.append((measure, *(plain(relevance[name]) for name in systems)))
    rows.append(("calls per task", *(plain(scores.calls) for scores in systems.values())))
    rows.append(("tasks", *(str(scores.tasks) for scores in systems.values())))
    note = (
        "Percent, 95 % intervals (Wilson; bootstrap for means). Completion and state: of tasks that can be done, checked "
        "on calls and rows, never by a model. Relevance: of answers given."
    )
    return Table(title, ("metric", *systems), tuple(rows), note)


def agent_plot(systems: Mapping[str, AgentScores], title: str = "Agent") -> bytes:
    """Bars of the rates in DRAWN, a colour per system."""
    rates = {f"{name} (n = {scores.tasks})": scores.rates for name, scores in systems.items()}
    return plots.rates_plot(rates, DRAWN, title, "percent")


def answers(runs: Sequence[Run]) -> tuple[list[str], list[str]]:
    """Requests and answers of the runs that answered, for `relevance.py`."""
    pairs = [(run.gold.query, answer) for run in runs if (answer := run.transcript.episode.answer) is not None]
    return [query for query, _ in pairs], [answer for _, answer in pairs]


async def _state_after(gold: Episode, world: World) -> State:
    with world.open(gold.now) as place:
        for step in gold.steps:
            if step.key:
                await place.call(step.key, step.exchange.arguments)
        return place.state()


def _done(gold: Episode, transcript: Transcript, apis: Mapping[str, Api]) -> bool:
    log = transcript.episode.log
    return transcript.ended == "answer" and not unmet(gold.gold, log, apis) and not unrepaired(log)


def _forced(agent: ToolGenAgent, apis: Mapping[str, Api], episode: Episode) -> Iterator[ForcedStep]:
    from toolschool.methods.toolgen.drafting import Draft, OutOfTokens

    draft = Draft(agent.model, agent.spelling.end, agent.max_tokens)
    full = False
    for place, turns in enumerate(agent.protocol.steps(episode)):
        key = turns[3].key
        assert key is not None
        exchange = episode.log[place] if place < len(episode.steps) else None
        found = ForcedStep(key, "", "", None if exchange is None else False)
        try:
            found = found if full else _written(agent, draft, turns, exchange, apis)
        except OutOfTokens:
            full = True
        if turns[3].taught:
            yield found


def _written(
    agent: ToolGenAgent, draft: Draft, turns: Sequence[Turn], exchange: Exchange | None, apis: Mapping[str, Api]
) -> ForcedStep:
    """What the agent writes in a step (six turns), behind a draft that then goes on with the gold one. Raises OutOfTokens."""

    def give(some: Sequence[Turn]) -> None:
        for turn in some:
            draft.give(agent.spelling.turn(turn, first=not draft.ids))

    key = turns[3].key
    assert key is not None
    give(turns[:3])
    chosen, free = agent.actions.choose(draft.fork()), agent.actions.write_freely(draft.fork())
    give(turns[3:5])
    right = None
    if exchange is not None:
        right = _same_call(apis[exchange.api], agent.write_input(draft.fork(), key), exchange.arguments)
    give(turns[5:])
    return ForcedStep(key, chosen, free, right)


def _same_call(api: Api, arguments: JsonValue, gold: Mapping[str, JsonValue]) -> bool:
    try:
        return isinstance(arguments, Mapping) and call_text(api, arguments) == call_text(api, gold)
    except ToolError:
        return False
