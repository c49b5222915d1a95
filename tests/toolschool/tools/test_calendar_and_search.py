"""The calendar says the day it is told; the search finds passages by their words."""

from datetime import datetime
from pathlib import Path

import pytest

from toolschool.errors import DataError, ToolError
from toolschool.tools.calendar import calendar_tool, today
from toolschool.tools.run import run_tool
from toolschool.tools.search import NOTHING, Passage, Search, read_corpus, search_tool

PASSAGES = [
    Passage("bees", "Honey bees live in hives and dance to show where flowers are."),
    Passage("trains", "The night train leaves the station at ten."),
    Passage("flowers", "Tulips are flowers. Tulips come in many colours."),
]


def test_today_reads_as_in_toolformer() -> None:
    assert today(datetime(2023, 1, 30)) == "Today is Monday, January 30, 2023."
    assert today(datetime(2026, 3, 1)) == "Today is Sunday, March 1, 2026."


async def test_the_calendar_asks_its_clock_each_time() -> None:
    days = iter([datetime(2024, 2, 29), datetime(2024, 3, 1)])
    tool = calendar_tool(lambda: next(days))
    assert await run_tool(tool, {}) == "Today is Thursday, February 29, 2024."
    assert await run_tool(tool, {}) == "Today is Friday, March 1, 2024."
    with pytest.raises(ToolError, match="no argument day"):
        await run_tool(tool, {"day": "today"})


def test_search_ranks_by_words_and_leaves_out_the_rest() -> None:
    search = Search(PASSAGES)
    assert [p.title for p in search.top("tulips flowers")] == ["flowers", "bees"]
    assert [p.title for p in search.top("night train", k=1)] == ["trains"]
    assert search.top("zeppelin") == []
    assert search.top("the of and") == []
    assert search.top("") == []


async def test_search_as_a_tool() -> None:
    tool = search_tool(Search(PASSAGES), k=1)
    assert await run_tool(tool, {"query": "station"}) == "trains > The night train leaves the station at ten."
    assert await run_tool(tool, {"query": "zeppelin"}) == NOTHING
    with pytest.raises(ToolError):
        await run_tool(tool, {"query": ""})


def test_search_needs_passages() -> None:
    with pytest.raises(DataError):
        Search([])


def test_read_corpus(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.md").write_text("one\nline\n\n  \n\ntwo\n", encoding="utf-8")
    (tmp_path / "sub" / "a.txt").write_text("three", encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text('{"title": "T", "text": "four"}\n\n', encoding="utf-8")
    (tmp_path / "ignored.png").write_bytes(b"\xff")
    assert read_corpus(tmp_path) == [("b", "one\nline"), ("b", "two"), ("T", "four"), ("a", "three")]


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", b'{"title": "T"}'), ("a.txt", b"\xff\xfe"), ("a.png", b"x")])
def test_read_corpus_says_what_it_cannot_read(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError):
        read_corpus(tmp_path)
    with pytest.raises(DataError, match="not a folder"):
        read_corpus(tmp_path / "missing")
