"""Plans that a planner and a caller write together: what each is asked, and that it is one plan in the end."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from toolschool.methods.tinyagent import guests
from toolschool.methods.tinyagent.guests import PlannerWithGuests, without
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.plans.grammar import parse_plan
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import desk_catalog

NOW = datetime(2026, 3, 2, 9)
SONG = {"type": "object", "properties": {"song": {"type": "string"}}}
MUSIC, LIGHT = Tool("play_music", "Plays a song.", SONG), Tool("set_light", "Sets the light.", SONG)
CATALOG = Catalog([*desk_catalog(), MUSIC, LIGHT])
SMS = '1. get_phone_number("Priya")\n2. send_sms(["$1"], "late")\n'
QUERY = "Text Priya that I'm late, play some jazz, and dim the light"
PARTS = {"play_music": "play some jazz", "set_light": "dim the light"}


class FakePlanner:
    """Writes one plan whatever it is asked, its join whole and last."""

    catalog = desk_catalog()
    engine = "its engine"

    def __init__(self, text: str = SMS) -> None:
        self.text, self.asked = text, list[PlanRequest]()

    def stream(self, request: PlanRequest) -> Iterator[str]:
        self.asked.append(request)
        yield from self.text
        yield f"{request.first_id + self.text.count(chr(10))}. join()<END_OF_PLAN>\n"


class FakeCaller:
    """Calls its one tool with what it was asked; "endless" is cut off."""

    engine = template = None

    def __init__(self, engine: Any, template: Any, catalog: Catalog) -> None:
        self.catalog = catalog

    def stream(self, request: PlanRequest) -> Iterator[str]:
        (tool,) = self.catalog
        assert request.tools == (tool.name,)
        yield f"{request.first_id}. {tool.name}("
        yield ""
        if "endless" not in request.query:
            yield f'"{request.query}")\n{request.first_id + 1}. join()<END_OF_PLAN>\n'


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests, "Caller", FakeCaller)


def asked(query: str, parts: dict[str, str], tools: tuple[str, ...] = CATALOG.names, **more: Any) -> PlanRequest:
    return PlanRequest(query, tools, NOW, catalog=CATALOG, parts=parts, **more)


def plan(planner: FakePlanner, request: PlanRequest) -> str:
    return "".join(PlannerWithGuests(planner, FakeCaller).stream(request))  # type: ignore[arg-type]


def test_one_plan_of_both() -> None:
    planner = FakePlanner()
    text = plan(planner, asked(QUERY, PARTS))
    assert text == SMS + '3. play_music("play some jazz")\n4. set_light("dim the light")\n5. join()<END_OF_PLAN>\n'
    assert [call.tool for call in parse_plan(text).calls] == ["get_phone_number", "send_sms", *PARTS]
    (request,) = planner.asked
    assert request.query == "Text Priya that I'm late"
    assert request.tools == desk_catalog().names
    assert request.now == NOW


def test_texts_of_a_format_are_written_by_the_planner() -> None:
    dated = Tool("book", "Books.", {"type": "object", "properties": {"day": {"type": "string", "format": "date"}}})
    planner = FakePlanner('1. book("2026-03-03")\n')
    catalog = Catalog([*desk_catalog(), dated])
    request = PlanRequest(
        "Book it for tomorrow", ("book",), NOW, catalog=catalog, parts={"book": "Book it for tomorrow"}
    )
    assert plan(planner, request) == '1. book("2026-03-03")\n2. join()<END_OF_PLAN>\n'
    (asked_for,) = planner.asked
    assert (asked_for.tools, asked_for.must_call, asked_for.max_calls) == (("book",), True, 1)
    assert asked_for.catalog is not None
    assert asked_for.catalog.names == ("book",)


def test_a_request_for_guests_alone_asks_no_planner() -> None:
    planner = FakePlanner()
    text = plan(planner, asked("Play some jazz", {"play_music": "Play some jazz"}))
    assert text == '1. play_music("Play some jazz")\n2. join()<END_OF_PLAN>\n'
    assert planner.asked == []


@pytest.mark.parametrize(
    "request_",
    [
        asked(QUERY, {}),
        asked(QUERY, {"send_sms": "Text Priya"}),
        asked(QUERY, PARTS, tools=("send_sms", "get_phone_number")),
        asked(QUERY, PARTS, context="Previous Plan:", first_id=3),
        PlanRequest(QUERY, CATALOG.names, NOW, parts=PARTS),
    ],
    ids=["nothing likely", "its own", "not offered", "replan", "no catalogue"],
)
def test_without_guests_the_planner_is_left_alone(request_: PlanRequest) -> None:
    planner = FakePlanner()
    assert plan(planner, request_) == "".join(FakePlanner().stream(request_))
    assert planner.asked == [request_]


def test_an_empty_plan_and_a_call_that_is_cut_off() -> None:
    text = plan(
        FakePlanner(""),
        asked("Hum, play endless jazz, and dim the light", {**PARTS, "play_music": "play endless jazz"}),
    )
    assert text == '1. play_music(\n2. set_light("dim the light")\n3. join()<END_OF_PLAN>\n'


@pytest.mark.parametrize(
    ("query", "parts", "rest"),
    [
        (QUERY, PARTS.values(), "Text Priya that I'm late"),
        ("play some jazz, then text Sid", ["play some jazz"], "text Sid"),
        ("Play some jazz and thank you", ["Play some jazz"], "thank you"),
        ("Play some jazz.", ["Play some jazz"], ""),
        ("Play some jazz now", ["Play some jazz"], ""),
        ("Android andante", [], "Android andante"),
        ("Text Sid", ["not in it"], "Text Sid"),
    ],
)
def test_what_is_left_of_a_query(query: str, parts: Any, rest: str) -> None:
    assert without(query, dict.fromkeys(parts, "") | {part: part for part in parts}) == rest
