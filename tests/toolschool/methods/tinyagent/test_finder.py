"""A catalogue of any tools: trained ones, described ones and both, all with arrays written by hand."""

import numpy as np
import pytest

from toolschool.errors import ModelError
from toolschool.methods.tinyagent.described import EVIDENCE
from toolschool.methods.tinyagent.finder import FinderCard, Reading, ToolFinder
from toolschool.methods.tinyagent.joint import Joint, Logistic
from toolschool.methods.tinyagent.selection import Calibration, sigmoid
from toolschool.records import Tool

NOTHING = {"type": "object", "properties": {}}
TRAINED = [Tool("send_sms", "Send a text message.", NOTHING), Tool("open_note", "Open a note.", NOTHING)]
MUSIC = Tool("play_music", "Play a song.", NOTHING)
FLIGHT = Tool("book_flight", "Book a ticket.", NOTHING)
ZEROS = (0.0,) * (len(EVIDENCE) - 1)
CARD = FinderCard(
    ("open_note", "get_phone_number", "send_sms"),
    Calibration(temperature=2.0, price=0.05),
    Joint("minilm", Logistic((10.0, *ZEROS), -5.0), Logistic((1.0, 0.5, 4.0, *ZEROS), -5.0)),
)
LOGITS = np.array([-6.0, 0.0, 6.0])


def finder(*tools: Tool) -> ToolFinder:
    return ToolFinder.of(tools, np.eye(len(tools), 4, dtype=np.float32), CARD)


def test_trained_tools_alone_are_scored_by_the_classifier_alone() -> None:
    found = ToolFinder.of(TRAINED, None, CARD)
    assert found.wants_logits
    assert not found.wants_vectors
    probabilities = found.probabilities(Reading(["text Sid"], logits=LOGITS))
    np.testing.assert_allclose(probabilities, sigmoid(np.array([6.0, -6.0]) / 2))
    assert [tool.name for tool in found.search(Reading(["text Sid"], logits=LOGITS))] == ["send_sms"]


def test_described_tools_alone_need_no_classifier() -> None:
    found = finder(MUSIC, FLIGHT)
    assert found.wants_vectors
    assert not found.wants_logits
    reading = Reading(["some jazz"], np.array([[0.8, 0.1, 0, 0]], dtype=np.float32))
    np.testing.assert_allclose(found.probabilities(reading), sigmoid(np.array([3.0, -4.0])), atol=1e-6)
    assert [tool.name for tool in found.search(reading)] == ["play_music"]


def test_both_kinds_are_on_one_scale() -> None:
    found = finder(*TRAINED, MUSIC)
    reading = Reading(["text Sid, then some jazz"], np.array([[0.5, 0.25, 0.9, 0]], dtype=np.float32), LOGITS)
    probabilities = found.probabilities(reading)
    np.testing.assert_allclose(probabilities, sigmoid(np.array([6 + 2 - 2, -6 + 1 - 2, 4])), atol=1e-6)
    ranked = found.ranked(reading, 3)
    assert [(tool.name, tool.chosen) for tool in ranked] == [
        ("send_sms", True),
        ("play_music", True),
        ("open_note", False),
    ]
    assert [tool.name for tool in found.search(reading, most=1)] == ["send_sms"]


def test_a_clause_belongs_to_the_likeliest_tool_that_it_comes_nearest_to() -> None:
    """send_sms, open_note, play_music, book_flight lie on the four axes."""
    found = finder(*TRAINED, MUSIC, FLIGHT)
    pieces = ["all of it", "text Sid", "some jazz", "and so on"]
    vectors = np.array([[0.6, 0, 0.6, 0.5], [0.9, 0, 0, 0.8], [0, 0, 0.9, 0], [0, 0, 0, 0]], dtype=np.float32)
    ranked = found.ranked(Reading(pieces, vectors, LOGITS), 4)
    assert {tool.name: tool.part for tool in ranked if tool.probability >= 0.5} == {
        "send_sms": "",  # trained: the planner knows what to do
        "play_music": "some jazz",
        "book_flight": "",  # its clause is that of send_sms, which is likelier
    }
    alone = found.ranked(Reading(["some jazz"], vectors[2:3], LOGITS - 9), 1)
    assert [(tool.name, tool.part) for tool in alone] == [("play_music", "some jazz")]


def test_many_tools_give_few_and_never_none() -> None:
    tools = [Tool(f"tool_{number}", "Does something.", NOTHING) for number in range(300)]
    vectors = np.zeros((300, 4), dtype=np.float32)
    found = ToolFinder.of(tools, vectors, CARD)
    reading = Reading(["anything"], np.array([[1.0, 0, 0, 0]], dtype=np.float32))
    assert 1 <= len(found.search(reading)) <= 16
    assert len(found.ranked(reading, 200)) == 200
    assert ToolFinder.of([], None, CARD).search(Reading(["anything"])) == []


def test_a_card_comes_from_a_folders_json() -> None:
    assert CARD.joint is not None
    written = {"tools": list(CARD.trained), "calibration": CARD.calibration.to_json(), "joint": CARD.joint.to_json()}
    assert FinderCard.from_json(written) == CARD
    without = FinderCard.from_json({"tools": ["send_sms"]})
    with pytest.raises(ModelError, match="calibrate it"):
        ToolFinder.of([MUSIC], np.zeros((1, 4)), without)
    assert ToolFinder.of(TRAINED, None, without).names == ("send_sms", "open_note")
