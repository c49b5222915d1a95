"""ToolGen's conversation, rendered once for training and for use: thought, action, documentation, input, result, and again.

    protocol = Protocol(index, tools)                    # tools by their keys: what is documented
    row = encode(tokenizer, protocol, episode, max_length=1024)
    protocol.opening("Will it rain in Bonn?", None)      # the same texts, turn by turn, for the agent

    Do what is asked with tools. ...
    Request: Will it rain in Bonn?
    Now: rain in Bonn</s>
    Action:
    <<Open Forecast&&Get Week>></s>
    get_week_for_open_forecast(city: str, days: float = 7) Forecast of a week.
    Input:
    {"city": "Bonn"}</s>
    Result: {"rain": true}
    All is done.</s>
    Action:
    <<Finish>></s>
    ...

What the model writes ends with its end of sequence, and is learnt with it; all else is given. Turns are tokenised apart, so that a
conversation that grows turn by turn has the ids that it was trained with.
Source: ToolGen (arXiv 2410.03439), reference 1.3; the words are ours, and few, because a small model reads 1,024 tokens: documentation
and results are cut. Limit: texts of users and tools may hold the texts of tokens; a tokenizer reads them as these tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Literal, NamedTuple

from toolschool.datasets.api_docs import Key
from toolschool.errors import ModelError, RowError
from toolschool.methods.toolgen.arguments import render_arguments
from toolschool.methods.toolgen.episodes import Episode
from toolschool.methods.toolgen.indexing import FINISH, ToolIndex
from toolschool.methods.toolken.pieces import continued, opening
from toolschool.models.templates import IGNORED
from toolschool.plans.references import as_text
from toolschool.records import JsonValue, Tool
from toolschool.tools.catalog import type_name
from toolschool.tools.simulated.calls import Exchange

Kind = Literal["given", "thought", "action", "input"]

ANSWER, GIVE_UP = "give_answer", "give_up_and_restart"
FINISH_TOOL = Tool(
    FINISH.api,
    "",
    {
        "type": "object",
        "properties": {"return_type": {"enum": [ANSWER, GIVE_UP]}, "final_answer": {"type": "string"}},
        "required": ["return_type"],
        "additionalProperties": False,
    },
)
SYSTEM = (
    "Do what is asked with tools. A step is a thought, an action (one tool) and its input as JSON; its result is shown. "
    "Calls cannot be undone. Always end with Finish."
)
ASKED_TO_ACT = "\nAction:\n"
ASKED_FOR_INPUT = "\nInput:\n"
MAX_ARGUMENTS = 160  # characters of a tool's arguments, whole ones
MAX_DESCRIPTION = 60  # characters
MAX_RESULT = 160  # characters


class Turn(NamedTuple):
    """A piece of a conversation: `given`, or written by the model. `taught` is False for what must not be learnt."""

    kind: Kind
    text: str
    key: Key | None = None  # of an action
    taught: bool = True


@dataclass(frozen=True)
class Protocol:
    """The conversation about some tools of an index."""

    index: ToolIndex
    tools: Mapping[Key, Tool]

    def __post_init__(self) -> None:
        lacking = [key for key in self.tools if key not in self.index.texts]
        if lacking:
            raise ModelError(f"the model has no token for {lacking[0]}; give tools of its own index")

    def tool(self, key: Key) -> Tool:
        """The tool of a key, FINISH among them."""
        return FINISH_TOOL if key == FINISH.key else self.tools[key]

    def opening(self, query: str, now: datetime | None) -> str:
        """All before the first thought. The clock is there where it is known."""
        clock = f"It is {now:%A %Y-%m-%d %H:%M}.\n" if now else ""
        return f"{SYSTEM}\n{clock}Request: {query.strip()}\n"

    def documentation(self, key: Key, known: bool) -> str:
        """Between an action and its input. Where it is `known` from an earlier step it is not said again."""
        return ASKED_FOR_INPUT if known else f"\n{documented(self.tool(key))}{ASKED_FOR_INPUT}"

    def result(self, exchange: Exchange) -> str:
        """Between an input, or an action that is none, and the next thought."""
        return f"\nResult: {shown(exchange)}\n"

    def input(self, key: Key, arguments: Mapping[str, JsonValue]) -> str:
        """What the model writes for a tool."""
        return render_arguments(arguments, self.tool(key).parameters)

    def turns(self, episode: Episode) -> Iterator[Turn]:
        """A whole episode. RowError where an action is no tool: that cannot be learnt."""
        return chain.from_iterable(self.steps(episode))

    def steps(self, episode: Episode) -> Iterator[tuple[Turn, ...]]:
        """The same step by step, FINISH last: given, thought, given, action, given, input. RowError as above."""
        before = self.opening(episode.query, episode.now)
        known: set[Key] = set()
        for step in episode.steps:
            if step.key is None:
                raise RowError(f"'{step.exchange.api}' is no tool; leave the episode out")
            documentation = self.documentation(step.key, step.key in known)
            yield self._step(before, step.thought, step.key, documentation, step.exchange.arguments, step.taught)
            before = self.result(step.exchange)
            known.add(step.key)
        end = {"return_type": GIVE_UP} if episode.answer is None else finished(episode.answer)
        yield self._step(before, episode.thought, FINISH.key, self.documentation(FINISH.key, False), end, True)

    def _step(
        self,
        before: str,
        thought: str,
        key: Key,
        documentation: str,
        arguments: Mapping[str, JsonValue],
        taught: bool,
    ) -> tuple[Turn, ...]:
        return (
            Turn("given", before),
            Turn("thought", thought, taught=taught),
            Turn("given", ASKED_TO_ACT),
            Turn("action", self.index.texts[key], key, taught),
            Turn("given", documentation),
            Turn("input", self.input(key, arguments), taught=taught),
        )


class Spelling:
    """Turns as ids. The first one begins a text, the others go on."""

    def __init__(self, tokenizer: Any, index: ToolIndex) -> None:
        self.tokenizer, self.end = tokenizer, int(tokenizer.eos_token_id)
        self.codes = dict(zip(index.keys, index.codes(tokenizer), strict=True))

    def begin(self, text: str) -> list[int]:
        return opening(self.tokenizer, text)

    def follow(self, text: str) -> list[int]:
        return continued(self.tokenizer, text)

    def turn(self, turn: Turn, first: bool) -> list[int]:
        """Ids of a turn; the end of sequence closes what the model writes."""
        if turn.kind == "given":
            return self.begin(turn.text) if first else self.follow(turn.text)
        return [*(self.codes[turn.key] if turn.key else self.follow(turn.text)), self.end]


def encode(spelling: Spelling, protocol: Protocol, episode: Episode, max_length: int) -> dict[str, list[int]]:
    """`input_ids` and `labels` of an episode, which supervise what the model writes. RowError for more than `max_length` tokens."""
    ids: list[int] = []
    labels: list[int] = []
    for turn in protocol.turns(episode):
        found = spelling.turn(turn, first=not ids)
        ids += found
        labels += found if turn.kind != "given" and turn.taught else [IGNORED] * len(found)
    if len(ids) > max_length:
        raise RowError(f"{len(ids)} tokens are more than max_length={max_length}; raise it or leave the episode out")
    return {"input_ids": ids, "labels": labels}


def finished(answer: str) -> dict[str, JsonValue]:
    """The input of FINISH with an answer."""
    return {"return_type": ANSWER, "final_answer": answer}


def documented(tool: Tool) -> str:
    """`name(city: str, days: float = 7, unit?: metric|imperial) What it does.`: a line, cut where it is long."""
    required = tool.parameters.get("required", tool.argument_names)
    arguments: list[str] = []
    for name, schema in tool.parameters.get("properties", {}).items():
        arguments.append(_argument(name, schema, name in required))
        if sum(map(len, arguments)) > MAX_ARGUMENTS:
            arguments[-1] = "…"
            break
    return f"{tool.name}({', '.join(arguments)}) {cut(tool.description, MAX_DESCRIPTION)}".strip()


def shown(exchange: Exchange) -> str:
    """What the model sees of a result: text as it is, other values as JSON, an error by its name; cut where it is long."""
    return cut(as_text(exchange.answer) if exchange.ok else exchange.text, MAX_RESULT)


def cut(text: str, limit: int) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _argument(name: str, schema: Mapping[str, Any], required: bool) -> str:
    values = [str(value) for value in schema.get("enum", ()) if value not in ("", None)]
    kind = "|".join(values) if values else type_name(schema)
    default = f" = {json.dumps(schema['default'], ensure_ascii=False)}" if "default" in schema and not required else ""
    return f"{name}{'' if required or default else '?'}: {kind}{default}"
