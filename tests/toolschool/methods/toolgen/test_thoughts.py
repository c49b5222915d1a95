"""Thoughts come from the request, answers from what could be seen of results."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.methods.toolgen.protocol import shown
from toolschool.methods.toolgen.thoughts import MAX_PART, MAX_TOLD, part_of, plain_values, told
from toolschool.tools.simulated import Exchange

QUERY = "Email Dana the Q3 deck, then remind me on Friday to follow up. Also, please show me the way to Bonn"


@pytest.mark.parametrize(
    ("values", "place", "part"),
    [
        (["Dana"], 1.0, "Email Dana the Q3 deck"),
        (["follow up", "2026-03-06"], 0.0, "remind me on Friday to follow up"),
        (["bonn"], 0.0, "show me the way to Bonn"),
        ([], 0.0, "Email Dana the Q3 deck"),
        (["nothing of this"], 1.0, "show me the way to Bonn"),
    ],
)
def test_the_part_of_a_request_that_a_call_is_about(values: list[str], place: float, part: str) -> None:
    assert part_of(QUERY, values, place) == part


@given(st.text(), st.lists(st.text(), max_size=3), st.floats(0, 1))
def test_a_part_is_short_and_of_the_request(query: str, values: list[str], place: float) -> None:
    part = part_of(query, values, place)
    assert len(part) <= MAX_PART
    assert part.removesuffix("…").strip() in " ".join(query.split()) or not query.strip()


def test_what_is_told_of_a_result() -> None:
    weather = {"city": "Bonn", "days": [{"highTemp": 21.5, "dry": True}], "note": None}
    assert told(Exchange("a", {"city": "Bonn"}, answer=weather)) == "high temp: 21.5, dry: true"
    assert told(Exchange("a", {}, answer="Text message draft\ncomposed.")) == "Text message draft composed."
    assert told(Exchange("a", {}, answer=[3])) == "result: 3"
    assert told(Exchange("a", {}, answer=7)) == "7"
    assert told(Exchange("a", {}, answer={"list": []})) == ""
    assert told(Exchange("a", {}, answer={"text": "long " * 40, "far": "away"})) == ""


leaves = st.one_of(st.text(max_size=90), st.integers(), st.booleans(), st.none())


@given(
    st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    )
)
def test_nothing_is_told_that_was_not_shown(value: Any) -> None:
    exchange = Exchange("a", {}, answer=value)
    said = told(exchange)
    assert len(said) <= 3 * MAX_TOLD
    for part in plain_values(value):
        if len(part) > 3 and part in said and part not in "result: true, false":
            assert " ".join(part.split())[: MAX_TOLD - 1] in shown(exchange)
