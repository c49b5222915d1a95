"""The card of a trained model, `README.md`, from what its folder and its run say of it.

    text = model_card("mine", about, manifest, licence="apache-2.0", files=["adapter_config.json", ...], load="app.planner=ME/mine")

`about` is the folder's toolschool.json, `manifest` the run's manifest.json where there is one. Nothing is made up: what neither says is left out,
and the licence is the user's to give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from toolschool.models.hub import parse, reads_like_folder

KINDS = {
    "tinyagent": "A planner (TinyAgent): a request and the tools it may use in, a plan of calls out.",
    "ste": "A caller of tools that it learnt by exploration (STE): a request in, one call out; its tools are listed in `tools.json`.",
    "tool_classifier": "A tool retriever (ToolRAG, TinyAgent): which tools does a request need?",
    "toolformer": "A language model that calls tools inside a text (Toolformer).",
    "toolgen": "Tools as tokens of the vocabulary (ToolGen): a request in, a tool out.",
    "tool_head": "Tools as rows over a frozen language model (Toolken).",
    "reranker": "A second look at a tool head's calls (Toolken+), over a frozen language model.",
    "nano": "A small language model for tool use, trained from scratch.",
}
SHOWN = 50  # tools
SETTINGS = (
    ("objective", "objective"),
    ("weights that learn", "model.adapter"),
    ("optimiser", "train.optimizer"),
    ("learning rate", "train.lr"),
    ("schedule", "train.schedule"),
    ("warm-up", "train.warmup_ratio"),
    ("epochs", "train.epochs"),
    ("rows in a forward pass", "train.batch_size"),
    ("tokens in a forward pass, instead", "train.batch_tokens"),
    ("forward passes in a step", "train.grad_accumulation"),
    ("workers", "workers.count"),
    ("longest row in tokens", "train.max_length"),
    ("seed", "train.seed"),
)


def model_card(
    title: str,
    about: Mapping[str, Any],
    manifest: Mapping[str, Any] | None,
    *,
    licence: str,
    files: Sequence[str],
    load: str,
) -> str:
    """The card as Markdown with a hub's front matter."""
    made = manifest or {}
    parts = [
        _front(about, licence, files),
        f"# {title}",
        KINDS.get(str(about.get("method")), "A language model, trained with Toolschool."),
        f"Load it in Toolschool: `{load}`.",
        *_paragraphs(about, made),
        _settings(made.get("config", {})),
        _scores({**about.get("metrics", {}), **made.get("metrics", {})}),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def base_of(about: Mapping[str, Any], adapter: Mapping[str, Any] | None = None) -> str | None:
    """What must be there for the model to be opened: the base of an adapter or head; None for a whole model."""
    base = (adapter or {}).get("base_model_name_or_path") or about.get("base")
    return str(base) if base else None


def public(name: str | None) -> bool:
    """Whether a model's name is one on the hub."""
    return bool(name) and not reads_like_folder(str(name)) and parse(str(name)) is not None


def _front(about: Mapping[str, Any], licence: str, files: Sequence[str]) -> str:
    parent = about.get("parent") or about.get("base") or about.get("classifier", {}).get("encoder")
    library = "peft" if "adapter_config.json" in files else "transformers" if "config.json" in files else "toolschool"
    front = {
        "license": licence,
        **({"base_model": parent} if public(parent) else {}),
        "library_name": library,
        "tags": ["toolschool", "tool-use", *([about["method"]] if about.get("method") else [])],
    }
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---"


def _paragraphs(about: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[str]:
    parent = about.get("parent") or about.get("base") or about.get("classifier", {}).get("encoder")
    if parent:
        yield f"**Base.** {parent}"
    if isinstance(tools := about.get("tools"), list) and tools:
        yield f"**Tools.** {', '.join(map(str, tools[:SHOWN]))}" + (" …" if len(tools) > SHOWN else "")
    rows = made.get("config", {}).get("rows")
    if rows:
        digest = made.get("inputs", {}).get(rows)
        yield f"**Rows.** `{rows}`" + (f" (SHA-256 of the training rows: `{digest}`)" if digest else "")
    if made:
        versions = ", ".join(
            f"{name} {version}" for name, version in made.get("versions", {}).items() if version != "absent"
        )
        yield f"**Made** {made.get('finished', '')} by `jobs.{made.get('job', 'train')}` at revision {made.get('git', 'unknown')}; {versions}."


def _settings(config: Mapping[str, Any]) -> str:
    lines = [f"| {said} | {value} |" for said, key in SETTINGS if (value := _at(config, key)) is not None]
    return "\n".join(["**Recipe.**", "", "| | |", "|---|---|", *lines]) if lines else ""


def _scores(metrics: Mapping[str, Any]) -> str:
    lines = [f"| {name} | {value:.4g} |" for name, value in sorted(metrics.items()) if isinstance(value, int | float)]
    return "\n".join(["**Scores** of the saved step.", "", "| | |", "|---|---|", *lines]) if lines else ""


def _at(config: Mapping[str, Any], key: str) -> Any:
    value: Any = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
