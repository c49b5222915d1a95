"""Pick the study's best ToolRAG run, calibrate it and put it into assets/ with its model card.

    export TOOLSCHOOL_DATA=../shared/data
    python -m benchmarks.toolrag_study train --out /tmp/study --arms written --keep
    python -m benchmarks.toolrag_ship --study /tmp/study --to assets/tinyagent/toolrag

The run with the lowest cross-entropy on validation rows is taken; test rows are only scored. `any_tools_fit.py` is to be run next. Limits: writes numbers of
this one model, the comparison over seeds stands in docs/results/toolrag.md.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.toolrag_study import ARMS, load_rows
from toolschool.datasets import written
from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.selection import choose
from toolschool.methods.tinyagent.toolrag import BUDGET, ToolRag, calibrate_folder
from toolschool.tools.desk import DESK_TOOLS

if TYPE_CHECKING:
    import numpy as np

README = """---
license: apache-2.0
base_model: sentence-transformers/all-MiniLM-L6-v2
library_name: peft
tags: [tool-retrieval, multi-label-classification]
---

# ToolRAG for the desk's 16 tools

Which of the 16 TinyAgent tools does a request need? A LoRA adapter over all-MiniLM-L6-v2 and a label-attention head:
every tool attends to the request's tokens by itself. {size:.1f} MB; about 10 ms for a request on one CPU core.

    from toolschool.methods.tinyagent.toolrag import ToolRag
    rag = ToolRag.load("assets/tinyagent/toolrag")
    rag.search(["Mail Sid the summary of plan.pdf"])

**Data.** TinyAgent's worked examples as published in michaelneale/goose-perception (Apache-2.0), English: {train} train
rows ({real} times an epoch), {told} requests written for this project (`toolschool/datasets/requests`), and {extra} rows made of both by
`toolschool/datasets/augment.py`. Calibrated on {validation} validation rows, scored on {test} test rows. The parts are
split by tool set: no real row of a test row's combination of tools was seen.

**Training.** `benchmarks/toolrag_study.py`, arm `{name}`: LoRA r={r} on all linear maps, binary cross-entropy, AdamW at
{lr:g}, {epochs} epochs, batch {batch}, linear warm-up (a tenth) and decay, seed {seed} (of those trained, the one with the
lowest validation loss).

**Scores** (95 % intervals over rows), tools chosen for {budget} tools per request on validation rows:

| part | set coverage | mean recall | precision | tools per request | gold tools per request |
|---|---|---|---|---|---|
{scores}

Validation rows chose the seed, the temperature and the price, so their scores are slightly flattering. Comparison with
TF-IDF and a plain fine-tune: `docs/results/toolrag.md`.

**Other tools** can join by their descriptions, far less surely (`toolschool/methods/tinyagent/finder.py`; `joint` in `toolschool.json` is the
scale that they share with these, fitted by `benchmarks/any_tools_fit.py`; measured in `docs/results/toolrag.md`).

**Limits.** English; requests of one to eight tools in the manner of the training rows, most of them with several clauses; 256 tokens. Some
gold labels are arbitrary (an attachment may or may not open a file), so full coverage is out of reach. It always names
at least one tool, also for a request that none fits.

**Licence.** Adapter and head: Apache-2.0. The base encoder is not contained; its own licence (Apache-2.0) applies.
"""


def best_run(study: Path, arm: str) -> Path:
    """The arm's saved run with the lowest cross-entropy on validation rows. ConfigError when there is none."""
    import numpy as np

    wanted = load_rows("validation")[1]

    def loss(path: Path) -> float:
        logits = np.load(path)["validation"].astype(float)
        return float((np.logaddexp(0.0, logits) - wanted * logits).mean())

    logits = [path for path in study.glob(f"{arm}_[0-9]*.npz") if path.with_suffix("").is_dir()]
    if not logits:
        raise ConfigError(f"{study} holds no saved run of {arm}; train the arm with --keep first")
    return min(logits, key=loss).with_suffix("")


def scores_of(rag: ToolRag, queries: Sequence[str], labels: np.ndarray) -> dict[str, Any]:
    """Scores of one part as plain numbers, intervals as [low, high]."""
    from toolschool.evaluation.toolrag import score_labels

    scores = score_labels(choose(rag.probabilities(queries), rag.calibration.price), labels, rag.tools)
    coverage, recall = scores.set_coverage, scores.mean_recall
    return {
        "set_coverage": round(coverage.value, 4),
        "set_coverage_interval": [round(coverage.low, 4), round(coverage.high, 4)],
        "mean_recall": round(recall.value, 4),
        "mean_recall_interval": [round(recall.low, 4), round(recall.high, 4)],
        "precision": round(scores.precision, 4),
        "mean_tools": round(scores.mean_tools.value, 3),
        "gold_tools": round(float(labels.sum(axis=1).mean()), 3),
        "queries": scores.queries,
    }


def score_line(part: str, scores: Mapping[str, Any]) -> str:
    """One row of the card's table."""
    low, high = scores["set_coverage_interval"]
    below, above = scores["mean_recall_interval"]
    return (
        f"| {part} ({scores['queries']} rows) | {scores['set_coverage']:.3f} [{low:.3f}, {high:.3f}] "
        f"| {scores['mean_recall']:.3f} [{below:.3f}, {above:.3f}] | {scores['precision']:.3f} "
        f"| {scores['mean_tools']:.2f} | {scores['gold_tools']:.2f} |"
    )


def ship(study: Path, name: str, target: Path, budget: float) -> dict[str, Any]:
    """Copy, calibrate, score and describe the best run; returns its scores."""
    run = best_run(study, name)
    target.mkdir(parents=True, exist_ok=True)
    for path in run.iterdir():
        shutil.copyfile(path, target / path.name)
    arm, seed = ARMS[name], int(run.name.rsplit("_", 1)[1])
    parts = {part: load_rows(part) for part in ("train", "validation", "test")}
    calibrate_folder(target, *parts["validation"], budget=budget, tools=list(DESK_TOOLS))
    rag = ToolRag.load(target)
    metrics = {part: scores_of(rag, *parts[part]) for part in ("validation", "test")}
    from toolschool.models.classifier import write_card

    write_card(target, metrics=metrics, parent="sentence-transformers/all-MiniLM-L6-v2")
    told = len(written.every("train")) if arm.written else 0
    counts = {part: len(rows[0]) for part, rows in parts.items()}
    text = README.format(
        size=sum(path.stat().st_size for path in target.iterdir() if path.name != "README.md") / 1e6,
        extra=int(arm.augmented * (counts["train"] + told)),
        told=told,
        name=name,
        r=(arm.lora or {})["r"],
        lr=arm.lr,
        epochs=arm.epochs,
        batch=arm.batch_size,
        real=arm.real,
        seed=seed,
        budget=budget,
        scores="\n".join(score_line(part, metrics[part]) for part in metrics),
        **counts,
    )
    (target / "README.md").write_text(text, encoding="utf-8")
    return metrics


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="folder of toolrag_study, trained with --keep")
    parser.add_argument("--arm", choices=tuple(ARMS), default="written", help="which arm's runs to choose from")
    parser.add_argument("--to", type=Path, required=True, help="artifact folder to write")
    parser.add_argument("--budget", type=float, default=BUDGET, help="mean tools per query on validation rows")
    options = parser.parse_args(argv)
    for part, scores in ship(options.study, options.arm, options.to, options.budget).items():
        print(part, scores)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
