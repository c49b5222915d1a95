"""The planner's template: one object renders a request and its plan, for training and for inference.

Two styles. `full` is the published prompt structure (reference 4): guidelines, descriptions of the offered tools, examples, the plan
language as text; for models that can read. What is the same in every prompt comes first and what differs most often last, so that a
server which caches prefixes reads the guidelines once, and tools once for requests that need the same ones. `compact` is for models of
a few million parameters: tool names and numbered spans in, a plan with pointers out (`compact.py`); its tokens must be in the
vocabulary (`COMPACT_TOKENS`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

from toolschool.config import Config
from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.compact import encode
from toolschool.methods.tinyagent.constraint import MAX_CALLS, plan_grammar
from toolschool.methods.tinyagent.expander import Expander
from toolschool.methods.tinyagent.pointers import Pointers
from toolschool.methods.tinyagent.request import PlanRequest, Turn
from toolschool.methods.tinyagent.spans import KINDS, MAX_SPANS, Request, cut, render
from toolschool.models.templates import Wrapper, defused, wrap
from toolschool.plans.grammar import END_OF_PLAN, format_plan
from toolschool.plans.order import canonical
from toolschool.records import Example, Plan
from toolschool.tools.catalog import Catalog, render_signature

COMPACT_TOKENS = (
    "<tools>", "<query>", "<plan>", "<at>", "<on>", "<now>", "<A>", "<Aa>",
    *(f"<{kind}>" for kind in KINDS), *(f"<{index}>" for index in range(MAX_SPANS)),
)  # fmt: skip


class Writer(Protocol):
    """Turns the model's text into the plan language as it arrives."""

    def feed(self, piece: str) -> str: ...

    def finish(self) -> str: ...


@dataclass(frozen=True)
class Prompt:
    """A rendered request; `spans` is set in the compact style."""

    text: str
    request: PlanRequest
    spans: Request | None = None


class PlannerTemplate(Config):
    """How a request becomes a prompt and a plan a completion. Stored in the model folder's toolschool.json."""

    style: Literal["compact", "full"] = "compact"
    """compact: names and pointers, for nano. full: descriptions, rules and examples as text."""
    wrapper: Wrapper = "plain"
    """blocks (Alpaca-style), plain (concatenation) or chat (the tokenizer's template)."""
    examples: int = 0
    """In-context examples per prompt (full style; the published planner uses 6)."""
    instructions: str = ""
    """The user's own instructions, appended to the guidelines (full style)."""

    @property
    def added_tokens(self) -> tuple[str, ...]:
        """Tokens that must be single entries of the vocabulary."""
        return COMPACT_TOKENS if self.style == "compact" else ()

    def prompt(
        self, request: PlanRequest, catalog: Catalog, examples: Sequence[Example] = (), tokenizer: Any = None
    ) -> Prompt:
        """Render a request; the request's own catalogue comes first. ConfigError for an offered tool that it does not have.

        Compact prompts have no room for earlier turns: `Planner` reads them (`conversation.py`).
        """
        offered = (request.catalog or catalog).subset(request.tools)
        if self.style == "compact":
            return self._compact(request, offered)
        system = _system(offered, request, self.instructions, examples[: self.examples])
        user = _earlier(request.earlier) + f"Question: {request.query}"
        user += f"\n{request.context}\n" if request.context else ""
        return Prompt(wrap(self.wrapper, defused(system, tokenizer), defused(user, tokenizer), tokenizer), request)

    def _compact(self, request: PlanRequest, offered: Catalog) -> Prompt:
        spans = cut(request.query, request.now)
        names, query = "".join(f" {name}" for name in offered.names), render(spans)
        text = f"<tools>{names}<query>{query}<plan>" if self.wrapper == "plain" else wrap(self.wrapper, names, query)
        return Prompt(text, request, spans)

    def completion(self, plan: Plan, prompt: Prompt, catalog: Catalog, *, lossy: bool = False) -> str:
        """What the model learns to write after `prompt`, without the end-of-sequence token (`lossy`: see compact.py)."""
        if prompt.spans is None:
            return format_plan(plan)
        return encode(canonical(plan), prompt.spans, argument_names(catalog), lossy=lossy)

    def writer(self, prompt: Prompt) -> Writer:
        """A fresh converter from the model's text to the plan language."""
        return Expander(prompt.spans) if prompt.spans else _AsIs()

    def grammar(self, prompt: Prompt, catalog: Catalog, tokenizer: Any) -> str:
        """The grammar under which the completion is decoded. ConfigError for an argument whose schema cannot be decoded."""
        request = prompt.request
        most = MAX_CALLS if request.max_calls is None else min(request.max_calls, MAX_CALLS)
        return plan_grammar(
            (request.catalog or catalog).subset(request.tools),
            pointers=Pointers(token_ids(tokenizer), prompt.spans) if prompt.spans else None,
            first_id=request.first_id,
            ending="" if prompt.spans else "{n}. join()" + END_OF_PLAN,
            max_calls=most,
            must_call=request.must_call,
        )


