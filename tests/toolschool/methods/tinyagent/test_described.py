"""Tools that are found by their description: clauses, texts, and what speaks for each tool."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import DataError
from toolschool.methods.tinyagent.described import EVIDENCE, MAX_PIECES, ToolIndex, clauses, describe, document
from toolschool.models.encoder import SentenceEncoder
from toolschool.records import Tool


def tool(name: str, description: str, **arguments: str) -> Tool:
    properties = {key: {"type": "string", "description": said} for key, said in arguments.items()}
    return Tool(name, description, {"type": "object", "properties": properties})


TOOLS = [
    tool("translate_text", "Translate a text into another language.", targetLanguage="a language such as French"),
    tool("bookFlight", "Book a plane ticket between two cities."),
    tool("play_music", "Play a song, an album or an artist."),
]
VECTORS = np.eye(3, 4, dtype=np.float32)


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


def test_a_request_of_many_clauses_is_read_up_to_a_limit() -> None:
    assert len(clauses("find a song, " * 500)) == MAX_PIECES


def test_a_description_names_the_tool_in_words() -> None:
    assert describe(TOOLS[1]) == "book Flight: Book a plane ticket between two cities."


def test_a_document_has_the_arguments_too() -> None:
    assert document(TOOLS[0]).endswith("target Language a language such as French")


def column(name: str) -> int:
    return EVIDENCE.index(name)


def test_evidence_of_a_request_with_one_clause() -> None:
    index = ToolIndex.build(TOOLS, VECTORS)
    vector = np.array([[0.6, 0.0, 0.8, 0.0]], dtype=np.float32)
    evidence = index.evidence(["translate a song"], vector)
    assert evidence.shape == (3, len(EVIDENCE))
    np.testing.assert_allclose(evidence[:, column("cosine")], [0.6, 0.0, 0.8], atol=1e-6)
    shares = np.exp(evidence[:, column("share")])
    assert shares.sum() == pytest.approx(1)
    assert shares.argmax() == 2
    words = evidence[:, column("words")]
    assert words[0] > words[2] > 0  # "translate" twice, "song" once, "a" everywhere
    assert words.max() <= 1
    assert evidence[0, column("words of the best")] == 1


def test_each_clause_counts_by_itself() -> None:
    index = ToolIndex.build(TOOLS, VECTORS)
    pieces = ["Play jazz, then book a ticket", "Play jazz", "book a ticket"]
    evidence = index.evidence(pieces, np.array([[0.5, 0.5, 0.5, 0.5], [0, 0, 1, 0], [0, 1, 0, 0]], dtype=np.float32))
    assert evidence[:, column("cosine")].tolist() == [0.5, 1.0, 1.0]
    assert evidence[1, column("words of the best")] == evidence[2, column("words of the best")] == 1


@given(st.text(max_size=80))
def test_any_text_is_a_request(query: str) -> None:
    pieces = clauses(query)
    vectors = np.full((len(pieces), 4), 0.5, dtype=np.float32)
    evidence = ToolIndex.build(TOOLS, VECTORS).evidence(pieces, vectors)
    assert np.isfinite(evidence).all()
    assert (evidence[:, column("words")] <= 1).all()


def test_a_tool_more_makes_the_same_cosine_worth_less() -> None:
    few, many = ToolIndex.build(TOOLS[:1], VECTORS[:1]), ToolIndex.build(TOOLS, VECTORS)
    request = (["x y"], np.array([[0.7, 0.5, 0.5, 0]], dtype=np.float32))
    assert many.evidence(*request)[0, column("share")] < few.evidence(*request)[0, column("share")]


def test_vectors_and_tools_go_together() -> None:
    with pytest.raises(DataError, match="2 vectors for 3 tools"):
        ToolIndex.build(TOOLS, VECTORS[:2])


def test_with_the_encoder_each_clause_finds_its_tool() -> None:
    encoder = SentenceEncoder.load()
    index = ToolIndex.build(TOOLS, encoder.embed([describe(tool) for tool in TOOLS]))
    pieces = clauses(
        "Create a note about dinner, then play some jazz by Miles Davis, and translate the menu into French"
    )
    cosines = index.evidence(pieces, encoder.embed(pieces))[:, column("cosine")]
    assert cosines.argmin() == 1
