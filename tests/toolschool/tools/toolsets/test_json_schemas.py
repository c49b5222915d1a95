"""Schemas of others, made flat: what they mean stays, and what a checker cannot read goes."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import ConfigError
from toolschool.records import Tool
from toolschool.tools.catalog import render_signature
from toolschool.tools.toolsets.json_schemas import CHECKED, MAX_DEPTH, plain_schema

DOCUMENT = {
    "$defs": {
        "Unit": {"enum": ["C", "F"], "title": "Unit", "type": "string"},
        "Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}, "title": {"type": "string"}}},
        "a/b": {"type": "integer"},
        "Loop": {"$ref": "#/$defs/Loop"},
    },
    "list": [{"type": "null"}],
}


@pytest.mark.parametrize(
    ("schema", "plain"),
    [
        ({"$ref": "#/$defs/Unit", "default": "C"}, {"enum": ["C", "F"], "type": "string", "default": "C"}),
        ({"$ref": "#/$defs/a~1b"}, {"type": "integer"}),
        ({"$ref": "#/list/0"}, {"type": "null"}),
        ({"$ref": "#/$defs/Loop"}, {}),
        (
            {"$ref": "#/$defs/Tree"},
            {"type": "object", "properties": {"left": {}, "title": {"type": "string"}}},
        ),
        (
            {"anyOf": [{"$ref": "#/$defs/Unit"}, {"type": "null"}], "title": "Unit", "default": None},
            {"enum": ["C", "F", None], "type": ["string", "null"], "default": None},
        ),
        ({"anyOf": [{"type": "integer"}, {"type": "string", "title": "x"}]}, {"type": ["integer", "string"]}),
        ({"type": "integer", "nullable": True}, {"type": ["integer", "null"]}),
        ({"type": "number", "maximum": 5, "exclusiveMaximum": True}, {"type": "number", "exclusiveMaximum": 5}),
        ({"type": "number", "maximum": 5, "exclusiveMaximum": False}, {"type": "number", "maximum": 5}),
        ({"type": "string", "example": "x", "xml": {}, "x-more": 1}, {"type": "string", "examples": ["x"]}),
        ({"type": "file"}, {}),
        ({"type": "string", "pattern": "\\p{L}+", "required": True, "minLength": "1"}, {"type": "string"}),
        ({"items": True, "additionalProperties": False}, {"items": {}, "additionalProperties": False}),
        ({"not": False}, {"not": {"not": {}}}),
        (
            {"properties": {"id": {"readOnly": True}, "name": {}}, "required": ["id", "name"]},
            {"properties": {"name": {}}, "required": ["name"]},
        ),
    ],
)
def test_what_it_becomes(schema: dict[str, Any], plain: dict[str, Any]) -> None:
    assert plain_schema(schema, DOCUMENT) == plain


def test_references_that_lead_nowhere() -> None:
    for reference in ("#/$defs/None", "#/list/7", "#/list/x"):
        with pytest.raises(ConfigError, match="leads nowhere"):
            plain_schema({"$ref": reference}, DOCUMENT)
    with pytest.raises(ConfigError, match="leads out of the document"):
        plain_schema({"$ref": "other.json#/a"}, DOCUMENT)


def test_short_documents_that_stand_for_long_ones_are_refused() -> None:
    many = {f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 20} for i in range(12)}
    chain = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(2000)}
    for defs in (many, chain):
        defs[f"d{len(defs)}"] = {"type": "string"}
        with pytest.raises(ConfigError, match="too large"):
            plain_schema({"$ref": "#/$defs/d0"}, {"$defs": defs})


def test_words_that_are_kept_on_demand() -> None:
    schema = {"type": "array", "uniqueItems": True, "items": {"multipleOf": 5, "pattern": "a"}}
    assert plain_schema(schema, {}) == {"type": "array", "items": {"pattern": "a"}}
    assert plain_schema(schema, {}, CHECKED) == schema
    bare = {"uniqueItems": True, "items": {"multipleOf": 5}, "patternProperties": {"(a+)+$": {}}}
    assert plain_schema(bare, {}, CHECKED - {"pattern"}) == {"uniqueItems": True, "items": {"multipleOf": 5}}
    assert plain_schema({"uniqueItems": 1, "multipleOf": 0}, {}, CHECKED) == {}


def test_deep_schemas_end() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(3 * MAX_DEPTH):
        schema = {"type": "array", "items": schema}
    plain, depth = plain_schema(schema, {}), 0
    while plain:
        plain, depth = plain.get("items", {}), depth + 1
    assert depth == MAX_DEPTH + 1


WORDS = "type items properties required enum anyOf allOf nullable title minimum exclusiveMinimum pattern minLength description format default not $ref"
_WORDS = st.sampled_from(WORDS.split())
_ANY = st.recursive(
    st.sampled_from([None, True, 0, 1.5, "string", "integer", "null", "(", "#/$defs/Unit", "#/$defs/Tree"]),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_WORDS | st.just("a"), inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(_WORDS.filter(lambda word: word != "$ref"), _ANY, max_size=5), _ANY)
def test_whatever_somebody_writes_can_be_checked_and_shown(schema: dict[str, Any], value: Any) -> None:
    try:
        plain = plain_schema(schema, DOCUMENT)
    except ConfigError:
        return
    jsonschema.Draft202012Validator.check_schema(plain)
    list(jsonschema.Draft202012Validator(plain).iter_errors(value))
    assert "f(a: " in render_signature(Tool("f", "", {"type": "object", "properties": {"a": plain}}))