class _AsIs:
    def feed(self, piece: str) -> str:
        return piece

    def finish(self) -> str:
        return ""


def argument_names(catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
    """Arguments of every tool, in order."""
    return {tool.name: tool.argument_names for tool in catalog}


@lru_cache(maxsize=8)
def token_ids(tokenizer: Any) -> Mapping[str, int]:
    """Ids of the compact tokens. ConfigError when the tokenizer lacks one."""
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in COMPACT_TOKENS}
    missing = [token for token, index in ids.items() if index is None or index == tokenizer.unk_token_id]
    if missing:
        raise ConfigError(
            f"the tokenizer lacks {missing[0]}: add the compact tokens (model.new_tokens) or use style=full"
        )
    return ids


def static_prefix(instructions: str = "") -> str:
    """What every system prompt of the full style begins with, whatever is asked."""
    lines = [
        "Write a plan that answers the user's question with as much parallelism as possible.",
        "Guidelines:",
        *(f" - {rule}" for rule in (*_GUIDELINES, *([instructions] if instructions else ()))),
    ]
    return "\n".join(lines) + "\n"


_SPEAKERS = {"system": "Instructions", "user": "User", "assistant": "You"}


def _earlier(turns: Sequence[Turn]) -> str:
    """The conversation so far; nothing at all where there is none."""
    if not turns:
        return ""
    lines = [f"{_SPEAKERS[turn.role]}: {turn.text}" for turn in turns]
    return "\n".join(["Earlier in this conversation (what was asked for is done):", *lines, ""])


def _system(tools: Catalog, request: PlanRequest, instructions: str, examples: Sequence[Example]) -> str:
    """The static part, numbered tools and join, rules that fit the tools, replan, examples, the time."""
    signatures = "\n".join(f"{number}. {render_signature(tool)}" for number, tool in enumerate(tools, 1))
    lines = [
        "The actions are:",
        signatures,
        f"{len(tools) + 1}. join():\n - Gathers the results of all earlier actions.\n - Is always the last action, "
        "whether the results answer the question or more planning is needed.",
    ]
    if rules := [*_rules(tools.names), *(_REPLAN if request.context else ())]:
        lines += ["For these actions:", *(f" - {rule}" for rule in rules)]
    if examples:
        lines.append("Examples:")
        lines.append("###\n".join(f"Question: {item.query}\n{format_plan(item.plan)}" for item in examples))
    lines.append(f"It is {request.now:%A %Y-%m-%d %H:%M}.")
    return static_prefix(instructions) + "\n".join(lines)


_GUIDELINES = (
    "One action per line, numbered 1., 2., ... without gaps.",
    "Arguments are positional Python literals of the stated types; give all of them, without names.",
    "Write $k for the output of action k, inside a string.",
    "Use only these actions, and write no comments.",
    f"End with join() and {END_OF_PLAN}.",
    "Dates are written YYYY-MM-DD HH:MM:SS; a meeting lasts 60 minutes unless the user says otherwise.",
)
_GROUP_RULES = (
    ({"compose_new_email", "reply_to_email", "forward_email"}, "Look up e-mail addresses first unless they are given."),
    ({"send_sms"}, "Look up phone numbers first unless they are given; several people get one message."),
    ({"get_zoom_meeting_link"}, "A Zoom link always comes from get_zoom_meeting_link."),
    ({"append_note_content"}, "A note need not be opened before something is appended."),
    ({"maps_show_directions"}, "A place need not be opened before directions are shown."),
)
_REPLAN = (
    "Previous Plan shows what was done and observed; Current Plan is yours to write, beginning with a Thought.",
    "Never repeat an action that was carried out; number new actions after the old ones.",
)


def _rules(names: Sequence[str]) -> list[str]:
    return [rule for group, rule in _GROUP_RULES if group & set(names)]
