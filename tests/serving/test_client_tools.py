"""Tools that a client sends: names, schemas, choices; and what is refused with the place named."""

import pickle

import pytest

from serving.client_tools import MAX_TOOLS, read_tools
from serving.errors import ApiError
from serving.tool_choice import chosen

ADD = {
    "name": "add",
    "description": "Adds.",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
}


def test_names_that_a_plan_can_write():
    tools = read_tools([{"name": name} for name in ("get-weather", "get_weather", "join", "3d", "-")], "tools")
    assert tools.catalog.names == ("get_weather", "get_weather_2", "join_2", "api_3d", "api")
    assert tools.by_name["get_weather"] == "get_weather_2"
    assert pickle.loads(pickle.dumps(tools)) == tools


def test_nothing_is_required_unless_the_schema_says_so():
    (tool,) = read_tools([ADD], "tools").catalog
    assert tool.required == ()
    assert tool.description == "Adds."
    (tool,) = read_tools([{"name": "f", "parameters": {"required": ["x"]}}], "tools").catalog
    assert tool.argument_names == ("x",)
    assert tool.parameters["properties"] == {"x": {}}


def test_references_are_put_in_place_and_patterns_are_not_run():
    schema = {
        "$defs": {"Code": {"type": "string", "pattern": "(a+)+$"}, "Tree": {"items": {"$ref": "#/$defs/Tree"}}},
        "properties": {"code": {"$ref": "#/$defs/Code"}, "tree": {"$ref": "#/$defs/Tree"}, "n": {"multipleOf": 5}},
    }
    tools = read_tools([{"name": "f", "parameters": schema}], "tools")
    assert tools.catalog["f"].parameters["properties"]["code"] == {"type": "string", "pattern": "(a+)+$"}
    assert tools.problem("f", {"code": "a" * 60 + "!"}) is None  # at once
    assert tools.problem("f", {"code": 5}) == "code: 5 is not of type 'string'"
    assert "multiple" in tools.problem("f", {"n": 7})


@pytest.mark.parametrize(
    ("function", "param"),
    [
        ({"name": "two words"}, "tools.0.name"),
        ({"name": ""}, "tools.0.name"),
        ({"name": "x" * 65}, "tools.0.name"),
        ({"name": "f", "parameters": {"type": "array"}}, "tools.0.parameters"),
        ({"name": "f", "parameters": {"properties": {"a": {"type": "strng"}}}}, "tools.0.parameters"),
        ({"name": "f", "parameters": {"properties": {"a": {"required": True}}}}, "tools.0.parameters"),
        ({"name": "f", "parameters": {"properties": {"a": {"pattern": "("}}}}, "tools.0.parameters"),
        ({"name": "f", "parameters": {"properties": {"a": {"$ref": "#/nowhere"}}}}, "tools.0.parameters"),
        ({"name": "f", "parameters": {"properties": {"a": {"$ref": "http://x/y"}}}}, "tools.0.parameters"),
    ],
)
def test_what_cannot_be_read_is_named(function, param):
    with pytest.raises(ApiError) as refused:
        read_tools([function], "tools")
    assert (refused.value.status, refused.value.param) == (400, param)


def test_too_many_and_two_of_a_name():
    with pytest.raises(ApiError, match="more than 128"):
        read_tools([{"name": f"f{i}"} for i in range(MAX_TOOLS + 1)], "tools")
    with pytest.raises(ApiError, match="two tools are called add") as refused:
        read_tools([ADD, ADD], "tools")
    assert refused.value.param == "tools.1.name"


@pytest.fixture
def tools():
    return read_tools([ADD, {"name": "sub-tract"}, {"name": "mul"}], "tools")


@pytest.mark.parametrize(
    ("choice", "names", "must_call", "forbidden", "most"),
    [
        (None, 3, False, False, None),
        ("auto", 3, False, False, None),
        ("none", 3, False, True, None),
        ("required", 3, True, False, None),
        ({"type": "function", "function": {"name": "sub-tract"}}, 1, True, False, 1),
        ({"type": "function", "name": "sub-tract"}, 1, True, False, 1),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"function": {"name": "add"}}]}},
            1, False, False, None,
        ),
        ({"type": "allowed_tools", "mode": "required", "tools": [{"name": "add"}, {"name": "mul"}]}, 2, True, False, None),
    ],
)  # fmt: skip
def test_choices_of_both_routes(tools, choice, names, must_call, forbidden, most):
    found = chosen(tools, choice)
    assert (len(found.catalog), found.must_call, found.forbidden, found.most) == (names, must_call, forbidden, most)


@pytest.mark.parametrize(
    "choice",
    [
        "always",
        "",
        {},
        {"type": "function"},
        {"type": "function", "name": "nothing"},
        {"type": "web_search"},
        {"type": "allowed_tools", "tools": []},
        {"type": "allowed_tools", "mode": "none", "tools": [{"name": "add"}]},
        {"type": "allowed_tools", "mode": "auto", "tools": [5]},
        {"type": {"a": 1}},
    ],
)
def test_choices_that_are_none(tools, choice):
    with pytest.raises(ApiError) as refused:
        chosen(tools, choice)
    assert (refused.value.status, refused.value.param) == (400, "tool_choice")
