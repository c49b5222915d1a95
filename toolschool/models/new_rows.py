"""Where the rows of new tokens begin: at the mean of the rows of words that the model knows already.

    words = read_words("runs/x/tokens.json")     # {"<<Open Forecast&&Get Week>>": "Open Forecast Get Week", ...}
    begin_rows(model, tokenizer, words)          # after the tokens were added and the model was resized

Source: ToolGen (arXiv 2410.03439, section 3.2), which sets the input rows only; here the output rows begin so, too, where they are a
matrix of their own. Otherwise untied models would begin with output rows that have nothing to do with the tool.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError

if TYPE_CHECKING:
    import torch


def read_words(path: str | Path) -> dict[str, str]:
    """A JSON object {token: words}. ModelError when the file is none."""
    try:
        words = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read new tokens from {path}: {error}; prepare the rows first") from error
    if not isinstance(words, dict) or not all(isinstance(text, str) for text in words.values()):
        raise ModelError(f"{path} must hold one JSON object of token: words; prepare the rows again")
    return words


def mean_rows(table: torch.Tensor, pieces: Sequence[Sequence[int]]) -> torch.Tensor:
    """The mean of each group of rows of `table` (V, H): (K, H) float32, in one step. Groups must not be empty."""
    import torch
    from torch.nn.functional import embedding_bag

    lengths = torch.tensor([len(group) for group in pieces], device=table.device)
    flat = torch.tensor([piece for group in pieces for piece in group], device=table.device)
    used, places = flat.unique(return_inverse=True)  # so that a large table is not copied into float32
    return embedding_bag(places, table.detach()[used].float(), lengths.cumsum(0) - lengths, mode="mean")


def begin_rows(model: Any, tokenizer: Any, words: Mapping[str, str]) -> None:
    """Set input and output rows of the tokens, each to the mean over the pieces of its words. ModelError for a token without words."""
    import torch

    empty = [token for token, text in words.items() if not text.strip()]
    if empty:
        raise ModelError(f"{len(empty)} new tokens have no words to begin from (first: {empty[0]}); give their names")
    if not words:
        return
    pieces = tokenizer(list(words.values()), add_special_tokens=False)["input_ids"]
    tables = {id(side.weight): side.weight for side in (model.get_input_embeddings(), model.get_output_embeddings())}
    for table in tables.values():  # one where they are tied
        ids = torch.tensor(tokenizer.convert_tokens_to_ids(list(words)), device=table.device)
        with torch.no_grad():
            table[ids] = mean_rows(table, pieces).to(table.dtype)
