"""Parts of a text, tokenised apart, so that where they meet is a border of tokens.

    continued(tokenizer, "2331")          # ids of a text that stands behind other text
    glues_blank(tokenizer, "2331")        # whether " 2" would begin as one token: then the blank goes with the number

A tokenizer that writes a blank before every text of its own accord (SentencePiece's dummy prefix, a byte-level one's added blank) must not
do so in the middle of a text: what continues is encoded by a copy of it without that rule. Limit: fast tokenizers; those that throw blanks away
(WordPiece) keep none here either.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from toolschool.errors import ConfigError

Encode = Callable[[str], list[int]]


def opening(tokenizer: Any, text: str) -> list[int]:
    """Ids of a text's first part, without special tokens."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"]) if text else []


def continued(tokenizer: Any, text: str) -> list[int]:
    """Ids of a part that stands behind another one. ConfigError for a tokenizer that is not a fast one."""
    return _continuing(tokenizer, len(tokenizer))(text) if text else []


def glues_blank(tokenizer: Any, text: str) -> bool:
    """Whether the tokenizer writes a blank and what follows it as one token.

    GPT-2 does (" 23"), most for words (" District"); Llama, Qwen, Gemma and nano keep the blank before a digit apart.
    """
    blank, both = continued(tokenizer, " "), continued(tokenizer, f" {text}")
    return both[: len(blank)] != blank


@lru_cache(maxsize=8)
def _continuing(tokenizer: Any, size: int) -> Encode:
    """How a part in the middle is encoded; `size` is the vocabulary's, so that added tokens make a new copy."""
    if not getattr(tokenizer, "is_fast", False):
        raise ConfigError(f"{type(tokenizer).__name__} is no fast tokenizer; open the model's fast one")
    plan = json.loads(tokenizer.backend_tokenizer.to_str())
    changed = {part: _without_added_blank(plan.get(part)) for part in ("normalizer", "pre_tokenizer")}
    if all(changed[part] == plan.get(part) for part in changed):
        return lambda text: opening(tokenizer, text)

    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(json.dumps({**plan, **changed, "truncation": None, "padding": None}))
    return lambda text: list(copy.encode(text, add_special_tokens=False).ids)


def _without_added_blank(part: Any) -> Any:
    """A normalizer or pre-tokenizer, as its JSON form, that neither adds a blank nor strips one at an edge."""
    if not isinstance(part, dict):
        return part
    kind = part.get("type")
    if kind in ("Prepend", "Strip"):
        return None
    if kind == "Metaspace":
        return {**part, "prepend_scheme": "never"}
    if kind == "ByteLevel":
        return {**part, "add_prefix_space": False}
    for inside in ("normalizers", "pretokenizers"):
        if inside in part:
            kept = [_without_added_blank(each) for each in part[inside]]
            return {**part, inside: [each for each in kept if each is not None]}
    return part
