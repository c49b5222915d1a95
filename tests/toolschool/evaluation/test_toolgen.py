"""What a model knows and finds, on models small enough to be taught in a second."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from toolschool.datasets.api_docs import ApiDoc
from toolschool.datasets.catalogues import Catalogue
from toolschool.errors import ModelError
from toolschool.evaluation.retrieval import score
from toolschool.evaluation.toolgen import (
    ModelRanker,
    ToolGenModel,
    difference_table,
    hallucinated,
    memorized,
    memorized_table,
    ndcg_plot,
)
from toolschool.methods.toolgen.choosing import ToolChooser
from toolschool.methods.toolgen.indexing import build_index, token_words
from toolschool.methods.toolgen.stages import StageTemplate, memorize_row
from toolschool.models.backbone import ModelConfig, add_tokens, save

DOCS = [ApiDoc("Weather", f"Tool {number}", "Get", f"Number {number}.") for number in range(6)]
TWICE = [*DOCS, ApiDoc("News", "Tool 5", "Get", "Number 5.")]  # says what the last one says


def random_model(nano_tokenizer: Any, docs: list[ApiDoc]) -> ToolGenModel:
    from transformers import LlamaConfig, LlamaForCausalLM

    index = build_index("atomic", docs)
    tokenizer = copy.deepcopy(nano_tokenizer)
    add_tokens(tokenizer, list(token_words(index, docs)))
    torch.manual_seed(0)
    size: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), initializer_range=0.2, **size)).eval()
    return ToolGenModel(model, tokenizer, index, StageTemplate())


def teach(known: ToolGenModel, docs: list[ApiDoc]) -> None:
    """Stage 1 until it is known by heart."""
    rows = [memorize_row(known.template, known.tokenizer, doc, known.index, 999) for doc in docs]
    optimizer = torch.optim.AdamW(known.model.parameters(), lr=1e-2)
    for _ in range(60):
        for row in rows:
            ids, labels = (torch.tensor([row[name]]) for name in ("input_ids", "labels"))
            known.model(input_ids=ids, labels=labels).loss.backward()
            optimizer.step()
            optimizer.zero_grad()


@pytest.fixture(scope="module")
def nano_tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained("assets/nano")


@pytest.fixture(scope="module")
def taught(nano_tokenizer: Any) -> ToolGenModel:
    known = random_model(nano_tokenizer, TWICE)
    teach(known, DOCS)
    return known


def test_a_model_that_was_taught_nothing_writes_no_tools(nano_tokenizer: Any) -> None:
    known = random_model(nano_tokenizer, DOCS)
    found = memorized(known, DOCS)
    assert (found.free.value, found.f1, found.hallucinated.value) == (0.0, 0.0, 1.0)
    assert found.held.value < 0.6
    assert hallucinated(known, ["a", "b"]).value == 1.0


def test_what_was_taught_is_known_by_heart(taught: ToolGenModel) -> None:
    found = memorized(taught, DOCS)
    assert (found.free.value, found.held.value, found.f1, found.hallucinated.value) == (1.0, 1.0, 1.0, 0.0)
    assert (found.apart, found.free.n) == (1.0, 6)


def test_what_says_the_same_cannot_be_told_apart(taught: ToolGenModel) -> None:
    """Right for six of seven; F1 is 1 for five tools, 2/3 for the one that is written twice, 0 for the one that never is."""
    found = memorized(taught, TWICE)
    assert found.apart == pytest.approx(6 / 7)
    assert found.free.value == found.held.value == pytest.approx(6 / 7)
    assert found.f1 == pytest.approx((5 + 2 / 3) / 7)
    (column,) = (dict(memorized_table({"m": found}).rows),)
    assert column["can be told apart"] == "85.7"
    assert column["tools"] == "7"


def test_tools_of_a_catalogue_are_ranked_by_their_places(taught: ToolGenModel) -> None:
    apis = Catalogue.of("ours", [ApiDoc("X", "unknown", "api"), DOCS[4], DOCS[1], DOCS[3]])
    queries = [taught.template.memorize(doc) for doc in DOCS]
    ranked = ModelRanker(taught, apis).rank(queries, depth=9)
    assert all(sorted(row) == [1, 2, 3] for row in ranked), "the unknown one is in no list"
    assert [ranked[number][0] for number in (4, 1, 3)] == [1, 2, 3]
    chooser = ToolChooser(taught.model, taught.tokenizer, taught.index, [doc.key for doc in apis.docs[1:]])
    prompts = [taught.template.retrieve(query) for query in queries]
    assert [[apis.docs[place].key for place in row] for row in ranked] == chooser.rank(prompts, 9)
    with pytest.raises(ModelError, match="knows no tool of theirs"):
        ModelRanker(taught, Catalogue.of("theirs", [ApiDoc("X", "unknown", "api")]))


def test_a_trained_folder_is_opened(taught: ToolGenModel, tmp_path: Path) -> None:
    config = ModelConfig(name="assets/nano")
    card = {"method": "toolgen", "template": {"description_length": 50}}
    folder = save(taught.model, taught.tokenizer, tmp_path / "model", config=config, artifact=card)
    with pytest.raises(ModelError, match=r"no tool_index\.json"):
        ToolGenModel.open(folder)
    taught.index.save(folder)
    opened = ToolGenModel.open(folder)
    assert opened.template == StageTemplate(description_length=50)
    assert memorized(opened, DOCS).free.value == 1.0
    with pytest.raises(ModelError, match="was not trained on ToolGen's rows"):
        ToolGenModel.open("assets/nano")


def test_differences_are_taken_request_by_request() -> None:
    gold = [{0}, {1}, {2}, {3}]
    systems = {"one": score([[0], [1], [9], [9]], gold), "two": score([[0], [9], [9], [9]], gold)}
    table = difference_table("one", "two", systems, ["a", "a", "b", "b"])
    assert [(row[0], row[1].split()[0], row[2]) for row in table.rows] == [
        ("a", "+50.0", "2"),
        ("b", "+0.0", "2"),
        ("all", "+25.0", "4"),
    ]
    png = ndcg_plot(systems, ["a", "a", "b", "b"])
    assert png.startswith(b"\x89PNG")
    assert np.isclose(systems["one"]["NDCG@5"].mean(), 0.5)
