"""Prompt and completion of one row, rendered the same way for training, evaluation and serving.

A method's template says what the system and user texts are; `wrap` puts them into a model's format; `encode_row` makes the
token row: prompt not supervised, completion and end-of-sequence supervised, tokenised apart so that no token spans both.
"""

from __future__ import annotations

from typing import Any, Literal

from toolschool.errors import ConfigError, RowError

Wrapper = Literal["blocks", "plain", "chat"]
IGNORED = -100  # label of what is not supervised


def wrap(wrapper: Wrapper, system: str, user: str, tokenizer: Any = None) -> str:
    """`blocks`: Alpaca-style instruction blocks. `plain`: one after the other. `chat`: the tokenizer's own template."""
    if wrapper == "blocks":
        return f"### Instruction:\n{system}\n\n### Input:\n{user}\n\n### Response:\n"
    if wrapper == "plain":
        return f"{system}\n{user}\n"
    if tokenizer is None or not getattr(tokenizer, "chat_template", None):
        raise ConfigError("template.wrapper=chat needs a tokenizer with a chat template; use blocks or plain")
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))


def defused(text: str, tokenizer: Any) -> str:
    """The text so that the tokenizer reads none of its special tokens in it: what a user or a tool wrote must not end a turn."""
    for token in getattr(tokenizer, "all_special_tokens", ()):
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text


def encode_row(tokenizer: Any, prompt: str, completion: str, max_length: int) -> dict[str, list[int]]:
    """`input_ids` and `labels` of one row; RowError when it is longer than `max_length` tokens."""
    before = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    after = [*tokenizer(completion, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    length = len(before) + len(after)
    if length > max_length:
        raise RowError(f"{length} tokens are more than max_length={max_length}; raise it or shorten the prompt")
    return {"input_ids": before + after, "labels": [IGNORED] * len(before) + after}
