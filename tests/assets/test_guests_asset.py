"""Tools that none of the shipped models was trained with, found and called by them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from toolschool.methods.ste.caller import Caller
from toolschool.methods.tinyagent.described import clauses, describe
from toolschool.methods.tinyagent.finder import FinderCard, Reading, ToolFinder
from toolschool.methods.tinyagent.guests import PlannerWithGuests
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.methods.tinyagent.toolrag import ToolRag
from toolschool.models.classifier import read_card
from toolschool.models.encoder import SentenceEncoder
from toolschool.plans.grammar import parse_plan
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import desk_catalog

ASSETS = Path(__file__).resolve().parents[2] / "assets"
NOW = datetime(2026, 3, 2, 9)


def tool(name: str, description: str, **arguments: str) -> Tool:
    properties = {key: {"type": kind} for key, kind in arguments.items()}
    return Tool(name, description, {"type": "object", "properties": properties, "required": list(properties)})


CATALOG = Catalog(
    [
        *desk_catalog(),
        tool("play_music", "Play a song, an album or an artist.", song="string"),
        tool("translate_text", "Translate a text into another language.", text="string", language="string"),
        tool("get_weather", "The weather forecast of a city.", city="string"),
    ]
)


@pytest.fixture(scope="module")
def plan() -> Callable[[str], list[tuple[str, tuple]]]:
    """From a query to the calls of its plan, as a server goes."""
    rag, encoder = ToolRag.load(ASSETS / "tinyagent" / "toolrag"), SentenceEncoder.load()
    planner = PlannerWithGuests(
        Planner.load(ASSETS / "tinyagent" / "planner", desk_catalog()), Caller.load(ASSETS / "ste" / "caller")
    )
    card = FinderCard.from_json(read_card(ASSETS / "tinyagent" / "toolrag"))
    finder = ToolFinder.of(CATALOG.tools, encoder.embed(list(map(describe, CATALOG))), card)

    def make(query: str) -> list[tuple[str, tuple]]:
        pieces = clauses(query)
        found = finder.search(Reading(pieces, encoder.embed(pieces), rag.logits([query])[0]))
        names = tuple(tool.name for tool in found)
        parts = {tool.name: tool.part for tool in found if tool.part}
        text = "".join(planner.stream(PlanRequest(query, names, NOW, catalog=CATALOG, parts=parts)))
        return [(call.tool, call.args) for call in parse_plan(text).calls]

    return make


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ("What is the weather in Bonn?", [("get_weather", ("Bonn",))]),
        ("Translate 'good morning' into French", [("translate_text", ("good morning", "French"))]),
        (
            "Play Bohemian Rhapsody and text Priya that I'm late",
            [
                ("get_phone_number", ("Priya",)),
                ("send_sms", (["$1"], "I'm late")),
                ("play_music", ("Bohemian Rhapsody",)),
            ],
        ),
        ("Text Priya that I'm late", [("get_phone_number", ("Priya",)), ("send_sms", (["$1"], "I'm late"))]),
    ],
)
def test_a_users_tools_are_called_beside_the_desks(
    plan: Callable[[str], list[tuple[str, tuple]]], query: str, calls: list[tuple[str, tuple]]
) -> None:
    assert plan(query) == calls
