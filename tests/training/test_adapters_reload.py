"""An adapter by itself, opened by PEFT alone over its base, scores what training said of it; new tokens included."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolschool.config import build
from toolschool.errors import ConfigError
from training.config import TrainConfig
from training.rows import Rows, from_lists
from training.trainer import fit

Make = Callable[..., TrainConfig]
MARKER = "<CALL>"


@pytest.fixture
def base(tokenizer_dir: Path, tmp_path: Path) -> Path:
    """A saved model to put adapters on, wide enough for a block of 4-bit numbers."""
    from toolschool.models import backbone

    config = build(
        backbone.ModelConfig, {"fresh": {"tokenizer": str(tokenizer_dir), "hidden_size": 64, "layers": 2, "heads": 2}}
    )
    return backbone.save(*backbone.load(config), tmp_path / "base", config=config)


@pytest.fixture
def marked_rows(kit: Any, base: Path, tmp_path: Path) -> tuple[Path, Rows]:
    """Rows whose completions say the new token; the folder and the validation rows."""
    from toolschool.models.backbone import ModelConfig, load_tokenizer

    tokenizer = load_tokenizer(ModelConfig(name=str(base), new_tokens=(MARKER,)))
    rows = [
        kit.encode(tokenizer, f"row-{i:02d}", f"Plan the request.\nQuestion {i}?", f"{MARKER} tool({i % 3})")
        for i in range(30)
    ]
    kit.write_rows(from_lists(rows[:24]), tmp_path / "marked" / "train")
    kit.write_rows(from_lists(rows[24:]), tmp_path / "marked" / "validation")
    return tmp_path / "marked", from_lists(rows[24:])


def reopened(base: Path, folder: str, four_bits: bool) -> Any:
    """Base, resized for the adapter's tokenizer, and the adapter; nothing of ours but the settings of the 4 bits."""
    import peft
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

    quantised = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32,
    )
    given = {"quantization_config": quantised} if four_bits else {}
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, **given)
    model.resize_token_embeddings(len(AutoTokenizer.from_pretrained(folder)), mean_resizing=True)
    return peft.PeftModel.from_pretrained(model, folder).eval()


def loss_of(model: Any, rows: Rows) -> float:
    """Mean loss of the supervised tokens."""
    import torch

    total, count = 0.0, 0
    for row in rows:
        ids, labels = (torch.tensor(part.tolist())[None] for part in (row.input_ids, row.labels))
        tokens = int((labels[:, 1:] != -100).sum())
        with torch.no_grad():
            total += float(model(input_ids=ids, labels=labels).loss) * tokens
        count += tokens
    return total / count


@pytest.mark.parametrize(
    ("adapter", "engine", "stage"),
    [("lora", "deepspeed", 2), ("lora", "deepspeed", 3), ("qlora", "plain", 2), ("qlora", "deepspeed", 2)],
)
def test_an_adapter_scores_what_it_scored(
    make_config: Make, base: Path, marked_rows: tuple[Path, Rows], adapter: str, engine: str, stage: int
) -> None:
    folder, validation = marked_rows
    model = {"fresh": None, "name": str(base), "adapter": adapter, "new_tokens": [MARKER], "merge": False}
    more = {"max_steps": 30, "eval_every": 10, "lr": 1e-2}
    layer = {"rows": str(folder), "model": model, "engine": engine, "deepspeed": {"stage": stage}, "train": more}
    done = fit(make_config(layer))
    again = loss_of(reopened(base, done.model_dir, adapter == "qlora"), validation)
    assert again == pytest.approx(done.metrics["val_loss"], abs=5e-5)
    assert loss_of(reopened(base, done.model_dir, adapter != "qlora"), validation) != pytest.approx(again, abs=5e-5)
    assert done.metrics["val_loss"] < 4.5, "learnt something: a random model scores 5.7"


def test_what_does_not_go_together_is_refused(make_config: Make) -> None:
    four = {"model": {"fresh": None, "name": "x", "adapter": "qlora"}}
    for layers, said in (
        ((four, {"deepspeed": {"stage": 3}}), "4-bit ones are packed with their scales"),
        ((four, {"objective": "tool_classifier"}), "is for causal_lm, not tool_classifier"),
        (({"train": {"optimizer": "paged_adamw8bit"}},), "cannot tell blocks: set engine=plain"),
        (({"deepspeed": {"stage": 0, "offload": "optimizer"}},), "stage 0 shards nothing"),
        (({"deepspeed": {"stage": 2, "offload": "all"}},), "set deepspeed.stage=3"),
        (({"deepspeed": {"precision": "float16"}, "train": {"autocast": True}},), "choose one of"),
    ):
        with pytest.raises(ConfigError, match=said):
            make_config(*layers)


def test_averages_in_eight_bits_learn_as_those_in_32(make_config: Make) -> None:
    wide = {"engine": "plain", "model": {"fresh": {"hidden_size": 64}}}
    losses = {
        name: fit(make_config(wide, {"train": {"optimizer": name}, "output": {"name": name}})).metrics["val_loss"]
        for name in ("adamw", "adamw8bit")
    }
    assert losses["adamw8bit"] == pytest.approx(losses["adamw"], rel=0.02)
    assert losses["adamw8bit"] != losses["adamw"], "they were in 8 bits"


def test_offload_and_sixteen_bits_are_settings_that_deepspeed_takes(make_config: Make) -> None:
    """They run on GPUs (tests/gpu); here DeepSpeed's own models of its configuration read what is written for it."""
    from deepspeed.runtime.zero.config import DeepSpeedZeroConfig

    from training.deepspeed_engine import settings

    for stage, offload in ((2, "optimizer"), (3, "all")):
        layer = {"deepspeed": {"stage": stage, "offload": offload, "precision": "float16"}}
        written = settings(make_config(layer))
        read = DeepSpeedZeroConfig(**written["zero_optimization"])
        assert (read.stage, read.offload_optimizer.device) == (stage, "cpu")
        assert (read.offload_param is not None) == (offload == "all")
        assert (written["fp16"], written["bf16"]) == ({"enabled": True}, {"enabled": False})
