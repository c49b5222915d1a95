"""What makes nano good: parts of the data, amount of data, size, shape, tokenizer, optimiser. Trains small arms side by side.

    export TOOLSCHOOL_DATA=../shared/data
    python -m jobs.prepare --config recipes/nano/prepare.yaml
    python -m benchmarks.nano_study train --rows runs/nano-rows --out runs/nano-study --arms base,no_written --seeds 0
    python -m benchmarks.nano_study report --out runs/nano-study

Every arm differs from `base` in one respect and sees as many tokens (unless that is what it varies); scores are those of
`benchmarks.nano_scores` on validation rows. An arm takes two to ten minutes on two cores; finished ones are skipped. Limits: one
recipe size, few seeds: intervals of single runs are about four points wide each way on real rows.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "nano" / "pretrain.yaml"
BUDGET = 6e6  # tokens of the base arm
MAX_LENGTH = 1024  # rows are longer in a small vocabulary


@dataclass(frozen=True)
class Arm:
    """One way to train."""

    tokens: float = BUDGET
    without: tuple[str, ...] = ()  # parts of the mixture left out
    vocabulary: int | None = None  # a tokenizer of this size, trained on the same rows; default: that of the rows
    shape: Mapping[str, Any] = field(default_factory=lambda: {"hidden_size": 192, "layers": 5, "heads": 3})
    train: Mapping[str, Any] = field(default_factory=dict)


BASE = Arm()
SHAPES = {
    "narrow": {"hidden_size": 128, "layers": 4, "heads": 2},
    "wide": {"hidden_size": 256, "layers": 6, "heads": 4},
    "wider": {"hidden_size": 320, "layers": 8, "heads": 5},
    "deep": {"hidden_size": 160, "layers": 8, "heads": 5},
    "shallow": {"hidden_size": 256, "layers": 3, "heads": 4},
    "untied": {"hidden_size": 192, "layers": 4, "heads": 3, "tie_embeddings": False},
    "six_heads": {"hidden_size": 192, "layers": 5, "heads": 6},
    "grouped": {"hidden_size": 192, "layers": 5, "heads": 6, "kv_heads": 2},
}
ARMS: Mapping[str, Arm] = {
    "base": BASE,
    **{f"tokens_{share:g}": replace(BASE, tokens=BUDGET * share) for share in (0.25, 0.5, 2, 4)},
    **{f"no_{part}": replace(BASE, without=(part,)) for part in ("desk", "written", "varied")},
    "plans_only": replace(BASE, without=("arithmetic", "gsm8k", "svamp", "documentation", "trials")),
    **{name: replace(BASE, shape=shape) for name, shape in SHAPES.items()},
    **{f"vocabulary_{size}": replace(BASE, vocabulary=size) for size in (1024, 4096)},
    "adamw": replace(BASE, train={"optimizer": "adamw"}),
    "cosine": replace(BASE, train={"schedule": "cosine"}),
    "slow": replace(BASE, train={"lr": 1e-3}),
    "fast": replace(BASE, train={"lr": 4e-3}),
}


def arm_rows(rows: Path, arm: Arm, seed: int, out: Path) -> Path:
    """The tokenizer and the rows of an arm in one folder: parts left out, as many tokens as it may see, drawn by `seed`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from training.rows import read_tables

    table = pa.concat_tables(read_tables(str(rows / "nano" / "train")))
    parts = pc.list_element(pc.split_pattern(table["id"], "/"), 0)
    table = table.filter(pc.invert(pc.is_in(parts, pa.array(arm.without, pa.string()))))
    order = np.random.default_rng(seed).permutation(table.num_rows)
    lengths = pc.list_value_length(table["input_ids"]).to_numpy()[order]
    table = table.take(order[: int(np.searchsorted(np.cumsum(lengths), arm.tokens)) + 1])
    validation = pa.concat_tables(read_tables(str(rows / "nano" / "validation")))
    tokenizer = rows / "tokenizer"
    if arm.vocabulary:
        table, validation = (_retold(each, tokenizer, out, arm.vocabulary, table) for each in (table, validation))
        tokenizer = out / "tokenizer"
    for name, each in (("train", table), ("validation", validation)):
        (out / name).mkdir(parents=True, exist_ok=True)
        pq.write_table(each, out / name / "rows.parquet")
    return tokenizer


