"""A tool's file, its calls and what they give; hostile calls cost milliseconds."""

import asyncio
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from toolschool.errors import ConfigError, ToolError
from toolschool.methods.toolformer.documents import Document
from toolschool.methods.toolformer.kit import calculator, calendar, search, translation
from toolschool.methods.toolformer.tools import InlineCall, InlineTool, ToolUse, execute, load_tools
from toolschool.records import Tool

OWN = """
from toolschool.methods.toolformer.tools import InlineTool
from toolschool.records import Tool

async def shout(word: str) -> str:
    return word.upper()

def tool(mark: str = "") -> InlineTool:
    made = Tool("shout", "Says it loud.", {"type": "object", "properties": {"word": {"type": "string"}}}, run=shout)
    return InlineTool("Shout", made, "Input: {text}\\nOutput:" + mark, wants=lambda document: "!" in document.text)
"""


def run(tool: InlineTool, *written: str, date: datetime | None = None) -> list[Any]:
    return asyncio.run(execute({tool.name: tool}, [InlineCall(tool.name, each, date) for each in written], {}))


def test_a_tool_of_the_users_own_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "shout.py").write_text(OWN)
    use = ToolUse(use=str(tmp_path / "shout.py"), settings={"mark": " "}, preset={"tau_f": 0.25})
    tool = load_tools([use])["Shout"]
    assert tool.prompt.endswith(": ")
    assert tool.preset.tau_f == 0.25
    assert tool.wants(Document("Hey!"))
    assert run(tool, '"hey"', "hey") == ["HEY", "HEY"]
    before = use.fingerprint()
    (tmp_path / "shout.py").write_text(OWN + "# changed\n")
    assert use.fingerprint() != before


def test_another_corpus_gives_another_fingerprint(tmp_path: Path) -> None:
    corpus = tmp_path / "handbook" / "a.txt"
    corpus.parent.mkdir()
    corpus.write_text("one")
    use = ToolUse(use="search", settings={"corpus": str(corpus.parent), "passages": 2})
    before = use.fingerprint()
    assert use.fingerprint() == before
    corpus.write_text("two")
    assert use.fingerprint() != before


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ({"use": "calc"}, "known: calculator, calendar"),
        ({"use": "nowhere.py"}, "not there"),
        ({"use": "search"}, "corpus"),
        ({"use": "calculator", "preset": {"tau": 1}}, "did you mean tau_s"),
        ({"use": "calculator", "prompt": "no place"}, "{text}"),
    ],
)
def test_a_mistake_in_a_recipe_is_said_before_anything_runs(use: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ToolUse(**use).load()


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="two tools"):
        load_tools([ToolUse(use="calculator")] * 2)


def test_equal_calls_run_once_and_errors_are_not_remembered() -> None:
    ran: list[str] = []

    async def flaky(word: str) -> str:
        ran.append(word)
        await asyncio.sleep(0.01)
        if word == "bad":
            raise OSError("down")
        return word

    made = Tool("flaky", "", {"type": "object", "properties": {"word": {"type": "string"}}}, run=flaky)
    tools = {"Flaky": InlineTool("Flaky", made, "{text}")}
    known: dict[str, Any] = {}
    calls = [InlineCall("Flaky", written) for written in ("a", '"a"', "bad", "a", "bad")]
    found = asyncio.run(execute(tools, calls, known))
    assert [each if isinstance(each, str) else type(each) for each in found] == ["a", "a", ToolError, "a", ToolError]
    assert sorted(ran) == ["a", "bad"]
    asyncio.run(execute(tools, calls, known))
    assert sorted(ran) == ["a", "bad", "bad"]


def test_hostile_calls_cost_milliseconds() -> None:
    hostile = [
        "9**9**9",
        "9^9^9^9",
        "__import__('os').system('true')",
        "1" * 10_000_000,
        "(" * 500,
        "[[1]]",
        "",
        "().__class__",
    ]
    started = time.perf_counter()
    results = run(calculator.tool(), *hostile)
    assert time.perf_counter() - started < 1.0
    assert all(isinstance(result, ToolError) for result in results)
    assert run(calculator.tool(), "1,200 × 15%", "7 / 3") == ["180", "2.33"]


def test_a_result_with_a_bracket_is_refused() -> None:
    made = Tool("echo", "", {"type": "object", "properties": {"word": {"type": "string"}}}, run=_echo)
    tool = InlineTool("Echo", made, "{text}")
    assert all(isinstance(result, ToolError) for result in run(tool, "a]b", "a[b", "  \n "))


async def _echo(word: str) -> str:
    return word


def test_the_calendar_tells_the_day_of_the_text() -> None:
    tool = calendar.tool()
    assert run(tool, "", date=datetime(2019, 5, 3)) == ["Today is Friday, May 3, 2019."]
    assert isinstance(run(tool, "")[0], ToolError)
    assert isinstance(run(tool, "now", date=datetime(2019, 5, 3))[0], ToolError)
    assert not tool.wants(Document("No day."))


def test_search_gives_the_best_passage(tmp_path: Path) -> None:
    (tmp_path / "Indigo.txt").write_text("Indigo is a blue dye.\n\nIt was won from plants.")
    (tmp_path / "Fathom.txt").write_text("A fathom is six feet.")
    assert run(search.tool(str(tmp_path)), '"fathom feet"') == ["Fathom > A fathom is six feet."]


def test_translation_wants_a_foreign_passage_between_english_ones() -> None:
    english = "He walked to the old house by the river and read the words aloud again and again."
    german = "Wer rastet der rostet, und wer nicht kämpft der hat schon lange vorher alles verloren und vergessen."
    assert translation.wants_translation(Document(f"{english} {german} {english}"))
    assert not translation.wants_translation(Document(f"{english} {english} {english}"))
    assert not translation.wants_translation(Document(f"{english} {german}"))
    assert not translation.wants_translation(Document(f"{english} {'12 34 ' * 10} {english}"))
    assert translation.stands_before('"Wer rastet"', f"He said: {german}")
    assert not translation.stands_before("Wer rastet", "He said: nothing")


def test_tools_and_what_they_read_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes").mkdir()
    monkeypatch.chdir(tmp_path)
    use = ToolUse(use="search", settings={"corpus": "notes", "language": "en", "most": 3}).located()
    assert use == ToolUse(use="search", settings={"corpus": str(tmp_path / "notes"), "language": "en", "most": 3})
    assert ToolUse(use="mine.py").located().use == str(tmp_path / "mine.py")
