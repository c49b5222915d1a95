"""The head's loss from cached features against the whole softmax, its files, and the reader of features."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

from toolschool.errors import ModelError
from toolschool.models.features import FeatureReader
from toolschool.models.templates import IGNORED
from toolschool.models.tool_head import ToolHead, joint_loss, rows_from_texts

VOCABULARY, HIDDEN, TOOLS = 50, 16, 5


def model(family: str = "llama") -> Any:
    from transformers import (
        Cohere2Config,
        Cohere2ForCausalLM,
        Gemma2Config,
        Gemma2ForCausalLM,
        LlamaConfig,
        LlamaForCausalLM,
    )

    torch.manual_seed(0)
    size: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "intermediate_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
    }
    if family == "gemma2":  # caps its logits
        return Gemma2ForCausalLM(Gemma2Config(**size, head_dim=8, final_logit_softcapping=2.0)).eval()
    if family == "cohere2":  # scales them
        return Cohere2ForCausalLM(Cohere2Config(**size, logit_scale=0.25, sliding_window=64)).eval()
    return LlamaForCausalLM(LlamaConfig(**size)).eval()


def texts() -> list[tuple[list[int], list[int]]]:
    """Ids and targets: words, tools, and positions left out."""
    generator = torch.Generator().manual_seed(1)
    found = []
    for length in (9, 4, 7):
        ids = torch.randint(0, VOCABULARY, (length,), generator=generator).tolist()
        targets = [*ids[1:], IGNORED]
        targets[1], targets[2] = VOCABULARY + length % TOOLS, IGNORED
        found.append((ids, targets))
    return found


def naive(head: ToolHead, lm: Any, ids: list[int], targets: list[int]) -> torch.Tensor:
    """Cross-entropy over vocabulary and tools, a whole forward."""
    with torch.no_grad():
        out = lm(torch.tensor([ids]), output_hidden_states=True)
    joint = torch.cat([out.logits[0], head(out.hidden_states[head.layer][0])], -1)
    return cross_entropy(joint, torch.tensor(targets), ignore_index=IGNORED, reduction="sum")


def cached(head: ToolHead, read: list[Any], wanted: list[list[int]]) -> torch.Tensor:
    losses = []
    for features, targets in zip(read, wanted, strict=True):
        target = torch.tensor([targets[i] for i in features.at]) - VOCABULARY
        tools = head(torch.from_numpy(features.states))
        losses.append(joint_loss(tools, torch.from_numpy(features.lse), torch.from_numpy(features.gold), target).sum())
    return torch.stack(losses).sum()


@pytest.mark.parametrize("family", ["llama", "gemma2", "cohere2"])
@pytest.mark.parametrize("layer", [-1, 2])
@pytest.mark.parametrize("scale", [1.0, 200.0], ids=["random", "confident"])
def test_loss_and_gradient_from_features_are_those_of_the_whole_softmax(family: str, layer: int, scale: float) -> None:
    lm, rows = model(family), texts()
    head = ToolHead([f"tool{i}" for i in range(TOOLS)], HIDDEN, layer)
    with torch.no_grad():
        head.weight.mul_(scale)
        head.bias.copy_(torch.linspace(-1, 1, TOOLS))
    whole = torch.stack([naive(head, lm, *row) for row in rows]).sum()
    whole.backward()
    assert head.weight.grad is not None
    expected = head.weight.grad.clone()
    head.weight.grad = None
    loss = cached(head, FeatureReader(lm, layer, batch_tokens=20).read(rows), [targets for _, targets in rows])
    loss.backward()
    assert float(loss.detach()) == pytest.approx(float(whole.detach()), rel=1e-5)
    torch.testing.assert_close(head.weight.grad, expected, rtol=1e-5, atol=1e-5)


def test_a_context_is_read_once_and_changes_nothing_but_the_cost() -> None:
    lm, rows = model(), texts()
    context = [3, 1, 4]
    reader = FeatureReader(lm, context=context)
    apart = [([*context, *ids], [IGNORED] * 3 + targets) for ids, targets in rows]
    for ours, whole in zip(reader.read(rows), FeatureReader(lm).read(apart), strict=True):
        assert (ours.at + 3 == whole.at).all()
        for name in ("states", "lse", "gold", "top"):
            assert getattr(ours, name) == pytest.approx(getattr(whole, name), abs=1e-5)
    assert reader.tokens == 3 + sum(len(ids) for ids, _ in rows)


def test_a_saved_head_is_the_same_again(tmp_path: Path) -> None:
    head = ToolHead(["add", "multiply"], HIDDEN, layer=2)
    head.bias.fill_(1.5)
    again = ToolHead.from_pretrained(head.save_pretrained(tmp_path / "head", base="somewhere"))
    states = torch.randn(3, HIDDEN)
    torch.testing.assert_close(again(states), head(states))
    assert (again.tools, again.layer, again.card["base"]) == (("add", "multiply"), 2, "somewhere")


def test_what_is_no_head_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no tool head"):
        ToolHead.from_pretrained(tmp_path)


def test_rows_from_texts_are_as_long_as_output_rows() -> None:
    from toolschool.models.backbone import open_model

    lm, tokenizer = open_model("assets/nano")
    rows = rows_from_texts(lm, tokenizer, {"add": "adds two numbers", "gcd": "greatest common divisor"})
    mean = lm.get_output_embeddings().weight.float().norm(dim=1).mean()
    torch.testing.assert_close(rows.norm(dim=1), mean.expand(2).detach(), rtol=1e-4, atol=1e-4)