def _retold(table: pa.Table, old_folder: Path, out: Path, size: int, sample: pa.Table) -> pa.Table:
    """Rows in the tokens of a tokenizer of another size, which is trained on `sample` the first time."""
    import pyarrow as pa
    from transformers import AutoTokenizer

    from toolschool.methods.tinyagent.template import COMPACT_TOKENS
    from toolschool.models.templates import IGNORED, encode_row
    from toolschool.models.tokenizer import train_tokenizer
    from toolschool.records import token_schema

    old = AutoTokenizer.from_pretrained(old_folder)
    if not (out / "tokenizer" / "tokenizer.json").is_file():
        texts = (old.decode(ids[:-1]) for ids in sample["input_ids"][:6000].to_pylist())
        train_tokenizer(texts, size, COMPACT_TOKENS).save_pretrained(out / "tokenizer")
    new = AutoTokenizer.from_pretrained(out / "tokenizer")
    retold = []
    for row in table.to_pylist():
        masked = sum(label == IGNORED for label in row["labels"])
        prompt, completion = old.decode(row["input_ids"][:masked]), old.decode(row["input_ids"][masked:-1])
        retold.append({"id": row["id"], **encode_row(new, prompt, completion, max_length=MAX_LENGTH)})
    return pa.Table.from_pylist(retold, schema=token_schema())


def fit(rows: Path, arm: Arm, seed: int, out: Path) -> str:
    """Train an arm; the folder of its model."""
    from toolschool.config import build, read_yaml
    from training.config import TrainConfig
    from training.plain import fit_plain

    tokenizer = arm_rows(rows, arm, seed, out)
    changed = {
        "rows": str(out),
        "model": {"fresh": {"tokenizer": str(tokenizer), "seed": seed, **arm.shape}},
        "train": {
            "seed": seed,
            "max_steps": None,
            "epochs": 1,
            "eval_every": None,
            "checkpoint_every": None,
            "max_length": MAX_LENGTH,
            **arm.train,
        },
        "output": {"storage": str(out), "name": "run"},
    }
    return fit_plain(build(TrainConfig, read_yaml(RECIPE), changed)).model_dir


def train(rows: Path, out: Path, arms: Sequence[str], seeds: Sequence[int]) -> None:
    """Train and score what is missing under `out`."""
    from benchmarks.nano_scores import ASSETS, all_scores
    from toolschool.methods.tinyagent.planner import Planner
    from toolschool.tools.desk import desk_catalog

    for seed in seeds:
        for name in arms:
            folder = out / f"{name}_{seed}"
            if (folder / "scores.json").is_file():
                continue
            started = time.perf_counter()
            planner = Planner.load(fit(rows, ARMS[name], seed, folder), desk_catalog())
            minutes = (time.perf_counter() - started) / 60
            found = all_scores(planner, "validation", ASSETS / "tinyagent" / "toolrag")
            scores: dict[str, Any] = {
                "arm": name,
                "seed": seed,
                "minutes": round(minutes, 1),
                "parameters": sum(parameter.numel() for parameter in planner.engine.model.parameters()),
                "tokens": ARMS[name].tokens,
                **{kind: _numbers(asdict(each)) for kind, each in found.items()},
            }
            (folder / "scores.json").write_text(json.dumps(scores, indent=1), encoding="utf-8")
            print(row(scores), flush=True)


