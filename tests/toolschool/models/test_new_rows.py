"""Rows of new tokens: begun from their words on both sides, kept through training, saving, merging and opening again."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import ModelError
from toolschool.models.backbone import FreshConfig, ModelConfig, load, open_model, save
from toolschool.models.new_rows import begin_rows, mean_rows, read_words

WORDS = {
    "<<Open Forecast&&Get Week>>": "Open Forecast Get Week",
    "<<Open Forecast&&get week >>": "Open Forecast get week",
    "<<IMDb/top_100&&{id}>>": "IMDb/top_100 {id}",
    "<<Finish>>": "Finish",
}
TEXT = "call <<Open Forecast&&Get Week>>, then <<Finish>>"


def build_tokenizer(kind: str) -> Any:
    """Byte-level as GPT-2, Llama 3, Qwen and nano have it, or the BPE of Llama 2 and TinyLlama: `▁` and a fall back to bytes."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    inner = Tokenizer(models.BPE() if kind == "byte-level" else models.BPE(byte_fallback=True, unk_token="<unk>"))
    if kind == "byte-level":
        inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        inner.decoder = decoders.ByteLevel()
    else:
        inner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        inner.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        )
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<unk>", "<s>", "</s>", "<pad>", *([] if kind == "byte-level" else bytes_)],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if kind == "byte-level" else [],
        show_progress=False,
    )
    inner.train_from_iterator(["call the Open Forecast, then get the week 100 and Finish"] * 3, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )


@pytest.fixture(scope="module", params=["byte-level", "bpe"])
def tokenizer_dir(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer(request.param).save_pretrained(folder)
    return folder


@pytest.fixture
def words_file(tmp_path: Path) -> str:
    (tmp_path / "tokens.json").write_text(json.dumps(WORDS), encoding="utf-8")
    return str(tmp_path / "tokens.json")


def base(tokenizer_dir: Path, folder: Path, tied: bool) -> str:
    shape: dict[str, Any] = {"hidden_size": 32, "layers": 1, "heads": 2, "tie_embeddings": tied}
    config = ModelConfig(fresh=FreshConfig(tokenizer=str(tokenizer_dir), **shape))
    model, tokenizer = load(config)
    return str(save(model, tokenizer, folder, config=config))


def sides(model: Any) -> list[torch.Tensor]:
    return [model.get_input_embeddings().weight.detach(), model.get_output_embeddings().weight.detach()]


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=8), st.booleans())
def test_one_step_is_the_mean_of_each_group(pieces: list[list[int]], half: bool) -> None:
    table = torch.randn(10, 4, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16 if half else torch.float32)
    expected = torch.stack([table[group].float().mean(0) for group in pieces])
    assert torch.allclose(mean_rows(table, pieces), expected, atol=1e-6)


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_new_rows_begin_at_their_words_on_both_sides(
    tokenizer_dir: Path, tmp_path: Path, words_file: str, tied: bool
) -> None:
    parent = base(tokenizer_dir, tmp_path / "base", tied)
    old = sides(open_model(parent)[0])
    model, tokenizer = load(ModelConfig(name=parent, token_words=words_file))
    ids = tokenizer.convert_tokens_to_ids(list(WORDS))
    for before, after in zip(old, sides(model), strict=True):
        assert torch.equal(after[: len(before)], before)
        for token, said in zip(ids, WORDS.values(), strict=True):
            pieces = tokenizer(said, add_special_tokens=False)["input_ids"]
            assert torch.allclose(after[token], before[pieces].mean(0), atol=1e-6)
    assert torch.equal(*(side[ids] for side in sides(model))) is tied
    assert all(p.requires_grad for p in model.parameters())  # full fine-tuning is the default


def test_new_tokens_are_ordinary_ones(tokenizer_dir: Path, tmp_path: Path, words_file: str) -> None:
    tokenizer = load(ModelConfig(name=base(tokenizer_dir, tmp_path / "base", True), token_words=words_file))[1]
    ids = tokenizer.convert_tokens_to_ids(list(WORDS))
    assert len(set(ids)) == len(WORDS)
    assert [tokenizer.encode(token, add_special_tokens=False) for token in WORDS] == [[number] for number in ids]
    inside = tokenizer.encode(TEXT, add_special_tokens=False)
    assert [number for number in inside if number in ids] == [ids[0], ids[3]]
    shown = tokenizer.decode(inside, skip_special_tokens=True)
    assert "<<Open Forecast&&Get Week>>" in shown
    assert shown.endswith("<<Finish>>")


