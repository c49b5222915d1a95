"""Questions about tools have one right answer by documentation; a model answers by likelihood, as a plain sum says."""

import copy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from toolschool.datasets.api_docs import ApiDoc, Parameter
from toolschool.datasets.catalogues import Catalogue, load_catalogue
from toolschool.evaluation.toolgen import ToolGenModel
from toolschool.evaluation.toolgen_probes import by_likelihood, by_similarity, make_probes, probes_table
from toolschool.methods.toolgen.indexing import Kind, build_index, token_words
from toolschool.methods.toolgen.stages import StageTemplate
from toolschool.models.backbone import add_tokens
from toolschool.models.encoder import SentenceEncoder

THINGS = ("rivers", "trains", "paintings", "recipes", "planets", "insects", "novels", "bridges")
DOCS = [
    ApiDoc(
        f"All about {thing}",
        f"Tool {n}",
        f"api {n}",
        f"Find {thing} by name",
        (Parameter(f"{thing}_id"), Parameter("page")),
    )
    for n, thing in enumerate(THINGS)
]
APIS = Catalogue.of("ours", DOCS)


def holds(doc: ApiDoc, kind: str, question: str) -> bool:
    if kind == "parameter":
        return any(question.endswith(f"parameter {parameter.name}?") for parameter in doc.required)
    return question.endswith(f"category {doc.category}?" if kind == "category" else f"this? {doc.description}")


def test_one_of_four_is_right() -> None:
    probes = make_probes(APIS, 100)
    by_key = {doc.key: doc for doc in DOCS}
    for probe in probes:
        assert len(set(probe.choices)) == 4
        truths = [holds(by_key[key], probe.kind, probe.question) for key in probe.choices]
        assert truths == [place == probe.right for place in range(4)]
    assert {probe.kind for probe in probes} == {"parameter", "category", "description"}
    assert not any("parameter page" in probe.question for probe in probes), "all have it: nobody could be wrong"
    assert make_probes(APIS, 100) == probes
    assert make_probes(APIS, 100, seed=1) != probes
    assert Counter(probe.kind for probe in make_probes(APIS, 2)) == {"parameter": 2, "category": 2, "description": 2}
    assert make_probes(Catalogue.of("few", DOCS[:3]), 5) == []


@pytest.mark.parametrize("kind", ["atomic", "semantic"])
def test_the_likeliest_text_is_the_answer(nano_tokenizer: Any, kind: Kind) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    index = build_index(kind, DOCS)
    tokenizer = copy.deepcopy(nano_tokenizer)
    add_tokens(tokenizer, list(token_words(index, DOCS)))
    torch.manual_seed(0)
    size: dict[str, Any] = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), initializer_range=0.3, **size)).eval()
    known = ToolGenModel(model, tokenizer, index, StageTemplate())
    probes = make_probes(APIS, 4)
    expected = []
    for probe in probes:
        head = tokenizer(f"{probe.question}\n", add_special_tokens=False)["input_ids"]
        scores = []
        for key in probe.choices:
            code = tokenizer(index.texts[key], add_special_tokens=False)["input_ids"]
            whole = [*head, *code, tokenizer.eos_token_id]
            with torch.no_grad():
                logs = model(torch.tensor([whole])).logits[0].log_softmax(-1)
            scores.append(sum(float(logs[at - 1, whole[at]]) for at in range(len(head), len(whole))))
        expected.append(scores.index(max(scores)) == probe.right)
    found = by_likelihood(known, probes)
    assert found == expected
    table = probes_table(probes, {"m": found})
    assert [(row[0], row[2]) for row in table.rows] == [("parameter", "4"), ("category", "4"), ("description", "4")]


def test_an_encoder_reads_the_documentation() -> None:
    probes = make_probes(APIS, 8)
    found = by_similarity(SentenceEncoder.load(), APIS, probes)
    assert sum(found) / len(found) > 0.9


@pytest.mark.data
def test_there_are_enough_questions_about_toolbench(data_root: Path) -> None:
    probes = make_probes(load_catalogue("toolbench", data_root / "toolbench"), 200)
    assert Counter(probe.kind for probe in probes) == {"parameter": 200, "category": 200, "description": 200}
    places = Counter(probe.right for probe in probes)
    assert min(places.values()) > 110
