"""A frozen language model with tools as tokens answers: token mode, tool mode, the result spliced in by its ids.

    agent = ToolkenAgent(model, tokenizer, head, tools, prompts)
    reply = agent.answer("How many apples of 5572 are left over in rows of 3241?")
    reply.text, reply.calls
    agent.answer(question, disabled=True)         # the same loop without tools: the baseline of every report

Source: ToolkenGPT (arXiv 2305.11554, section 3.3), Toolken+ (arXiv 2410.12004) for the reranker. In token mode the likeliest of words and
tools comes next. A tool opens tool mode: another prompt shows how its arguments are written, the model writes them without tools, the
call runs, and its result goes on in token mode as if the model had written it; the call itself is never read. A call that fails gives way to
the next best of the step that chose it. Limits: one text at a time; a tool is a quick function of this process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from toolschool.errors import ModelError, ToolError
from toolschool.methods.toolken.pieces import continued, glues_blank
from toolschool.methods.toolken.prompts import Prompts

if TYPE_CHECKING:
    from toolschool.methods.toolken.reading import Reading
    from toolschool.models.tool_head import ToolHead

PAUSES = tuple(",:.;")  # behind which a blank stands
BEST = 5  # tools tried at one step
Run = Callable[[str], str]  # what was written between the brackets to the result; ToolError
Rerank = Callable[
    [Sequence[str], str], "str | None"
]  # candidate tools, text so far -> one of them, or None for no tool


@dataclass(frozen=True)
class HeadCall:
    """A call that was tried; `argument` is all that was written between its brackets."""

    tool: str
    argument: str
    result: str | None
    error: str | None


@dataclass(frozen=True)
class Proposal:
    """A step where a tool was likely enough; `chosen` is what the reranker made of it, None where it refused all."""

    tool: str
    chosen: str | None


@dataclass(frozen=True)
class Reply:
    """`text` is what came behind the prompt, results included; `finished`: it was ended, not cut off. The very same reply comes with a bias of all
    tools that is higher by `more` or less."""

    text: str
    calls: tuple[HeadCall, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    finished: bool = True
    more: float = float("inf")


class _Piece(NamedTuple):
    """What one step adds: a word, or a call's result."""

    ids: tuple[int, ...]
    call: HeadCall | None = None


@dataclass
class _Draft:
    """A reply being written. `text` is what `ids` say; `shown` is that as tool mode reads it, with its calls written out."""

    question: str
    ids: list[int] = field(default_factory=list)
    text: str = ""
    shown: str = ""
    calls: list[HeadCall] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    after_result: bool = False
    more: float = float("inf")


