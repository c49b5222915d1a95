"""Packed rows do not see each other: their loss and gradient equal those of the single rows, family by family."""

from typing import Any

import pytest
import torch

from toolschool.errors import PreflightError
from toolschool.models.templates import IGNORED
from training import preflight
from training.objectives.causal_lm import CausalLM, collate, supervised_logits
from training.order import padded_length

SMALL = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
WINDOW = {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"] * 2}
FAMILIES = {
    "llama": ("LlamaConfig", {}),
    "qwen2": ("Qwen2Config", {}),
    "qwen2-window": ("Qwen2Config", {"use_sliding_window": True, **WINDOW}),
    "qwen3": ("Qwen3Config", {"head_dim": 8}),
    "gemma2": (
        "Gemma2Config",
        {
            "head_dim": 8,
            "final_logit_softcapping": 0.5,
            "attn_logit_softcapping": 2.0,
            "query_pre_attn_scalar": 8,
            **WINDOW,
        },
    ),
    "phi": ("PhiConfig", {}),
    "smollm": ("LlamaConfig", {"tie_word_embeddings": True, "num_attention_heads": 8, "num_key_value_heads": 4}),
    "smollm3": ("SmolLM3Config", {"no_rope_layers": [1, 1, 1, 0]}),
}


def make_model(family: str, kernel: str, vocabulary: int) -> Any:
    import transformers

    torch.manual_seed(3)
    name, extra = FAMILIES[family]
    config = getattr(transformers, name)(vocab_size=vocabulary, **SMALL | extra)
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation=kernel)
    for parameter in model.parameters():  # far from 0, so that attention is sharp and a leak shows
        if parameter.ndim >= 2:
            torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def loss_and_gradient(model: Any, units: list[list[Any]], packed: bool) -> tuple[float, torch.Tensor]:
    model.zero_grad()
    logits, targets = supervised_logits(model, collate(units, 0, packed=packed))
    loss = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    loss.backward()
    return float(loss.detach()), torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


# transformers offers Gemma 2 without sdpa, because of its soft-capped attention
CASES = [
    (family, kernel) for family in FAMILIES for kernel in ("eager", "sdpa") if (family, kernel) != ("gemma2", "sdpa")
]


@pytest.mark.parametrize(("family", "kernel"), CASES)
@pytest.mark.parametrize("plain_text", [False, True], ids=["completion", "plain-text"])
def test_packed_loss_is_the_sum_of_single_losses(
    kit: Any, tokenizer: Any, family: str, kernel: str, plain_text: bool
) -> None:
    rows = list(kit.example_rows(tokenizer, 7, supervise_prompt=plain_text))
    model = make_model(family, kernel, len(tokenizer))
    singles = [loss_and_gradient(model, [[row]], packed=False) for row in rows]
    packs = [rows[:3], rows[3:5], rows[5:]]  # three sequences of different length, so two are padded
    loss, gradient = loss_and_gradient(model, packs, packed=True)
    assert loss == pytest.approx(sum(s[0] for s in singles), rel=2e-5)
    expected = sum(s[1] for s in singles)
    assert torch.allclose(gradient, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("family", ["llama", "gemma2"])
def test_padding_changes_nothing(kit: Any, tokenizer: Any, family: str) -> None:
    rows = list(kit.example_rows(tokenizer, 5))
    model = make_model(family, "eager", len(tokenizer))
    together = loss_and_gradient(model, [[row] for row in rows], packed=False)[0]
    assert together == pytest.approx(sum(loss_and_gradient(model, [[r]], False)[0] for r in rows), rel=2e-5)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_padded_batch_has_the_loss_of_its_rows(kit: Any, tokenizer: Any, make_config: Any, compiled: bool) -> None:
    """Rows padded to the longest; for torch.compile to a common length, the batch filled up with blank rows."""
    layer = {"engine": "plain", "train": {"batch_tokens": 640, "compile": compiled}, "model": {"attention": "eager"}}
    objective, single = CausalLM.from_config(make_config(layer)), CausalLM.from_config(make_config())
    model, rows = objective.build(), kit.example_rows(tokenizer, 7)
    unit = objective.units(rows)[0]
    batch = objective.collate([[rows[i] for i in unit]])
    longest = max(len(rows[i].input_ids) for i in unit)
    width = padded_length(longest)
    assert 640 // width > len(unit)
    assert batch.labels.shape == ((640 // width, width) if compiled else (len(unit), longest))
    expected = sum(float(single.loss(model, single.collate([[rows[i]]])).detach()) for i in unit)
    assert float(objective.loss(model, batch).detach()) == pytest.approx(expected, rel=1e-4)


def test_the_loss_is_the_models_own(kit: Any, tokenizer: Any) -> None:
    """Soft-capped logits included: transformers' own loss over the whole sequence is the oracle."""
    model = make_model("gemma2", "eager", len(tokenizer))
    row = kit.example_rows(tokenizer, 3)[1]
    batch = collate([[row]], 0, packed=False)
    terms = int((batch.labels[:, 1:] != IGNORED).sum())
    own = float(model(**batch.inputs, labels=batch.labels).loss.detach())
    assert loss_and_gradient(model, [[row]], False)[0] / terms == pytest.approx(own, rel=1e-5)


def test_a_first_token_is_never_predicted_from_the_row_in_front(kit: Any, tokenizer: Any) -> None:
    rows = list(kit.example_rows(tokenizer, 3, supervise_prompt=True))
    batch = collate([rows], 0, packed=True)
    starts = (batch.inputs["position_ids"][0] == 0).nonzero().flatten()[:3]
    assert batch.labels[0, starts].tolist() == [IGNORED] * 3


def test_preflight_proves_it_and_catches_a_model_that_leaks(kit: Any, tokenizer: Any) -> None:
    rows = kit.example_rows(tokenizer, 6)
    model = make_model("llama", "sdpa", len(tokenizer))
    preflight.check_packing(model, rows, 0)

    class Leaky(torch.nn.Module):
        """Ignores position ids, as a model with its own masking code would."""

        def forward(self, input_ids: Any, position_ids: Any = None, **rest: Any) -> Any:
            return model(input_ids=input_ids, **rest)

        def parameters(self, recurse: bool = True) -> Any:
            return model.parameters()

    with pytest.raises(PreflightError, match="see each other"):
        preflight.check_packing(Leaky(), rows, 0)
