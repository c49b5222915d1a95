"""Which of the tools that a head proposes, or none: Toolken+'s reranker, on what the frozen model said once.

Rows (pipelines/mining.py): `input_ids` are k candidate tools, the head's best first, -1 where there are fewer; `labels` is one number, the
gold candidate's place or k for REJ; `features` is the last hidden state of the reranker's prompt. Loss: cross-entropy over candidates and REJ. Evaluation:
calls that are let through, at the REJ offset that is best for the validation rows, which is stored. `model.name` is the frozen model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import PreflightError
from toolschool.models.backbone import load_tokenizer
from training.objectives.base import Batch, evaluation_slices
from training.objectives.frozen import about_rows
from training.order import Unit, single_units
from training.preflight import check_fingerprint

if TYPE_CHECKING:
    import numpy as np
    import torch

    from training.config import TrainConfig
    from training.rows import Row, Rows
    from training.world import World


class Reranking:
    """Objective `reranker`."""

    metric = "val_f1"
    pad_id = 0  # nothing is padded

    def __init__(self, config: TrainConfig, tools: Sequence[str], hidden: int) -> None:
        self.config, self.tools, self.hidden = config, tuple(tools), hidden

    @classmethod
    def from_config(cls, config: TrainConfig) -> Reranking:
        """Raises ConfigError when the rows are not those of a reranker, or another model's."""
        about = about_rows(config, "toolken+", "rows for a reranker", "recipes/toolken/mine.yaml")
        return cls(config, about["tools"], about["hidden"])

    def build(self) -> torch.nn.Module:
        import torch

        from toolschool.models.reranker import Reranker

        torch.manual_seed(self.config.train.seed)
        return Reranker(self.tools, self.hidden)

    def units(self, rows: Rows) -> list[Unit]:
        return single_units(len(rows))

    def weight(self, row: Row) -> float:
        return 1.0

    def collate(self, units: Sequence[Sequence[Row]]) -> Batch:
        import numpy as np
        import torch

        rows = [row for unit in units for row in unit]
        states = torch.from_numpy(np.stack([row.features for row in rows]))
        candidates = torch.from_numpy(np.stack([row.input_ids for row in rows]).astype(np.int64))
        labels = torch.from_numpy(np.concatenate([row.labels for row in rows]).astype(np.int64))
        return Batch({"states": states, "candidates": candidates}, labels, len(rows))

    def loss(self, model: Any, batch: Batch) -> torch.Tensor:
        import torch

        return torch.nn.functional.cross_entropy(model(**batch.inputs).float(), batch.labels, reduction="sum")

    def evaluate(self, model: Any, rows: Rows, *, batch_size: int, world: World, device: Any) -> dict[str, float]:
        import numpy as np
        import torch

        mine = []
        for indices, counts in evaluation_slices(len(rows), batch_size, world):
            batch = self.collate([[rows[i]] for i in indices]).to(device)
            with torch.no_grad():
                loss = float(self.loss(model, batch))
                scores = model(**batch.inputs).float().cpu().numpy()
            if counts:
                mine.append((loss, scores, batch.labels.cpu().numpy()))
        found = [each for part in world.gather(mine) for each in part]
        scores, labels = (np.concatenate([each[k] for each in found]) for k in (1, 2))
        return {"val_loss": sum(each[0] for each in found) / len(rows), **decision_metrics(scores, labels)}

    def preflight(self, model: torch.nn.Module, rows: Rows) -> list[str]:
        check_fingerprint(self.config.rows, load_tokenizer(self.config.model))
        if problems := candidate_faults(rows, len(self.tools), self.hidden):
            raise PreflightError("; ".join(problems))
        return [self._shown(rows[i]) for i in range(min(3, len(rows)))]

    def save(self, model: torch.nn.Module, folder: Path, artifact: Mapping[str, Any]) -> None:
        model.reject.fill_(artifact["metrics"].get("val_reject", 0.0))  # type: ignore[operator,union-attr]
        model.save_pretrained(folder, **artifact)  # type: ignore[operator]

    def _shown(self, row: Row) -> str:
        names = [self.tools[number] for number in row.input_ids.tolist() if number >= 0]
        label = int(row.labels[0])
        return f"{', '.join(names)} -> {names[label] if label < len(names) else 'REJ'}"


def decision_metrics(scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Of scores (N, k + 1), REJ last, and labels (N,): plain accuracy, and what is let through at the best REJ offset."""
    from toolschool.evaluation.firing import best_tools, firing_curve

    reject = scores.shape[1] - 1
    margins, best = best_tools(scores[:, :reject], scores[:, reject])
    curve = firing_curve(margins, best == labels, labels != reject)
    point = curve.best()
    return {
        "val_accuracy": float((scores.argmax(-1) == labels).mean()),
        "val_f1": float(curve.f1[point]),
        "val_precision": float(curve.precision[point]),
        "val_recall": float(curve.recall[point]),
        "val_reject": float(
            min(-curve.bias[point], 1e4)
        ),  # what is added to REJ; inf, always reject, is no number to store
    }


def candidate_faults(rows: Rows, tools: int, hidden: int) -> list[str]:
    """What is wrong with rows: widths, candidates, labels, numbers that are none."""
    import numpy as np

    widths = {len(row.input_ids) for row in rows}
    if len(widths) != 1:
        return [f"rows have {min(widths)} to {max(widths)} candidates; mine them again, with one k"]
    width = widths.pop()
    faults = []
    if bad := [row.id for row in rows if len(row.features) != hidden or not np.isfinite(row.features).all()]:
        faults.append(f"{len(bad)} rows have no state of {hidden} numbers (first: {bad[0]}); mine them again")
    if any(row.input_ids.min() < -1 or row.input_ids.max() >= tools for row in rows):
        faults.append(f"candidates must be -1 or one of the {tools} tools; mine the rows again")
    if bad := [row.id for row in rows if len(row.labels) != 1 or not 0 <= row.labels[0] <= width]:
        faults.append(f"{len(bad)} rows have no label of 0 to {width} (first: {bad[0]}); mine them again")
    elif bad := [row.id for row in rows if row.labels[0] < width and row.input_ids[row.labels[0]] < 0]:
        faults.append(f"{len(bad)} rows name a candidate that is not there (first: {bad[0]}); mine them again")
    elif all(row.labels[0] == width for row in rows) or all(row.labels[0] < width for row in rows):
        faults.append("all rows are rejections, or none is: nothing could be learnt about when to reject")
    return faults
