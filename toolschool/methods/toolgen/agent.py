"""ToolGen's agent: thought, action, input, result, and again, until it finishes, gives up, or has had enough.

    agent = ToolGenAgent(model, tokenizer, Protocol(index, world.tools))
    with world.open(now) as place:
        transcript = await agent.run("Text Sid that I am late", place.call, now)
    transcript.ended, transcript.episode.answer, transcript.episode.log
    ToolGenAgent(..., constrained=False)          # nothing holds actions and inputs: how often are they none?

Thoughts are free; the action is one of the tools by their trie, the input fits the tool's schema by a grammar, so both are always valid.
Without constraints an action that is no tool, or an input that is no JSON, becomes an error that the model reads. Errors of tools are
results. Everything is greedy, so the same model and tools give the same transcript.
Source: ToolGen (arXiv 2410.03439), reference 1.3 and 1.5. Limits: one request at a time; while the model computes, the event loop waits.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from toolschool.datasets.api_docs import Key
from toolschool.errors import ToolError
from toolschool.methods.toolgen.arguments import ArgumentWriter
from toolschool.methods.toolgen.episodes import Episode, Step
from toolschool.methods.toolgen.indexing import FINISH
from toolschool.methods.toolgen.protocol import ANSWER, ASKED_TO_ACT, FINISH_TOOL, Kind, Protocol, Spelling
from toolschool.methods.toolgen.worlds import Call, refused
from toolschool.records import JsonValue
from toolschool.tools.run import check_args
from toolschool.tools.simulated.calls import Exchange

if TYPE_CHECKING:
    from toolschool.methods.toolgen.drafting import Draft

PER_ARGUMENT = 128  # tokens: answers in trajectories take up to 116 of nano's
Ended = Literal["answer", "gave up", "calls", "repeats", "tokens"]


class Said(NamedTuple):
    """A turn of a transcript."""

    kind: Kind
    text: str
    tokens: int


OnTurn = Callable[[Said], None]


@dataclass(frozen=True)
class Transcript:
    """A run. `ended` says how: by the model, or by a bound. `ids` are all that the model read and wrote."""

    episode: Episode
    ended: Ended
    turns: tuple[Said, ...]
    ids: tuple[int, ...]

    @property
    def written(self) -> int:
        """Tokens that the model wrote, ends included."""
        return sum(turn.tokens for turn in self.turns if turn.kind != "given")

    @property
    def actions(self) -> int:
        """Actions that were written, FINISH included."""
        return sum(turn.kind == "action" for turn in self.turns)

    @property
    def unknown(self) -> int:
        """Actions that were no tool."""
        return sum(step.key is None for step in self.episode.steps)


class ToolGenAgent:
    """A causal LM that knows the protocol's tools as actions.

    A run ends without an answer before call `max_calls` + 1, before the same call is made `max_repeats` + 1 times, and at `max_tokens`
    tokens in all (default: what the model can read), of which it writes `max_written`. A thought that reaches `max_thought` tokens is cut.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        protocol: Protocol,
        *,
        constrained: bool = True,
        max_calls: int = 8,
        max_repeats: int = 3,
        max_tokens: int | None = None,
        max_written: int | None = None,
        max_thought: int = 64,
    ) -> None:
        from toolschool.methods.toolgen.acting import Actions

        self.model, self.tokenizer, self.protocol, self.constrained = model.eval(), tokenizer, protocol, constrained
        self.max_calls, self.max_repeats, self.max_thought = max_calls, max_repeats, max_thought
        self.max_tokens, self.max_written = max_tokens or model.config.max_position_embeddings, max_written
        self.spelling = Spelling(tokenizer, protocol.index)
        self.actions = Actions(model, tokenizer, protocol.index, [FINISH.key, *protocol.tools])
        self.writer = ArgumentWriter(model, tokenizer, per_argument=PER_ARGUMENT)

    async def run(
        self, query: str, call: Call, now: datetime | None = None, id: str = "", on_turn: OnTurn = lambda turn: None
    ) -> Transcript:
        """Serve a request; `call` carries calls out (`worlds.py`), `now` is the clock that the model is told. `on_turn` is told what the
        model wrote, turn by turn."""
        from toolschool.methods.toolgen.drafting import OutOfTokens

        talk = _Talk(self, query, now, on_turn)
        try:
            ended = await talk.go(call)
        except OutOfTokens:
            ended = "tokens"
        episode = Episode(id, query, tuple(talk.steps), talk.thought, talk.answer, now)
        return Transcript(episode, ended, tuple(talk.turns), tuple(talk.draft.ids))

    def write_action(self, draft: Draft) -> Key | str:
        """The next tool, or the text that is none. Raises OutOfTokens."""
        return self.actions.choose(draft) if self.constrained else self.actions.write_freely(draft)

    def write_input(self, draft: Draft, key: Key) -> JsonValue:
        """What the model writes for a tool; None where it is no JSON. Raises OutOfTokens."""
        if self.constrained:
            mask, most = self.writer.mask([self.protocol.tool(key).parameters])
            written = draft.write(most, mask)
        else:
            written = draft.write(self.writer.limit)
        try:
            return json.loads(self.tokenizer.decode(written))
        except (ValueError, RecursionError):
            return None


