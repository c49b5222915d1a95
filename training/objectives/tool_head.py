"""Tools as rows of a frozen model's output layer (ToolkenGPT), trained on what the model said once: it is not loaded here.

Rows (pipelines/toolken.py): `labels` per position, a tool's number or -1 where a word comes next; `features` per position the hidden state
and the four of `EXTRA`. Loss: the joint softmax over vocabulary and tools (`toolschool/models/tool_head.py`). Evaluation: teacher-forced
over every position, at the bias that is best for the validation rows, which is stored in the head. `model.name` is the frozen model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import PreflightError
from toolschool.methods.toolken import INIT_FILE
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

EXTRA = (
    "lse",
    "gold",
    "top",
    "weight",
)  # log Σ exp z, z of the word that comes next, the largest z, what the position counts
WORD = -1


class ToolHeads:
    """Objective `tool_head`."""

    metric = "val_f1"
    pad_id = 0  # nothing is padded

    def __init__(self, config: TrainConfig, tools: Sequence[str], hidden: int, layer: int) -> None:
        self.config, self.tools, self.hidden, self.layer = config, tuple(tools), hidden, layer

    @classmethod
    def from_config(cls, config: TrainConfig) -> ToolHeads:
        """Raises ConfigError when the rows are not those of a tool head, or another model's."""
        about = about_rows(config, "toolken", "features for a tool head", "recipes/toolken/prepare.yaml")
        return cls(config, about["tools"], about["hidden"], about["layer"])

    def build(self) -> torch.nn.Module:
        import torch

        from toolschool.models.tool_head import ToolHead

        torch.manual_seed(self.config.train.seed)
        head = ToolHead(self.tools, self.hidden, self.layer)
        init = self.config.objective_args.init
        if init != "random":
            from safetensors.torch import load_file

            with torch.no_grad():
                head.weight.copy_(load_file(Path(self.config.rows) / INIT_FILE)[init])
        return head

    def units(self, rows: Rows) -> list[Unit]:
        return single_units(len(rows))

    def weight(self, row: Row) -> float:
        return float(self._weights(row.labels, self._table(row)[:, -1]).sum())

    def collate(self, units: Sequence[Sequence[Row]]) -> Batch:
        import numpy as np
        import torch

        rows = [row for unit in units for row in unit]
        table = torch.from_numpy(np.concatenate([self._table(row) for row in rows]))
        labels = np.concatenate([row.labels for row in rows])
        columns = {name: table[:, self.hidden + k] for k, name in enumerate(EXTRA)}
        columns["weight"] = torch.from_numpy(self._weights(labels, columns["weight"].numpy()))
        return Batch({"states": table[:, : self.hidden], **columns}, torch.from_numpy(labels).long(), len(labels))

    def loss(self, model: Any, batch: Batch) -> torch.Tensor:
        from toolschool.models.tool_head import joint_loss

        given = batch.inputs
        losses = joint_loss(model(states=given["states"]).float(), given["lse"], given["gold"], batch.labels)
        return (losses * given["weight"]).sum()

    def evaluate(self, model: Any, rows: Rows, *, batch_size: int, world: World, device: Any) -> dict[str, float]:
        import numpy as np
        import torch

        mine = []
        for indices, counts in evaluation_slices(len(rows), batch_size, world):
            batch = self.collate([[rows[i]] for i in indices]).to(device)
            with torch.no_grad():
                loss = self.loss(model, batch)
                logits = model(states=batch.inputs["states"]).float().cpu().numpy()
            if counts:
                seen = (logits, batch.inputs["top"].cpu().numpy(), batch.labels.cpu().numpy())
                mine.append((float(loss), float(batch.inputs["weight"].sum()), seen))
        found = [each for part in world.gather(mine) for each in part]
        logits, top, labels = (np.concatenate(column) for column in zip(*(seen for _, _, seen in found), strict=True))
        loss = sum(each[0] for each in found) / sum(each[1] for each in found)
        return {"val_loss": loss, **firing_metrics(logits, top, labels)}

    def preflight(self, model: torch.nn.Module, rows: Rows) -> list[str]:
        tokenizer = load_tokenizer(self.config.model)
        check_fingerprint(self.config.rows, tokenizer)
        problems = feature_faults(rows, self.tools, self.hidden)
        absent = absent_tools(rows, self.tools)
        if absent and not problems and self.config.objective_args.init == "random":
            problems = [
                f"no row calls {', '.join(absent)}; add texts, leave them out, or set objective_args.init=descriptions"
            ]
        if problems:
            raise PreflightError("; ".join(problems))
        return [self._shown(rows[i], tokenizer) for i in range(min(3, len(rows)))]

    def save(self, model: torch.nn.Module, folder: Path, artifact: Mapping[str, Any]) -> None:
        bias = artifact["metrics"].get("val_bias", 0.0)
        model.bias.fill_(bias)  # type: ignore[operator,union-attr]
        model.save_pretrained(folder, **artifact)  # type: ignore[operator]

    def _table(self, row: Row) -> np.ndarray:
        """(n, H + 4) of a row."""
        return row.features.reshape(len(row.labels), self.hidden + len(EXTRA))

    def _weights(self, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return weights * (labels != WORD) if self.config.objective_args.only_tools else weights

    def _shown(self, row: Row, tokenizer: Any) -> str:
        """The words that come next, and tools in their places."""
        parts = [
            f"<{self.tools[label]}>" if label != WORD else tokenizer.decode([token])
            for token, label in zip(row.input_ids.tolist(), row.labels.tolist(), strict=True)
        ]
        return "".join(parts)


def firing_metrics(logits: np.ndarray, top: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Of tool logits (N, K), best word logits (N,) and labels (N,): tool accuracy where a call belongs, and calls at the best bias."""
    from toolschool.evaluation.firing import best_tools, firing_curve

    margins, tools = best_tools(logits, top)
    called = labels != WORD
    curve = firing_curve(margins, tools == labels, called)
    best = curve.best()
    accuracy = float((tools == labels)[called].mean()) if called.any() else 0.0
    return {
        "val_tool_accuracy": accuracy,
        "val_f1": float(curve.f1[best]),
        "val_precision": float(curve.precision[best]),
        "val_recall": float(curve.recall[best]),
        "val_bias": float(max(curve.bias[best], -1e4)),  # -inf, never call, is no number to store
    }


def feature_faults(rows: Rows, tools: Sequence[str], hidden: int) -> list[str]:
    """What is wrong with rows: widths, labels, numbers that are none."""
    import numpy as np

    wide = [row.id for row in rows if len(row.features) != len(row.labels) * (hidden + len(EXTRA))]
    if wide:
        return [f"{len(wide)} rows have features of another width than {hidden} + {len(EXTRA)} (first: {wide[0]})"]
    faults = []
    if any(row.labels.min() < WORD or row.labels.max() >= len(tools) for row in rows):
        faults.append(f"labels must be -1 or one of the {len(tools)} tools; prepare the rows again")
    if bad := [row.id for row in rows if not np.isfinite(row.features).all()]:
        faults.append(f"{len(bad)} rows hold features that are no numbers (first: {bad[0]}); read them in float32")
    return faults


def absent_tools(rows: Rows, tools: Sequence[str]) -> list[str]:
    """Tools that no row calls: their rows never learn."""
    import numpy as np

    seen = set(np.unique(np.concatenate([row.labels for row in rows])).tolist())
    return [tool for number, tool in enumerate(tools) if number not in seen]
