"""Documentation as JSON schemas: types, defaults, listed values, the shapes of answers."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.api_docs import Parameter
from toolschool.tools.names import identifier
from toolschool.tools.simulated.api import Note, words
from toolschool.tools.simulated.listings import documented_values, examples
from toolschool.tools.simulated.schemas import DATE, parameters_schema, read_value
from toolschool.tools.simulated.shapes import LISTED, answer_schema, mended

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def schema_of(kind: str, description: str = "", default: Any = "", required: bool = False) -> dict[str, Any]:
    documented = [Parameter("x", kind, description, default)]
    schema, _ = parameters_schema(documented if required else [], [] if required else documented)
    return dict(schema["properties"]["x"])


def notes_of(kind: str, description: str = "", default: Any = "") -> list[Note]:
    return parameters_schema([], [Parameter("x", kind, description, default)])[1]


# --- arguments


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        ("STRING", {"type": "string"}),
        ("string", {"type": "string"}),
        (" Str ", {"type": "string"}),
        ("NUMBER", {"type": "number"}),
        ("float", {"type": "number"}),
        ("int", {"type": "integer"}),
        ("Integer", {"type": "integer"}),
        ("BOOLEAN", {"type": "boolean"}),
        ("ENUM", {"type": "string"}),
        ("DATE (YYYY-MM-DD)", {"type": "string", "pattern": DATE}),
        ("ARRAY", {"type": "array"}),
        ("OBJECT", {"type": "object"}),
        ("any", {}),
        ("GEOPOINT", {}),
    ],
)
def test_types_in_any_case(kind: str, schema: dict[str, Any]) -> None:
    assert schema_of(kind) == schema


def test_what_could_not_be_taken_is_noted() -> None:
    assert [note.kind for note in notes_of("GEOPOINT")] == ["type"]
    assert [note.kind for note in notes_of("NUMBER", default="<0|1>")] == ["default"]
    assert [note.kind for note in notes_of("ENUM")] == ["enum"]
    assert notes_of("STRING", default="x") == notes_of("NUMBER", default="8.79") == []
    schema, notes = parameters_schema([Parameter("x", "int")], [Parameter("x\t", "str")])
    assert schema["properties"] == {"x": {"type": "integer"}}
    assert schema["required"] == ["x"]
    assert [(note.kind, note.where) for note in notes] == [("repeated", "x")]


@pytest.mark.parametrize(
    ("kind", "default", "read"),
    [
        ("NUMBER", "8.79", 8.79),
        ("NUMBER", 66, 66),
        ("NUMBER", "NaN", None),
        ("NUMBER", "1e999", None),
        ("NUMBER", "9" * 30, None),
        ("int", "2.5", None),
        ("STRING", 4264, "4264"),
        ("STRING", True, "true"),
        ("BOOLEAN", "False", False),
        ("BOOLEAN", "0", False),
        ("BOOLEAN", "checked", None),
        ("ARRAY", '["a", "b"]', ["a", "b"]),
        ("ARRAY", "a, b", None),
        ("DATE (YYYY-MM-DD)", "2020-01-31", "2020-01-31"),
        ("DATE (YYYY-MM-DD)", "tomorrow", None),
    ],
)
def test_defaults_take_the_documented_type(kind: str, default: Any, read: Any) -> None:
    assert schema_of(kind, default=default).get("default") == read
    assert schema_of(kind, default=default, required=True).get("examples", [None]) == [read]


@given(JSON, st.sampled_from(["string", "integer", "number", "boolean", "array", "object"]))
def test_a_value_read_fits_its_type(value: Any, kind: str) -> None:
    schema = {"type": kind}
    read = read_value(value, schema)
    assert read is None or jsonschema.Draft202012Validator(schema).is_valid(read)


@pytest.mark.parametrize(
    ("description", "values"),
    [
        ("Allowed values are *json*, *xml* and *yaml*.\n\nThe default value is *xml*.", ["json", "xml", "yaml"]),
        ("One of the following : etf|fund", ["etf", "fund"]),
        ("Must be one of: dog-friendly, patio, tours", ["dog-friendly", "patio", "tours"]),
        ('one of "accepted", "declined", "noreply"', ["accepted", "declined", "noreply"]),
        ("Accepted values are `movie`, `series` or `all`. The default value is `all`.", ["movie", "series", "all"]),
        ("Possible values are:\n\ncardio\nstrength\nstretching", ["cardio", "strength", "stretching"]),
        ("The following values are available: en (english), ru (russian)", ["en", "ru"]),
        ("Units. The available values are:\n\n- `us`: miles, Fahrenheit.\n- `uk` - miles, Celsius.", ["us", "uk"]),
        ("Allowed values 1-100, default is 25.", []),
        ("Possible values: movie, series. Pass multiple values comma separated.", []),
        ("One of the countries of the world", []),
        ("Possible values: the name, the code", []),
        ("Allowed values: red, green, etc.", []),
        ("The fruit (e.g., apple, pear)", []),
        ("Sort by name or date", []),
        ("", []),
    ],
)
def test_listed_values(description: str, values: list[str]) -> None:
    assert documented_values(description) == values


def test_listed_values_are_an_enumeration_only_if_the_default_is_among_them() -> None:
    assert schema_of("STRING", "Must be one of: a, b", "a")["enum"] == ["a", "b"]
    assert "enum" not in schema_of("STRING", "Must be one of: a, b", "c")
    assert schema_of("NUMBER", "Allowed values are:\n320\n192")["enum"] == [320, 192]
    assert "enum" not in schema_of("BOOLEAN", "Must be either true or false")
    assert schema_of("ENUM", "Search on:\n- a.com\n- b.com")["enum"] == ["a.com", "b.com"]
    assert "enum" not in schema_of("STRING", "Search on:\n- a.com\n- b.com")


def test_examples_of_a_description() -> None:
    assert examples("The sample (e.g., DNA, blood)") == ["DNA", "blood"]
    assert schema_of("int", "The priority (e.g., 1, 2, high)")["examples"] == [1, 2]
    assert "examples" not in schema_of("str", "For example: DNA")


@given(st.text(max_size=200))
def test_any_description_is_read(text: str) -> None:
    for kind in ("ENUM", "STRING", "NUMBER"):
        assert len(schema_of(kind, f"Possible values are: {text}").get("enum", [1, 2])) > 1


# --- answers


def test_shapes() -> None:
    shape = {
        "ok": "bool",
        "n": "int",
        "x": "float",
        "none": "NoneType",
        "empty": "empty list",
        "loc": ["list of str with length 2"],
        "days": [{"high": "float", "hours": [{"h": "int", "_list_length": 24}], "_list_length": 7}],
        "odd": "complex",
    }
    schema, note = answer_schema(shape)
    assert note is None
    assert schema["required"] == list(shape)
    properties = schema["properties"]
    assert properties["loc"] == {"type": "array", "items": {"type": "string"}, "minItems": 2}
    assert properties["days"]["minItems"] == LISTED
    assert properties["days"]["items"]["properties"]["hours"]["minItems"] == 1, "a list within a list has one item"
    assert "_list_length" not in properties["days"]["items"]["properties"]
    assert (properties["none"], properties["empty"], properties["odd"]) == ({"type": "null"}, {"type": "array"}, {})


def test_an_answer_without_or_with_half_a_shape() -> None:
    assert answer_schema(None)[0] == answer_schema({})[0] == answer_schema('{"a')[0] == {}
    schema, note = answer_schema('{"a": "str", "b": {"c": "int", "d": "fl')
    assert note is not None
    assert schema["properties"]["b"]["properties"] == {"c": {"type": "integer"}}


@given(st.dictionaries(st.text(max_size=4), JSON, min_size=1, max_size=4), st.data())
def test_cut_json_is_mended_to_what_was_whole(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    assert mended(text) == value
    cut = mended(text[: data.draw(st.integers(0, len(text)))])
    assert cut is None or _within(cut, value)


def _within(part: Any, whole: Any) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _within(inner, whole[key]) for key, inner in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(map(_within, part, whole))
    return bool(part == whole)


# --- names


def test_names() -> None:
    assert words("getPM2.5Level") == ["get", "pm2", "5", "level"]
    assert words("createARObject") == ["create", "ar", "object"]
    assert words("city_name") == words("cityName") == ["city", "name"]
    assert identifier("Soccer Data%%Tournament List") == "Soccer_Data_Tournament_List"


@given(st.text(max_size=30))
def test_every_text_becomes_an_identifier(text: str) -> None:
    assert identifier(text).isidentifier()
