"""ToolGen: the model names a tool by its token, writes its input, reads the result, and again until it finishes.

Tools run where the offline evaluation runs them: simulated APIs, and a desk of the request's own. What a request changes is forgotten with it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from serving.settings import ModelArgs
from serving.solvers.base import Solution, count, left

if TYPE_CHECKING:
    from serving.service import Task
    from serving.told import Told
    from toolschool.datasets.api_docs import Key
    from toolschool.methods.toolgen.agent import Said, ToolGenAgent, Transcript
    from toolschool.methods.toolgen.playground import Playground
    from toolschool.methods.toolgen.worlds import Call
    from toolschool.records import JsonValue
    from toolschool.tools.simulated.calls import Exchange

FIELDS: frozenset[str] = frozenset()
ENDS = {
    "gave up": "I gave up.",
    "calls": "I have made all my calls and have no answer.",
    "repeats": "I made the same call again and again, and stopped.",
    "tokens": "",
}


def located(args: ModelArgs, card: dict[str, Any]) -> ModelArgs:
    """The arguments as they are. ModelError for a model that was not trained to act, or has no tools."""
    from toolschool.methods.toolgen.answering import acting_card
    from toolschool.methods.toolgen.playground import Playground
    from toolschool.models.hub import whole

    acting_card(whole(args.model))
    Playground.load(whole(args.model))
    return args


def open_solver(args: ModelArgs) -> ActingSolver:
    """The model in memory, with its tools. ModelError."""
    from toolschool.methods.toolgen.answering import open_agent

    return ActingSolver(*open_agent(args.model))


class ActingSolver:
    """A `ToolGenAgent` as a `Solver`."""

    def __init__(self, agent: ToolGenAgent, ground: Playground) -> None:
        self.agent, self.ground = agent, ground
        self.model, self.tokenizer = agent.model, agent.tokenizer
        self.tools = {tool.name: tool for tool in ground.tools.values()}

    def room(self, task: Task) -> int:
        """See `Solver.room`; results and documentation, which are read between, come off it."""
        read = count(self.tokenizer, self.agent.protocol.opening(task.query, task.now))
        return left(read, self.agent.max_tokens, task.max_tokens or self.agent.max_tokens)

    async def solve(self, task: Task, room: int, told: Told) -> Solution:
        """See `Solver.solve`."""
        agent = copy.copy(self.agent)  # with the bounds of this request, over the same model
        agent.max_calls = agent.max_calls if task.max_calls is None else task.max_calls
        agent.max_written = room

        def on_turn(turn: Said) -> None:
            told.wrote(f"{told.text}{turn.text}\n")

        with self.ground.open(task.now) as place:
            transcript = await agent.run(task.query, self._told_call(place.call, told), task.now, on_turn=on_turn)
        return _solution(transcript, agent.protocol.opening(task.query, task.now))

    def _told_call(self, call: Call, told: Told) -> Call:
        from toolschool.methods.toolgen.worlds import refused

        async def watched(key: Key, arguments: JsonValue) -> Exchange:
            tool = self.ground.tools[key]
            step = told.begin(tool.name, dict(arguments) if isinstance(arguments, Mapping) else {})
            refusal = told.refusal(tool)
            if refusal is not None:
                told.end(step, error=refusal, status="declined")
                return refused(tool.name, arguments, HTTPStatus.FORBIDDEN, refusal)
            exchange = await call(key, arguments)
            told.end(step, exchange.answer, exchange.error)
            return exchange

        return watched


def _solution(transcript: Transcript, opening: str) -> Solution:
    answer, ended = transcript.episode.answer, transcript.ended
    if answer is not None:
        return Solution(answer, opening, transcript.written)
    said = " ".join(filter(None, (ENDS[ended], transcript.episode.thought if ended == "gave up" else "")))
    problems = (f"it ended without an answer: {ended}",)
    return Solution(said, opening, transcript.written, ended == "tokens", problems)
