"""Toolformer's four steps one after the other, with nano and without Ray: what comes out, what is refused, what is counted."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines import annotate
from pipelines.annotate import AnnotateRows, Execute, Filter, Select
from toolschool.datasets.arithmetic import generate
from toolschool.errors import RowError
from toolschool.evaluation.annotation import count_calls, gains_plot, kind, losses_table, shown_calls, steps_table
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.merging import split
from toolschool.methods.toolformer.tools import ToolUse, load_tools

Row = dict[str, Any]
M = 2  # samples per place
TEXTS = [f"{row['question']} {row['answer']}." for row in generate(seed=0, count=6, split="train")]
DATED = {"text": "Each of 36 crates holds 17 pens, which makes 612 pens.", "date": "2024-03-05"}
ROWS = [{"text": text} for text in TEXTS] + [{"text": "Nothing to count here."}, DATED]


def settings(**more: Any) -> Row:
    """Two tools with nano's short prompt and few samples."""
    tools = tuple(
        ToolUse(
            use=name.lower(),
            prompt=f"Add {name} calls.\nInput: {{text}}\nOutput:",
            preset={"k": 3, "m": M, "tau_s": 0.0, "max_tokens": 16},
        )
        for name in ("Calculator", "Calendar")
    )
    return AnnotateRows(tools=tools, **more).model_dump(mode="json")


def raw_row(number: int, content: Any) -> Row:
    return {"key": f"{number:03d}", "raw": content if isinstance(content, str) else json.dumps(content)}


class Steps:
    """The four transforms; between them rows go through Arrow, as they do in a run."""

    def __init__(self, config: Row) -> None:
        self.steps = {
            "selected": (Select(config), annotate.selected_schema()),
            "annotated": (annotate.Annotate(config), annotate.annotated_schema()),
            "executed": (Execute(config), annotate.executed_schema()),
            "scored": (Filter(config), annotate.scored_schema()),
        }

    def run(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """Rows by output."""
        found: dict[str, list[Row]] = {}
        for name, (transform, schema) in self.steps.items():
            results = transform(rows)
            rows = found[name] = through(schema, results, name)
        return {**found, "kept": through(annotate.kept_schema(), results, "kept")}


def through(schema: pa.Schema, results: Sequence[Any], name: str) -> list[Row]:
    assert not [result for result in results if isinstance(result, RowError)]
    return pa.Table.from_pylist([row for out in results for row in out.get(name, [])], schema=schema).to_pylist()


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As in an actor: nano's matrices are so small that threads would only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def steps() -> Steps:
    return Steps(settings())


@pytest.fixture(scope="module")
def found(steps: Steps) -> dict[str, list[Row]]:
    return steps.run([raw_row(number, row) for number, row in enumerate(ROWS)])


def test_a_document_goes_to_the_tools_that_want_it(found: dict[str, list[Row]]) -> None:
    tools = {row["text"]: row["tools"] for row in found["selected"]}
    assert tools[DATED["text"]] == ["Calculator", "Calendar"]
    assert "Nothing to count here." not in tools
    assert all(names == ["Calculator"] for text, names in tools.items() if text != DATED["text"])
    assert len(found["scored"]) == len(found["selected"]), "a row a document, to the end"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ('{"text": "3 + 4', "broken JSON"),
        ("[1, 2]", "wrong type"),
        pytest.param("[" * 10_000, "broken JSON", id="too deep"),
        (r'{"text": "3 + 4 = 7 \ud800"}', "surrogate"),
        ('{"body": "3 + 4 = 7"}', "field `text`"),
        ('{"text": " "}', "field `text`"),
        ('{"text": "3 + 4 = 7", "date": "yesterday"}', "is not ISO"),
        ('{"text": "3 + 4 = 7", "date": 5}', "is not ISO"),
    ],
)
def test_what_is_no_document_is_refused_with_a_reason(raw: str, reason: str, steps: Steps) -> None:
    select, _ = steps.steps["selected"]
    good, bad = select([raw_row(0, DATED), raw_row(1, raw)])
    assert isinstance(bad, RowError)
    assert reason in str(bad)
    assert "\n" not in str(bad)
    assert good["selected"], "its neighbours go on"


def test_a_text_that_is_too_long_is_refused(found: dict[str, list[Row]], steps: Steps) -> None:
    annotator, _ = steps.steps["annotated"]
    short, row = found["selected"][:2]
    good, bad = annotator([short, {**row, "text": row["text"] * 100}])
    assert "tokens are more than max_length=1024" in str(bad)
    assert good["annotated"][0]["key"] == short["key"]


def test_a_text_of_one_token_has_no_place(steps: Steps) -> None:
    annotator, _ = steps.steps["annotated"]
    row = {"key": "0", "raw": "", "text": "7", "date": None, "tools": ["Calculator"]}
    assert annotator([row]) == [{"annotated": [{**row, "places": [], "calls": [], "failures": []}]}]


