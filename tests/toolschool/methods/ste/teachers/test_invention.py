"""Arguments fit their schema, requests say them, and what is read back is what was said."""

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.methods.ste.teachers.invention import moments
from toolschool.methods.ste.teachers.invention.leaves import UNSAID, read_leaves
from toolschool.methods.ste.teachers.invention.patterns import matching
from toolschool.methods.ste.teachers.invention.purposes import purposes
from toolschool.methods.ste.teachers.invention.reading import read_request
from toolschool.methods.ste.teachers.invention.values import completed, draw_arguments
from toolschool.methods.ste.teachers.invention.wording import worded
from toolschool.records import Tool
from toolschool.tools.desk import desk_catalog
from toolschool.tools.run import check_args

DESK = {tool.name: tool for tool in desk_catalog()}


def tool_of(
    properties: Mapping[str, Any],
    *,
    required: tuple[str, ...] | None = None,
    name: str = "look_up",
    about: str = "Looks something up.",
) -> Tool:
    needed = list(properties) if required is None else list(required)
    return Tool(
        name,
        about,
        {"type": "object", "properties": dict(properties), "required": needed, "additionalProperties": False},
    )


NAMES = st.sampled_from(
    "city name amount date start_date end_date query email tags limit source target id language_code message path include_all mode x".split()
)
NUMBERS = st.builds(
    lambda kind, low, width: {"type": kind, "minimum": low, "maximum": low + width},
    st.sampled_from(["integer", "number"]), st.integers(-50, 5000), st.integers(1, 400),
)  # fmt: skip
TEXTS = st.one_of(
    st.just({"type": "string"}),
    st.builds(lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more}, st.integers(0, 30), st.integers(3, 40)),
    st.sampled_from([{"type": "string", "format": form} for form in ("date", "date-time", "email", "uri")]),
    st.sampled_from([{"type": "string", "pattern": p} for p in (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", r"^[A-Z]{3}\d+$", r"^(a|b)c?$")]),
    st.just({"type": "string", "description": "A date as DD/MM/YYYY."}),
)  # fmt: skip
SCALARS = st.one_of(
    NUMBERS,
    TEXTS,
    st.just({"type": "boolean"}),
    st.sampled_from([{"enum": ["fast", "slow"]}, {"type": "integer", "enum": [1, 2, 5]}]),
)
LISTS = st.builds(lambda item: {"type": "array", "items": item}, TEXTS)
OBJECTS = st.builds(
    lambda part: {"type": "object", "properties": {"unit": part, "size": {"type": "integer"}}, "required": ["unit"]},
    SCALARS,
)
NULLABLE = st.builds(lambda part: {"anyOf": [part, {"type": "null"}]}, SCALARS)
SCHEMAS = st.one_of(SCALARS, LISTS, OBJECTS, NULLABLE)
TOOLS = st.builds(
    lambda properties, share: tool_of(properties, required=tuple(list(properties)[:share])),
    st.dictionaries(NAMES, SCHEMAS, max_size=5), st.integers(0, 5),
)  # fmt: skip


@given(TOOLS, st.integers(0, 10**6))
def test_calls_made_up_fit_their_schema(tool: Tool, seed: int) -> None:
    leaves = read_leaves(tool)
    check_args(tool, completed(leaves, draw_arguments(leaves, random.Random(seed))))


@given(TOOLS, st.integers(0, 10**6))
def test_a_request_says_its_arguments_and_no_others(tool: Tool, seed: int) -> None:
    leaves, rng = read_leaves(tool), random.Random(seed)
    said = draw_arguments(leaves, rng)
    assert read_request(leaves, worded(tool, leaves, said, rng)) == said


@pytest.mark.parametrize("name", DESK)
def test_every_desk_tool_has_many_requests_and_each_determines_its_call(name: str) -> None:
    tool, leaves, seen = DESK[name], read_leaves(DESK[name]), set()
    for seed in range(60):
        rng = random.Random(seed)
        said = draw_arguments(leaves, rng)
        request = worded(tool, leaves, said, rng)
        assert read_request(leaves, request) == said
        check_args(tool, completed(leaves, said))
        seen.add(request)
    assert len(seen) >= 55


def test_what_the_documentation_gives_stands_where_nothing_is_said() -> None:
    leaves = {leaf.name: leaf for leaf in read_leaves(DESK["create_reminder"])}
    assert {name: leaf.filled for name, leaf in leaves.items()} == {
        "name": UNSAID, "due_date": None, "notes": None, "list_name": "", "priority": 0, "all_day": False
    }  # fmt: skip
    assert leaves["priority"].glosses == {"none": 0, "high": 1, "medium": 5, "low": 9}
    directions = {leaf.name: leaf for leaf in read_leaves(DESK["maps_show_directions"])}
    assert directions["transport"].filled == "d"
    assert directions["transport"].glosses == {"driving": "d", "walking": "w", "public transport": "r"}


def test_optional_arguments_are_left_out_and_given_defaults_are_not_said() -> None:
    tool = tool_of(
        {"city": {"type": "string"}, "days": {"type": "integer", "default": 3}, "unit": {"type": "string"}},
        required=("city", "days"),
    )
    assert completed(read_leaves(tool), {"city": "Bonn"}) == {"city": "Bonn", "days": 3}


@pytest.mark.parametrize(
    ("properties", "request_", "found"),
    [
        ({"city": {"type": "string"}}, "What's the weather like in Bonn?", {"city": "Bonn"}),
        ({"source": {"type": "string"}, "target": {"type": "string"}}, "From EUR to JPY, please", {"source": "EUR", "target": "JPY"}),
        ({"a": {"type": "number"}, "b": {"type": "number"}}, "Add 3 and 4.5.", {"a": 3, "b": 4.5}),
        ({"start_date": {"type": "string"}, "date": {"type": "string"}}, "date: 2026-01-02, start date 2026-01-01", {"start_date": "2026-01-01",
        "date": "2026-01-02"}),
        ({"recipients": {"type": "array", "items": {"type": "string"}}}, "an email to a@x.org, b@y.org and c@z.org", {"recipients": ["a@x.org",
        "b@y.org", "c@z.org"]}),
        ({"include_tax": {"type": "boolean"}}, "the price without tax", {"include_tax": False}),
        ({"filter": {"type": "object"}}, 'Filter: {"size": 3}.', {"filter": {"size": 3}}),
    ],
)  # fmt: skip
def test_requests_are_read_by_name_by_custom_and_in_order(
    properties: dict[str, Any], request_: str, found: dict[str, Any]
) -> None:
    about = "Convert currency by email."
    assert read_request(read_leaves(tool_of(properties, about=about)), request_) == found


def test_what_a_request_does_not_say_is_not_found() -> None:
    tool = tool_of({"city": {"type": "string"}, "limit": {"type": "integer"}}, required=("city",))
    assert read_request(read_leaves(tool), "how are you today") == {}


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)),
    st.sampled_from(["date", "datetime", "time"]),
    st.integers(),
)
def test_moments_are_read_as_they_were_meant(moment: datetime, kind: str, seed: int) -> None:
    moment = moment.replace(second=0, microsecond=0)
    for hint in ("", "as DD/MM/YYYY", "YYYY-MM-DD HH:MM:SS", "MM-DD-YYYY", "YYYYMMDD"):
        form = moments.form_of(kind, hint)
        assert moments.read(moments.said(moment, kind, form, random.Random(seed)), kind, form) == moments.written(
            moment, form
        )


