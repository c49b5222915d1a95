"""Scored calls by other thresholds: what annotating or filtering anew with them keeps, with nano and without Ray; what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import annotate, manifest
from pipelines.annotate import Annotate, AnnotateRows, Execute, Filter, Select
from pipelines.inline import InlineRows, check_inline, texts_of
from pipelines.refilter import Thresholds, check_thresholds, passes, refiltered, thresholds_of
from toolschool.config import DataConfig, build
from toolschool.datasets.arithmetic import generate
from toolschool.errors import ConfigError, DataError, ToolschoolError
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import ToolUse, load_tools

Row = dict[str, Any]
ROWS = [
    {"key": f"{k:03d}", "raw": json.dumps({"text": f"{row['question']} {row['answer']}."})}
    for k, row in enumerate(generate(seed=0, count=6, split="train"))
]
K, TAU_S, TAU_F = 6, 0.0, 0.0


def settings(**preset: float) -> Row:
    tool = ToolUse(
        use="calculator",
        prompt="Add Calculator calls.\nInput: {text}\nOutput:",
        preset={"k": K, "m": 3, "tau_s": TAU_S, "tau_f": TAU_F, "max_tokens": 16, **preset},
    )
    return AnnotateRows(tools=(tool,)).model_dump(mode="json")


def out(transform: Any, rows: list[Row], name: str) -> list[Row]:
    """Through Arrow, as in a run, without rows that have nothing to show."""
    schema = getattr(annotate, f"{name}_schema")()
    return pa.Table.from_pylist(
        [row for each in transform(rows) for row in each.get(name, [])], schema=schema
    ).to_pylist()


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def executed() -> list[Row]:
    selected = out(Select(settings()), ROWS, "selected")
    return out(Execute(settings()), out(Annotate(settings()), selected, "annotated"), "executed")


@pytest.fixture(scope="module")
def scored(executed: list[Row], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder scored/ of an annotation, and what its last stage notes."""
    rows = out(Filter(settings()), executed, "scored")
    return write_scored(tmp_path_factory.mktemp("wide"), rows, tau_s=TAU_S, tau_f=TAU_F)


def write_scored(run: Path, rows: list[Row], **bars: float) -> str:
    (run / "scored").mkdir()
    table = pa.Table.from_pylist(rows, schema=annotate.scored_schema())
    pq.write_table(table, run / "scored" / "part-0.parquet")
    made = {"settings": {"thresholds": {"Calculator": bars}}}
    manifest.write(str(run / "stages" / "filter"), "stage filter", config=made)
    return str(run / "scored")


def asked(**bars: float) -> dict[str, Thresholds]:
    return {"Calculator": Thresholds(**bars)}


@pytest.mark.parametrize("tau_f", [0.0, 0.5, 1.5])
def test_a_higher_tau_f_keeps_what_the_filter_keeps_with_it(scored: str, executed: list[Row], tau_f: float) -> None:
    again = list(refiltered(scored, asked(tau_f=tau_f), Markers()))
    assert again == out(Filter(settings(tau_f=tau_f)), executed, "kept")
    assert again, "nano knows sums like these"


