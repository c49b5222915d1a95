"""How the shipped ToolRAG behaves: what it must find, what must not change its answer, and its score on the test rows."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from toolschool.datasets.splits import split_of
from toolschool.datasets.tinyagent import raw_rows, to_example
from toolschool.evaluation.toolrag import score_sets
from toolschool.methods.tinyagent.described import clauses, describe
from toolschool.methods.tinyagent.finder import FinderCard, Reading, ToolFinder
from toolschool.methods.tinyagent.toolrag import ToolRag
from toolschool.models.classifier import read_card
from toolschool.models.encoder import SentenceEncoder
from toolschool.records import Tool
from toolschool.tools.desk import DESK_TOOLS, desk_catalog

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "tinyagent" / "toolrag"


@pytest.fixture(scope="module")
def rag() -> ToolRag:
    return ToolRag.load(FOLDER)


def names(rag: ToolRag, query: str) -> set[str]:
    return {tool.name for tool in rag.search([query])[0]}


@pytest.mark.parametrize(
    ("query", "needed"),
    [
        ("Remind me to water the plants tomorrow at 9 AM", {"create_reminder"}),
        ("Show me directions from the hotel to the station by train", {"maps_show_directions"}),
        ('Summarize the document "Budget.pdf"', {"summarize_pdf", "open_and_get_file_path"}),
        ("Send an SMS to Priya saying I am late", {"send_sms", "get_phone_number"}),
        ('Append "buy milk" to the note "Groceries"', {"append_note_content"}),
        ("Schedule a Zoom meeting with Omar on Friday at 2 PM", {"get_zoom_meeting_link", "get_email_address"}),
        (
            'Forward the selected email to Lena, then create a note titled "Follow-ups" and open "Union Square" in Maps',
            {"forward_email", "get_email_address", "create_note", "maps_open_location"},
        ),
    ],
)
def test_minimum_functionality(rag: ToolRag, query: str, needed: set[str]) -> None:
    assert needed <= names(rag, query)


@pytest.mark.parametrize("name", ["Ann", "Mehmet", "Dr. Okafor", "Xochitl"])
def test_a_name_does_not_change_the_main_tools(rag: ToolRag, name: str) -> None:
    found = names(
        rag, f'Reply to the email from {name} and create a calendar event "Review" with {name} on Monday at 10'
    )
    assert {"reply_to_email", "create_calendar_event", "get_email_address"} <= found


@pytest.mark.parametrize(
    ("clause", "tool"),
    [
        (", and text Bob that I am on my way", "send_sms"),
        (", then set a reminder for Sunday", "create_reminder"),
        (". Also, show me the way to the museum", "maps_show_directions"),
    ],
)
def test_a_further_clause_raises_its_tool(rag: ToolRag, clause: str, tool: str) -> None:
    query = 'Open the note "Ideas" in the "Work" folder'
    column = rag.tools.index(tool)
    before, after = rag.probabilities([query, query + clause])[:, column]
    assert before < 0.5 < after


def test_the_folder_is_small_and_complete() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 6_000_000
    card = read_card(FOLDER)
    assert tuple(card["tools"]) == tuple(DESK_TOOLS)
    assert card["metrics"]["test"]["queries"] > 0


def test_a_query_takes_milliseconds(rag: ToolRag) -> None:
    rag.search(["warm up"])
    times = []
    for _ in range(20):
        started = time.perf_counter()
        rag.search(["Email the summary of plan.pdf to Sid and remind me on Friday"])
        times.append(time.perf_counter() - started)
    assert min(times) < 0.1  # about 10 ms on a free core; the rest is room for busy machines


TICKETS = Tool("book_flight", "Book a plane ticket between two cities.", {"type": "object", "properties": {}})
JAZZ = Tool("play_music", "Play a song, an album or an artist.", {"type": "object", "properties": {}})


@pytest.fixture(scope="module")
def offered(rag: ToolRag) -> Callable[[str], list[str]]:
    """What a planner is offered of the desk and two tools that nobody trained with."""
    encoder, tools = SentenceEncoder.load(), [*desk_catalog(), TICKETS, JAZZ]
    finder = ToolFinder.of(tools, encoder.embed(list(map(describe, tools))), FinderCard.from_json(read_card(FOLDER)))

    def search(query: str) -> list[str]:
        pieces = clauses(query)
        return [tool.name for tool in finder.search(Reading(pieces, encoder.embed(pieces), rag.logits([query])[0]))]

    return search


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("Book a plane ticket from Rome to Oslo", {"book_flight"}, {"send_sms", "create_calendar_event"}),
        ("Play an album by Miles Davis", {"play_music"}, {"book_flight", "create_note"}),
        ("Remind me on Friday at 9 to call Sid", {"create_reminder"}, {"book_flight", "play_music"}),
        ("Text Sid that I am late", {"get_phone_number", "send_sms"}, {"book_flight", "play_music"}),
        (
            "Book a plane ticket from Rome to Oslo, and text Priya that I'm coming",
            {"book_flight", "get_phone_number", "send_sms"},
            {"play_music"},
        ),
    ],
)
def test_tools_without_training_stand_beside_the_desks(
    offered: Callable[[str], list[str]], query: str, there: set[str], not_there: set[str]
) -> None:
    found = set(offered(query))
    assert there <= found
    assert not found & not_there


def test_the_scale_and_its_numbers_are_kept() -> None:
    card = read_card(FOLDER)
    assert FinderCard.from_json(card).joint is not None
    for scores in card["metrics"]["joint"].values():
        assert scores["calibration_error"] < 0.02
        assert scores["expected_tools"] == pytest.approx(scores["wanted_tools"], rel=1)


@pytest.mark.data
def test_scores_of_the_card_on_the_test_rows(rag: ToolRag, data_root: Path) -> None:
    """The card's numbers are what the folder gives, on rows that never trained it."""
    examples = map(to_example, raw_rows(data_root / "tinyagent" / "plans.jsonl"))
    test = [example for example in examples if split_of("tinyagent", {"tools": example.tools}) == "test"]
    found = [[tool.name for tool in tools] for tools in rag.search([example.query for example in test])]
    scores = score_sets(found, [example.tools for example in test], DESK_TOOLS)
    claimed = read_card(FOLDER)["metrics"]["test"]
    assert scores.empty == 0
    assert claimed["queries"] == len(test)
    assert scores.set_coverage.value == pytest.approx(claimed["set_coverage"], abs=0.012)
    assert scores.mean_tools.value == pytest.approx(claimed["mean_tools"], abs=0.1)
    assert np.nanmin(list(scores.per_tool.values())) > 0.8
