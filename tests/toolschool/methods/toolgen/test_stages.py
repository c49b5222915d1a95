"""Prompts of stages 1 and 2 are the published ones, and training rows continue byte for byte what inference continues."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch

from toolschool.datasets.api_docs import ApiDoc
from toolschool.datasets.catalogues import load_catalogue
from toolschool.errors import ConfigError, RowError
from toolschool.methods.toolgen.choosing import ToolChooser
from toolschool.methods.toolgen.indexing import Kind, build_index, token_words
from toolschool.methods.toolgen.stages import DATE, StageTemplate, memorize_row, retrieve_rows
from toolschool.models.backbone import add_tokens
from toolschool.models.templates import IGNORED

DOCS = [
    ApiDoc("Weather", "Open Forecast", "Get Week", " Seven days.\n"),
    ApiDoc("Weather", "", "Ünï"),
    ApiDoc("Weather", "Open Forecast", "Get Day", "One day, " + "long " * 300),
]
CHAT = (
    "{% if not date_string is defined %}{% set date_string = strftime_now('%d %b %Y') %}{% endif %}Today {{ date_string }}\n"
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}</>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def tokenizer_for(nano_tokenizer: Any, kind: Kind, chat: bool) -> tuple[Any, Any]:
    """A tokenizer that writes the tools, and their index."""
    index = build_index(kind, DOCS, torch.randn(len(DOCS), 4).numpy())
    grown = copy.deepcopy(nano_tokenizer)
    add_tokens(grown, list(token_words(index, DOCS)))
    grown.chat_template = CHAT if chat else None
    return grown, index


def test_prompts_are_the_published_ones() -> None:
    template = StageTemplate()
    assert [template.memorize(doc) for doc in DOCS[:2]] == [
        "Tool Name: Open Forecast. Tool Description: None Api Name: Get Week Api Description: Seven days..\n",
        "Tool Name: None. Tool Description: None Api Name: Ünï Api Description: None.\n",
    ]
    assert template.retrieve(" Rain in Rome?\n") == "Rain in Rome?\n"
    assert f" Api Description: {DOCS[2].description[:600]}." in template.memorize(DOCS[2])
    assert StageTemplate(description_length=7).memorize(DOCS[2]).endswith(" Api Description: One day.\n")


def test_a_chat_prompt_is_one_user_turn_and_the_same_every_day(nano_tokenizer: Any) -> None:
    tokenizer, _ = tokenizer_for(nano_tokenizer, "atomic", chat=True)
    prompt = StageTemplate(wrapper="chat").retrieve("Rain?", tokenizer)
    assert prompt == f"Today {DATE}\n<user>Rain?</><assistant>"
    with pytest.raises(ConfigError, match="needs a tokenizer with a chat template"):
        StageTemplate(wrapper="chat").retrieve("Rain?", nano_tokenizer)


@pytest.mark.parametrize("kind", ["atomic", "semantic", "numeric", "hierarchical"])
@pytest.mark.parametrize("wrapper", ["plain", "chat"])
def test_training_and_inference_see_the_same_bytes(nano_tokenizer: Any, kind: Kind, wrapper: Any) -> None:
    """The supervised part of a row is the code that `ToolChooser` looks for, behind the ids that it reads."""
    tokenizer, index = tokenizer_for(nano_tokenizer, kind, wrapper == "chat")
    template = StageTemplate(wrapper=wrapper)
    codes = dict(zip(index.keys, index.codes(tokenizer), strict=True))
    asked = {
        doc.key: (template.memorize(doc, tokenizer), memorize_row(template, tokenizer, doc, index, 999)) for doc in DOCS
    }
    query = "Rain in Rome, and when?"
    rows = retrieve_rows(template, tokenizer, query, [doc.key for doc in DOCS], index, 999)
    pairs = [
        *asked.items(),
        *((key, (template.retrieve(query, tokenizer), row)) for key, row in zip(sorted(asked), rows, strict=True)),
    ]
    for key, (prompt, row) in pairs:
        inference = ids_that_inference_reads(tokenizer, index, prompt)
        before = len(inference)
        assert row["input_ids"][:before] == inference
        assert set(row["labels"][:before]) == {IGNORED}
        assert row["labels"][before:] == row["input_ids"][before:] == [*codes[key], tokenizer.eos_token_id]
        assert tokenizer.decode(row["input_ids"][:before]) == prompt


def ids_that_inference_reads(tokenizer: Any, index: Any, prompt: str) -> list[int]:
    """What a model is given to continue."""
    from transformers import LlamaConfig, LlamaForCausalLM

    small: dict[str, Any] = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **small))
    seen: list[torch.Tensor] = []
    chooser = ToolChooser(model, tokenizer, index, index.tools)
    model.model.embed_tokens.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    chooser.write_freely([prompt])
    return seen[0][0].tolist()


def test_a_row_that_is_too_long_is_refused(nano_tokenizer: Any) -> None:
    tokenizer, index = tokenizer_for(nano_tokenizer, "atomic", chat=False)
    with pytest.raises(RowError, match="more than max_length=16"):
        memorize_row(StageTemplate(), tokenizer, DOCS[0], index, 16)
    with pytest.raises(RowError, match="more than max_length=3"):
        retrieve_rows(StageTemplate(), tokenizer, "Rain in Rome?", [DOCS[0].key], index, 3)


@pytest.mark.data
def test_ten_of_toolbench_cannot_be_told_apart(data_root: Path) -> None:
    """What memorization accuracy can reach at most: 2,559 of 2,569."""
    docs = load_catalogue("toolbench", data_root / "toolbench").docs
    prompts = [StageTemplate().memorize(doc) for doc in docs]
    assert len(prompts) - len(set(prompts)) == 10
