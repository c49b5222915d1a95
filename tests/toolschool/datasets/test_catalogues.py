"""Catalogues have unique keys, requests know the APIs of theirs, and the real sets have the sizes and collisions that are published."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolschool.datasets.api_docs import ApiDoc
from toolschool.datasets.catalogues import (
    Catalogue,
    collisions,
    load_catalogue,
    load_requests,
    read_catalogue,
    read_requests,
    surplus,
    to_request,
)
from toolschool.errors import DataError, RowError

WEEK, DAY, OTHER_DAY = ("W", "Forecast", "Week"), ("W", "Forecast", "Day"), ("News", "Forecast", "Day")


def catalogue() -> Catalogue:
    return Catalogue.of("ours", [ApiDoc(*WEEK, "first"), ApiDoc(*DAY), ApiDoc(*OTHER_DAY), ApiDoc(*WEEK, "again")])


def test_the_first_of_a_key_stays() -> None:
    apis = catalogue()
    assert [doc.key for doc in apis.docs] == [WEEK, DAY, OTHER_DAY]
    assert apis.docs[0].description == "first"
    assert apis.repeated == 1
    assert WEEK in apis
    assert ("W", "Forecast", "Year") not in apis
    assert apis.positions([OTHER_DAY, WEEK]) == {0, 2}
    with pytest.raises(DataError, match=r"'Year'.* is not in the catalogue of ours"):
        apis.positions([("W", "Forecast", "Year")])
    with pytest.raises(DataError, match="no APIs"):
        Catalogue.of("ours", [])


def test_an_api_is_named_alone_where_no_other_has_its_name() -> None:
    apis = catalogue()
    assert apis.key_named("Week") == WEEK
    with pytest.raises(RowError, match="2 APIs of ours are named 'Day'"):
        apis.key_named("Day")
    with pytest.raises(RowError, match="0 APIs"):
        apis.key_named("Year")


def test_collisions_are_reported() -> None:
    docs = [*catalogue().docs, ApiDoc("W", "Förecast", "Week"), ApiDoc("W", "Forecast!", "Week"), ApiDoc("", "", "x")]
    found = collisions(docs)
    assert found.tokens == {
        "<<Forecast&&Week>>": (WEEK, ("W", "Förecast", "Week")),  # only after transliteration
        "<<Forecast&&Day>>": (DAY, OTHER_DAY),
    }
    assert found.toolbench_names == {
        "week_for_forecast": (WEEK, ("W", "Forecast!", "Week")),
        "day_for_forecast": (DAY, OTHER_DAY),
    }
    assert surplus(found.tokens) == surplus(found.toolbench_names) == 2


def request(**changes: Any) -> dict[str, Any]:
    gold = {"relevant": [list(WEEK), list(DAY), list(WEEK)]}
    return {"kind": "query", "id": "1", "query": "this week?", "tools": ["any"], "gold": gold, "group": "G1", **changes}


def test_a_request_and_its_gold() -> None:
    found = to_request(request(), catalogue())
    assert (found.id, found.query, found.group) == ("1", "this week?", "G1")
    assert found.gold == {WEEK, DAY}
    assert to_request(request(gold={"calls": []}, tools=["Week"]), catalogue()).gold == {WEEK}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query": " "}, "needs a query"),
        ({"query": None}, "needs a query"),
        ({"gold": {"relevant": []}, "tools": []}, "at least one relevant"),
        ({"gold": {"relevant": [["W", "Week"]]}}, r"is \[category, tool, api\]"),
        ({"gold": {"relevant": [["W", "Forecast", "Year"]]}}, "not in the catalogue"),
        ({"gold": {"relevant": ["Day"]}}, "2 APIs"),
    ],
)
def test_a_malformed_request_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RowError, match=message):
        to_request(request(**changes), catalogue())


def test_a_users_files(tmp_path: Path) -> None:
    apis_file, requests_file = tmp_path / "apis.jsonl", tmp_path / "requests.jsonl"
    rows = [{"category": "W", "tool": "Forecast", "api": name, "description": name} for name in ("Week", "Day", "Day")]
    apis_file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    wanted = [{"query": "soon?", "relevant": [list(WEEK)]}, {"query": "today?", "relevant": ["Day"], "split": "own"}]
    requests_file.write_text("".join(json.dumps(row) + "\n" for row in wanted))
    apis = read_catalogue(apis_file)
    assert ([doc.key for doc in apis.docs], apis.repeated) == ([WEEK, DAY], 1)
    found = read_requests(requests_file, apis)
    assert [(r.id, r.gold, r.group) for r in found] == [("0", {WEEK}, ""), ("own-1", {DAY}, "own")]
    with pytest.raises(DataError, match="cannot read"):
        read_catalogue(tmp_path / "no.jsonl")
    for broken in ("{", '{"query": "x", "relevant": 3}', '{"query": "x", "relevant": [3]}', '{"query": "x"}'):
        requests_file.write_text(broken + "\n")
        with pytest.raises(RowError):
            read_requests(requests_file, apis)
    apis_file.write_text("[1]\n")
    with pytest.raises(RowError, match="no 'api'"):
        read_catalogue(apis_file)


def test_a_source_without_documentation_of_apis_is_refused() -> None:
    with pytest.raises(DataError, match="gsm8k is no catalogue"):
        load_catalogue("gsm8k")


@pytest.mark.data
def test_requests_of_a_part_may_not_serve_another_purpose(data_root: Path) -> None:
    apis = load_catalogue("toolbench", data_root / "toolbench")
    with pytest.raises(DataError, match="must not be used to train"):
        load_requests(apis, path=data_root / "toolbench", split="test", purpose="train")
    assert load_requests(apis, path=data_root / "toolbench", split="train", purpose="train") == []


@pytest.mark.data
@pytest.mark.parametrize(
    ("source", "size", "groups"),
    [
        (
            "toolbench",
            2569,
            {
                "G1_instruction": 118, "G1_tool": 106, "G1_category": 106, "G2_instruction": 70, "G2_category": 72,
                "G2_draft": 47, "G3_instruction": 44, "G3_draft": 20, "G1_example": 4, "G2_example": 2, "G3_example": 1,
            },
        ),
        ("metatool", 199, {"single": 20614, "two-tool": 497}),
        ("sealtools", 4076, {"dev": 700}),
    ],
)  # fmt: skip
def test_the_real_sets(source: str, size: int, groups: dict[str, int], data_root: Path) -> None:
    apis = load_catalogue(source, data_root / source)
    requests = load_requests(apis, path=data_root / source)
    assert (len(apis.docs), apis.repeated) == (size, 0)
    assert {group: sum(r.group == group for r in requests) for group in groups} == groups
    assert len({r.id for r in requests}) == len(requests) == sum(groups.values())
    assert all(apis.positions(r.gold) for r in requests)


@pytest.mark.data
def test_toolbench_collides_as_published(data_root: Path) -> None:
    """Eleven surplus tokens (8 texts for 19 APIs) and 24 surplus names; transliteration adds none."""
    found = collisions(load_catalogue("toolbench", data_root / "toolbench").docs)
    assert (len(found.tokens), surplus(found.tokens)) == (8, 11)
    assert (len(found.toolbench_names), surplus(found.toolbench_names)) == (16, 24)
    for source in ("sealtools", "metatool"):
        assert not collisions(load_catalogue(source, data_root / source).docs).tokens