class ToolkenAgent:
    """`head` names the tools, `tools` run them. `rerank` may overrule or refuse the head's choice, also where that is at most `slack` nats behind
    the best word: the choices that it was trained on.

    ModelError when head and model do not fit or a tool of the head is missing.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        head: ToolHead,
        tools: Mapping[str, Run],
        prompts: Prompts,
        *,
        rerank: Rerank | None = None,
        slack: float = 0.0,
        max_calls: int = 10,
        max_new_tokens: int = 256,
        max_argument_tokens: int = 48,
    ) -> None:
        import torch

        if missing := [name for name in head.tools if name not in tools]:
            raise ModelError(f"the head calls {missing[0]}, which is no tool here; give it or leave it out of the head")
        width = model.config.get_text_config().hidden_size
        if head.weight.shape[1] != width:
            raise ModelError(
                f"the head reads {head.weight.shape[1]} numbers a token, the model gives {width}; use its own model"
            )
        self.model, self.tokenizer, self.head = model.eval(), tokenizer, head
        self.tools, self.prompts, self.rerank, self.slack = tools, prompts, rerank, slack
        self.max_calls, self.max_new_tokens, self.max_argument_tokens = max_calls, max_new_tokens, max_argument_tokens
        texts = [tokenizer.decode([token]) for token in range(len(tokenizer))]
        self.digits = torch.tensor(
            [token for token, text in enumerate(texts) if text[:1].isdigit()], device=model.device
        )
        self._demonstrations: dict[str, Reading] = {}

    def answer(
        self, question: str, disabled: bool = False, on_text: Callable[[str], None] = lambda text: None
    ) -> Reply:
        """The model's answer to a question; `on_text` is told after every step what stands there so far, calls written out."""
        from toolschool.methods.toolken.reading import Reading

        reading = Reading.of(self.model, self.tokenizer(self.prompts.before(question))["input_ids"], self.head.layer)
        draft = _Draft(question)
        while len(draft.ids) < self.max_new_tokens:
            piece = self._step(reading, draft, free=not disabled and len(draft.calls) < self.max_calls)
            if piece.ids[0] == self.tokenizer.eos_token_id:
                return self._reply(draft, ended=True)
            self._add(draft, piece)
            on_text(draft.shown)
            if self.prompts.cut(draft.text)[1]:
                return self._reply(draft, ended=True)
            reading.feed(piece.ids)
        return self._reply(draft, ended=False)

    def _step(self, reading: Reading, draft: _Draft, free: bool) -> _Piece:
        """What comes next: the best choice that works out."""
        words = reading.logits.clone()
        if draft.after_result:  # neither more digits of the number nor another number right behind it
            words[self.digits] = float("-inf")
        best_word = _Piece((int(words.argmax()),))
        if not free or draft.after_result:
            return best_word
        ahead, reach = dict(self._ranked(reading)), float(words.max()) - self.slack
        left = list(ahead)
        for _ in range(min(BEST, len(left))):
            chosen = self._decide(left, draft) if self._is_near(ahead[left[0]] - reach, draft) else None
            if chosen is None:
                return best_word
            left.remove(chosen)
            call = self._call(chosen, draft)
            draft.calls.append(call)
            if call.result is not None:
                return _Piece(tuple(self._spliced(draft, call.result)), call)
        return best_word

    @staticmethod
    def _is_near(lead: float, draft: _Draft) -> bool:
        """Whether a tool is likely enough; the draft remembers what would have made it so."""
        if lead <= 0:
            draft.more = min(draft.more, -lead)
        return lead > 0

    def _ranked(self, reading: Reading) -> list[tuple[str, float]]:
        """All tools with their scores, the best first; equal ones in the head's order, as in mining."""
        import torch

        with torch.inference_mode():
            scores, order = self.head(reading.state).sort(descending=True, stable=True)
        return [(self.head.tools[index], score) for index, score in zip(order.tolist(), scores.tolist(), strict=True)]

    def _decide(self, ranked: Sequence[str], draft: _Draft) -> str | None:
        """The tool to call where the first of those not yet tried is near enough."""
        chosen: str | None = ranked[0]
        if self.rerank:
            chosen = self.rerank(ranked, self.prompts.before(draft.question) + draft.text)
        draft.proposals.append(Proposal(ranked[0], chosen))
        return chosen

    def _call(self, tool: str, draft: _Draft) -> HeadCall:
        """Tool mode: let the model write the arguments, and run the tool."""
        written, closed = self._arguments(tool, draft)
        try:
            if not closed:
                raise ToolError("the call never closes")
            return HeadCall(tool, written, self.tools[tool](written), None)
        except ToolError as error:
            return HeadCall(tool, written, None, str(error))

    def _arguments(self, tool: str, draft: _Draft) -> tuple[str, bool]:
        """What the model writes between the brackets, and whether it closes them."""
        reading = self._demonstration(tool).fork()
        tail = self.prompts.asked(draft.question) + draft.shown + self.prompts.opening(tool)
        bare = reading.length == 0
        reading.feed(self.tokenizer(tail)["input_ids"] if bare else continued(self.tokenizer, tail))
        ids: list[int] = []
        for _ in range(self.max_argument_tokens):
            ids.append(int(reading.logits.argmax()))
            written = self.tokenizer.decode(ids)
            if ")" in written:
                return written.partition(")")[0], True
            reading.feed(ids[-1:])
        return self.tokenizer.decode(ids), False

    def _demonstration(self, tool: str) -> Reading:
        """The tool's demonstrations, read once."""
        from toolschool.methods.toolken.reading import Reading

        if tool not in self._demonstrations:
            ids = self.tokenizer(self.prompts.demonstrations(tool))["input_ids"]
            self._demonstrations[tool] = Reading.of(self.model, ids, self.head.layer) if ids else Reading(self.model)
        return self._demonstrations[tool]

    def _add(self, draft: _Draft, piece: _Piece) -> None:
        before = draft.text
        draft.ids += piece.ids
        draft.text = str(self.tokenizer.decode(draft.ids, skip_special_tokens=True))
        added = draft.text[len(before) :]
        call = piece.call
        draft.shown += self.prompts.call(call.tool, call.argument, added) if call else added
        draft.after_result = call is not None

    def _reply(self, draft: _Draft, ended: bool) -> Reply:
        text, _ = self.prompts.cut(draft.text)
        return Reply(text, tuple(draft.calls), tuple(draft.proposals), ended, draft.more)

    def _spliced(self, draft: _Draft, result: str) -> list[int]:
        """A result's ids, with the blank that the tokenizer glues to it where words come before."""
        said = draft.text[-1:]
        blank = " " if glues_blank(self.tokenizer, result) and (said.isalnum() or said in PAUSES) else ""
        return continued(self.tokenizer, blank + result)
