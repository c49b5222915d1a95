"""BFCL's rules: every published answer passes, what is changed in it fails, and each rule has its case."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from toolschool.datasets import bfcl as rows
from toolschool.datasets.registry import load
from toolschool.errors import DataError, RowError
from toolschool.evaluation.bfcl import call_wrong, matched, plain_text, wrong


def function(name: str = "f", required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    schemas = {key: {"type": kind} if isinstance(kind, str) else kind for key, kind in properties.items()}
    return {"name": name, "parameters": {"type": "dict", "properties": schemas, "required": list(required)}}


def fits(kind: Any, value: Any, *accepted: Any) -> bool:
    return not call_wrong(function(x=kind), ("f", {"x": value}), {"f": {"x": list(accepted)}})


@pytest.mark.parametrize(
    ("kind", "value", "accepted", "right"),
    [
        ("integer", 5, [5], True),
        ("integer", 5.0, [5], False),
        ("integer", True, [1], False),
        ("integer", "5", [5], False),
        ("float", 5, [5.0], True),
        ("float", 5.5, [5.0], False),
        ("float", True, [1.0], False),
        ("boolean", True, [True], True),
        ("boolean", 1, [True], False),
        ("string", "april 1 2024", ["April 1, 2024"], True),
        ("string", "it's", ['it"s'], True),
        ("string", "a+b", ["ab"], False),
        ("string", "a\tb", ["ab"], False),
        ("any", "X", ["x"], True),
        ("any", 3, ["3"], False),
        ("string", True, [True], True),  # the accepted value has another type than the schema
        ("string", "true", [True], False),
        ("string", "", ["", "b"], True),
        ("dict", {"a": 1}, [{"a": [1, 2]}], True),
        ("dict", {"a": "New York"}, [{"a": ["new-york"]}], True),
        ("dict", {"a": 3}, [{"a": [1, 2]}], False),
        ("dict", {}, [{"a": [1]}], False),
        ("dict", {}, [{"a": [1, ""]}], True),
        ("dict", {"a": 1, "b": 2}, [{"a": [1]}], False),
        ("dict", {"b": 2}, ["", {"a": [1]}, {"b": [2]}], True),
        ("dict", [], [{}], False),
    ],
)
def test_a_value_is_held_against_type_and_accepted_ones(kind: str, value: Any, accepted: Any, right: bool) -> None:
    assert fits(kind, value, *accepted) is right


@pytest.mark.parametrize(
    ("outer", "inner", "value", "accepted", "right"),
    [
        ("array", "integer", [1, 2], [[1, 2]], True),
        ("array", "integer", [2, 1], [[1, 2]], False),
        ("array", "float", [1, 2], [[1.0, 2.0]], False),  # no integer for a float inside
        ("array", "float", [1.0, 2.0], [[1.0, 2.0]], True),
        ("array", "float", [1, 2], [[1.0, 2.0], ""], True),  # types of items are not looked at where it is optional
        ("array", "string", ["New York"], [["new york"]], True),
        ("array", "string", ["a", 1], [["a", 1]], False),
        ("array", "string", [], [["a"], ""], True),
        ("array", "string", [], [["a"]], False),
        ("array", "array", [["A"]], [[["a"]]], False),  # texts are compared loosely one level deep
        ("array", "array", [[1]], [[[1]]], True),
        ("array", "integer", (1, 2), [[1, 2]], False),
        ("tuple", "integer", (1, 2), [[1, 2]], True),
        ("tuple", "integer", [1, 2], [[1, 2]], True),
        ("array", "dict", [{"a": "X"}], [[{"a": ["x"]}]], True),
        ("array", "dict", [{"a": 1}, {"a": 2}], [[{"a": [2]}, {"a": [1]}]], False),
        ("array", "dict", [{"a": 1}], [[{"a": [1]}, {"a": [1]}], [{"a": [1]}]], True),
        ("array", "dict", [], [[{"a": [1]}], ""], True),
        ("array", "dict", [1], [[{"a": [1]}], ""], False),
    ],
)
def test_lists_are_typed_one_level_deep(outer: str, inner: str, value: Any, accepted: Any, right: bool) -> None:
    assert fits({"type": outer, "items": {"type": inner}}, value, *accepted) is right


def test_arguments_that_are_missing_unknown_or_optional() -> None:
    about = function("f", ("a",), a="integer", b="integer", c="integer")
    accepted = {"f": {"a": [1], "b": [2, ""], "c": [3]}}
    assert call_wrong(about, ("f", {"a": 1, "c": 3}), accepted) == ""
    assert call_wrong(about, ("f", {"c": 3}), accepted) == "a is missing"
    assert call_wrong(about, ("f", {"a": 1}), accepted) == "c is missing"
    assert call_wrong(about, ("f", {"a": 1, "c": 3, "d": 1}), accepted) == "d was not asked for"
    assert call_wrong(about, ("f", {"a": 1, "c": 3}), {"f": {"a": [1]}}) == "c was not asked for"
    assert call_wrong(about, ("g", {"a": 1, "c": 3}), accepted) == "g instead of f"


ADD, SUB = function("add", x="integer"), function("sub", x="integer")
ONE, TWO = {"add": {"x": [1]}}, {"add": {"x": [2]}}


def test_categories_ask_for_as_many_calls_as_they_have() -> None:
    one, two, less = ("add", {"x": 1}), ("add", {"x": 2}), ("sub", {"x": 1})
    for category in ("simple_python", "live_simple"):
        assert wrong(category, [ADD], [one], [ONE]) == ""
        assert wrong(category, [ADD], [], [ONE]) == "0 calls instead of 1"
        assert wrong(category, [ADD], [one, one], [ONE]) == "2 calls instead of 1"
    assert wrong("multiple", [SUB, ADD], [one], [ONE]) == ""
    assert wrong("multiple", [SUB, ADD], [less], [ONE]) == "sub instead of add"
    both = [{"sub": {"x": [1]}}, ONE]
    assert wrong("live_parallel_multiple", [SUB, ADD], [one, less], both) == ""
    assert wrong("parallel", [ADD], [two, one], [ONE, TWO]) == ""
    assert wrong("parallel", [ADD], [one, one], [ONE, TWO]) == "no call fits add"
    assert wrong("parallel", [ADD], [one], [ONE, TWO]) == "1 calls instead of 2"
    assert matched([ADD], [one, one], [ONE, TWO]) == 1


def test_each_call_answers_one_gold_call_in_the_order_of_these() -> None:
    """As published: the first gold call takes the first that fits, though another would leave more."""
    loose, strict = {"add": {"x": [1, 2]}}, {"add": {"x": [1]}}
    assert wrong("parallel", [ADD], [("add", {"x": 1}), ("add", {"x": 2})], [loose, strict]) == "no call fits add"
    assert wrong("parallel", [ADD], [("add", {"x": 2}), ("add", {"x": 1})], [loose, strict]) == ""


def test_relevance_is_a_call_and_irrelevance_none() -> None:
    call = [("add", {"x": 9})]
    assert wrong("irrelevance", [ADD], [], []) == wrong("live_relevance", [ADD], call, []) == ""
    assert wrong("live_irrelevance", [ADD], call, []) == "called where nothing serves"
    assert wrong("live_relevance", [ADD], [], []) == "no call"


@given(st.text())
def test_a_text_is_the_same_without_case_spaces_and_signs(text: str) -> None:
    assert plain_text(plain_text(text)) == plain_text(text)
    assert fits("string", text, text)
    spread = text.replace("a", "a ").replace("b", "-b_").replace("'", '"')
    assert fits("string", spread, text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(list(rows.PYTHON_TYPES)), json_values)
def test_whatever_a_model_writes_gets_a_verdict(kind: str, value: Any) -> None:
    accepted = {"dict": {"a": [1]}, "array": [1], "tuple": [1]}.get(kind, "a")
    schema = {"type": kind, "items": {"type": "integer"}} if kind in ("array", "tuple") else kind
    assert fits(schema, value, accepted, "") in (True, False)


# The published rows.


@pytest.fixture(scope="module")
def published(data_root: Path) -> list[dict[str, Any]]:
    return list(load("bfcl", path=data_root / "bfcl", split="test", purpose="test"))


def gold_of(row: dict[str, Any], last: bool = False) -> tuple[str, dict[str, Any]]:
    """The call that is made of the first accepted values, or of the last ones."""
    ((name, accepted),) = row["ground_truth"][0].items()
    given = {}
    for key, values in accepted.items():
        written = [value for value in values if value != ""]
        if written:
            given[key] = _written(row["function"][0]["parameters"]["properties"][key], written[-1 if last else 0])
    return name, given


def _written(schema: dict[str, Any], value: Any) -> Any:
    """An accepted value as a model would write it: inside dictionaries a list of alternatives stands for one of them."""
    if isinstance(value, dict):
        chosen = {key: next((one for one in each if one != ""), None) for key, each in value.items()}
        return {key: one for key, one in chosen.items() if one is not None}
    if isinstance(value, list) and schema.get("items", {}).get("type") == "dict":
        return [_written({}, one) for one in value]
    return value


@pytest.mark.data
def test_every_published_answer_passes(published: list[dict[str, Any]]) -> None:
    assert len(published) == 400
    for row in published:
        rows.check_row(row)
        for last in (False, True):
            call = gold_of(row, last)
            assert wrong("simple_python", row["function"], [call], row["ground_truth"]) == "", (row["id"], call)


@pytest.mark.data
def test_what_is_changed_in_a_published_answer_fails(published: list[dict[str, Any]]) -> None:
    def bad(row: dict[str, Any], name: str, given: dict[str, Any]) -> bool:
        return bool(wrong("simple_python", row["function"], [(name, given)], row["ground_truth"]))

    changed = 0
    for row in published:
        name, given = gold_of(row)
        required = row["function"][0]["parameters"]["required"]
        assert bad(row, name + "x", given)
        assert bad(row, name, {**given, "not a parameter": 1})
        assert wrong("simple_python", row["function"], [(name, given)] * 2, row["ground_truth"])
        for key in required:
            assert bad(row, name, {other: value for other, value in given.items() if other != key})
        for key, value in given.items():
            for other in (None, {"x": value}, [[[value]]], object()):
                assert bad(row, name, {**given, key: other}), (row["id"], key, other)
            if isinstance(value, bool | int | float):
                assert bad(row, name, {**given, key: str(value)})
            if isinstance(value, int) and not isinstance(value, bool):
                assert bad(row, name, {**given, key: value + 0.5})
            changed += 1
    assert changed > 1000


@pytest.mark.data
def test_published_functions_become_json_schemas(published: list[dict[str, Any]]) -> None:
    broken = set()
    for row in published:
        tool = rows.as_tool(row["function"][0])
        Draft202012Validator.check_schema(tool["parameters"])
        _, given = gold_of(row)
        broken |= {error.json_path for error in Draft202012Validator(tool["parameters"]).iter_errors(given)}
    assert broken == {"$.venue"}  # one row accepts `true` for a text


# Other categories: rows written here, under the published names of files.


def write(path: Path, lines: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_categories_are_found_under_their_published_names(tmp_path: Path) -> None:
    asked = {"question": [[{"role": "user", "content": "Add."}]], "function": [ADD, SUB]}
    places = {
        "BFCL_v4_parallel": "parallel",
        "BFCL_v3_simple": "simple_python",
        "BFCL_v3_live_multiple": "live_multiple",
    }
    for file, category in places.items():
        write(tmp_path / f"{file}.json", [{**asked, "id": f"{category}_0"}])
        write(tmp_path / "possible_answer" / f"{file}.json", [{"id": f"{category}_0", "ground_truth": [ONE]}])
    write(tmp_path / "irrelevance.json", [{**asked, "id": "irrelevance_0"}])
    assert rows.categories_in(tmp_path) == ["simple_python", "parallel", "irrelevance", "live_multiple"]
    found = list(load("bfcl", path=tmp_path, split="test", purpose="test"))
    assert [(row["category"], row.get("ground_truth")) for row in found] == [
        ("simple_python", [ONE]),
        ("parallel", [ONE]),
        ("irrelevance", None),
        ("live_multiple", [ONE]),
    ]
    for row in found:
        rows.check_row(row)


def test_malformed_rows_say_what_is_wrong() -> None:
    good = {
        "id": "x",
        "category": "multiple",
        "question": [[{"role": "user", "content": "Add."}]],
        "function": [ADD],
        "ground_truth": [ONE],
    }
    rows.check_row(good)
    broken = {
        "one turn": {"question": [[], []]},
        "list `function`": {"function": []},
        "none of BFCL's Python types": {"function": [function(x="HashMap")]},
        "with types": {"function": [{"name": "f"}]},
        "no accepted calls": {"ground_truth": None},
        "none of the row's functions": {"ground_truth": [{"mul": {}}]},
        "accepts 2 calls": {"ground_truth": [ONE, TWO]},
    }
    for said, change in broken.items():
        with pytest.raises(RowError, match=said):
            rows.check_row({**copy.deepcopy(good), **change})


def test_rows_of_bfcl_train_nothing(tmp_path: Path) -> None:
    for purpose in ("train", "select"):
        with pytest.raises(DataError, match="must not be used"):
            list(load("bfcl", path=tmp_path, split="test", purpose=purpose))
    with pytest.raises(DataError, match="no category of BFCL"):
        list(load("bfcl", path=tmp_path, split="test", purpose="test"))