def test_a_row_alone_and_in_a_batch_ends_with_the_same_bits(found: dict[str, list[Row]]) -> None:
    """In another order too, by models just opened: a run that was killed goes on in another process."""
    fresh = Steps(settings())
    backwards = list(reversed(list(enumerate(ROWS))))
    alone = [fresh.run([raw_row(number, row)]) for number, row in backwards]
    for name, rows in found.items():
        assert [row for each in reversed(alone) for row in each[name]] == rows


def test_other_samples_with_another_seed(found: dict[str, list[Row]]) -> None:
    other = annotate.Annotate(settings(seed=1))(found["selected"])
    assert [out["annotated"][0]["places"] for out in other] == [row["places"] for row in found["annotated"]]
    assert [out["annotated"][0]["calls"] for out in other] != [row["calls"] for row in found["annotated"]]


def test_calls_that_help_by_the_threshold_are_kept(found: dict[str, list[Row]]) -> None:
    for row in found["scored"]:
        for result, losses in zip(row["results"], row["losses"], strict=True):
            assert (losses["plain"] is None) == (result["result"] is None), "no result, nothing to score"
            assert bool(losses["kept"]) == (losses["gain"] is not None and losses["gain"] >= 0.5)
            if losses["gain"] is not None:
                assert losses["gain"] == min(losses["plain"], losses["empty"]) - losses["done"]


@pytest.mark.parametrize("fast", [True, False])
def test_a_screen_is_for_hardware_that_is_fast_in_bfloat16(monkeypatch: pytest.MonkeyPatch, fast: bool) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"amx_bf16": fast})
    assert (Filter(settings(screen=1.0)).screen is not None) == fast


def test_a_screen_in_lower_precision_drops_calls_but_none_that_is_kept(
    found: dict[str, list[Row]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"amx_bf16": True})
    screened = [out["scored"][0] for out in Filter(settings(screen=1.0))(found["executed"])]
    pairs = [
        (exact, screened_losses)
        for row, other in zip(found["scored"], screened, strict=True)
        for exact, screened_losses in zip(row["losses"], other["losses"], strict=True)
    ]
    assert all(bool(exact["kept"]) == bool(other.get("kept")) for exact, other in pairs)
    assert any(exact["done"] is not None and other["done"] is None for exact, other in pairs)


def test_a_kept_text_is_the_document_with_its_calls(found: dict[str, list[Row]]) -> None:
    assert found["kept"], "nano knows sums like these"
    scored = {row["key"]: row for row in found["scored"]}
    for row in found["kept"]:
        text, calls = split(row["text"], Markers())
        source = scored[row["id"]]
        helped = {
            (call["at"], Markers().call(call["tool"], call["argument"], result["result"]))
            for call, result, losses in zip(source["calls"], source["results"], source["losses"], strict=True)
            if losses["kept"]
        }
        assert text == source["text"]
        assert calls
        assert set(calls) <= helped
        assert row["calls"] == len(calls) == len({at for at, _ in calls})
    helpful = {key for key, row in scored.items() if any(losses["kept"] for losses in row["losses"])}
    assert helpful == {row["id"] for row in found["kept"]}


def test_every_tool_has_its_own_counts(found: dict[str, list[Row]]) -> None:
    counts = count_calls(found["scored"])
    assert list(counts) == ["Calculator", "Calendar"]
    assert counts["Calculator"].documents == sum("Calculator" in row["tools"] for row in found["selected"])
    assert counts["Calendar"].documents == 1
    for name, count in counts.items():
        places = [place for row in found["annotated"] for place in row["places"] if place["tool"] == name]
        assert count.places == len(places) <= 3 * count.documents
        assert count.samples + count.unread.total() == M * sum(not place["pruned"] for place in places)
        assert count.calls == count.executed + count.failed.total()
    assert counts["Calculator"].kept >= len(found["kept"]) > 0


@pytest.fixture
def lookup(tmp_path: Path) -> Callable[[], list[str]]:
    """A tool of one's own, `lookup.py`, that writes down what it is asked."""
    (tmp_path / "lookup.py").write_text(f"""
from toolschool.methods.toolformer.tools import InlineTool
from toolschool.records import Tool

async def find(word: str) -> str:
    with open({str(tmp_path / "asked")!r}, "a") as file:
        file.write(word + "\\n")
    return word.upper()

def tool() -> InlineTool:
    parameters = {{"type": "object", "properties": {{"word": {{"type": "string"}}}}, "required": ["word"]}}
    known = lambda argument, before: argument in before
    return InlineTool("Lookup", Tool("lookup", "Finds.", parameters, run=find), "{{text}}", fits=known)
""")
    return lambda: (tmp_path / "asked").read_text().split()