def test_starts_come_before_ends() -> None:
    leaves = read_leaves(DESK["create_calendar_event"])
    for seed in range(50):
        said = draw_arguments(leaves, random.Random(seed))
        assert said["start_date"] < said["end_date"]


@pytest.mark.parametrize("pattern", [r"^[A-Z]{2}-\d{4}$", r"^(foo|bar)[0-9a-f]+$", r"^\+?[1-9]\d{6,14}$"])
def test_texts_of_a_pattern(pattern: str) -> None:
    import re

    assert all(re.search(pattern, matching(pattern, random.Random(seed))) for seed in range(30))


@pytest.mark.parametrize(
    ("name", "about", "deed", "thing"),
    [
        ("get_phone_number", "Looks up a contact by name.", "look up a contact", "the phone number"),
        ("create_note", "Creates a note and returns whether it was created.", "create a note", None),
        ("weather_for_city", "", None, "the weather for city"),
    ],
)
def test_purposes_come_from_the_name_and_the_description(
    name: str, about: str, deed: str | None, thing: str | None
) -> None:
    found = purposes(tool_of({}, name=name, about=about))
    assert deed is None or deed in found.deeds
    assert thing is None or thing in found.things


def test_a_purpose_does_not_end_where_its_object_was_cut_off() -> None:
    tool = tool_of(
        {"amount": {"type": "number"}},
        name="convert_currency",
        about="Convert an amount of money from one currency to another.",
    )
    assert "convert an amount of money" in purposes(tool).deeds
    cut = tool_of({}, name="move_file", about="Move the one big file that is old, or the old small file of a user.")
    assert not any(deed.split()[-1] in ("to", "of", "from") for deed in (*purposes(tool).deeds, *purposes(cut).deeds))
