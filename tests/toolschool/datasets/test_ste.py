"""STE's files as data: what is read, what is refused and why, and what counts as one of its test requests."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolschool.datasets import ste
from toolschool.datasets.splits import SPLITTERS
from toolschool.errors import DataError, RowError

ROW = {
    "query": "What is the date 90 days from 2022-10-14?",
    "API_name_list": ["add_date"],
    "api_descriptions": "API_name: add_date\nDescription: Adds days.",
    "action": "add_date",
    "action_input": '{"date": "2022-10-14", "days": 90}',
}


def test_an_item_is_read() -> None:
    item = ste.to_item("add_date", {**ROW, "model_output": "x", "args_correct": 1}, predicted=True)
    assert (item.arguments, item.output, item.judged) == ({"date": "2022-10-14", "days": 90}, "x", True)
    assert ste.to_item("add_date", ROW).judged is None
    assert ste.to_item("add_date", ROW).raw == ROW


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"query": None}, "'query' must be text"), ({"query": " "}, "'query' is empty"), ({"action": "x"}, "stands under 'add_date'"),
        ({"action_input": {}}, "'action_input' must be text"), ({"action_input": "{"}, "no JSON"), ({"action_input": "[]"}, "of an object"),
        ({"args_correct": "yes"}, "0 or 1"), ({"query": "\ud800"}, "no Unicode"), ({"model_output": 3}, "'model_output' must be text"),
    ],
)  # fmt: skip
def test_malformed_items_say_why(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        ste.to_item("add_date", {**ROW, "model_output": "x", **change}, predicted=True)


def test_bad_items_are_handed_over_and_the_rest_is_read(tmp_path: Path) -> None:
    file = tmp_path / "items.json"
    content = {"add_date": [ROW, "no object", {**ROW, "query": 3}], "empty": 5}
    file.write_text(json.dumps(content))
    refused: list[tuple[dict[str, Any], str]] = []
    items = ste.read_items(file, on_bad=lambda raw, why: refused.append((raw, why)))
    assert {name: len(group) for name, group in items.items()} == {"add_date": 1, "empty": 0}
    assert [raw.get("number") for raw, _ in refused] == [1, 2, None]
    with pytest.raises(RowError, match="add_date: an item must be an object"):
        ste.read_items(file)


@pytest.mark.parametrize("content", ["[]", "{}", "{", "\\", '{"\\ud800": []}'])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "items.json").write_text(content)
    with pytest.raises(DataError):
        ste.read_items(tmp_path / "items.json")
    with pytest.raises(DataError, match="cannot read"):
        ste.read_items(tmp_path / "none.json")


def test_batches_and_neighbours_are_checked(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('[["a"], [1]]')
    with pytest.raises(DataError, match="lists of API names"):
        ste.read_batches(tmp_path / "x.json")
    (tmp_path / "x.json").write_text('{"a": ["b"]}')
    with pytest.raises(DataError, match="itself among them"):
        ste.read_neighbours(tmp_path / "x.json")


def test_a_test_request_is_known_in_other_spellings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tool_test.json").write_text(json.dumps({"add_date": [ROW]}))
    assert ste.is_test_request("what is the date 30 days  from 2023-01-02?", tmp_path)
    assert not ste.is_test_request("What is the date 90 days before 2022-10-14?", tmp_path)
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    with pytest.raises(DataError, match="where is ste"):
        ste.is_test_request("anything")


@pytest.mark.data
def test_the_published_files(data_root: Path) -> None:
    """Figures of reference 13."""
    at = ste.folder(data_root / "ste")
    items, names, said = ste.read_items(at / ste.TEST_FILE), ste.api_names(at), ste.descriptions(at)
    assert set(items) == set(names) <= set(said)
    assert (len(names), {len(group) for group in items.values()}, len(said)) == (50, {15}, 817)
    assert all(
        item.documentation == f"API_name: {item.api}\nDescription: {said[item.api]}" for item in ste.every(items)
    )
    counts = [len(item.arguments) for item in ste.every(items)]
    assert [counts.count(n) for n in (0, 1, 2, 3, 6)] == [299, 243, 125, 68, 15]
    batches, near = ste.read_batches(at / ste.BATCHES_FILE), ste.read_neighbours(at / ste.NEIGHBOURS_FILE)
    assert [len(batch) for batch in batches] == [12, 13, 12, 13]
    assert {name for batch in batches for name in batch} == set(names) == set(near)
    assert {len(group) for group in near.values()} == {15}


@pytest.mark.data
def test_every_published_request_is_test_and_known_as_such(data_root: Path) -> None:
    at = ste.folder(data_root / "ste")
    queries = [item.query for item in ste.every(ste.read_items(at / ste.TEST_FILE))]
    assert len(queries) == len(set(queries)) == 750
    assert all(ste.is_test_request(query.upper(), at) for query in queries)
    assert {SPLITTERS["ste"]({"kind": "query", "query": query}) for query in queries} == {"test"}
