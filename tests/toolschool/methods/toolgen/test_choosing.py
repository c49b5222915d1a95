"""One forward against transformers' beam search, codes of many tokens against their probabilities, and no tool that is none."""

import copy
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from toolschool.datasets.api_docs import ApiDoc
from toolschool.errors import ModelError
from toolschool.methods.toolgen.choosing import BEAMS, ToolChooser
from toolschool.methods.toolgen.indexing import ToolIndex, build_index
from toolschool.models.backbone import add_tokens
from toolschool.models.engines import left_padded
from toolschool.models.next_token import NextToken
from toolschool.models.trie import Trie, TrieMask

DOCS = [ApiDoc("Weather", f"Tool {number // 3}", f"get {number}") for number in range(30)]
PROMPTS = ["rain in Rome?\n", "a\n", "What is the price of a ticket to Paris, and of the way back?\n", "now\n"]


@pytest.fixture(scope="module")
def atomic() -> ToolIndex:
    return build_index("atomic", DOCS)


@pytest.fixture(scope="module")
def tokenizer(nano_tokenizer: Any, atomic: ToolIndex) -> Any:
    grown = copy.deepcopy(nano_tokenizer)
    add_tokens(grown, list(atomic.texts.values()))
    return grown


def random_model(tokenizer: Any, family: str = "llama", seed: int = 0) -> Any:
    from transformers import (
        Cohere2Config,
        Cohere2ForCausalLM,
        Gemma2Config,
        Gemma2ForCausalLM,
        GPT2Config,
        GPT2LMHeadModel,
        LlamaConfig,
        LlamaForCausalLM,
    )

    torch.manual_seed(seed)
    size: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "initializer_range": 0.3,
    }
    if family == "gpt2":  # learnt positions: padding must not shift them
        small = GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=2, n_head=2, initializer_range=0.3)
        return GPT2LMHeadModel(small).eval()
    if family == "gemma2":  # caps its logits
        return Gemma2ForCausalLM(Gemma2Config(**size, head_dim=8, final_logit_softcapping=0.5)).eval()
    if family == "cohere2":  # scales them
        return Cohere2ForCausalLM(Cohere2Config(**size, logit_scale=0.25, sliding_window=64)).eval()
    return LlamaForCausalLM(LlamaConfig(**size, tie_word_embeddings=family == "tied")).eval()


def beam_search(model: Any, tokenizer: Any, index: ToolIndex, prompt: str) -> list[tuple[str, str, str]]:
    """Upstream's retrieval: five beams under a trie of tools and the end, transformers' own defaults."""
    batch = left_padded(tokenizer, [prompt], "cpu")
    codes = dict(zip(index.keys, index.codes(tokenizer), strict=True))
    trie = Trie([codes[key] for key in index.tools], vocabulary=len(tokenizer), end=tokenizer.eos_token_id)
    length = batch["input_ids"].shape[1]
    rows = model.generate(
        **batch,
        max_new_tokens=64,
        do_sample=False,
        num_beams=5,
        num_return_sequences=5,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        logits_processor=[TrieMask(trie, length)],
    )
    return [index.tools[number] for number in trie.read(rows[:, length:])]


@pytest.mark.parametrize("family", ["llama", "tied", "gpt2", "gemma2", "cohere2"])
def test_one_forward_finds_what_a_beam_search_finds(tokenizer: Any, atomic: ToolIndex, family: str) -> None:
    model = random_model(tokenizer, family)
    chooser = ToolChooser(model, tokenizer, atomic, atomic.tools, batch_size=3)
    searched = [beam_search(model, tokenizer, atomic, prompt) for prompt in PROMPTS]
    ranked, ended = chooser.rank(PROMPTS), chooser.rank(PROMPTS, ended=True)
    assert ended == searched
    assert [set(row) for row in ranked] == [set(row) for row in searched]
    assert ranked != ended  # with random weights the end matters, so the step cannot be left out
    assert NextToken(model, slice(2048, 2060)).rows_alone is (family in ("llama", "tied", "gpt2"))


@settings(max_examples=10)
@given(st.integers(0, 2**31))
def test_one_forward_finds_it_in_any_model(tokenizer: Any, atomic: ToolIndex, seed: int) -> None:
    model = random_model(tokenizer, seed=seed)
    chooser = ToolChooser(model, tokenizer, atomic, atomic.tools)
    assert chooser.rank(PROMPTS[:1], ended=True) == [beam_search(model, tokenizer, atomic, PROMPTS[0])]


