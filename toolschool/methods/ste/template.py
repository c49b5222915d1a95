"""How a trained model is asked for a call, and what it answers: one object for training rows and for inference.

    template = StePrompt(tools="token")                               # of a configuration; it travels with the model
    template.prompt("What is 90 days from today?", tokenizer)
    template.completion("add_date", {"days": 90})                     # 'Action: <tool_add_date>\\nAction Input: {"days": 90}'
    ModelConfig(new_tokens=template.added_tokens(names))              # or token_words=FILE with template.token_words(names)

A system message and the request, no documentation: what the tools are stands in the weights (arXiv 2403.04746, section 3.4; reference 5).
The published system message differs in words only: `system` takes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from toolschool.config import Config
from toolschool.methods.ste.parsing import ACTION, INPUT, token_of
from toolschool.models.templates import Wrapper, encode_row, wrap
from toolschool.records import JsonValue

SYSTEM = "You have tools. Answer the request with one call of the tool that serves it."


class StePrompt(Config):
    """How a request becomes a prompt and a call a completion. Stored in the model folder's toolschool.json."""

    wrapper: Wrapper = "blocks"
    """blocks (Alpaca-style), plain (concatenation) or chat (the tokenizer's template)."""
    tools: Literal["text", "token"] = "text"
    """Names as text, or each as one added token `<tool_NAME>`."""
    system: str = SYSTEM
    """The system message."""

    def prompt(self, query: str, tokenizer: Any = None) -> str:
        """What the model continues."""
        return wrap(self.wrapper, self.system, query.strip(), tokenizer)

    def completion(self, name: str, arguments: Mapping[str, JsonValue]) -> str:
        """What it writes, without the end-of-sequence token."""
        written = token_of(name) if self.tools == "token" else name
        return f"{ACTION} {written}\n{INPUT} {json.dumps(dict(arguments), ensure_ascii=False)}"

    def row(
        self, tokenizer: Any, query: str, name: str, arguments: Mapping[str, JsonValue], max_length: int
    ) -> dict[str, list[int]]:
        """`input_ids` and `labels` of a training row. RowError when it is longer than `max_length` tokens."""
        return encode_row(tokenizer, self.prompt(query, tokenizer), self.completion(name, arguments), max_length)

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
