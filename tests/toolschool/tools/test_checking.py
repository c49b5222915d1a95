"""Arguments against schemas that somebody else wrote: as jsonschema checks them, but in a bounded time."""

import time
from typing import Any

import jsonschema
import pytest

from toolschool.plans.arguments import check_arguments
from toolschool.records import Call, Tool
from toolschool.tools.checking import validator


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "pattern": "^a+$"}, "aaa"),
        ({"type": "string", "pattern": "^a+$"}, "ab"),
        ({"pattern": "^a+$"}, 5),
        ({"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}, {"b": 1}),
        ({"type": "array", "items": {"enum": [1, 2]}, "maxItems": 1}, [1, 3]),
        ({"anyOf": [{"type": "null"}, {"pattern": "[0-9]{2}"}]}, "x1"),
    ],
)
def test_the_same_as_jsonschema(schema: dict[str, Any], value: Any) -> None:
    expected = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]
    assert [error.message for error in validator(schema).iter_errors(value)] == expected


def test_a_pattern_that_takes_for_ever_is_given_up() -> None:
    schema = {"type": "object", "properties": {"code": {"type": "string", "pattern": "^(a|aa)+$"}}}
    args = "a" * 60 + "!"
    began = time.monotonic()
    (problem,) = check_arguments(Call(1, "find", (args,)), Tool("find", "Finds.", schema))
    assert "pattern" in problem
    assert time.monotonic() - began < 20


def test_patterns_for_names_are_left_to_the_tool() -> None:
    schema = {"type": "object", "patternProperties": {"^(a|aa)+$": {"type": "integer"}}, "additionalProperties": False}
    began = time.monotonic()
    assert validator(schema).is_valid({"a" * 60 + "!": "x"})
    assert time.monotonic() - began < 20
