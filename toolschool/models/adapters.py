"""LoRA adapters over one base model in memory: each an engine of its own, all written in one batch.

    check_adapters("assets/tinyagent/planner", {"mine": "runs/mine/train/model"})           # before anything is loaded
    engine, others = open_adapters("assets/tinyagent/planner", {"mine": "runs/mine/train/model"})
    others["mine"].stream(prompt, max_new_tokens=400)                                         # beside texts of `engine`

Folders are those of `jobs.train` with model.adapter=lora and model.merge=false. The first may be the base model itself or an adapter over it.
A step reads the base's weights once for all texts and adds each text's own adapter (PEFT's `adapter_names`). Limits: an adapter that trained
rows of the embedding, or other weights of the base, cannot share it; merge it and serve it as a planner.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolschool.errors import ModelError
from toolschool.models.engines import TransformersEngine
from toolschool.models.hub import find_folder

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
BASE = "__base__"  # PEFT's name for no adapter at all


def check_adapters(first: str | Path, adapters: Mapping[str, str | Path]) -> None:
    """ModelError names the adapter that cannot lie over the base of the `first` folder, and why."""
    base, words, method = base_of(first), _words(first), _card(first).get("method")
    for name, folder in adapters.items():
        if _config(folder) is None:
            raise ModelError(
                f"adapters.{name}: {folder} has no LoRA adapter; train one with model.adapter=lora model.merge=false"
            )
        if (own := base_of(folder)) != base:
            raise ModelError(f"adapters.{name}: {folder} lies over {own}, the planner is {base}; train it over that")
        _check_shares(folder, f"adapters.{name}: ")
        if _words(folder) != words:
            raise ModelError(f"adapters.{name}: {folder} has another tokenizer than {first}; they must share one")
        if _card(folder).get("method", method) != method:
            raise ModelError(f"adapters.{name}: {folder} is a model of {_card(folder)['method']}, not of {method}")
    if _config(first) is not None:
        _check_shares(first, "")


def base_of(folder: str | Path) -> str:
    """The model that a folder's adapter lies on, else the folder's own: a folder, absolute, or a name of the hub. ModelError."""
    config = _config(folder)
    # PEFT writes down the path that was opened, which is gone where that was a submitted job's copy of the project.
    said = (folder,) if config is None else (config.get("base_model_name_or_path"), _card(folder).get("parent"))
    names = [str(name) for name in said if name]
    there = [place for place in map(find_folder, names) if place.exists()]
    if not names:
        raise ModelError(f"{folder}/{CONFIG} names no base model; train the adapter anew")
    return str(there[0].resolve()) if there else names[0]


def open_adapters(
    first: str | Path, adapters: Mapping[str, str | Path]
) -> tuple[TransformersEngine, dict[str, TransformersEngine]]:
    """The engine of the `first` folder, and by its name that of each adapter; one copy of the base. ModelError as above."""
    from peft import PeftModel
    from transformers import AutoTokenizer

    check_adapters(first, adapters)
    base = TransformersEngine.load(base_of(first))
    folders = {f"adapter_{number}": Path(folder) for number, folder in enumerate(adapters.values())}
    own = {} if _config(first) is None else {"first": Path(first)}
    model: Any = None
    for key, folder in {**own, **folders}.items():  # keys are PEFT's: it takes no dots
        if model is None:
            model = PeftModel.from_pretrained(base.model, folder, adapter_name=key)
        else:
            model.load_adapter(folder, adapter_name=key)
    tokenizer = AutoTokenizer.from_pretrained(first) if own else base.tokenizer
    shared = TransformersEngine(model, tokenizer)
    named = dict(zip(adapters, map(shared.under, folders), strict=True))
    return shared.under("first" if own else BASE), named


def _config(folder: str | Path) -> dict[str, Any] | None:
    path = Path(folder) / CONFIG
    return _read(path) if path.is_file() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ModelError(f"{path} is no JSON object ({error}); save the model anew") from error


def _card(folder: str | Path) -> dict[str, Any]:
    from toolschool.models.backbone import read_artifact

    return read_artifact(folder)


def _words(folder: str | Path) -> dict[str, Any]:
    """What decides the ids of a text."""
    path = Path(folder) / "tokenizer.json"
    if not path.is_file():
        raise ModelError(f"{folder} has no tokenizer.json; save its tokenizer beside it")
    whole = _read(path)
    return {key: whole.get(key) for key in ("added_tokens", "normalizer", "pre_tokenizer", "model")}


def _check_shares(folder: str | Path, where: str) -> None:
    """ModelError where more was learnt than matrices beside those of the base."""
    from safetensors import safe_open

    config, weights = _config(folder) or {}, Path(folder) / WEIGHTS
    if config.get("peft_type") != "LORA":
        raise ModelError(f"{where}{folder} is an adapter of {config.get('peft_type')}; only LoRA can share its base")
    if not weights.is_file():
        raise ModelError(f"{where}{folder} has no {WEIGHTS}; train it anew")
    with safe_open(weights, "numpy") as file:
        others = [key for key in file.keys() if ".lora_" not in key]  # noqa: SIM118 - no mapping
    if config.get("trainable_token_indices") or config.get("modules_to_save") or others:
        which = f" ({others[0]})" if others else ""
        raise ModelError(
            f"{where}{folder} trained more than LoRA matrices{which}, such as rows of new tokens, and cannot share the base; "
            "merge it (model.merge=true) and serve it as a planner"
        )
