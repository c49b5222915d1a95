"""Which tools a query needs: multi-label classification over an encoder (ToolRAG).

Loss: binary cross-entropy with a weight on the positive class (TinyAgent's reproduction uses 60 at 40,000 rows; with
few rows 1 and calibrated thresholds do as well). `model.name` is the encoder, or the folder of a classifier to go on from.
Evaluation: set coverage, recall, precision and mean tools at a threshold, and average precision, which needs none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ConfigError, PreflightError
from toolschool.models.backbone import read_artifact
from toolschool.models.hub import place
from training.objectives.base import Batch, evaluation_slices, pad_rows
from training.order import Unit, single_units
from training.preflight import check_fingerprint

if TYPE_CHECKING:
    import numpy as np
    import torch

    from training.config import TrainConfig
    from training.rows import Row, Rows
    from training.world import World


class ToolClassification:
    """Objective `tool_classifier`."""

    metric = "val_average_precision"

    def __init__(self, config: TrainConfig, tools: Sequence[str], tokenizer: Any) -> None:
        self.config = config
        self.tools = tuple(tools)
        self.tokenizer = tokenizer
        self.pad_id: int = tokenizer.pad_token_id
        self.threshold = config.objective_args.threshold
        weight = config.objective_args.pos_weight
        if isinstance(weight, tuple) and len(weight) != len(self.tools):
            raise ConfigError(f"objective_args.pos_weight has {len(weight)} numbers for {len(self.tools)} tools")
        self.pos_weight = [weight] * len(self.tools) if isinstance(weight, float) else list(weight)

    @classmethod
    def from_config(cls, config: TrainConfig) -> ToolClassification:
        """Raises ConfigError when nothing names the tools or the model is not an encoder by name."""
        from toolschool.models import encoder

        if config.model.name is None:
            raise ConfigError("tool_classifier needs model.name: an encoder (minilm, a hub id, a folder)")
        tools: Sequence[str] = config.objective_args.tools
        if not tools and "://" not in config.rows:
            tools = read_artifact(config.rows).get("tools", ())
        if not tools:
            raise ConfigError("give objective_args.tools: the tool names in label order")
        return cls(config, tools, encoder.load_tokenizer(_encoder_name(config.model.name)))

    def build(self) -> torch.nn.Module:
        from toolschool.models.classifier import ToolClassifier

        model, arguments = self.config.model, self.config.objective_args
        if _is_classifier(str(model.name)):
            return ToolClassifier.from_pretrained(str(model.name), merge=False)
        lora = {
            "r": model.lora.r,
            "lora_alpha": model.lora.alpha,
            "lora_dropout": model.lora.dropout,
            "target_modules": model.lora.target_modules,
        }
        return ToolClassifier.build(
            encoder=str(model.name),
            num_labels=len(self.tools),
            pooling=arguments.pooling,
            lora=lora if model.adapter == "lora" else None,
        )

    def units(self, rows: Rows) -> list[Unit]:
        return single_units(len(rows))

    def weight(self, row: Row) -> float:
        return float(len(row.labels))

    def collate(self, units: Sequence[Sequence[Row]]) -> Batch:
        return collate([unit[0] for unit in units], self.pad_id)

    def loss(self, model: Any, batch: Batch) -> torch.Tensor:
        import torch

        weight = torch.tensor(self.pos_weight, device=batch.labels.device)
        logits = model(**batch.inputs).float()
        return torch.nn.functional.binary_cross_entropy_with_logits(
            logits, batch.labels, pos_weight=weight, reduction="sum"
        )

    def evaluate(self, model: Any, rows: Rows, *, batch_size: int, world: World, device: Any) -> dict[str, float]:
        import numpy as np
        import torch

        mine: list[tuple[list[int], np.ndarray]] = []
        for indices, counts in evaluation_slices(len(rows), batch_size, world):
            with torch.no_grad():
                logits = model(**collate([rows[i] for i in indices], self.pad_id).to(device).inputs)
            if counts:
                mine.append((indices, logits.double().cpu().numpy()))
        logits = np.zeros((len(rows), len(self.tools)))
        for part in world.gather(mine):
            for indices, values in part:
                logits[indices] = values
        gold = np.stack([row.labels for row in rows])
        return classification_metrics(logits, gold, self.threshold, np.array(self.pos_weight))

    def preflight(self, model: torch.nn.Module, rows: Rows) -> list[str]:
        check_fingerprint(self.config.rows, self.tokenizer)
        faults = label_faults(rows, self.tools, self.config.train.max_length, len(self.tokenizer))
        if faults:
            raise PreflightError("; ".join(faults))
        return [
            f"{self.tokenizer.decode(rows[i].input_ids.tolist())} -> "
            + ", ".join(t for t, on in zip(self.tools, rows[i].labels.tolist(), strict=True) if on)
            for i in range(min(3, len(rows)))
        ]

    def save(self, model: torch.nn.Module, folder: Path, artifact: Mapping[str, Any]) -> None:
        card = {key: value for key, value in artifact.items() if key not in ("method", "tools")}
        model.save_pretrained(folder, tools=list(self.tools), parent=self.config.model.name, **card)  # type: ignore[operator]
        self.tokenizer.save_pretrained(folder)


def collate(rows: Sequence[Row], pad_id: int) -> Batch:
    """Padded ids, mask, and labels (B, K) as float32."""
    import numpy as np
    import torch

    ids = [row.input_ids for row in rows]
    inputs = {"input_ids": pad_rows(ids, pad_id), "attention_mask": pad_rows([np.ones(len(i)) for i in ids], 0)}
    labels = torch.from_numpy(np.stack([row.labels for row in rows]).astype(np.float32))
    return Batch(inputs, labels, sum(len(i) for i in ids))


def classification_metrics(
    logits: np.ndarray, gold: np.ndarray, threshold: float, pos_weight: np.ndarray
) -> dict[str, float]:
    """Metrics of logits (N, K) against 0/1 labels (N, K).

    coverage: share of rows whose gold tools are all found; recall: mean share of gold tools found; precision: gold tools
    among those found; mean_tools: found tools per row; average_precision: mean over tools that occur (scikit-learn).
    """
    import numpy as np
    from sklearn.metrics import average_precision_score

    gold = gold.astype(bool)
    found = logits > np.log(threshold / (1 - threshold))
    hits = (found & gold).sum(axis=1)
    occurring = gold.any(axis=0)
    loss = pos_weight * gold * np.logaddexp(0, -logits) + ~gold * np.logaddexp(0, logits)
    return {
        "val_loss": float(loss.mean()),
        "val_coverage": float((hits == gold.sum(axis=1)).mean()),
        "val_recall": float((hits / np.maximum(gold.sum(axis=1), 1))[gold.any(axis=1)].mean()) if gold.any() else 0.0,
        "val_precision": float(hits.sum() / max(found.sum(), 1)),
        "val_mean_tools": float(found.sum(axis=1).mean()),
        "val_average_precision": float(average_precision_score(gold[:, occurring], logits[:, occurring]))
        if occurring.any()
        else 0.0,
    }


def label_faults(rows: Rows, tools: Sequence[str], max_length: int, vocabulary: int) -> list[str]:
    """What is wrong with encoded rows: number and values of labels, length, ids, and tools that never occur."""
    import numpy as np

    faults = []
    wrong = [row.id for row in rows if len(row.labels) != len(tools) or not np.isin(row.labels, (0, 1)).all()]
    if wrong:
        return [f"{len(wrong)} rows do not have {len(tools)} labels of 0 or 1, one per tool (first: {wrong[0]})"]
    longest = int(rows.lengths.max())
    if longest > max_length:
        faults.append(f"the longest row has {longest} tokens; train.max_length={max_length}")
    if any(row.input_ids.min() < 0 or row.input_ids.max() >= vocabulary for row in rows):
        faults.append("rows hold ids outside the encoder's vocabulary; prepare them again with this encoder")
    seen = [any(row.labels[k] for row in rows) for k in range(len(tools))]
    absent = [tool for tool, there in zip(tools, seen, strict=True) if not there]
    if absent:
        faults.append(f"no row needs {', '.join(absent)}; add rows or leave the tools out of objective_args.tools")
    return faults


def _is_classifier(name: str) -> bool:
    return (Path(place(name)) / "head.safetensors").is_file()


def _encoder_name(name: str) -> str:
    from toolschool.models.classifier import read_card

    here = place(name)
    return str(read_card(here)["classifier"]["encoder"]) if _is_classifier(here) else name
