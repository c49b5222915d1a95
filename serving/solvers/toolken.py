"""Toolken: a frozen model whose head puts tools among the words; a call's result goes on in the text as if the model had written it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from serving.settings import ModelArgs, find_model
from serving.solvers.base import LONGEST, Solution, count, left
from toolschool.errors import ToolError
from toolschool.methods.toolken.prompts import Prompts

if TYPE_CHECKING:
    from serving.service import Task
    from serving.told import Told
    from toolschool.methods.toolken.agent import ToolkenAgent

FIELDS = frozenset({"prompts", "reranker"})


def located(args: ModelArgs, card: dict[str, Any]) -> ModelArgs:
    """The arguments with the reranker's folder absolute and the head's own context. ModelError for parts that do not fit, or cannot run."""
    from toolschool.methods.toolken.answering import check_runs, open_heads
    from toolschool.models.hub import repository

    reranker = find_model(args.reranker, "reranker") if args.reranker else None
    head, _ = open_heads(args.model, reranker)
    check_runs(head)
    repository(card["base"])
    prompts = args.prompts or Prompts(context=card.get("context", ""))
    return args.model_copy(update={"reranker": reranker, "prompts": prompts})


def open_solver(args: ModelArgs) -> HeadSolver:
    """The head over its frozen model, in memory. ModelError."""
    from toolschool.methods.toolken.answering import open_agent

    return HeadSolver(open_agent(args.model, args.reranker, args.prompts))


class HeadSolver:
    """A `ToolkenAgent` as a `Solver`."""

    def __init__(self, agent: ToolkenAgent) -> None:
        self.agent, self.model, self.tokenizer = agent, agent.model, agent.tokenizer
        self.tools = agent.head.tools

    def room(self, task: Task) -> int:
        """See `Solver.room`."""
        read = count(self.tokenizer, self.agent.prompts.before(task.query))
        return left(read, self.model.config.max_position_embeddings, task.max_tokens or LONGEST)

    async def solve(self, task: Task, room: int, told: Told) -> Solution:
        """See `Solver.solve`."""
        agent = copy.copy(self.agent)  # with the bounds of this request, over the same model
        agent.max_new_tokens = room
        agent.max_calls = agent.max_calls if task.max_calls is None else task.max_calls
        agent.tools = {name: _told_run(name, run, told) for name, run in agent.tools.items()}
        reply = agent.answer(task.query, on_text=told.wrote)
        problems = tuple(
            f"a call was not run ({call.error}): {call.tool}({call.argument}"
            for call in reply.calls
            if not told.has(call.tool, (call.argument,))
        )
        tokens = min(count(self.tokenizer, reply.text), room)
        return Solution(reply.text.strip(), agent.prompts.before(task.query), tokens, not reply.finished, problems)


def _told_run(name: str, run: Callable[[str], str], told: Told) -> Callable[[str], str]:
    def watched(written: str) -> str:
        step = told.begin(name, {"written": written})
        try:
            result = run(written)
        except ToolError as error:
            told.end(step, error=str(error))
            raise
        told.end(step, result)
        return result

    return watched
