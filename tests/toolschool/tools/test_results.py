"""What a tool says, made fit: JSON comes back as it is, everything else is refused or repaired, and nothing raises but ToolError."""

import json
import math
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import ToolError
from toolschool.tools.results import MAX_CHARS, one_line, said, shortened, sound, whole_characters

LEAVES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)))
JSON = st.recursive(LEAVES | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=20)
ANYTHING = st.recursive(
    st.text(st.characters()) | st.floats() | st.integers() | st.binary() | st.none() | st.complex_numbers(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(st.characters()) | st.integers(), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_json_stays_as_it_is(value: Any) -> None:
    assert sound(value) == value
    assert sound(value) is not value or not isinstance(value, list | dict)


@given(ANYTHING)
def test_what_comes_back_is_json_in_whole_characters(value: Any) -> None:
    try:
        found = sound(value)
    except ToolError:
        return
    assert json.loads(json.dumps(found, ensure_ascii=False, allow_nan=False).encode()) == found


@pytest.mark.parametrize(
    "value",
    [math.inf, {"a": [math.nan]}, 10**400, b"x", {1, 2}, {(1, 2): 3}, "x" * (MAX_CHARS + 1), [0] * MAX_CHARS, object()],
)
def test_what_is_refused(value: Any) -> None:
    with pytest.raises(ToolError):
        sound(value)


def test_what_holds_itself_ends() -> None:
    line: list[Any] = []
    line.append(line)
    bush: dict[str, Any] = {}
    bush.update(a=bush, b=bush)
    for value in (line, bush):
        with pytest.raises(ToolError, match="nested deeper"):
            sound(value)


def test_values_of_other_classes_become_plain_ones() -> None:
    class Unit(StrEnum):
        C = "celsius"

    assert type(sound(Unit.C)) is str
    assert sound({"a": (1, Unit.C)}) == {"a": [1, "celsius"]}
    assert sound({1: None, None: True}) == {"1": None, "None": True}


def test_halves_of_characters() -> None:
    assert whole_characters("a\ud83d") == "a\ufffd"
    assert whole_characters("\ud83d\ude00") == "\U0001f600"


@given(JSON, st.integers(0, 50))
def test_shortened(value: Any, limit: int) -> None:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    found = shortened(value, limit)
    if len(text) <= limit:
        assert found is value
    else:
        assert found == f"{text[:limit]}… [{len(text)} characters in all]"


def test_errors_in_one_short_line() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert said(Mute()) == "Mute"
    assert said(ValueError()) == "ValueError"
    assert said(ValueError("a\u2028b\r\nc\ud800")) == "a b c\ufffd"
    assert len(said(ValueError("x" * 10_000))) == 500
    assert one_line("a  b", 3) == "a b"