def test_the_places_of_a_higher_tau_s_are_those_that_annotating_with_it_tries(scored: str) -> None:
    rows = pq.read_table(scored).to_pylist()
    likely = sorted(place["probability"] for row in rows for place in row["places"])
    tau_s = likely[len(likely) // 2]
    selected = out(Select(settings()), ROWS, "selected")
    fewer = out(Annotate(settings(tau_s=tau_s)), selected, "annotated")
    for row, other in zip(rows, fewer, strict=True):
        assert [place for place in row["places"] if place["probability"] > tau_s] == other["places"]
        tried = {place["place"] for place in other["places"]}
        stay = passes(
            {**row, "losses": [{"gain": 9.0}] * len(row["calls"])}, {"Calculator": {"tau_s": tau_s, "tau_f": 0}}
        )
        assert stay == [call["place"] in tried for call in row["calls"]]


@given(st.lists(st.tuples(st.floats(0, 1), st.none() | st.floats(-2, 4)), max_size=8), st.data())
def test_higher_thresholds_never_keep_more(found: list[tuple[float, float | None]], data: st.DataObject) -> None:
    row = {
        "places": [{"tool": "T", "place": k, "probability": p} for k, (p, _) in enumerate(found)],
        "calls": [{"tool": "T", "place": k} for k in range(len(found))],
        "losses": [{"gain": gain} for _, gain in found],
    }
    low, high = ({"tau_s": data.draw(st.floats(0, 1)), "tau_f": data.draw(st.floats(-2, 4))} for _ in range(2))
    high = {key: max(value, low[key]) for key, value in high.items()}
    before, after = passes(row, {"T": low}), passes(row, {"T": high})
    assert all(one or not other for one, other in zip(before, after, strict=True))
    assert not any(stays for stays, (_, gain) in zip(before, found, strict=True) if gain is None)


def test_what_is_not_asked_stays_as_it_was_annotated(scored: str) -> None:
    tools = load_tools(AnnotateRows.model_validate(settings()).tools)
    assert thresholds_of(tools) == {"Calculator": {"tau_s": TAU_S, "tau_f": TAU_F}}
    assert check_thresholds({}, scored) == {"Calculator": {"tau_s": TAU_S, "tau_f": TAU_F}}
    assert check_thresholds(asked(tau_f=2.0), scored) == {"Calculator": {"tau_s": TAU_S, "tau_f": 2.0}}


@pytest.mark.parametrize(
    ("thresholds", "said"),
    [
        (
            {"Calculator": {"tau_f": 0.4}},
            r"Calculator.tau_f=0.4 is below the 0.5 of .*, where nothing was scored; raise it",
        ),
        ({"Calculator": {"tau_s": 0.01}}, r"annotate with preset {tau_s: 0.01}"),
        ({"calculator": {"tau_f": 1}}, r"thresholds.calculator: .* no calls of such a tool; did you mean Calculator"),
        ({"Calculator": {"tau": 1}}, "unknown key thresholds.Calculator.tau"),
        ({"Calculator": {"tau_s": 1}}, "less than 1"),
    ],
)
def test_what_scored_calls_cannot_tell_is_refused(thresholds: Row, said: str, tmp_path: Path) -> None:
    data = DataConfig(path=write_scored(tmp_path, [], tau_s=0.05, tau_f=0.5))
    check_inline(build(InlineRows, {"thresholds": {"Calculator": {"tau_s": 0.05, "tau_f": 0.5}}}), data)
    with pytest.raises(ConfigError, match=said):
        check_inline(build(InlineRows, {"thresholds": thresholds}), data)


def test_thresholds_want_scored_calls_of_an_annotation_that_ended(tmp_path: Path) -> None:
    rows = build(InlineRows, {"thresholds": {"Calculator": {"tau_f": 1}}})
    for path, said in (
        (str(tmp_path / "kept"), r"are for data.path=RUN/scored"),
        (
            str(tmp_path / "scored"),
            r"scored is not there, or its annotation has not ended; run python -m jobs.annotate",
        ),
    ):
        with pytest.raises(ToolschoolError, match=said):
            check_inline(rows, DataConfig(path=path))
    manifest.write(str(tmp_path / "stages" / "filter"), "stage filter", config={"settings": {}})
    with pytest.raises(DataError, match="does not say which thresholds it has"):
        check_inline(rows, DataConfig(path=str(tmp_path / "scored")))


def test_texts_of_scored_calls_are_rows_to_learn_from(scored: str) -> None:
    raws = list(texts_of(scored))
    assert [raw["worked"] for raw in raws] == [row["text"] for row in refiltered(scored, {}, Markers())]
    strict = build(InlineRows, {"thresholds": {"Calculator": {"tau_f": 1.5}}})
    assert 0 < len(list(texts_of(scored, inline=strict))) <= len(raws)
    nothing = build(InlineRows, {"thresholds": {"Calculator": {"tau_f": 1e6}}})
    with pytest.raises(DataError, match="no call that passes"):
        list(texts_of(scored, inline=nothing))
