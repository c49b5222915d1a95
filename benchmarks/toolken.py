"""Toolken on cached features against a forward of the language model for every step: the same rows, the same loss, the same head.

Texts are generated one-hop questions. `LM in the loop` is how ToolkenGPT trains (one text a step) and, to be fair to it, a batch of 16 texts with
rows of like length; only the head learns, so no gradient goes through the model. `Features` is what objective `tool_head` does. The sweep is the
reading pass and eight whole trainings against the pass and one. Limit: nano; the larger the model the more the cache saves.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.results import Claim, Measured
from benchmarks.timing import alternate, ratios, table

TEXTS = 256
EPOCHS = 10
BATCH = 16
RATES = (1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1, 2e-1)
NANO = "assets/nano"
FEATURES, LOOP, SINGLE = "features, 16 texts a step", "LM in the loop, 16 texts a step", "LM in the loop, a text a step"


def labelled_texts(tokenizer: Any, tools: dict[str, int], vocabulary: int) -> list[tuple[list[int], list[int]]]:
    from toolschool.datasets.registry import marked_texts
    from toolschool.methods.toolken.labels import label

    texts = marked_texts("operations", split="train", purpose="train", limit=TEXTS, seed=0)
    labelled = [label(tokenizer, text, tools, vocabulary) for text in texts]
    return [(list(each.ids), list(each.targets)) for each in labelled]


def forward_epoch(model: Any, head: Any, texts: list[tuple[list[int], list[int]]], batch: int) -> float:
    """One epoch with the model in the loop; the mean loss."""
    import torch
    from torch.nn.functional import cross_entropy

    from toolschool.models.templates import IGNORED

    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2)
    total = 0.0
    for start in range(0, len(texts), batch):
        some = texts[start : start + batch]
        width = max(len(ids) for ids, _ in some)
        ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in some])
        targets = torch.tensor([wanted + [IGNORED] * (width - len(wanted)) for _, wanted in some])
        with torch.no_grad():
            out = model(ids, output_hidden_states=True)
        joint = torch.cat([out.logits.float(), head(out.hidden_states[-1])], -1)
        loss = cross_entropy(joint.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += float(loss.detach()) * len(some)
    return total / len(texts)


def feature_epoch(objective: Any, head: Any, rows: Any, batch: int) -> float:
    """One epoch on features; the mean loss."""
    import torch

    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2)
    total = weight = 0.0
    for start in range(0, len(rows), batch):
        some = [[rows[i]] for i in range(start, min(start + batch, len(rows)))]
        loss = objective.loss(head, objective.collate(some))
        terms = sum(objective.weight(unit[0]) for unit in some)
        (loss / terms).backward()
        optimizer.step()
        optimizer.zero_grad()
        total, weight = total + float(loss.detach()), weight + terms
    return total / weight


def write_features(folder: Path) -> float:
    """The reading pass, as the pipeline's transform does it, for train and validation rows; its seconds."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipelines.ingest import PARTS
    from pipelines.toolken import ReadFeatures, ToolkenRows, marked_source
    from toolschool.config import DataConfig
    from toolschool.errors import RowError
    from toolschool.methods.toolken.tools import tools_of
    from toolschool.models.backbone import ModelConfig, fingerprint, load_tokenizer
    from toolschool.records import feature_schema

    rows, tools = ToolkenRows(model=ModelConfig(name=NANO)), list(tools_of("operations"))
    texts = marked_source(DataConfig(source="operations", limit=TEXTS)).texts
    source = [{"key": f"{number:06d}", "raw": text, "source": "operations"} for number, text in enumerate(texts)]
    transform = ReadFeatures(rows.model_dump(mode="json"), tools)
    started = time.perf_counter()
    made = [output for output in transform(source) if not isinstance(output, RowError)]
    spent = time.perf_counter() - started
    for part in PARTS:
        (folder / part).mkdir(parents=True)
        found = [row for output in made for row in output.get(f"features/{part}", [])]
        pq.write_table(pa.Table.from_pylist(found, schema=feature_schema()), folder / part / "rows.parquet")
    hidden = transform.reader.model.config.hidden_size
    about = {"method": "toolken", "base": NANO, "tools": tools, "layer": -1, "hidden": hidden}
    (folder / "toolschool.json").write_text(json.dumps(about))
    (folder / "encoding.json").write_text(json.dumps({"fingerprint": fingerprint(load_tokenizer(rows.model))}))
    return spent


def train(folder: Path, rate: float) -> tuple[float, float]:
    """A whole training with evaluation and checkpoints: its seconds, and its best F1."""
    from toolschool.config import build
    from training.config import TrainConfig
    from training.plain import fit_plain

    settings = {
        "objective": "tool_head",
        "engine": "plain",
        "rows": str(folder),
        "model": {"name": NANO},
        "train": {"lr": rate, "epochs": EPOCHS, "batch_size": BATCH, "schedule": "linear", "log_every": 1000},
        "output": {"storage": str(folder), "name": f"lr-{rate}"},
    }
    started = time.perf_counter()
    result = fit_plain(build(TrainConfig, settings))
    return time.perf_counter() - started, result.metrics["val_f1"]


def report() -> Measured:
    from toolschool.config import build
    from toolschool.models.backbone import open_model
    from toolschool.models.tool_head import ToolHead
    from training import objectives
    from training.config import TrainConfig
    from training.rows import read_folder

    model, tokenizer = open_model(NANO)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        reading = write_features(folder)
        config = {"objective": "tool_head", "engine": "plain", "rows": scratch, "model": {"name": NANO}}
        objective: Any = objectives.make(build(TrainConfig, {**config, "output": {"storage": scratch, "name": "x"}}))
        numbers = {name: number for number, name in enumerate(objective.tools)}
        texts = labelled_texts(tokenizer, numbers, model.get_output_embeddings().weight.shape[0])
        rows = read_folder(f"{scratch}/train")
        texts = sorted(texts[: len(rows)], key=lambda text: len(text[0]))
        fresh = lambda: ToolHead(objective.tools, objective.hidden)  # noqa: E731 - an arm each
        seconds = alternate(
            {
                FEATURES: lambda: feature_epoch(objective, fresh(), rows, BATCH),
                LOOP: lambda: forward_epoch(model, fresh(), texts, BATCH),
                SINGLE: lambda: forward_epoch(model, fresh(), texts, 1),
            },
        )
        trainings = {rate: train(folder, rate) for rate in RATES}
    spent = [each[0] for each in trainings.values()]
    tokens = (0, sum(len(ids) for ids, _ in texts))  # that the language model is fed in an epoch
    claims = (
        Claim("toolken/batch", ratios(seconds, LOOP, FEATURES), tokens),
        Claim("toolken/text", ratios(seconds, SINGLE, FEATURES), tokens),
        Claim("toolken/sweep", tuple((reading + sum(spent)) / (reading + each) for each in spent)),
    )
    found = ", ".join(f"{rate:g}: {f1:.3f}" for rate, (_, f1) in trainings.items())
    text = f"""An epoch of {len(rows)} texts:

{table(seconds, LOOP)}

The reading pass took {reading:.1f} s, eight trainings of {EPOCHS} epochs {sum(spent):.1f} s:
pass and sweep cost {claims[-1].median:.2f} times as much as pass and one training.
F1 of calls by learning rate (validation): {found}."""
    return Measured(text, claims)
