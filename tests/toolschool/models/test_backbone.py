"""The base model: from scratch or from a folder, new tokens that learn tied and untied, saved folders that open again."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from toolschool.errors import ConfigError, ModelError
from toolschool.models.backbone import (
    FreshConfig,
    ModelConfig,
    add_tokens,
    fingerprint,
    load,
    load_tokenizer,
    open_model,
    read_artifact,
    save,
    separate_pad,
)

MARKERS = ("<CALL>", "</CALL>")


def build_tokenizer(texts: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=280,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token="</s>")


@pytest.fixture(scope="module")
def tokenizer_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer(["call the tool and join"] * 3).save_pretrained(folder)
    return folder


def fresh(folder: Path, **shape: Any) -> FreshConfig:
    return FreshConfig(tokenizer=str(folder), **{"hidden_size": 32, "layers": 1, "heads": 2, **shape})


@pytest.fixture
def base(tokenizer_dir: Path, tmp_path: Path) -> Any:
    """A saved base model without markers, tied or not."""

    def make(tied: bool) -> str:
        config = ModelConfig(fresh=fresh(tokenizer_dir, tie_embeddings=tied))
        model, tokenizer = load(config)
        return str(save(model, tokenizer, tmp_path / "base", config=config))

    return make


def train_a_little(model: Any, ids: torch.Tensor, steps: int = 25) -> float:
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-2)
    model.train()
    for _ in range(steps):
        loss = model(input_ids=ids, labels=ids).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    return float(loss.detach())


def test_from_scratch_is_seeded_and_sized_by_the_tokenizer(tokenizer_dir: Path) -> None:
    model, tokenizer = load(ModelConfig(fresh=fresh(tokenizer_dir, kv_heads=1), new_tokens=MARKERS))
    assert model.config.vocab_size == len(tokenizer)
    assert model.config.pad_token_id == tokenizer.pad_token_id != tokenizer.eos_token_id
    assert (model.config.num_key_value_heads, model.config.intermediate_size) == (1, 96)
    again = load(ModelConfig(fresh=fresh(tokenizer_dir, kv_heads=1), new_tokens=MARKERS))[0]
    other = load(ModelConfig(fresh=fresh(tokenizer_dir, kv_heads=1, seed=1), new_tokens=MARKERS))[0]
    table = model.get_input_embeddings().weight
    assert torch.equal(table, again.get_input_embeddings().weight)
    assert not torch.equal(table, other.get_input_embeddings().weight)


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("merge", [True, False], ids=["merged", "adapter"])
def test_lora_with_new_tokens_learns_both_sides_and_opens_again(
    base: Any, tmp_path: Path, tied: bool, merge: bool
) -> None:
    parent = base(tied)
    config = ModelConfig(name=parent, adapter="lora", new_tokens=MARKERS, merge=merge)
    model, tokenizer = load(config)
    ids = torch.tensor([tokenizer.encode("call <CALL>tool</CALL> join", add_special_tokens=False)])
    markers = add_tokens(tokenizer, MARKERS)
    sides = [model.get_input_embeddings(), model.get_output_embeddings()]
    probe = torch.ones(1, 32)
    before = [sides[0](torch.tensor(markers)).detach().clone(), sides[1](probe).detach()[:, markers].clone()]
    untouched = sides[0](torch.tensor([5])).detach().clone()
    train_a_little(model, ids)
    after = [sides[0](torch.tensor(markers)).detach(), sides[1](probe).detach()[:, markers]]
    assert all(float((a - b).abs().min(dim=-1).values.max()) > 0 for a, b in zip(after, before, strict=True))
    assert torch.equal(sides[0](torch.tensor([5])), untouched)  # other rows stay as they were
    expected = model(input_ids=ids).logits.detach()
    folder = save(model, tokenizer, tmp_path / "saved", config=config, artifact={"method": "tinyagent"})
    opened, tokenizer_again = open_model(folder)
    assert torch.allclose(opened(input_ids=ids).logits, expected, atol=3e-5)
    assert tokenizer_again.encode("<CALL>", add_special_tokens=False) == [markers[0]]
    assert read_artifact(folder) == {"method": "tinyagent", "parent": parent, "new_tokens": list(MARKERS)}
    if merge:
        from transformers import AutoModelForCausalLM

        plain = AutoModelForCausalLM.from_pretrained(folder)
        assert plain.config.tie_word_embeddings is tied
        assert plain.config.use_cache is True
        assert torch.allclose(plain(input_ids=ids).logits, expected, atol=3e-5)


def test_full_training_goes_on_from_a_saved_folder(base: Any) -> None:
    model, tokenizer = load(ModelConfig(name=base(True), new_tokens=MARKERS))
    assert all(p.requires_grad for p in model.parameters())
    ids = torch.tensor([tokenizer.encode("call <CALL>tool</CALL>", add_special_tokens=False)])
    assert train_a_little(model, ids, 40) < 0.5


def test_saved_precision(tokenizer_dir: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    config = ModelConfig(fresh=fresh(tokenizer_dir), save_dtype="bfloat16")
    model, tokenizer = load(config)
    folder = save(model, tokenizer, tmp_path / "half", config=config)
    assert {t.dtype for t in load_file(folder / "model.safetensors").values()} == {torch.bfloat16}
    assert json.loads((folder / "config.json").read_text())["dtype"] == "bfloat16"


def test_gradient_checkpointing_gives_the_same_gradient(tokenizer_dir: Path) -> None:
    ids = torch.tensor([[3, 5, 8, 13]])
    gradients = []
    for on in (False, True):
        torch.manual_seed(0)  # the adapter starts at random
        model = load(ModelConfig(fresh=fresh(tokenizer_dir), gradient_checkpointing=on, adapter="lora"))[0].train()
        model(input_ids=ids, labels=ids).loss.backward()
        gradients.append({n: p.grad for n, p in model.named_parameters() if p.requires_grad and "lora_B" in n})
    assert gradients[0]
    assert all(torch.allclose(gradients[0][n], gradients[1][n], atol=1e-6) for n in gradients[0])


def test_padding_is_kept_apart_from_the_end() -> None:
    shared = build_tokenizer(["a b"])
    shared.pad_token = shared.eos_token
    separate_pad(shared)
    assert shared.pad_token == "<|pad|>"
    good = build_tokenizer(["a b"])
    good.add_special_tokens({"pad_token": "<pad>"})
    size = len(good)
    separate_pad(good)
    assert (good.pad_token, len(good)) == ("<pad>", size)


def test_fingerprint_tells_tokenizers_apart(tokenizer_dir: Path) -> None:
    plain = load_tokenizer(ModelConfig(fresh=fresh(tokenizer_dir)))
    marked = load_tokenizer(ModelConfig(fresh=fresh(tokenizer_dir), new_tokens=MARKERS))
    assert fingerprint(plain) == fingerprint(load_tokenizer(ModelConfig(fresh=fresh(tokenizer_dir))))
    assert fingerprint(plain) != fingerprint(marked)
    assert fingerprint(plain) != fingerprint(build_tokenizer(["other words entirely"]))
    before = fingerprint(plain)
    plain(["a", "a b c"], padding=True, truncation=True, max_length=2)  # state of use is no part of it
    assert fingerprint(plain) == before


def test_mistakes_are_one_line_and_typed(tmp_path: Path) -> None:
    from toolschool.config import build

    with pytest.raises(ModelError, match="there is no model in"):
        load(ModelConfig(name=str(tmp_path / "nothing")))
    with pytest.raises(ConfigError, match="exactly one of"):
        build(ModelConfig, {})
