"""Toolformer: the model goes on from the query, pauses at a call, and goes on from its result. The answer is the text without its calls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.settings import ModelArgs
from serving.solvers.base import LONGEST, Solution, count, left
from toolschool.errors import ConfigError, ToolError
from toolschool.methods.toolformer.calling import Caller, CallRecord
from toolschool.methods.toolformer.tools import InlineCall, load_tools
from toolschool.methods.toolken.prompts import QUESTION, Prompts

if TYPE_CHECKING:
    from serving.service import Task
    from serving.told import Told
    from toolschool.methods.toolformer.inference import InlineAgent

FIELDS = frozenset({"tools", "prompts"})
_AS_IT_IS = Prompts(question=QUESTION)


def located(args: ModelArgs, card: dict[str, Any]) -> ModelArgs:
    """The arguments with their tools, paths absolute. ConfigError for tools that cannot be opened, or that are not said."""
    from toolschool.methods.toolformer.answering import tools_of

    if args.tools is None and not Path(args.model).is_dir():
        raise ConfigError(
            f"{args.model} is a model of the hub, and which tools run here is yours to say: give them as tools"
        )
    uses = tuple(use.located() for use in (tools_of(card) if args.tools is None else args.tools))
    load_tools(uses)
    return args.model_copy(update={"tools": uses})


def open_solver(args: ModelArgs) -> InlineSolver:
    """The model in memory. ModelError, ConfigError."""
    from toolschool.methods.toolformer.answering import open_agent

    return InlineSolver(open_agent(args.model, args.tools), args.prompts or _AS_IT_IS)


class InlineSolver:
    """An `InlineAgent` as a `Solver`. Of the prompts it knows context and question."""

    def __init__(self, agent: InlineAgent, prompts: Prompts = _AS_IT_IS) -> None:
        self.agent, self.prompts = agent, prompts
        self.model, self.tokenizer = agent.model, agent.tokenizer
        self.tools = tuple(agent.rules.caller.tools)

    def room(self, task: Task) -> int:
        """See `Solver.room`."""
        read = count(self.tokenizer, self.prompts.before(task.query))
        return left(read, self.model.config.max_position_embeddings, task.max_tokens or LONGEST)

    async def solve(self, task: Task, room: int, told: Told) -> Solution:
        """See `Solver.solve`."""
        rules, prompt = self.agent.rules, self.prompts.before(task.query)
        rules = rules._replace(
            caller=_ToldCaller(rules.caller, told),
            max_new_tokens=room,
            max_calls=rules.max_calls if task.max_calls is None else task.max_calls,
        )
        answer = await self.agent.reply(prompt, rules, task.now, told.wrote)
        told.wrote(answer.text)
        text = rules.spelling.markers.without_calls(answer.text)
        tokens = min(count(self.tokenizer, answer.text), room)
        problems = tuple(_problem(call) for call in answer.calls if call.tool not in self.tools)
        return Solution(text.strip(), prompt, tokens, not answer.finished, problems)


class _ToldCaller(Caller):
    """Calls that can be read are told."""

    def __init__(self, caller: Caller, told: Told) -> None:
        self.tools, self.markers, self.forbidden = caller.tools, caller.markers, caller.forbidden
        self._told = told

    async def run(self, call: InlineCall) -> CallRecord:
        tool = self.tools[call.tool]
        try:
            args = tool.arguments(call.written, call.date)
        except ToolError:
            args = {"written": call.written}  # which the run below will say
        step = self._told.begin(call.tool, args)
        refusal = self._told.refusal(tool.tool)
        if refusal is not None:
            self._told.end(step, error=refusal, status="declined")
            return CallRecord(call.tool, call.written, None, refusal)
        record = await super().run(call)
        self._told.end(step, record.result, record.error)
        return record


def _problem(call: CallRecord) -> str:
    return f"a call was not run ({call.error}): {call.tool or call.argument}"
