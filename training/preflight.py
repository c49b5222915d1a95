"""Checks before the first step: that the rows, the tokenizer and the model would train the right thing.

Each guards against a failure that once cost days and showed only in bad outputs: a padding token that is also the end
of sequence, prompts that are supervised, ids of another tokenizer, markers whose rows never learn, packed rows that see
each other. All problems are reported together in one PreflightError; nothing has been trained then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import PreflightError
from toolschool.models.backbone import fingerprint
from toolschool.models.templates import IGNORED

if TYPE_CHECKING:
    import numpy as np
    import torch

    from training.rows import Row, Rows

FINGERPRINT_FILE = "encoding.json"
CANONICAL_SHARE = 0.7  # a row re-encodes to itself but for merges across the prompt's end; foreign ids score far below


def check_causal_rows(
    rows: Rows,
    tokenizer: Any,
    *,
    vocabulary: int,
    max_length: int,
    require_eos: bool = True,
    supervise_prompt: bool = False,
) -> list[str]:
    """Every row against the rules; returns the supervised text of three rows. Raises PreflightError."""
    problems: list[str] = []
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == tokenizer.eos_token_id:
        problems.append("the padding token is missing or is also the end of sequence; give it a token of its own")
    faults: dict[str, list[str]] = {}
    for row in rows:
        for fault in row_faults(row, vocabulary, max_length):
            faults.setdefault(fault, []).append(row.id)
        if require_eos and not _ends_supervised(row, tokenizer.eos_token_id):
            faults.setdefault("do not end in a supervised end-of-sequence token", []).append(row.id)
    problems += [f"{len(ids)} of {len(rows)} rows {fault} (first: {ids[0]})" for fault, ids in faults.items()]
    if not faults:
        problems += [] if supervise_prompt else prompt_faults(rows)
        problems += encoding_faults(rows, tokenizer)
    _raise(problems)
    return [supervised_text(rows[i], tokenizer) for i in _sample(len(rows), 3)]


def row_faults(row: Row, vocabulary: int, max_length: int) -> list[str]:
    """What is wrong with one row in itself, as phrases that follow "n rows"."""
    ids, labels = row.input_ids, row.labels
    if len(ids) != len(labels):
        return ["have another number of labels than of tokens"]
    faults = []
    if ids.min() < 0 or ids.max() >= vocabulary:
        faults.append(f"hold ids outside 0..{vocabulary - 1}: encoded with another tokenizer; prepare them again")
    if ((labels != IGNORED) & (labels != ids)).any():
        faults.append("have labels that are neither -100 nor their token")
    if len(ids) > max_length:
        faults.append(f"are longer than train.max_length={max_length}; raise it or drop them in prepare")
    if not (labels[1:] != IGNORED).any():
        faults.append("supervise nothing")
    return faults


def prompt_faults(rows: Rows) -> list[str]:
    """Rows that supervise their prompt: their first token, or the head that all rows have in common."""
    bare = [row.id for row in rows if row.labels[0] != IGNORED]
    if bare:
        return [f"{len(bare)} of {len(rows)} rows supervise their first token, so the prompt (first: {bare[0]})"]
    head = common_prefix([row.input_ids for row in rows])
    if head == min(rows.lengths):  # one row, or copies of one: no common head to tell from a completion
        return []
    taught = [row.id for row in rows if (row.labels[:head] != IGNORED).any()]
    if taught:
        return [f"{len(taught)} of {len(rows)} rows supervise the {head} tokens all prompts share (first: {taught[0]})"]
    return []


def common_prefix(sequences: Sequence[np.ndarray]) -> int:
    """Length of the longest common head."""
    first = sequences[0]
    length = len(first)
    for other in sequences[1:]:
        length = min(length, len(other))
        differs = (first[:length] != other[:length]).nonzero()[0]
        length = int(differs[0]) if len(differs) else length
    return length


def encoding_faults(rows: Rows, tokenizer: Any) -> list[str]:
    """Whether rows, decoded and encoded again, come back: ids of another tokenizer in the same range do not."""
    shares = [canonical_share(rows[i].input_ids.tolist(), tokenizer) for i in _sample(len(rows), 20)]
    share = sum(shares) / len(shares)
    if share < CANONICAL_SHARE:
        return [
            f"only {share:.0%} of tokens survive decoding and encoding: ids of another tokenizer; prepare them again"
        ]
    return []


def canonical_share(ids: list[int], tokenizer: Any) -> float:
    """Share of tokens that lie in common runs of `ids` and encode(decode(ids)), at most 512 tokens of the row."""
    from difflib import SequenceMatcher

    ids = ids[:512]
    text = tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    again = tokenizer.encode(text, add_special_tokens=False)
    return SequenceMatcher(None, ids, again, autojunk=False).ratio()


def check_fingerprint(folder: str, tokenizer: Any) -> None:
    """Compare with `<rows>/encoding.json` `{"fingerprint": ...}` where prepare left one. Raises PreflightError."""
    path = Path(folder) / FINGERPRINT_FILE
    if "://" in folder or not path.is_file():
        return
    if json.loads(path.read_text(encoding="utf-8")).get("fingerprint") != fingerprint(tokenizer):
        _raise([f"the rows in {folder} were encoded with another tokenizer or other markers; prepare them again"])


def check_markers(model: Any, tokenizer: Any, markers: Sequence[str]) -> None:
    """Markers are one known token each, survive decoding, and their input and output rows learn. PreflightError."""
    problems = []
    ids = []
    for text in markers:
        encoded = tokenizer.encode(text, add_special_tokens=False)
        if len(encoded) != 1 or encoded[0] == tokenizer.unk_token_id:
            problems.append(f"marker {text} is {len(encoded)} tokens, not one known token; list it in model.new_tokens")
            continue
        ids += encoded
        if text not in tokenizer.decode(encoded, skip_special_tokens=True):
            problems.append(f"marker {text} is lost in decoding; add it as an ordinary token, not a special one")
    _raise(problems)
    if ids:
        _raise([f"the {side} of {tokenizer.decode([i])} does not learn" for side, i in frozen_rows(model, ids)])


def frozen_rows(model: Any, ids: Sequence[int]) -> list[tuple[str, int]]:
    """Tokens whose embedding or output row gets no gradient. Weights unsharded; gradients are cleared again."""
    import torch

    frozen = []
    table, head = model.get_input_embeddings(), model.get_output_embeddings()
    for token in ids:
        where = torch.tensor([[token]], device=table.weight.device)
        if not _learns(model, table(where).sum()):
            frozen.append(("embedding row", token))
        hidden = torch.ones(1, 1, table.weight.shape[1], device=table.weight.device, dtype=table.weight.dtype)
        if not _learns(model, head(hidden)[..., token].sum()):
            frozen.append(("output row", token))
    return frozen


def check_packing(model: Any, rows: Rows, pad_id: int) -> None:
    """The logits of packed rows equal those of the single rows, on this very model. Raises PreflightError.

    Rounding alone differs by about 1e-6 of the logits' norm in float32 and 1e-2 in bfloat16.
    """
    import torch

    from training.objectives.causal_lm import collate, supervised_logits

    shown = [_short(rows[i]) for i in _sample(len(rows), 3)]
    first = next(model.parameters())
    tolerance = 1e-3 if first.dtype == torch.float32 else 0.1
    training = model.training
    model.eval()
    with torch.no_grad():
        packed = supervised_logits(model, collate([shown], pad_id, packed=True).to(first.device))[0][0]
        alone = [
            supervised_logits(model, collate([[row]], pad_id, packed=False).to(first.device))[0][0] for row in shown
        ]
    model.train(training)
    apart = torch.cat(alone)
    leak = float((packed - apart).norm() / apart.norm())
    if leak > tolerance:
        _raise([f"this model lets packed rows see each other (logits differ by {leak:.1%}); set train.packing=false"])


def supervised_text(row: Row, tokenizer: Any) -> str:
    """What the model is taught to write for this row, markers included."""
    return tokenizer.decode(row.labels[row.labels != IGNORED].tolist(), skip_special_tokens=False)


def _ends_supervised(row: Row, eos: int) -> bool:
    return bool(row.input_ids[-1] == eos and row.labels[-1] == eos)


def _learns(model: Any, output: torch.Tensor) -> bool:
    if not output.requires_grad:
        return False
    output.backward()
    learns = any(p.grad is not None and bool(p.grad.any()) for p in model.parameters())
    model.zero_grad(set_to_none=True)
    return learns


def _short(row: Row, tokens: int = 48) -> Row:
    """The row's head with every token supervised, enough to see a leak."""
    ids = row.input_ids[:tokens]
    return type(row)(row.id, ids, ids)


def _sample(count: int, size: int) -> list[int]:
    """Row numbers spread evenly over all rows."""
    return sorted({i * count // size for i in range(size)} if count > size else set(range(count)))


def _raise(problems: Sequence[str]) -> None:
    if problems:
        raise PreflightError("; ".join(problems))
