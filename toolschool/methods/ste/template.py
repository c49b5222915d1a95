"""How a trained model is asked for a call, and what it answers: one object for training rows and for inference.

    template = StePrompt(tools="token")                               # of a configuration; it travels with the model
    template.prompt("What is 90 days from today?", tokenizer)
    template.completion(query, "add_date", {"days": 90})              # 'Action: <tool_add_date>\\nAction Input: {"days": 90}'
    ModelConfig(new_tokens=template.added_tokens(names))              # or token_words=FILE with template.token_words(names)

A system message and the request, no documentation: what the tools are stands in the weights (arXiv 2403.04746, section 3.4; reference 5).
The published system message differs in words only: `system` takes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from toolschool.config import Config
from toolschool.methods.ste.parsing import ACTION, INPUT, token_of
from toolschool.methods.ste.pointing import CLOCK, cut, pointed, resolved, shown
from toolschool.methods.tinyagent.template import token_ids
from toolschool.models.templates import Wrapper, encode_row, wrap
from toolschool.records import JsonValue

SYSTEM = "You have tools. Answer the request with one call of the tool that serves it."


class StePrompt(Config):
    """How a request becomes a prompt and a call a completion. Stored in the model folder's toolschool.json."""

    wrapper: Wrapper = "blocks"
    """blocks (Alpaca-style), plain (concatenation) or chat (the tokenizer's template)."""
    style: Literal["text", "compact"] = "text"
    """text: the request as it is, arguments spelled. compact: numbered spans and pointers to them, for nano (`pointing.py`)."""
    tools: Literal["text", "token"] = "text"
    """Names as text, or each as one added token `<tool_NAME>`."""
    system: str = SYSTEM
    """The system message."""

    def turn(self, query: str, now: datetime = CLOCK) -> str:
        """What the user's turn says. `now` is the clock by which "tomorrow" is understood (compact)."""
        return shown(cut(query.strip(), now)) if self.style == "compact" else query.strip()

    def prompt(self, query: str, tokenizer: Any = None, now: datetime = CLOCK) -> str:
        """What the model continues."""
        return wrap(self.wrapper, self.system, self.turn(query, now), tokenizer)

    def completion(self, query: str, name: str, arguments: Mapping[str, JsonValue]) -> str:
        """What it writes, without the end-of-sequence token."""
        written = token_of(name) if self.tools == "token" else name
        compact = self.style == "compact"
        said = pointed(arguments, cut(query.strip(), CLOCK)) if compact else json.dumps(arguments, ensure_ascii=False)
        return f"{ACTION} {written}\n{INPUT} {said}"

    def read(self, text: str, query: str, now: datetime = CLOCK) -> str:
        """What a model wrote behind the request, every argument spelled."""
        return resolved(text, cut(query.strip(), now)) if self.style == "compact" else text

    def row(
        self, tokenizer: Any, query: str, name: str, arguments: Mapping[str, JsonValue], max_length: int
    ) -> dict[str, list[int]]:
        """`input_ids` and `labels` of a training row. RowError when it is longer than `max_length` tokens."""
        return encode_row(tokenizer, self.prompt(query, tokenizer), self.completion(query, name, arguments), max_length)

    def check_tokenizer(self, tokenizer: Any) -> None:
        """ConfigError when a tokenizer has no tokens to point with."""
        if self.style == "compact":
            token_ids(tokenizer)

    def added_tokens(self, names: Iterable[str]) -> tuple[str, ...]:
        """Tokens that must be single entries of the vocabulary."""
        return tuple(map(token_of, names)) if self.tools == "token" else ()

    def token_words(self, names: Iterable[str]) -> dict[str, str]:
        """The words that each added token begins as the mean of (`toolschool/models/new_rows.py`): those of its name."""
        return {token_of(name): words_of(name) for name in names} if self.tools == "token" else {}


def words_of(name: str) -> str:
    """The words of a name: "JAK_API%%Ben 10" is "JAK API Ben 10", "getRandomImage" is "get Random Image"; a name without any is itself."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[^\W_]+", apart)) or name
