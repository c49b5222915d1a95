"""The catalogue keeps order, refuses what a plan cannot write, and renders signatures for prompts."""

import pickle

import pytest

from toolschool.errors import ConfigError
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog, render_signature, type_name
from toolschool.tools.desk import DESK_TOOLS, desk_catalog


def tool(name: str, /, **properties: object) -> Tool:
    return Tool(name, f"Does {name}.", {"type": "object", "properties": properties}, rules=("Only once.",))


def test_order_lookup_and_membership() -> None:
    catalog = Catalog([tool("b"), tool("a")])
    assert catalog.names == ("b", "a")
    assert [t.name for t in catalog] == ["b", "a"]
    assert "a" in catalog
    assert "c" not in catalog
    assert catalog["a"].name == "a"
    assert catalog.get("c") is None
    with pytest.raises(KeyError):
        catalog["c"]


def test_subset_keeps_catalogue_order_and_names_the_unknown() -> None:
    catalog = Catalog([tool("alpha"), tool("beta"), tool("gamma")])
    assert catalog.subset(["gamma", "alpha", "gamma"]).names == ("alpha", "gamma")
    with pytest.raises(ConfigError, match="did you mean beta"):
        catalog.subset(["betta"])


@pytest.mark.parametrize("names", [["a", "a"], ["join"], ["two words"]])
def test_unusable_names_are_refused(names: list[str]) -> None:
    with pytest.raises(ConfigError):
        Catalog(tool(name) for name in names)


def test_render_signature() -> None:
    text = render_signature(
        tool("f", name={"type": "string"}, many={"type": ["array", "string"], "items": {"type": "string"}})
    )
    assert text == "f(name: str, many: list[str]) -> str\n - Does f.\n - Only once."


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer"}, "int"),
        ({"type": ["string", "null"]}, "str"),
        ({"type": ["integer", "string"]}, "int | str"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, "list[list[float]]"),
        ({"type": "array"}, "list"),
        ({"type": "null"}, "None"),
        ({}, "Any"),
    ],
)
def test_type_name(schema: dict[str, object], expected: str) -> None:
    assert type_name(schema) == expected


def test_desk_catalog_is_complete_and_plannable_only() -> None:
    catalog = desk_catalog()
    assert catalog.names == DESK_TOOLS
    assert len(DESK_TOOLS) == 16
    assert all(t.run is None for t in catalog)
    assert all(t.parameters["required"] == list(t.argument_names) for t in catalog)
    assert catalog["create_reminder"].argument_names == (
        "name",
        "due_date",
        "notes",
        "list_name",
        "priority",
        "all_day",
    )
    assert pickle.loads(pickle.dumps(catalog)) == catalog
