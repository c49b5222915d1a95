"""Arguments that a model writes for a tool: JSON that fits the tool's schema, free inside texts, of bounded length.

    writer = ArgumentWriter(model, tokenizer)
    writer.write([prompt], [tool.parameters])         # [Written('{"city": "Rome", "days": 3}', {"city": "Rome", "days": 3})]
    render_arguments({"days": 3, "city": "Rome"}, tool.parameters)      # the same text, for rows to train on

Greedy, a batch at a time, with transformers' cache. llguidance says at every step what may follow, and what grows too long is closed
(`toolschool/models/json_mask.py`). Arguments come in the order of the schema; those that it does not require may be left out, and
others than it names are none.
Limits: a schema that llguidance does not know in full (`not`, `if`, `uniqueItems`, a strange `format`) is refused by ModelError;
one that cannot be closed in time (a text of at least 1,000 characters) ends without arguments. Where a schema bounds a number, it
is written without an exponent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolschool.models.decoding import Constrainer
from toolschool.models.engines import left_padded
from toolschool.models.json_mask import Closing, ClosingMask
from toolschool.records import JsonValue

PER_ARGUMENT = 96
LIMIT = 384

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    """What came out; `arguments` is None where the JSON had no end."""

    text: str
    arguments: dict[str, JsonValue] | None


def render_arguments(arguments: Mapping[str, JsonValue], schema: Schema) -> str:
    """Arguments as `ArgumentWriter` can write them: in the schema's order, letters as they are."""
    order = {name: place for place, name in enumerate(schema.get("properties", {}))}
    ordered = dict(sorted(arguments.items(), key=lambda item: order.get(item[0], len(order))))
    return json.dumps(ordered, ensure_ascii=False).replace("\x7f", "\\u007f")


class ArgumentWriter:
    """A causal LM that writes JSON objects. `per_argument` and `limit` count tokens."""

    def __init__(self, model: Any, tokenizer: Any, per_argument: int = PER_ARGUMENT, limit: int = LIMIT) -> None:
        self.model, self.tokenizer, self.limit = model.eval(), tokenizer, limit
        self._constrainer = Constrainer(_without_tools(tokenizer), model.config.vocab_size)
        self._closing = Closing(self._constrainer, per_argument, limit)

    def write(self, prompts: Sequence[str], schemas: Sequence[Schema]) -> list[Written]:
        """One object behind each prompt, for the schema of the same place, in one batch. Raises ModelError."""
        import torch

        mask, most = self.mask(schemas)
        batch = left_padded(self.tokenizer, prompts, self.model.device)
        with torch.inference_mode():
            rows = self.model.generate(
                **batch,
                max_new_tokens=most,
                do_sample=False,
                use_cache=True,
                pad_token_id=self.tokenizer.pad_token_id,
                eos_token_id=self.tokenizer.eos_token_id,
                logits_processor=[mask],
            )
        return [self._read(row) for row in rows[:, batch["input_ids"].shape[1] :].tolist()]

    def mask(self, schemas: Sequence[Schema]) -> tuple[ClosingMask, int]:
        """What holds a batch to its schemas, for other loops than `write`, and the most tokens to give it. ModelError."""
        closed = [{"type": "object", "additionalProperties": False, **schema} for schema in schemas]
        matchers = [self._constrainer.json_matcher(schema) for schema in closed]
        # Names and listed values are in the schema's text: closing an object takes no more tokens than it has characters.
        return self._closing.processor(matchers), self.limit + max(len(json.dumps(schema)) for schema in closed)

    def _read(self, ids: list[int]) -> Written:
        end = self.tokenizer.eos_token_id
        text = self.tokenizer.decode(ids[: ids.index(end)] if end in ids else ids, skip_special_tokens=True)
        return Written(text, json.loads(text) if end in ids else None)


def _without_tools(tokenizer: Any) -> Any:
    """The tokenizer without added tokens but the special ones: a tool stands in no argument, and thousands are slow to read."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    plan = json.loads(tokenizer.backend_tokenizer.to_str())
    plan["added_tokens"] = [token for token in plan["added_tokens"] if token["special"]]
    whole = Tokenizer.from_str(json.dumps(plan))
    return PreTrainedTokenizerFast(tokenizer_object=whole, eos_token=tokenizer.eos_token)