class _Talk:
    """One request being served."""

    def __init__(self, agent: ToolGenAgent, query: str, now: datetime | None, on_turn: OnTurn) -> None:
        from toolschool.methods.toolgen.drafting import Draft

        self.agent, self.protocol, self.on_turn = agent, agent.protocol, on_turn
        self.draft: Draft = Draft(agent.model, agent.spelling.end, agent.max_tokens, agent.max_written)
        self.turns: list[Said] = []
        self.steps: list[Step] = []
        self.thought = ""
        self.answer: str | None = None
        self._opening = self.protocol.opening(query, now)
        self._made: Counter[str] = Counter()

    async def go(self, call: Call) -> Ended:
        """Go on until an end. Raises OutOfTokens."""
        before = self._opening
        while len(self.steps) <= self.agent.max_calls:
            self._give(before)
            with self._turn("thought"):
                self.draft.write(self.agent.max_thought)
            self.thought = self.turns[-1].text
            self._give(ASKED_TO_ACT)
            with self._turn("action"):
                action = self.agent.write_action(self.draft)
            if action != FINISH.key and len(self.steps) == self.agent.max_calls:
                break
            if isinstance(action, str):
                exchange = refused(
                    action, {}, HTTPStatus.NOT_FOUND, f"there is no action {action}; write one of your tools"
                )
            else:
                self._give(self.protocol.documentation(action, known=any(step.key == action for step in self.steps)))
                with self._turn("input"):
                    arguments = self.agent.write_input(self.draft, action)
                if action == FINISH.key:
                    exchange = self._finish(arguments)
                    if exchange.ok:
                        return "gave up" if self.answer is None else "answer"
                elif self._repeated(action, arguments):
                    return "repeats"
                else:
                    exchange = await call(action, arguments)
            self.steps.append(Step(self.thought, None if isinstance(action, str) else action, exchange))
            before = self.protocol.result(exchange)
        return "calls"

    def _finish(self, arguments: JsonValue) -> Exchange:
        """Ends the run with an answer or without one; an error where the input is neither."""
        if not isinstance(arguments, Mapping):
            return refused(FINISH.api, arguments, HTTPStatus.BAD_REQUEST, "the input must be a JSON object")
        try:
            check_args(FINISH_TOOL, arguments)
        except ToolError as error:
            return refused(FINISH.api, arguments, HTTPStatus.BAD_REQUEST, str(error))
        if arguments["return_type"] == ANSWER:
            self.answer = arguments.get("final_answer", "")
        return Exchange(FINISH.api, arguments)

    def _repeated(self, key: Key, arguments: JsonValue) -> bool:
        """Counts a call; whether it was made too often already."""
        self._made[made := json.dumps([key, arguments], sort_keys=True)] += 1
        return self._made[made] > self.agent.max_repeats

    def _give(self, text: str) -> None:
        spelling = self.agent.spelling
        ids = spelling.follow(text) if self.draft.ids else spelling.begin(text)
        self.draft.give(ids)
        self.turns.append(Said("given", text, len(ids)))

    @contextmanager
    def _turn(self, kind: Kind) -> Iterator[None]:
        """What the model writes inside is a turn, also where the tokens run out in it."""
        start = len(self.draft.ids)
        try:
            yield
        finally:
            ids = self.draft.ids[start:]
            written = ids[:-1] if ids[-1:] == [self.draft.end] else ids
            self.turns.append(Said(kind, str(self.agent.tokenizer.decode(written)), len(ids)))
            self.on_turn(self.turns[-1])
