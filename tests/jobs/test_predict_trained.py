"""Rows that StePrompt renders are learnt by heart, added tokens and all; jobs.predict then writes these calls, jobs.evaluate finds them right."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs import evaluate, predict
from toolschool.datasets import ste
from toolschool.methods.ste.inference import open_engine
from toolschool.methods.ste.template import StePrompt
from toolschool.models import backbone
from toolschool.models.templates import IGNORED

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = StePrompt(wrapper="plain", tools="token")
STEPS, LEARNT = 300, 0.01  # at most; mean loss
SHAPE = {"hidden_size": 64, "layers": 2, "heads": 2}  # learns these rows in a tenth of nano's time
CALLS = [
    ("What is nine days from now?", "add_date", {"days": 9}),
    ("And ten?", "add_date", {"days": 10}),
    ("What day is it?", "JAK_API%%Ben 10", {}),
    ("Where is Rome?", "search", {"near": {"city": "Rome"}}),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of nano's tokens after some steps on nothing but these rows."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    torch.manual_seed(0)
    names = list(dict.fromkeys(name for _, name, _ in CALLS))
    fresh = backbone.FreshConfig(tokenizer="assets/nano", **SHAPE)
    config = backbone.ModelConfig(fresh=fresh, new_tokens=TEMPLATE.added_tokens(names))
    model, tokenizer = backbone.load(config)
    rows = [TEMPLATE.row(tokenizer, *call, max_length=128) for call in CALLS]
    batch = {name: pad_sequence([torch.tensor(row[name]) for row in rows], True, IGNORED) for name in rows[0]}
    mask = batch["input_ids"] != IGNORED
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(STEPS):
        loss = model(batch["input_ids"].clamp(min=0), attention_mask=mask, labels=batch["labels"]).loss
        if loss < LEARNT:
            break
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert loss < LEARNT, loss
    card = {"method": "ste", "template": TEMPLATE.model_dump(mode="json")}
    return backbone.save(model, tokenizer, tmp_path_factory.mktemp("trained"), config=config, artifact=card)


def test_what_was_learnt_is_written_and_right(folder: Path, tmp_path: Path) -> None:
    items: dict[str, list[dict[str, Any]]] = {}
    for query, name, arguments in CALLS:
        items.setdefault(name, []).append(ste.item_row(query, name, arguments, ""))
    (tmp_path / "items.json").write_text(json.dumps(items))
    output = [f"output.storage={tmp_path}", "output.name=mine"]
    recipe = ["--config", str(ROOT / "recipes" / "ste" / "predict.yaml")]
    assert predict.main([*recipe, f"model={folder}", f"data.path={tmp_path / 'items.json'}", *output]) == 0
    found = json.loads((tmp_path / "mine" / "predictions.json").read_text())
    assert found["search"][0]["model_output"] == TEMPLATE.completion("", "search", {"near": {"city": "Rome"}})
    scores = [
        "--config",
        str(ROOT / "recipes" / "ste" / "score.yaml"),
        f"data.path={tmp_path / 'mine' / 'predictions.json'}",
    ]
    assert evaluate.main([*scores, f"output.storage={tmp_path}", "output.name=scores"]) == 0
    metrics = json.loads((tmp_path / "scores" / "metrics.json").read_text())
    assert (metrics["strict.correct"], metrics["strict.correct_count"]) == (100.0, 4)
    assert metrics["legacy.string_all"] == 75.0, "the published parser loses a nested object at the end"


def test_an_adapter_by_itself_is_opened(tmp_path: Path) -> None:
    new_tokens = TEMPLATE.added_tokens(["add_date"])
    config = backbone.ModelConfig(name="assets/nano", adapter="lora", merge=False, new_tokens=new_tokens)
    model, tokenizer = backbone.load(config)
    saved = backbone.save(model, tokenizer, tmp_path / "adapter", config=config)
    (made,) = open_engine(str(saved), "float32").generate(["What day is it?"], max_new_tokens=3)
    assert made.tokens <= 3
