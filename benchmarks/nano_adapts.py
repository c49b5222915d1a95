"""Does nano take to new tools within minutes? By LoRA with the tool's name as text, and by one new token per tool.

    export TOOLSCHOOL_DATA=../shared/data
    python -m benchmarks.nano_adapts --out runs/nano-adapts

MetaTool's validation requests, which nano never saw: of the tools with the most of them, three quarters of the requests teach
and one quarter asks. A prediction is the tool that the model finds likeliest. Beside it: always the commonest tool, and nano as it is.
Limit: one draw of tools, some hundred requests.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolschool.datasets import registry
from toolschool.datasets.splits import by_shares
from toolschool.evaluation.intervals import Interval, rate

NANO = Path(__file__).resolve().parents[1] / "assets" / "nano"
TOOLS = 40
EPOCHS = 5
Pair = tuple[str, str]  # request and tool


def requests() -> tuple[list[Pair], list[Pair]]:
    """Pairs to learn from and to be asked, of the `TOOLS` tools with the most requests."""
    rows = registry.load("metatool", split="validation", purpose="select")
    pairs = [
        (str(row["query"]).strip(), row["tools"][0])
        for row in rows
        if row["kind"] == "query" and len(row["tools"]) == 1
    ]
    chosen = {tool for tool, _ in Counter(tool for _, tool in pairs).most_common(TOOLS)}
    kept = [pair for pair in dict.fromkeys(pairs) if pair[1] in chosen]
    teaches = {pair: by_shares(pair[0], train=75, validation=0) == "train" for pair in kept}
    return [pair for pair in kept if teaches[pair]], [pair for pair in kept if not teaches[pair]]


def prompt(request: str) -> str:
    return f"User Query: {request}\nTool:"


def names(pairs: Sequence[Pair], new_tokens: bool) -> dict[str, str]:
    """What is written for each tool."""
    tools = sorted({tool for _, tool in pairs})
    return {tool: f"<tool_{number}>" if new_tokens else f" {tool}" for number, tool in enumerate(tools)}


def learn(taught: Sequence[Pair], written: Mapping[str, str], new_tokens: bool, out: Path) -> str:
    """Train an adapter on nano, with the new tokens' rows if there are any; the folder of the model."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from toolschool.config import build
    from toolschool.models.backbone import load_tokenizer
    from toolschool.models.templates import encode_row
    from toolschool.records import token_schema
    from training.config import TrainConfig
    from training.plain import fit_plain

    config = build(
        TrainConfig,
        {
            "engine": "plain",
            "rows": str(out),
            "model": {
                "name": str(NANO),
                "adapter": "lora",
                "lora": {"r": 16, "alpha": 32},
                "new_tokens": list(written.values()) if new_tokens else [],
            },
            "train": {"lr": 3e-3, "epochs": EPOCHS, "batch_size": 32, "schedule": "linear", "log_every": 50},
            "output": {"storage": str(out), "name": "run"},
        },
    )
    tokenizer = load_tokenizer(config.model)
    rows = [{"id": q, **encode_row(tokenizer, prompt(q), written[tool], 512)} for q, tool in taught]
    (out / "train").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=token_schema()), out / "train" / "rows.parquet")
    return fit_plain(config).model_dir


def likeliest(model: Any, tokenizer: Any, request: str, written: Mapping[str, str]) -> str:
    """The tool whose text has the highest mean log-probability behind the prompt."""
    import torch

    from toolschool.models.classifier import pad_rows

    before = tokenizer(prompt(request), add_special_tokens=False)["input_ids"]
    rows = [before + tokenizer(text, add_special_tokens=False)["input_ids"] for text in written.values()]
    ids, _ = pad_rows(rows, tokenizer.pad_token_id)
    with torch.inference_mode():
        scores = model(input_ids=ids).logits.float().log_softmax(-1)
    means = [
        sum(float(scores[i, at - 1, row[at]]) for at in range(len(before), len(row))) / (len(row) - len(before))
        for i, row in enumerate(rows)
    ]
    return list(written)[means.index(max(means))]


def right(folder: str | Path, asked: Sequence[Pair], written: Mapping[str, str]) -> Interval:
    """Share of the asked requests whose tool is found, with its interval."""
    from toolschool.models.backbone import open_model

    model, tokenizer = open_model(folder)
    return rate([likeliest(model, tokenizer, request, written) == tool for request, tool in asked])


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/nano-adapts"), help="folder for rows and models")
    options = parser.parse_args(argv)
    taught, asked = requests()
    commonest = Counter(tool for _, tool in taught).most_common(1)[0][0]
    print(f"{len({tool for _, tool in taught})} tools, {len(taught)} requests to learn from, {len(asked)} asked")
    print("| | right tool | minutes |\n|---|---|---|")
    print(f"| always the commonest | {rate([tool == commonest for _, tool in asked])} | |")
    print(f"| nano as it is | {right(NANO, asked, names(taught, False))} | |", flush=True)
    for title, new_tokens in (("LoRA, names as text", False), ("LoRA, one new token per tool", True)):
        written = names(taught, new_tokens)
        started = time.perf_counter()
        folder = learn(taught, written, new_tokens, options.out / ("tokens" if new_tokens else "names"))
        minutes = (time.perf_counter() - started) / 60
        print(f"| {title} | {right(folder, asked, written)} | {minutes:.1f} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
