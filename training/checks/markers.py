"""Markers beyond `model.new_tokens`: every added token that completions teach, wherever it was added.

Two ways to lose one: it was registered as special, so that decoding with `skip_special_tokens` drops it and leaves a
call without its brackets; or it was added to the base late and its row, still the mean of all rows, is frozen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.checks import Finding
from training.preflight import frozen_rows
from training.rows import Rows

UNTRAINED = 0.1  # of the usual distance from the mean row; resizing puts new rows at a distance of about 0


def decoding(rows: Rows, tokenizer: Any) -> Finding:
    """Whether the taught markers are still there after decoding as inference does."""
    taught = taught_markers(rows, tokenizer)
    texts = tokenizer.convert_ids_to_tokens(taught)
    decoded = [tokenizer.decode([token], skip_special_tokens=True) for token in taught]
    lost = [text for text, back in zip(texts, decoded, strict=True) if text not in back]
    if not lost:
        return Finding("markers decoded", "ok", f"{len(taught)} added tokens are taught and survive decoding")
    text = f"completions hold special tokens ({', '.join(lost[:5])}), which skip_special_tokens drops: add them as"
    text += " ordinary ones, or decode with markers, as Toolschool's engines do"
    return Finding("markers decoded", "warning", text)


def training(model: Any, rows: Rows, tokenizer: Any) -> list[Finding]:
    """An error when taught markers have rows that were never trained and will not be."""
    blank = _blank(model.get_input_embeddings().weight, taught_markers(rows, tokenizer))
    frozen = sorted({token for _, token in frozen_rows(model, blank)})
    if not frozen:
        return []
    shown = ", ".join(tokenizer.convert_ids_to_tokens(frozen[:5]))
    text = f"the rows of {shown} are as they were added, untrained, and stay frozen"
    return [Finding("markers trained", "error", f"{text}: list them in model.new_tokens, or train all weights")]


def taught_markers(rows: Rows, tokenizer: Any) -> list[int]:
    """Ids of added tokens in the supervised part of any row, but for those that begin, end and fill a row."""
    import numpy as np

    frame = {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id}
    taught = set(np.unique(np.concatenate([row.labels for row in rows])).tolist())
    return sorted(taught & set(tokenizer.get_added_vocab().values()) - frame)


def _blank(table: Any, tokens: Sequence[int]) -> list[int]:
    """Tokens whose row is the mean row, judged by a sample of the table."""
    if not tokens:
        return []
    sample = table.detach()[:: max(1, len(table) // 2048)].float()
    mean = sample.mean(dim=0)
    usual = (sample - mean).norm(dim=1).median()
    return [i for i in tokens if (table[i].detach().float() - mean).norm() < UNTRAINED * usual]
