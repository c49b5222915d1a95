"""What the other methods need of nano, each on rows that its training never saw (GSM8K's validation part, STE's tools)."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolschool.datasets import gsm8k, registry
from toolschool.datasets.queries import documentation
from toolschool.evaluation.probes import call_samples, call_signal, request_ranks, write_request, wrong_number

NANO = Path(__file__).resolve().parents[2] / "assets" / "nano"
TEXTS = 40
pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def nano() -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(NANO, dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(NANO)


@pytest.fixture(scope="module")
def texts(data_root: Path) -> list[str]:
    rows = registry.load("gsm8k", path=data_root / "gsm8k", split="validation", purpose="select")
    found = [gsm8k.text(row, calls=True) for row in rows]
    return random.Random(0).sample([text for text in found if "[Calculator(" in text], TEXTS)


def test_a_right_result_lowers_the_loss_and_a_wrong_one_does_not(nano: tuple[Any, Any], texts: list[str]) -> None:
    """Toolformer's signal: without it, its filter keeps nothing or everything."""
    found = call_signal(*nano, texts)
    print(f"right {found.right}, wrong {found.wrong}, mean gain {found.gain:.2f} nats")
    assert found.right.value >= 0.8
    assert found.wrong.value <= 0.2


def test_it_samples_well_formed_calls(nano: tuple[Any, Any], texts: list[str]) -> None:
    found = call_samples(*nano, texts[:15])
    print(f"well formed {found.well_formed}, of the text's numbers {found.of_the_text}; {found.examples[:5]}")
    assert found.well_formed.value >= 0.7


def test_it_writes_requests_that_fit_a_tools_documentation(nano: tuple[Any, Any], data_root: Path) -> None:
    """STE's tools, which it has never seen: the request written for a tool is nearer to its description than chance. It is seldom a sentence."""
    import torch

    from toolschool.models.encoder import SentenceEncoder

    torch.manual_seed(0)
    tools = (row for row in registry.load("ste", path=data_root / "ste", split="train") if row["kind"] == "tool")
    families = {row["tools"][0].partition("%%")[0]: row for row in tools}  # one endpoint of each service
    rows = list(families.values())[:80]
    documents = [row["description"] for row in rows]
    names = [row["tools"][0] for row in rows]
    requests = [
        write_request(*nano, documentation(name, text.removeprefix(f"{name}: ")))
        for name, text in zip(names, documents, strict=True)
    ]
    ranks = np.array(request_ranks(documents, requests, SentenceEncoder.load().embed))
    print(f"right tool among the first five of {len(rows)}: {np.mean(ranks < 5):.2f}; {requests[:4]}")
    assert np.mean(ranks < 5) > 2 * 5 / len(rows)


@pytest.mark.parametrize("result", ["24", "1,250", "0.75", "7", "x"])
def test_a_wrong_number_is_another_number_of_the_same_form(result: str) -> None:
    other = wrong_number(result, random.Random(1))
    assert other != result
    assert len(other) == len(result) + (result == "x")