def test_equal_calls_are_asked_once_and_what_does_not_fit_has_no_result(tmp_path: Path, lookup: Any) -> None:
    execute = Execute(AnnotateRows(tools=(ToolUse(use=str(tmp_path / "lookup.py")),)).model_dump(mode="json"))

    def row(*arguments: str) -> Row:
        calls = [{"tool": "Lookup", "place": 1, "at": 7, "argument": word, "samples": 1} for word in arguments]
        return {"key": "0", "raw": "", "text": "a b c d e", "date": None, "calls": calls}

    results = [out["executed"][0]["results"] for out in execute([row("a", "b"), row("b"), row()])]
    assert [[result["result"] for result in row] for row in results] == [["A", "B"], ["B"], []]
    ((refused,),) = [out["executed"][0]["results"] for out in execute([row("e")])]
    assert refused == {"result": None, "error": "Lookup does not fit there"}
    execute([row("b", "a")])
    assert sorted(lookup()) == ["a", "b", "e"]


def test_results_depend_on_the_day_of_the_text() -> None:
    execute = Execute(settings())
    call = {"tool": "Calendar", "place": 1, "at": 2, "argument": "", "samples": 1}
    broken = {"tool": "Calculator", "place": 1, "at": 2, "argument": "3 / 0", "samples": 1}
    days = ("2024-03-05T00:00:00", "2024-03-06T00:00:00", None)
    rows = [{"key": "0", "raw": "", "text": "today", "date": day, "calls": [call, broken]} for day in days]
    results = [out["executed"][0]["results"] for out in execute(rows)]
    assert [row[0]["result"] and "March 0" in row[0]["result"] for row in results]
    assert len({row[0]["result"] for row in results}) == 3
    assert results[2][0]["error"] == "Calendar needs the text's date"
    assert {row[1]["result"] for row in results} == {None}
    assert "zero" in results[0][1]["error"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no call", "no call"),
        ("division by zero in '3 / 0'; try another", "division by zero in …"),
        ('no word "cat" in 1,250.5 entries', "no word … in … entries"),
        ("timed out after 20 s", "timed out after … s"),
    ],
)
def test_reasons_are_counted_without_their_particulars(reason: str, said: str) -> None:
    assert kind(reason) == said


def scored_row(**changes: Any) -> Row:
    """One document, three calls: kept, refused, without a result."""

    def call(at: int, argument: str) -> Row:
        return {"tool": "Calculator", "place": at, "at": at, "argument": argument, "samples": 2}

    nothing = dict.fromkeys(("plain", "empty", "done", "gain", "kept"))
    known = {"plain": 3.0, "empty": 2.5}
    return {
        "text": "Ann had 48 eggs and sold 19: 29 are left.",
        "tools": ["Calculator", "Calendar"],
        "places": [{"tool": "Calculator", "pruned": False}, {"tool": "Calculator", "pruned": True}],
        "calls": [call(28, "48 - 19"), call(28, "48"), call(8, "48 / 0")],
        "results": [
            {"result": "29", "error": None},
            {"result": "48", "error": None},
            {"result": None, "error": "division by zero in '48 / 0'"},
        ],
        "losses": [
            {**known, "done": 0.5, "gain": 2.0, "kept": True},
            {**known, "done": 2.3, "gain": 0.2, "kept": False},
            nothing,
        ],
        "failures": [{"tool": "Calendar", "reason": "another tool", "samples": 4}],
        **changes,
    }


def test_tables_of_what_was_found_and_lost() -> None:
    counts = count_calls([scored_row(), scored_row(losses=[scored_row()["losses"][2]] * 3)])
    steps = {row[0]: row[1:] for row in steps_table(counts).rows}
    assert steps_table(counts).header == ("step", "Calculator", "Calendar")
    assert steps["texts tried"] == ("2", "2")
    assert steps["places tried"] == ("4", "0")
    assert steps["of them pruned"] == ("2", "0")
    assert steps["samples that are no call"] == ("0", "8")
    assert steps["samples that are calls"] == ("12", "0")
    assert steps["distinct calls"] == ("6", "0")
    assert steps["without a result"] == ("2", "0")
    assert steps["with a result"] == ("4", "0")
    assert steps["kept"] == ("1", "0")
    assert counts["Calculator"].gains == [2.0, 0.2]
    assert losses_table(counts).rows == (
        ("Calculator", "executed", "division by zero in …", "2"),
        ("Calendar", "read", "another tool", "8"),
    )


def test_calls_are_shown_in_their_words() -> None:
    kept, refused = shown_calls([scored_row()] * 5, each=2)
    assert kept.rows == (("… Ann had 48 eggs and sold 19: [Calculator(48 - 19)->29] 29 are left. …", "2.00"),) * 2
    assert [row[1] for row in refused.rows] == ["0.20"] * 2
    assert shown_calls([], each=2)[0].rows == ()


def test_gains_are_drawn_even_where_there_are_none() -> None:
    thresholds = {name: tool.preset.tau_f for name, tool in load_tools((ToolUse(use="calculator"),)).items()}
    thresholds["Calendar"] = 1.0
    unknown = scored_row(losses=[scored_row()["losses"][2]] * 3)
    pictures = {gains_plot(count_calls(rows), thresholds) for rows in ([unknown], [scored_row()])}
    assert len(pictures) == 2
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