def learn(model: Any, ids: torch.Tensor, steps: int = 15) -> None:
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-2)
    model.train()
    for _ in range(steps):
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("way", ["merged", "adapter", "full"])
def test_logits_are_the_same_after_saving_and_opening(
    tokenizer_dir: Path, tmp_path: Path, words_file: str, tied: bool, way: str
) -> None:
    parent = base(tokenizer_dir, tmp_path / "base", tied)
    settings: dict[str, Any] = {"adapter": "full" if way == "full" else "lora", "merge": way == "merged"}
    config = ModelConfig(name=parent, token_words=words_file, **settings)
    model, tokenizer = load(config)
    ids = torch.tensor([tokenizer.encode(TEXT, add_special_tokens=False)])
    new = tokenizer.convert_tokens_to_ids(list(WORDS))
    begun = model(input_ids=ids).logits.detach()
    learn(model, ids)
    expected = model(input_ids=ids).logits.detach()
    assert (expected - begun)[..., new].abs().max() > 0.1  # something was learnt
    opened, again = open_model(save(model, tokenizer, tmp_path / "saved", config=config))
    assert torch.allclose(opened(input_ids=ids).logits, expected, atol=3e-5)
    assert again.convert_tokens_to_ids(list(WORDS)) == new
    assert not set(WORDS) & set(again.all_special_tokens)
    if way == "merged":
        old, merged = sides(open_model(parent)[0]), sides(opened)
        assert all(torch.equal(after[: len(before)], before) for before, after in zip(old, merged, strict=True))


def test_nano_takes_new_tokens(tmp_path: Path, words_file: str) -> None:
    config = ModelConfig(name="assets/nano", token_words=words_file, adapter="lora")
    model, tokenizer = load(config)
    assert tokenizer.convert_tokens_to_ids(list(WORDS)) == list(range(2048, 2048 + len(WORDS)))
    ids = torch.tensor([tokenizer.encode(TEXT, add_special_tokens=False)])
    expected = model(input_ids=ids).logits.detach()
    opened = open_model(save(model, tokenizer, tmp_path / "saved", config=config))[0]
    assert torch.allclose(opened(input_ids=ids).logits, expected, atol=3e-5)
    assert opened.config.tie_word_embeddings


def test_rows_of_tokens_that_a_model_knows_are_left_as_they_are(
    tokenizer_dir: Path, tmp_path: Path, words_file: str
) -> None:
    config = ModelConfig(name=base(tokenizer_dir, tmp_path / "base", False), token_words=words_file)
    model, tokenizer = load(config)
    learn(model, torch.tensor([tokenizer.encode(TEXT, add_special_tokens=False)]))
    trained = [side.clone() for side in sides(model)]
    first = str(save(model, tokenizer, tmp_path / "first", config=config))
    more = {**WORDS, "<<Open Forecast&&Get Day>>": "Open Forecast Get Day"}
    Path(words_file).write_text(json.dumps(more), encoding="utf-8")
    grown, tokenizer = load(ModelConfig(name=first, token_words=words_file, adapter="lora"))
    new = tokenizer.convert_tokens_to_ids("<<Open Forecast&&Get Day>>")
    pieces = tokenizer(more["<<Open Forecast&&Get Day>>"], add_special_tokens=False)["input_ids"]
    for before, after in zip(trained, sides(grown), strict=True):
        assert torch.equal(after[: len(before)], before)
        assert torch.allclose(after[new], before[pieces].mean(0), atol=1e-6)
    learns = {name for name, p in grown.named_parameters() if p.requires_grad}
    assert {name.rpartition(".")[0].rpartition(".")[2] for name in learns if "lora" not in name} == {
        "trainable_tokens_delta"
    }


def test_rows_without_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"1 new tokens have no words to begin from \(first: <<b>>\)"):
        begin_rows(None, None, {"<<a>>": "a", "<<b>>": " "})
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "number.json").write_text('{"<<a>>": 1}')
    for name, message in (("list", "one JSON object"), ("number", "one JSON object"), ("none", "cannot read")):
        with pytest.raises(ModelError, match=message):
            read_words(tmp_path / f"{name}.json")