def test_rows_under_an_adapter_are_those_it_has_learnt(tokenizer: Any, atomic: ToolIndex) -> None:
    import peft

    model = random_model(tokenizer)
    new = list(range(2048, len(tokenizer)))
    rows = {"embed_tokens": new, "lm_head": new}
    adapted: Any = peft.get_peft_model(model, peft.LoraConfig(r=2, trainable_token_indices=rows))
    chooser = ToolChooser(adapted, tokenizer, atomic, atomic.tools)
    before = chooser.rank(PROMPTS)
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter))
    after = chooser.rank(PROMPTS)
    assert after != before
    assert after == ToolChooser(adapted.merge_and_unload(), tokenizer, atomic, atomic.tools).rank(PROMPTS)


def test_tools_are_only_those_that_were_given(tokenizer: Any, atomic: ToolIndex) -> None:
    model = random_model(tokenizer)
    some = [atomic.tools[number] for number in (25, 3, 11)]  # apart from each other, in no order
    chooser = ToolChooser(model, tokenizer, atomic, some)
    assert all(sorted(row) == sorted(some) for row in chooser.rank(PROMPTS))
    everything = ToolChooser(model, tokenizer, atomic, atomic.keys).rank(PROMPTS, 31)
    assert chooser.rank(PROMPTS) == [[key for key in row if key in some] for row in everything]
    with pytest.raises(ModelError, match="nothing cannot be chosen"):
        ToolChooser(model, tokenizer, atomic, [])
    with pytest.raises(ModelError, match="cannot be chosen; give keys of the index"):
        ToolChooser(model, tokenizer, atomic, [("no", "such", "tool")])


def probability(model: Any, tokenizer: Any, prompt: str, code: list[int]) -> float:
    """log p(code, end | prompt) by a whole forward."""
    ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    whole = torch.tensor([[*ids, *code, tokenizer.eos_token_id]])
    with torch.no_grad():
        scores = model(whole).logits[0].float().log_softmax(-1)
    return float(sum(scores[at - 1, whole[0, at]] for at in range(len(ids), whole.shape[1])))


@pytest.mark.parametrize("kind", ["semantic", "numeric", "hierarchical"])
def test_codes_of_many_tokens_are_ranked_by_their_probability(nano_tokenizer: Any, kind: Any) -> None:
    docs = DOCS[:12]
    index = build_index(kind, docs, torch.randn(len(docs), 4).numpy())
    model = random_model(nano_tokenizer)
    chooser = ToolChooser(model, nano_tokenizer, index, index.tools)
    codes = dict(zip(index.keys, index.codes(nano_tokenizer), strict=True))
    for prompt, ranked in zip(PROMPTS, chooser.rank(PROMPTS, 12), strict=True):
        assert sorted(ranked) == sorted(index.tools)  # as many beams as tools: nothing is missed
        scores = [probability(model, nano_tokenizer, prompt, codes[key]) for key in ranked]
        assert all(better >= worse - 1e-3 for better, worse in pairwise(scores))
    assert all(len(row) == len(set(row)) == BEAMS for row in chooser.rank(PROMPTS))


def test_choosing_and_writing_freely(tokenizer: Any, nano_tokenizer: Any, atomic: ToolIndex) -> None:
    model = random_model(tokenizer)
    wanted = atomic.keys[7]
    freely = ToolChooser(model, tokenizer, atomic, atomic.keys)
    assert freely.write_freely(PROMPTS) == [None] * len(PROMPTS)  # 31 of 2,079 tokens are tools
    teach(model, tokenizer, [*atomic.codes(tokenizer)[7], tokenizer.eos_token_id])
    assert freely.write_freely(PROMPTS) == freely.choose(PROMPTS) == [wanted] * len(PROMPTS)

    named = build_index("semantic", DOCS)
    other = random_model(nano_tokenizer)
    chooser = ToolChooser(other, nano_tokenizer, named, named.keys)
    assert chooser.write_freely(PROMPTS) == [None] * len(PROMPTS)
    assert set(chooser.choose(PROMPTS)) <= set(named.keys)
    teach(other, nano_tokenizer, [*named.codes(nano_tokenizer)[7], nano_tokenizer.eos_token_id])
    assert chooser.write_freely(PROMPTS) == chooser.choose(PROMPTS) == [wanted] * len(PROMPTS)


def teach(model: Any, tokenizer: Any, code: list[int]) -> None:
    """Train until the code is what follows each prompt."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-2)
    rows = [[*tokenizer(prompt, add_special_tokens=False)["input_ids"]] for prompt in PROMPTS]
    for step in range(60):
        ids = torch.tensor([[*rows[step % len(rows)], *code]])
        labels = ids.clone()
        labels[0, : -len(code)] = -100
        model(input_ids=ids, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
