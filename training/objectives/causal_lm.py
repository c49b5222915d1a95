"""Next-token prediction on the supervised tokens of a row: planner, agent text, plain-text pretraining.

Which tokens are supervised is encoded in the rows (label -100: not). Packed rows are kept apart by position ids that
start again at 0 in every row: without an attention mask, transformers makes the causal mask block-diagonal from them,
in every layer type; `preflight` proves it on the very model before the first step. The output head runs only where
something is supervised, through the model's own forward, so soft caps and scales apply.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.models import backbone
from toolschool.models.new_rows import read_words
from toolschool.models.templates import IGNORED
from training.objectives.base import Batch, evaluation_slices, pad_rows
from training.order import Unit, bucket, pack, padded_length, rows_of, single_units

if TYPE_CHECKING:
    import torch

    from training.config import TrainConfig
    from training.rows import Row, Rows
    from training.world import World

MAX_SHAPES = 64  # of compiled batches: padded lengths up to 4,096 tokens


class CausalLM:
    """Objective `causal_lm`."""

    metric = "val_loss"

    def __init__(self, config: TrainConfig, tokenizer: Any) -> None:
        self.config = config
        self.tokenizer = tokenizer
        self.pad_id: int = tokenizer.pad_token_id

    @classmethod
    def from_config(cls, config: TrainConfig) -> CausalLM:
        return cls(config, backbone.load_tokenizer(config.model))

    def build(self) -> torch.nn.Module:
        return backbone.load(self.config.model)[0]

    def units(self, rows: Rows) -> list[Unit]:
        options = self.config.train
        if options.packing:
            return pack(rows.lengths.tolist(), options.max_length, options.seed)
        if options.batch_tokens:
            return bucket(rows.lengths.tolist(), options.batch_tokens, options.seed)
        return single_units(len(rows))

    def weight(self, row: Row) -> float:
        return float((row.labels[1:] != IGNORED).sum())

    def collate(self, units: Sequence[Sequence[Row]]) -> Batch:
        options = self.config.train
        if options.batch_tokens:
            rows = [row for unit in units for row in unit]
            return collate_alike(rows, self.pad_id, options.batch_tokens if options.compile else None)
        return collate(units, self.pad_id, packed=options.packing)

    def loss(self, model: Any, batch: Batch) -> torch.Tensor:
        import torch

        if self.config.train.compile:
            return self._compiled(model, batch.inputs["input_ids"], batch.labels)  # type: ignore[no-any-return]
        logits, targets = supervised_logits(model, batch)
        return torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )

    @cached_property
    def _compiled(self) -> Any:
        """`dense_loss` compiled for each shape of batch; torch gives up on a function after `recompile_limit` shapes."""
        import torch

        torch._dynamo.config.recompile_limit = MAX_SHAPES
        return torch.compile(dense_loss, dynamic=False)

    def evaluate(self, model: Any, rows: Rows, *, batch_size: int, world: World, device: Any) -> dict[str, float]:
        """Mean loss per supervised token, share of tokens and of whole rows whose every token is the likeliest."""
        import torch

        sums = [0.0] * 5  # loss, tokens, right tokens, rows, right rows
        for indices, counts in evaluation_slices(len(rows), batch_size, world):
            batch = collate([[rows[i]] for i in indices], self.pad_id, packed=False).to(device)
            with torch.no_grad():
                logits, targets = supervised_logits(model, batch)
            if counts:
                sums = [a + b for a, b in zip(sums, _statistics(logits, targets), strict=True)]
        loss, tokens, right, total, whole = world.sum(sums)
        return {
            "val_loss": loss / max(tokens, 1),
            "val_token_accuracy": right / max(tokens, 1),
            "val_row_accuracy": whole / max(total, 1),
        }

    def preflight(self, model: torch.nn.Module, rows: Rows) -> list[str]:
        from training import preflight, preflight_tools

        options, arguments = self.config.train, self.config.objective_args
        words = read_words(self.config.model.token_words) if self.config.model.token_words else {}
        preflight_tools.check_tools(self.config.rows, rows, model, self.tokenizer, words)
        samples = preflight.check_causal_rows(
            rows,
            self.tokenizer,
            vocabulary=model.get_input_embeddings().weight.shape[0],  # type: ignore[operator]
            max_length=options.max_length,
            require_eos=arguments.require_eos,
            supervise_prompt=arguments.supervise_prompt,
        )
        preflight.check_fingerprint(self.config.rows, self.tokenizer)
        preflight.check_markers(model, self.tokenizer, self.config.model.new_tokens)
        if options.packing:
            preflight.check_packing(model, rows, self.pad_id)
        return samples

    def save(self, model: torch.nn.Module, folder: Path, artifact: Mapping[str, Any]) -> None:
        backbone.save(model, self.tokenizer, folder, config=self.config.model, artifact=artifact)  # type: ignore[arg-type]


def collate(units: Sequence[Sequence[Row]], pad_id: int, *, packed: bool) -> Batch:
    """Sequences of one row (attention mask) or of several (position ids, no mask); labels stand at their tokens."""
    import numpy as np

    ids = [np.concatenate([row.input_ids for row in unit]) for unit in units]
    labels = [np.concatenate([_unpredicted_start(row.labels) for row in unit]) for unit in units]
    input_ids = pad_rows(ids, pad_id)
    longest = input_ids.shape[1]
    if packed:
        positions = [
            np.concatenate([np.arange(len(r.input_ids)) for r in unit] + [np.arange(longest - len(flat))])
            for unit, flat in zip(units, ids, strict=True)
        ]
        inputs = {"input_ids": input_ids, "position_ids": pad_rows(positions, 0)}
    else:
        inputs = {"input_ids": input_ids, "attention_mask": pad_rows([np.ones(len(flat)) for flat in ids], 0)}
    return Batch(inputs, pad_rows(labels, IGNORED), sum(len(flat) for flat in ids))


def collate_alike(rows: Sequence[Row], pad_id: int, tokens: int | None) -> Batch:
    """Rows of like length, padded on the right to the longest; causal models need no mask for that.

    With `tokens` they make a full batch of their padded length, missing rows being padding: few shapes for compiled code.
    """
    width = padded_length(max(len(row.input_ids) for row in rows)) if tokens else 0
    blank = rows_of(width, tokens) - len(rows) if tokens else 0
    ids, labels = [row.input_ids for row in rows], [_unpredicted_start(row.labels) for row in rows]
    return Batch(
        {"input_ids": pad_rows([*ids, *[[]] * blank], pad_id, width)},
        pad_rows([*labels, *[[]] * blank], IGNORED, width),
        sum(len(row.input_ids) for row in rows),
    )


def dense_loss(model: Any, input_ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The summed loss with logits at every position: more work than `supervised_logits`, but of one shape per batch."""
    import torch

    logits = model(input_ids=input_ids, use_cache=False).logits[:, :-1].to(torch.float32)
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="sum"
    )


