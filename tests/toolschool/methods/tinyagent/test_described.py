"""Tools that are found by their description alone."""

import numpy as np
import pytest

from toolschool.methods.tinyagent.described import DescribedTools, clauses, describe, fit_platt
from toolschool.methods.tinyagent.selection import sigmoid
from toolschool.models.encoder import SentenceEncoder
from toolschool.records import Tool

TOOLS = [
    Tool("translate_text", "Translate a text into another language.", {"type": "object", "properties": {}}),
    Tool("book_flight", "Book a plane ticket between two cities.", {"type": "object", "properties": {}}),
    Tool("play_music", "Play a song, an album or an artist.", {"type": "object", "properties": {}}),
]


@pytest.mark.parametrize(
    ("query", "pieces"),
    [
        ("Call Sid.", ["Call Sid"]),
        ("Open the note, and send it to Bob. Then call Sid", ["Open the note", "send it to Bob", "Then call Sid"]),
        ("Find the file and attach it", ["Find the file", "attach it"]),
        ("Meet Ann and Bob", ["Meet Ann and Bob"]),
        ("", []),
    ],
)
def test_clauses(query: str, pieces: list[str]) -> None:
    found = clauses(query)
    assert found[0] == query
    assert [piece for piece in found if piece != query] == [piece for piece in pieces if piece != query]


def test_a_description_names_the_tool_in_words() -> None:
    assert describe(TOOLS[1]) == "book flight: Book a plane ticket between two cities."


def test_each_clause_finds_its_tool() -> None:
    scorer = DescribedTools.build(TOOLS, SentenceEncoder.load(), scale=10.0, offset=-4.0)
    queries = [
        "Book me a flight from Rome to Oslo on Friday",
        "Create a note about dinner, then play some jazz by Miles Davis, and translate the menu into French",
    ]
    similarity = scorer.similarity(queries)
    assert similarity.shape == (2, 3)
    assert similarity[0].argmax() == 1
    assert similarity[1].argmin() == 1
    np.testing.assert_allclose(scorer.probabilities(queries), sigmoid(10 * similarity - 4))
    assert scorer.similarity([]).shape == (0, 3)


def test_platt_scaling_recovers_scale_and_offset() -> None:
    rng = np.random.default_rng(0)
    similarity = rng.uniform(0, 1, size=(4000, 3))
    labels = rng.random(similarity.shape) < sigmoid(9 * similarity - 5)
    scale, offset = fit_platt(similarity, labels)
    assert scale == pytest.approx(9, rel=0.1)
    assert offset == pytest.approx(-5, rel=0.1)
