"""The shipped language models: small, ordinary folders, and a planner whose plans parse and whose first words work."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from toolschool.datasets.desk import generate
from toolschool.evaluation.planner import PlanRow, score_plans
from toolschool.evaluation.state import same_effects
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.tools.desk import desk_catalog

ASSETS = Path(__file__).resolve().parents[2] / "assets"
CATALOG = desk_catalog()
NOW = datetime(2025, 3, 5, 14, 20)
MODELS = ("nano", "tinyagent/planner", "ste/caller")


@pytest.fixture(scope="module")
def planner() -> Planner:
    return Planner.load(ASSETS / "tinyagent" / "planner", CATALOG)


def test_assets_stay_small() -> None:
    assert sum(path.stat().st_size for path in ASSETS.rglob("*") if path.is_file()) < 50_000_000
    assert sum(path.stat().st_size for path in (ASSETS / "nano").iterdir()) < 20_000_000


@pytest.mark.parametrize("name", MODELS)
def test_transformers_opens_it_without_toolschool(name: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    model = AutoModelForCausalLM.from_pretrained(ASSETS / name)
    tokenizer = AutoTokenizer.from_pretrained(ASSETS / name)
    assert type(model) is LlamaForCausalLM
    assert model.config.use_cache
    assert model.config.vocab_size == len(tokenizer)
    assert len({tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id}) == 3
    logits = model(**tokenizer("Question: What is 2 plus 3?", return_tensors="pt")).logits
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("name", MODELS)
def test_the_card_says_what_it_is(name: str) -> None:
    card = (ASSETS / name / "README.md").read_text()
    assert all(f"**{part}" in card for part in ("Data", "Training", "Scores", "Limits", "Licence"))
    assert json.loads((ASSETS / name / "toolschool.json").read_text())["method"] in ("nano", "tinyagent", "ste")


def test_plans_of_unseen_requests_parse_and_mostly_do_what_the_gold_plan_does(planner: Planner) -> None:
    """Generated requests whose names, titles and phrasings training never had, with the gold tools offered."""
    examples = list(generate(99, 60, "test"))
    requests = [PlanRequest(example.query, example.tools, example.now or NOW) for example in examples]
    outputs = planner.plan_many(requests)
    rows = [
        PlanRow(e.id, e.query, o.text, e.plan, e.raw_plan, e.tools, e.now, o.truncated, o.empty)
        for e, o in zip(examples, outputs, strict=True)
    ]
    scores = score_plans(rows, CATALOG, same_effect=same_effects)
    assert scores.parse_failures.value == 0
    assert scores.success_published.value > 0.5
    assert scores.state is not None
    assert scores.state.value > 0.3


@pytest.mark.parametrize(
    ("query", "tools", "start"),
    [
        ("Text Sid Sharma that I will be ten minutes late", ("get_phone_number", "send_sms"), '1. get_phone_number("Sid Sharma")'),
        ("What's Oyelaran Adeyemi's email?", ("get_email_address",), '1. get_email_address("Oyelaran Adeyemi")'),
        ("Remind me to renew my passport next Friday", ("create_reminder",), "1. create_reminder("),
    ],
)  # fmt: skip
def test_minimum_functionality(planner: Planner, query: str, tools: tuple[str, ...], start: str) -> None:
    assert planner.plan_many([PlanRequest(query, tools, NOW)])[0].text.startswith(start)


def test_names_do_not_matter(planner: Planner) -> None:
    """Invariance: another name gives the same plan with that name."""
    tools = ("get_phone_number", "send_sms")
    texts = [
        planner.plan_many([PlanRequest(f"Text {name} that dinner is ready", tools, NOW)])[0].text.replace(name, "NAME")
        for name in ("Priya", "Wojciech", "Nguyen")
    ]
    assert len(set(texts)) == 1