def _numbers(scores: Mapping[str, Any]) -> dict[str, Any]:
    wanted = ("success_published", "dag_strict", "args_strict", "state")
    return {name: scores[name]["value"] for name in wanted} | {"rows": scores["rows"]}


HEADER = (
    "| arm | seed | parameters | tokens | minutes | real: published | args_strict | written: published | args_strict "
    "| generated: same state | copied |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


def row(scores: Mapping[str, Any]) -> str:
    from benchmarks.nano_scores import copied

    real, told, made = scores["real"], scores["written"], scores["desk"]
    right = copied(made["args_strict"], made["dag_strict"])
    return (
        f"| {scores['arm']} | {scores['seed']} | {scores['parameters'] / 1e6:.1f}M | {scores['tokens'] / 1e6:g}M "
        f"| {scores['minutes']} | {real['success_published']:.3f} | {real['args_strict']:.3f} "
        f"| {told['success_published']:.3f} | {told['args_strict']:.3f} | {made['state']:.3f} | {right:.2f} |"
    )


def finished(out: Path) -> list[dict[str, Any]]:
    """Scores of all finished arms, in the order of `ARMS`."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in out.glob("*/scores.json")]
    order = list(ARMS)
    return sorted(found, key=lambda scores: (order.index(scores["arm"]), scores["seed"]))


def report(out: Path) -> str:
    """All finished arms as a table."""
    return "\n".join([HEADER, *map(row, finished(out))])


def growth_plot(found: Sequence[Mapping[str, Any]]) -> bytes:
    """What tokens of the base shape and what parameters at the base's tokens gain, side by side, as PNG."""
    from toolschool.evaluation import plots

    arms = {
        "tokens": ("tokens_0.25", "tokens_0.5", "base", "tokens_2", "tokens_4"),
        "parameters": ("narrow", "base", "wide", "wider"),
    }
    lines = {
        "real: published": lambda scores: scores["real"]["success_published"],
        "written: published": lambda scores: scores["written"]["success_published"],
        "generated: same state": lambda scores: scores["desk"]["state"],
        "written: arguments": lambda scores: scores["written"]["args_strict"],
    }
    figure, first = plots.new_figure("Growth with tokens", "million tokens", "validation rows (%)", width=10.0)
    second = figure.add_subplot(1, 2, 2, sharey=first)
    first.set_subplotspec(figure.add_gridspec(1, 2)[0])
    for axes, what in ((first, "tokens"), (second, "parameters")):
        chosen = sorted((scores for scores in found if scores["arm"] in arms[what]), key=lambda scores: scores[what])
        for k, (name, value) in enumerate(lines.items()):
            x, y = [scores[what] / 1e6 for scores in chosen], [100 * value(scores) for scores in chosen]
            axes.plot(x, y, color=plots.colour_of(k), marker=plots.MARKERS[k], label=name)
        axes.set_xscale("log", base=2)
        axes.set_xticks([scores[what] / 1e6 for scores in chosen], [f"{scores[what] / 1e6:.3g}" for scores in chosen])
        axes.grid(alpha=0.3)
    second.tick_params(labelleft=False)
    second.set_title("Growth with parameters", loc="left", fontweight="bold")
    second.set_xlabel("million parameters, 6 million tokens")
    first.legend(frameon=False, fontsize=8)
    return plots.to_png(figure)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("train", "report"))
    parser.add_argument("--rows", type=Path, default=Path("runs/nano-rows"), help="folder of the prepared rows")
    parser.add_argument("--out", type=Path, required=True, help="folder for models and scores")
    parser.add_argument("--arms", default=",".join(ARMS), help="comma list; default: all")
    parser.add_argument("--seeds", default="0", help="comma list of integers")
    options = parser.parse_args(argv)
    if options.step == "train":
        train(options.rows, options.out, options.arms.split(","), [int(seed) for seed in options.seeds.split(",")])
    else:
        print(report(options.out))
        (options.out / "growth.png").write_bytes(growth_plot(finished(options.out)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
