"""Tools and requests by configuration: a source of the registry or files, limited, guarded, joined, malformed rows told."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolschool.config import build
from toolschool.datasets import catalogues
from toolschool.datasets.tool_sources import CatalogueSource, joined, open_tools, part_of
from toolschool.errors import ConfigError, DataError, RowError


def write(file: Path, rows: list[Any]) -> str:
    file.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return str(file)


@pytest.fixture
def own(tmp_path: Path) -> CatalogueSource:
    """Four APIs, one of them twice, and 200 requests for the first or the last of them."""
    rows = [{"category": "W", "tool": "Sky", "api": name} for name in ("Week", "Day", "Week", "Hour", "Now")]
    asked = [
        {"query": f"{chr(97 + n % 26)}{n}x rain?", "relevant": [["W", "Sky", "Now" if n % 2 else "Week"]]}
        for n in range(200)
    ]
    return CatalogueSource(apis=write(tmp_path / "apis.jsonl", rows), requests=write(tmp_path / "asked.jsonl", asked))


def test_a_users_requests_are_split_by_what_they_say(own: CatalogueSource) -> None:
    tools = open_tools(own)
    assert ([doc.api for doc in tools.apis.docs], tools.apis.repeated) == (["Week", "Day", "Hour", "Now"], 1)
    parts = {
        part: tools.requests(part, why)
        for part, why in (("train", "train"), ("validation", "select"), ("test", "test"))
    }
    assert {request.id for requests in parts.values() for request in requests} == {str(n) for n in range(200)}
    assert sum(map(len, parts.values())) == 200
    assert all(part_of(request) == part for part, requests in parts.items() for request in requests)
    assert 130 < len(parts["train"]) < 180
    assert len(tools.requests(None, "test")) == 200
    for part in ("test", None):
        with pytest.raises(DataError, match="must not be used to train"):
            tools.requests(part, "train")


def test_the_first_tools_and_the_requests_that_want_no_others(own: CatalogueSource) -> None:
    tools = open_tools(own.model_copy(update={"limit": 2}))
    assert [doc.api for doc in tools.apis.docs] == ["Week", "Day"]
    found = tools.requests(None, "test")
    assert len(found) == 100
    assert {key for request in found for key in request.gold} == {("W", "Sky", "Week")}


def test_tools_are_cut_into_parts_that_share_nothing(own: CatalogueSource) -> None:
    first, rest = (open_tools(own.model_copy(update=cut)) for cut in ({"limit": 2}, {"skip": 2}))
    assert [doc.api for doc in (*first.apis.docs, *rest.apis.docs)] == ["Week", "Day", "Hour", "Now"]
    found = rest.requests(None, "test")
    assert len(found) == 100
    assert {key for request in found for key in request.gold} == {("W", "Sky", "Now")}
    assert not {request.id for request in found} & {request.id for request in first.requests(None, "test")}
    assert [doc.api for doc in open_tools(own.model_copy(update={"skip": 1, "limit": 2})).apis.docs] == ["Day", "Hour"]
    with pytest.raises(DataError, match="has no APIs"):
        open_tools(own.model_copy(update={"skip": 4}))


def test_malformed_rows_are_told_or_raised(tmp_path: Path) -> None:
    apis = write(tmp_path / "apis.jsonl", [{"api": "a"}, "{", {"api": 3}, {"api": "b"}])
    requests = write(
        tmp_path / "asked.jsonl", [{"query": "x", "relevant": ["a"]}, {"query": "", "relevant": ["a"]}, "[]"]
    )
    source = CatalogueSource(apis=apis, requests=requests)
    with pytest.raises(RowError, match="no 'api'"):
        open_tools(source)
    told: list[str] = []
    tools = open_tools(source, lambda row, reason: told.append(reason))
    assert [doc.api for doc in tools.apis.docs] == ["a", "b"]
    assert [reason.split(";")[0] for reason in told] == ["the row has no 'api'", "'api' must be text, not int"]
    with pytest.raises(RowError, match="needs a query"):
        tools.requests(None, "test")
    assert [request.query for request in tools.requests(None, "test", lambda row, reason: told.append(reason))] == ["x"]
    assert len(told) == 4


def test_catalogues_are_joined(own: CatalogueSource, tmp_path: Path) -> None:
    other = CatalogueSource(
        apis=write(tmp_path / "more.jsonl", [{"category": "W", "tool": "Sky", "api": "Day"}, {"api": "z"}])
    )
    every = joined(map(open_tools, (own, other)))
    assert [doc.api for doc in every.docs] == ["Week", "Day", "Hour", "Now", "z"]
    assert every.repeated == 1
    assert open_tools(other).requests("train", "train") == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "exactly one of source"),
        ({"source": "toolbench", "apis": "x"}, "exactly one of source"),
        ({"source": "toolbench", "requests": "x"}, "requests go with apis"),
        ({"apis": "x", "path": "y"}, "path goes with source"),
        ({"source": "desk", "limit": 3}, "the desk is one whole"),
    ],
)
def test_one_origin(given: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        build(CatalogueSource, given)


def test_what_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    with pytest.raises(DataError, match="where is metatool"):
        CatalogueSource(source="metatool").check()
    with pytest.raises(DataError, match="does not exist"):
        CatalogueSource(apis=str(tmp_path / "no.jsonl")).check()
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(tmp_path))
    with pytest.raises(DataError, match="metatool does not exist"):
        CatalogueSource(source="metatool").check()
    (tmp_path / "metatool").mkdir()
    CatalogueSource(source="metatool").check()


def test_the_desk_is_a_source(monkeypatch: pytest.MonkeyPatch, own: CatalogueSource) -> None:
    """Its own tools and generated requests; nothing has to be there."""
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    monkeypatch.setattr(catalogues, "DESK_REQUESTS", {"train": 60, "validation": 30, "test": 30})
    source = CatalogueSource(source="desk")
    source.check()
    assert source.inputs() == ()
    tools = open_tools(source)
    assert len(tools.apis.docs) == 16
    assert ("", "", "send_sms") in tools.apis
    parts = [
        tools.requests(part, why) for part, why in (("train", "train"), ("validation", "select"), ("test", "test"))
    ]
    assert [50 < len(parts[0]) <= 60, 25 < len(parts[1]) <= 30] == [True, True]
    assert not {request.query for request in parts[0]} & {request.query for request in parts[2]}
    assert len(tools.requests(None, "test")) == sum(map(len, parts))
    with pytest.raises(DataError, match="must not be used to train"):
        tools.requests("test", "train")
    assert joined([open_tools(own), tools]).source.endswith("+desk")


@pytest.mark.data
def test_metatools_parts(data_root: Path) -> None:
    tools = open_tools(CatalogueSource(source="metatool", path=str(data_root / "metatool"), limit=30))
    assert len(tools.apis.docs) == 30
    assert len(tools.whole.docs) == 199
    train, test = tools.requests("train", "train"), tools.requests("test", "test")
    assert 0 < len(test) < len(train) / 5
    assert not {request.query.lower() for request in train} & {request.query.lower() for request in test}
