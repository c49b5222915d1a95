"""Does ToolRAG beat TF-IDF and a plain MiniLM fine-tune on TinyAgent's plans? Trains all arms and writes the table.

    export TOOLSCHOOL_DATA=../shared/data
    python -m benchmarks.toolrag_study train --out /tmp/study --arms plain,toolrag --seeds 0,1,2
    python -m benchmarks.toolrag_study report --out /tmp/study --arms tfidf,plain

`train` keeps the logits of validation and test rows in one file per arm and seed and skips those it finds; two to six
minutes per run on one core, twelve with the written requests. `report` compares at equal tools per query: ToolRAG's temperature and price come from
validation rows, the baselines' threshold from the test rows themselves, in their favour, with at least as many tools
as ToolRAG used. Limits: one data set (255 test rows), one short training loop.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from toolschool.datasets.splits import guard
from toolschool.methods.tinyagent.selection import Calibration, calibrate, choose, sigmoid
from toolschool.tools.desk import DESK_TOOLS

if TYPE_CHECKING:
    import numpy as np

    from toolschool.evaluation.toolrag import ToolRagScores
    from toolschool.models.classifier import ToolClassifier

BUDGETS = (5.0, 5.5, 6.0, 7.0)


@dataclass(frozen=True)
class Arm:
    """One way to train; `lora` None trains all weights."""

    pooling: Literal["mean", "label_attention"] = "label_attention"
    lora: Mapping[str, Any] | None = None
    lr: float = 2e-4
    epochs: int = 5
    batch_size: int = 32
    augmented: float = 0.0  # extra rows per row: train rows with other names, and clauses of them recombined
    written: bool = False  # whether the requests written for the project are train rows too
    real: int = 1  # how many times a train row of plans.jsonl is read per epoch


ARMS: Mapping[str, Arm] = {
    "plain": Arm(pooling="mean"),
    "attention_full": Arm(epochs=8),
    "mean_lora": Arm(pooling="mean", lora={"r": 16}, lr=1e-3, epochs=10),
    "attention_lora": Arm(lora={"r": 16}, lr=1e-3, epochs=10),
    "toolrag": Arm(lora={"r": 16}, lr=1.5e-3, epochs=4, augmented=2.0),
    "written": Arm(lora={"r": 16}, lr=1.5e-3, epochs=2, written=True, real=3),
    "written_augmented": Arm(lora={"r": 16}, lr=1.5e-3, epochs=3, augmented=1.5, written=True),
}


def load_rows(
    part: str, augmented: float = 0.0, seed: int = 0, with_written: bool = False, real: int = 1
) -> tuple[list[str], np.ndarray]:
    """Queries and 0/1 labels (rows, 16) of one part `real` times; for training also written ones and `augmented` extra rows each."""
    from toolschool.datasets import registry, written
    from toolschool.datasets.augment import augment
    from toolschool.evaluation.toolrag import label_matrix

    examples = registry.examples("tinyagent", split=part) * real
    if with_written:
        examples += written.every("train")
    if augmented:
        examples += augment(examples, seed, int(augmented * len(examples)))
    return [example.query for example in examples], label_matrix([example.tools for example in examples], DESK_TOOLS)


def fit(arm: Arm, seed: int) -> ToolClassifier:
    """Train one classifier on the train rows: AdamW, linear warm-up (a tenth) and linear decay, bfloat16 autocast."""
    import numpy as np
    import torch

    from toolschool.models.classifier import ToolClassifier, pad_rows

    guard("tinyagent", "train", "train")
    torch.manual_seed(seed)
    queries, labels = load_rows("train", arm.augmented, seed, arm.written, arm.real)
    model = ToolClassifier.build(num_labels=len(DESK_TOOLS), pooling=arm.pooling, lora=arm.lora)
    rows = model.tokenizer()(queries, truncation=True, max_length=256)["input_ids"]
    targets = torch.tensor(labels, dtype=torch.float32)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=arm.lr, weight_decay=0.01)
    total = arm.epochs * -(-len(rows) // arm.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / (0.1 * total)) * max(0.0, 1 - step / total)
    )
    rng = np.random.default_rng(seed)
    for epoch in range(arm.epochs):
        model.train()
        started, losses = time.perf_counter(), []
        for positions in shuffled_batches([len(row) for row in rows], arm.batch_size, rng):
            ids, mask = pad_rows([rows[i] for i in positions])
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(ids, mask)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets[positions])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.perf_counter() - started:.0f} s", flush=True)
    return model


def shuffled_batches(lengths: Sequence[int], size: int, rng: np.random.Generator) -> list[list[int]]:
    """Batches of rows alike in length, in random order: sorted within random pools of eight batches."""
    order = rng.permutation(len(lengths))
    batches: list[list[int]] = []
    for start in range(0, len(order), 8 * size):
        pool = sorted(order[start : start + 8 * size].tolist(), key=lambda i: lengths[i])
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def train(out: Path, arms: Sequence[str], seeds: Sequence[int], keep: bool) -> None:
    """Train what is missing under `out`; `keep` also saves the models."""
    import numpy as np

    from toolschool.models.classifier import predict_logits

    for seed in seeds:
        for name in arms:
            path = out / f"{name}_{seed}.npz"
            if path.is_file():
                continue
            model = fit(ARMS[name], seed).eval()
            if keep:
                model.save_pretrained(out / f"{name}_{seed}", tools=list(DESK_TOOLS))
            tokenizer = model.tokenizer()
            validation, test = (
                predict_logits(model, tokenizer(load_rows(part)[0], truncation=True, max_length=256)["input_ids"])
                for part in ("validation", "test")
            )
            np.savez(path, validation=validation.numpy(), test=test.numpy())


def tfidf_run() -> dict[str, np.ndarray]:
    """Probabilities of TF-IDF with logistic regression, trained on the train rows, for validation and test rows."""
    from toolschool.evaluation.tfidf import train as train_tfidf

    queries, labels = load_rows("train")
    sets = [[DESK_TOOLS[k] for k in row.nonzero()[0]] for row in labels]
    baseline = train_tfidf(queries, sets, DESK_TOOLS)
    return {part: baseline.probabilities(load_rows(part)[0]) for part in ("validation", "test")}


def runs(out: Path, arm: str) -> list[Mapping[str, np.ndarray]]:
    """The saved logits of an arm, one per seed."""
    import numpy as np

    return [dict(np.load(path)) for path in sorted(out.glob(f"{arm}_[0-9]*.npz"))]


def toolrag_sets(run: Mapping[str, np.ndarray], budget: float) -> tuple[np.ndarray, Calibration]:
    """Chosen test sets of one run, calibrated on its validation rows."""
    calibration = calibrate(run["validation"], load_rows("validation")[1], budget)
    return choose(calibration.probabilities(run["test"]), calibration.price), calibration


def baseline_sets(run: Mapping[str, np.ndarray], tools: float, part: str) -> np.ndarray:
    """Test sets of a baseline whose threshold is the best one on the rows of `part` at up to `tools` per query."""
    from toolschool.evaluation.toolrag import pick_threshold, select

    point = pick_threshold(run[part], load_rows(part)[1], max_mean_tools=tools)
    return select(run["test"], point.threshold)


def report(out: Path, arms: Sequence[str], part: str) -> str:
    """The markdown table: every arm at every budget, and ToolRAG minus it with its interval and p-value.

    `part` says where the baselines' thresholds come from: "test" (in their favour) or "validation" (like ToolRAG).
    """
    labels = load_rows("test")[1]
    baselines = {"tfidf": [tfidf_run()]} if "tfidf" in arms else {}
    for arm in {*arms} & {"plain"}:
        baselines[arm] = [{name: sigmoid(logits) for name, logits in run.items()} for run in runs(out, arm)]
    lines = [
        "| budget | method | seeds | set coverage | mean recall | precision | tools/query | ToolRAG minus it | p |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for budget in BUDGETS:
        ours = [toolrag_sets(run, budget)[0] for run in runs(out, "toolrag")]
        used = max(float(chosen.sum(axis=1).mean()) for chosen in ours)
        tools = budget if part == "validation" else max(budget, used)
        lines.append(line(budget, "toolrag", ours, None, labels))
        for arm in arms:
            if arm in baselines:
                theirs = [baseline_sets(run, tools, part) for run in baselines[arm]]
            else:
                theirs = [toolrag_sets(run, budget)[0] for run in runs(out, arm)]
            lines.append(line(budget, arm, theirs, ours, labels))
    return "\n".join(lines)


def line(
    budget: float, name: str, sets: Sequence[np.ndarray], ours: Sequence[np.ndarray] | None, labels: np.ndarray
) -> str:
    """One row of the table: means over seeds, the coverage interval by bootstrap over queries."""
    import numpy as np

    from toolschool.evaluation.intervals import bootstrap_mean, paired_difference, paired_test
    from toolschool.evaluation.toolrag import score_labels

    scores: list[ToolRagScores] = [score_labels(chosen, labels, DESK_TOOLS) for chosen in sets]
    covered = covers(sets, labels)
    recall, precision, tools = (
        np.mean([value(score) for score in scores])
        for value in (lambda s: s.mean_recall.value, lambda s: s.precision, lambda s: s.mean_tools.value)
    )
    versus = p_value = "–"
    if ours is not None:
        versus = str(paired_difference(covers(ours, labels), covered))
        p_value = f"{paired_test(covers(ours, labels), covered).p_value:.4f}"
    interval = bootstrap_mean(covered.mean(axis=1))
    return (
        f"| {budget} | {name} | {len(sets)} | {interval} | {recall:.3f} | {precision:.3f} | {tools:.2f} "
        f"| {versus} | {p_value} |"
    )


def covers(sets: Sequence[np.ndarray], labels: np.ndarray) -> np.ndarray:
    """1 where all needed tools were chosen, (queries, seeds)."""
    import numpy as np

    return np.stack([(chosen | (labels == 0)).all(axis=1) for chosen in sets], axis=1).astype(float)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("train", "report"))
    parser.add_argument("--out", type=Path, required=True, help="folder for logits (and models)")
    parser.add_argument("--arms", default="plain,toolrag", help=f"of {', '.join(ARMS)}; report knows tfidf too")
    parser.add_argument("--seeds", default="0,1,2", help="comma list of integers")
    parser.add_argument("--thresholds", choices=("test", "validation"), default="test", help="of the baselines")
    parser.add_argument("--keep", action="store_true", help="save the trained models under --out")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    arms = options.arms.split(",")
    if options.step == "train":
        train(options.out, arms, [int(seed) for seed in options.seeds.split(",")], options.keep)
    else:
        print(report(options.out, [arm for arm in arms if arm != "toolrag"], options.thresholds))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