def supervised_logits(model: Any, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Float32 logits (B, P, V) and targets (B, P) at the P columns where any row of the batch is supervised."""
    import torch

    targets = batch.labels[:, 1:]
    columns = (targets != IGNORED).any(dim=0).nonzero().flatten()
    if _keeps_logits(model):
        logits = model(**batch.inputs, use_cache=False, logits_to_keep=columns).logits
    else:
        logits = model(**batch.inputs, use_cache=False).logits[:, columns]
    return logits.to(torch.float32), targets[:, columns]


def _unpredicted_start(labels: Any) -> Any:
    """A row's first token has nothing before it; in a pack it must not be predicted from the row in front."""
    labels = labels.copy()
    labels[0] = IGNORED
    return labels


def _keeps_logits(model: Any) -> bool:
    """Whether the model's forward takes `logits_to_keep`, seen through the wrappers of DeepSpeed and PEFT."""
    inner = model.module if hasattr(model, "module") else model
    inner = inner.get_base_model() if hasattr(inner, "get_base_model") else inner
    return "logits_to_keep" in inspect.signature(inner.forward).parameters


def _statistics(logits: torch.Tensor, targets: torch.Tensor) -> list[float]:
    """Loss sum, tokens, right tokens, rows, rows without a mistake."""
    import torch

    loss = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    there = targets != IGNORED
    right = (logits.argmax(-1) == targets) & there
    whole = (right == there).all(dim=1).sum()
    return [float(loss), float(there.sum()), float(right.sum()), float(len(targets)), float(whole)]
