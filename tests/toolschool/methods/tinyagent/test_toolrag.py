"""ToolRAG from a folder: calibration, allow-lists, caps and the scale for other tools. The model here is untrained."""

from pathlib import Path

import numpy as np
import pytest

from toolschool.errors import ConfigError, ModelError
from toolschool.methods.tinyagent.described import describe
from toolschool.methods.tinyagent.finder import FinderCard, Reading, ToolFinder
from toolschool.methods.tinyagent.toolrag import ToolRag, calibrate_folder
from toolschool.models.classifier import ToolClassifier, read_card
from toolschool.models.encoder import SentenceEncoder
from toolschool.records import Tool

NAMES = ["get_phone_number", "create_note", "send_sms", "open_note"]
CATALOG = [
    Tool("get_phone_number", "Look up somebody's phone number.", {"type": "object", "properties": {}}),
    Tool("create_note", "Write a new note.", {"type": "object", "properties": {}}),
    Tool("send_sms", "Send a text message to phone numbers.", {"type": "object", "properties": {}}),
    Tool("open_note", "Open a note that exists.", {"type": "object", "properties": {}}),
]
FLIGHT = Tool("book_flight", "Book a plane ticket between two cities.", {"type": "object", "properties": {}})
QUERIES = ["Find Bob's phone number", "Write a new note about tea", "Text Ann", "Open my note", "Text Bob a note"]
LABELS = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1], [1, 1, 1, 0]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("toolrag")
    ToolClassifier.build(num_labels=4, lora={"r": 2}).save_pretrained(target, tools=NAMES)
    calibrate_folder(target, QUERIES, LABELS, budget=2.0, catalog=CATALOG, metrics={"set_coverage": 0.5})
    return target


def test_the_card_keeps_what_was_calibrated(folder: Path) -> None:
    card = read_card(folder)
    assert card["tools"] == NAMES
    assert card["calibration"]["budget"] == 2.0
    assert card["metrics"] == {"set_coverage": 0.5}
    rag = ToolRag.load(folder)
    sizes = [len(found) for found in rag.search(QUERIES)]
    assert np.mean(sizes) <= 2.0


def test_tools_come_by_falling_probability_and_never_none(folder: Path) -> None:
    rag = ToolRag.load(folder)
    probabilities = rag.probabilities(QUERIES)
    assert probabilities.shape == (5, 4)
    for found, row in zip(rag.search([*QUERIES, ""]), probabilities, strict=False):
        assert found
        values = [tool.probability for tool in found]
        assert values == sorted(values, reverse=True)
        assert values[0] == pytest.approx(row.max())
    assert rag.search([]) == []


def test_cap_and_allow_list_bound_the_answer(folder: Path) -> None:
    rag = ToolRag.load(folder)
    assert all(len(found) == 1 for found in rag.search(QUERIES, cap=1))
    allowed = {"open_note", "create_note"}
    assert all({tool.name for tool in found} <= allowed and found for found in rag.search(QUERIES, allowed=allowed))
    with pytest.raises(ConfigError, match="book_flight"):
        rag.search(QUERIES, allowed={"book_flight"})
    with pytest.raises(ConfigError, match="enable"):
        rag.search(QUERIES, allowed=set())


def test_a_query_alone_gets_what_it_gets_in_a_batch(folder: Path) -> None:
    rag = ToolRag.load(folder)
    together = rag.probabilities(QUERIES)
    alone = np.concatenate([rag.probabilities([query]) for query in QUERIES])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_the_scale_for_other_tools_is_fitted_with_the_catalogue(folder: Path) -> None:
    card = FinderCard.from_json(read_card(folder))
    assert card.trained == tuple(NAMES)
    encoder = SentenceEncoder.load()
    tools = [*CATALOG, FLIGHT]
    finder = ToolFinder.of(tools, encoder.embed(list(map(describe, tools))), card)
    queries = ["Book a plane ticket from Rome to Oslo", "Open my note"]
    logits = ToolRag.load(folder).logits(queries)
    readings = [Reading([query], encoder.embed([query]), row) for query, row in zip(queries, logits, strict=True)]
    wanted, other = (finder.probabilities(reading)[-1] for reading in readings)
    assert wanted > other
    with pytest.raises(ConfigError, match="the catalogue has no open_note"):
        calibrate_folder(folder, QUERIES, LABELS, catalog=CATALOG[:3])


def test_a_folder_whose_tools_do_not_fit_is_refused(tmp_path: Path) -> None:
    ToolClassifier.build(num_labels=4, lora={"r": 2}).save_pretrained(tmp_path, tools=NAMES[:2])
    with pytest.raises(ModelError, match="2 tools for 4 labels"):
        ToolRag.load(tmp_path)
