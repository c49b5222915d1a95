"""The caller: a model that knows its tools by heart answers a request with one call, written as a plan of one step.

    caller = Caller.load("runs/mine/train/model")
    for piece in caller.stream(PlanRequest("Convert 20 dollars to euros", caller.catalog.names, now)):
        print(piece, end="")                      # 1. convert(20, "USD", "EUR")
                                                  # 2. join()<END_OF_PLAN>

So agent, executor and gateway run it as they run a planner. It writes `Action: NAME` and `Action Input: {...}` as it was trained to, under a
grammar of the offered tools and their schemas. Limits: one call; a replan is not what it was trained on, and gets an empty plan; it
always calls something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from toolschool.config import build
from toolschool.methods.ste.grammar import call_grammar
from toolschool.methods.ste.learnt import read_learnt
from toolschool.methods.ste.parsing import ACTION, INPUT, WrittenCall, read_strict, token_of
from toolschool.methods.ste.pointing import CLOCK, cut
from toolschool.methods.ste.template import StePrompt
from toolschool.methods.tinyagent.pointers import Pointers
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.methods.tinyagent.template import token_ids
from toolschool.models.engines import Engine, EngineName, TransformersEngine
from toolschool.plans.grammar import END_OF_PLAN, JOIN, format_call
from toolschool.plans.references import escaped
from toolschool.records import Call, JsonValue, Tool
from toolschool.tools.catalog import Catalog

PER_ARGUMENT = 96  # tokens after which an argument is closed
LIMIT = 384  # and the call
CLOSING = 256  # tokens more to close it: names of arguments that must still come


class Caller:
    """Calls the tools of `catalog`, which need not run, by the engine's model."""

    def __init__(self, engine: Engine, template: StePrompt, catalog: Catalog) -> None:
        self.engine, self.template, self.catalog = engine, template, catalog
        self.grammar = CallGrammars(template, engine.tokenizer, catalog).of

    @classmethod
    def load(cls, folder: str | Path, engine: EngineName = "transformers") -> Caller:
        """The caller of a model folder, on the GPU if there is one. ModelError says what is missing."""
        from toolschool.models.hub import whole

        folder = whole(folder)
        learnt = read_learnt(folder)
        return cls(_open(folder, engine), build(StePrompt, learnt.template), learnt.catalog)

    def stream(self, request: PlanRequest) -> Iterator[str]:
        """The plan: the tool as soon as it is chosen, its arguments when they are complete; "" in between.

        A call that the limit cuts off stays without its end, which whoever reads the plan takes for a mistake.
        """
        offered = tuple(name for name in request.tools if name in self.catalog)
        if not offered or request.context:
            yield _join(request.first_id)
            return
        prompt = self.template.prompt(request.query, self.engine.tokenizer, request.now)
        text, head = "", ""
        for piece in self.engine.stream(
            prompt, max_new_tokens=LIMIT + CLOSING, grammar=self.grammar(offered, request.query, request.now)
        ):
            text += piece
            if not head and INPUT in text:
                head = f"{request.first_id}. {_chosen(text, offered)}("
                yield head
            yield ""  # where a listener can stop the model
        written = read_strict(self.template.read(text, request.query, request.now), offered)
        if isinstance(written, WrittenCall):
            call = as_call(self.catalog[written.name], written.arguments, request.first_id)
            yield format_call(call).removeprefix(head) + "\n" + _join(request.first_id + 1)


def _open(folder: str | Path, name: EngineName) -> Engine:
    closing = (PER_ARGUMENT, LIMIT)
    if name == "llama.cpp":
        from toolschool.models.llama_cpp_engine import LlamaCppEngine

        return LlamaCppEngine.load(folder, closing)
    import torch

    from toolschool.models.backbone import open_model

    model, tokenizer = open_model(folder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return TransformersEngine(model.to(device), tokenizer, closing)


class CallGrammars:
    """What a model that knows the tools of `catalog` may write behind a request."""

    def __init__(self, template: StePrompt, tokenizer: Any, catalog: Catalog) -> None:
        self.template, self.tokenizer, self.catalog = template, tokenizer, catalog
        self._spelling = lru_cache(maxsize=64)(self._of_tools)

    def of(self, names: tuple[str, ...], query: str, now: datetime = CLOCK) -> str:
        """Lark text of one call of the tools `names`."""
        if self.template.style == "text":
            return self._spelling(names)
        return self._of_tools(names, Pointers(token_ids(self.tokenizer), cut(query.strip(), now)))

    def _of_tools(self, names: tuple[str, ...], pointers: Pointers | None = None) -> str:
        tokens = {token: self.tokenizer.convert_tokens_to_ids(token) for token in self.template.added_tokens(names)}
        return call_grammar([self.catalog[name] for name in names], tokens, pointers)


def as_call(tool: Tool, arguments: Mapping[str, JsonValue], number: int = 1) -> Call:
    """Arguments by name as a step of a plan: by place, and a `$` in a text is no reference. RowError for one that the tool does not take."""
    literal = {name: escaped(value, range(1, number)) for name, value in arguments.items()}
    return Call(number, tool.name, tool.positional(literal))


def _chosen(text: str, names: Sequence[str]) -> str:
    """The tool named between `Action:` and `Action Input:`."""
    written = text.partition(INPUT)[0].removeprefix(ACTION).strip()
    return next(name for name in names if written in (name, token_of(name)))


def _join(number: int) -> str:
    return f"{number}. {JOIN}(){END_OF_PLAN}\n"
