"""Rows for Toolformer's fine-tuning: their styles, where raw rows come from, what is refused. No Ray."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.ingest import PARTS
from pipelines.inline import Encode, InlineRows, check_inline, holds_texts, solutions_of, texts_of
from toolschool.config import DataConfig
from toolschool.datasets import arithmetic, gsm8k, registry, sums, svamp
from toolschool.datasets.solutions import SOLUTIONS, solution
from toolschool.errors import ConfigError, DataError, RowError, ToolschoolError
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.merging import split
from toolschool.methods.toolformer.tools import ToolUse
from toolschool.models.backbone import ModelConfig, load_tokenizer
from toolschool.models.templates import IGNORED
from toolschool.records import token_schema
from training.preflight import check_causal_rows
from training.rows import Rows

QUESTION = "Ann had 48 eggs and sold 19 of them. How many are left?"
WORKED = " That leaves [Calculator(48 - 19)->29] 29 eggs, which are [Calculator(29 * 2)->58] 58 halves."
PLAIN = " That leaves 29 eggs, which are 58 halves."
SAMPLED = WORKED.replace("->29", "").replace("->58", "")
TOOLS = (ToolUse(use="calculator", prompt="Add calls.\nInput: {text}\nOutput:"),)
STYLES = ("pure", "annotated", "instruct", "annotator")


def raw_row(number: int = 0, **parts: str) -> dict[str, str]:
    raw = {"question": QUESTION, "worked": WORKED, "split": "train", **parts}
    return {"key": f"{number:03d}", "raw": json.dumps(raw)}


def encode(style: str, *rows: dict[str, str], **more: Any) -> list[Any]:
    return Encode(InlineRows(style=style, tools=TOOLS, **more).model_dump(mode="json"))(rows or [raw_row()])


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return load_tokenizer(ModelConfig(name="assets/nano"))


@pytest.mark.parametrize(
    ("style", "text", "taught"),
    [
        ("pure", QUESTION + PLAIN, PLAIN),
        ("annotated", QUESTION + WORKED, QUESTION + WORKED),
        ("instruct", QUESTION + WORKED, WORKED),
        ("annotator", f"Add calls.\nInput: {QUESTION}{PLAIN}\nOutput:{QUESTION}{SAMPLED}", QUESTION + SAMPLED),
    ],
)
def test_what_each_style_shows_and_teaches(style: str, text: str, taught: str, tokenizer: Any) -> None:
    (outputs,) = encode(style)
    ((name, (row,)),) = outputs.items()
    assert (name, row["id"]) == ("inline/train", "000")
    assert tokenizer.decode(row["input_ids"]) == text + tokenizer.eos_token
    assert row["labels"][-1] == row["input_ids"][-1] == tokenizer.eos_token_id
    taught_from = row["labels"].index(next(label for label in row["labels"] if label != IGNORED))
    assert row["labels"] == [IGNORED] * taught_from + row["input_ids"][taught_from:], "one prompt, then all of the rest"
    assert tokenizer.decode(row["labels"][taught_from:-1]) == taught


@pytest.mark.parametrize("style", ["annotated", "instruct"])
def test_the_text_has_the_tokens_it_has_without_calls(style: str, tokenizer: Any) -> None:
    ((one,),) = encode(style)[0].values()
    ((none,),) = encode("pure" if style == "instruct" else style, raw_row(worked=PLAIN))[0].values()
    left = iter(one["input_ids"])
    assert all(token in left for token in none["input_ids"]), "in their order, with the calls' tokens between"
    calls = sum(
        len(tokenizer(f" {call}", add_special_tokens=False)["input_ids"]) for _, call in split(WORKED, Markers())[1]
    )
    assert len(one["input_ids"]) == len(none["input_ids"]) + calls


def test_other_markers(tokenizer: Any) -> None:
    markers = Markers(start="<<", end=">>", arrow="=")
    worked = WORKED.replace("[", "<<").replace("]", ">>").replace("->", "=")
    ((row,),) = encode("pure", raw_row(worked=worked), markers=markers)[0].values()
    assert tokenizer.decode(row["input_ids"][:-1]) == QUESTION + PLAIN


def test_what_cannot_be_encoded_is_refused_and_the_others_go_on() -> None:
    length = len(encode("instruct")[0]["inline/train"][0]["input_ids"])
    good, long = encode("instruct", raw_row(), raw_row(1, worked=WORKED + " So."), max_length=length)
    assert good.keys() == {"inline/train"}
    assert isinstance(long, RowError)
    assert f"more than max_length={length}" in str(long)
    for style in ("pure", "instruct"):
        (bare,) = encode(style, raw_row(question=""))
        assert isinstance(bare, RowError)
        assert "use inline.style=annotated" in str(bare)
    for style in ("annotated", "annotator"):
        assert encode(style, raw_row(question="", split="validation"))[0].keys() == {"inline/validation"}


@pytest.mark.parametrize("source", ["sums", "arithmetic"])
@pytest.mark.parametrize("style", STYLES)
def test_training_takes_the_rows(style: str, source: str, tokenizer: Any) -> None:
    """Preflight's checks hold; only running text may supervise its prompt, since it has none."""
    raws = [raw_row(k, **raw) for k, raw in enumerate(solutions_of(DataConfig(source=source, limit=40)))]
    results = encode(style, *raws)
    table = pa.Table.from_pylist(
        [row for out in results for rows in out.values() for row in rows], schema=token_schema()
    )
    more = {"vocabulary": len(tokenizer), "max_length": 1024, "supervise_prompt": style == "annotated"}
    shown = check_causal_rows(Rows(table), tokenizer, **more)
    assert all(text.endswith(tokenizer.eos_token) for text in shown)
    assert all(("[Calculator(" in text) == (style != "pure") for text in shown)


def test_rows_of_a_tokenizer_with_markers_as_tokens(tmp_path: Path) -> None:
    markers = Markers(start="<API>", end="</API>", arrow="→")
    model = ModelConfig(name="assets/nano", new_tokens=("<API>", "</API>", "→"))
    worked = WORKED.replace("[", "<API>").replace("]", "</API>").replace("->", "→")
    ((row,),) = encode("annotated", raw_row(worked=worked), markers=markers, model=model)[0].values()
    tokenizer = load_tokenizer(model)
    ids = [tokenizer.convert_tokens_to_ids(mark) for mark in ("<API>", "→", "</API>")]
    assert [np.sum(np.array(row["input_ids"]) == i) for i in ids] == [2, 2, 2]


def write_kept(folder: Path, texts: list[str]) -> str:
    folder.mkdir()
    rows = [{"id": str(k), "text": text, "calls": 1} for k, text in enumerate(texts)]
    pq.write_table(pa.Table.from_pylist(rows), folder / "part-0.parquet")
    return str(folder)


def test_annotated_texts_keep_to_their_side_of_the_split(tmp_path: Path) -> None:
    names = [f"{a} {b}" for a in "Ann Bob Cy Dot Eve Flo Gus".split() for b in "counts sells buys finds eats".split()]
    texts = [f"{name} 3 and 4, [Calculator(3 + 4)->7] 7." for name in names]
    others = [f"{name} 50 and 6, which [Calculator(50 + 6)->56] makes 56." for name in names]
    raws = list(texts_of(write_kept(tmp_path / "kept", texts + others)))
    assert [raw["worked"] for raw in raws] == texts + others
    assert {raw["question"] for raw in raws} == {""}
    assert {raw["split"] for raw in raws} == set(PARTS)
    moved = [text.replace("3", "8").replace("7", "12").replace("[Calculator(8 + 4)->12] ", "") for text in texts]
    again = list(texts_of(write_kept(tmp_path / "again", moved)))
    assert [raw["split"] for raw in again] == [raw["split"] for raw in raws[: len(texts)]], "other numbers, no calls"
    assert len(list(texts_of(str(tmp_path / "kept"), limit=5))) == 5


def test_a_folder_without_texts_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"kept/ folder of a run of jobs\.annotate"):
        list(texts_of(str(tmp_path)))


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("runs/mine/kept", True),
        ("s3://bucket/run/kept/", True),
        ("runs/mine", False),
        ("runs/kept/x", False),
        (None, False),
    ],
)
def test_where_annotated_texts_are(path: str | None, holds: bool) -> None:
    assert holds_texts(DataConfig(path=path)) is holds


@pytest.mark.parametrize(
    ("rows", "data", "error", "said"),
    [
        ({"style": "instruct"}, {"path": "runs/a/kept"}, ConfigError, "inline.style=instruct needs data.source"),
        ({"style": "pure"}, {"path": "runs/a/kept"}, ConfigError, "inline.style=pure needs data.source"),
        ({}, {"source": "tinyagent"}, DataError, "tinyagent has no worked answers; use sums, arithmetic, gsm8k, svamp"),
        ({"tools": (ToolUse(use="abacus"),)}, {"source": "sums"}, ConfigError, "no tool 'abacus'"),
        ({"tools": (ToolUse(use="calculator"),) * 2}, {"source": "sums"}, ConfigError, "two tools are called"),
    ],
)
def test_mistakes_are_found_before_anything_starts(
    rows: dict[str, Any], data: dict[str, Any], error: type[ToolschoolError], said: str
) -> None:
    with pytest.raises(error, match=said):
        check_inline(InlineRows(**rows), DataConfig(**data))


def test_what_can_work_passes() -> None:
    check_inline(InlineRows(style="instruct"), DataConfig(source="sums", limit=10))
    for style in ("annotated", "annotator"):
        check_inline(InlineRows(style=style), DataConfig(source="tinyagent", path="runs/a/kept"))


def test_worked_answers_have_their_share_of_validation_rows() -> None:
    rows = list(solutions_of(DataConfig(source="sums", limit=40, seed=3)))
    assert [row["split"] for row in rows] == ["train"] * 38 + ["validation"] * 2
    assert [row["worked"] for row in rows[:38]] == [row["call"] for row in sums.generate(3, 38, "train")]
    assert rows != list(solutions_of(DataConfig(source="sums", limit=40, seed=4)))


def without_calls(text: str) -> str:
    return split(text, Markers())[0]


def test_generated_answers_without_calls_are_the_sources_text() -> None:
    for row in sums.generate(0, 65, "train"):
        question, worked = solution("sums", row)
        assert without_calls(question + worked) == f"{row['question']} {row['answer']}"
        assert question + worked != without_calls(question + worked)
    texts = 0
    for row in arithmetic.generate(0, 200, "train"):
        question, worked = solution("arithmetic", row)
        assert without_calls(question + worked) == without_calls(row["text"])
        texts += question + worked == row["text"]
    assert 0 < texts < 200, "the source's own text holds the call in half of its rows"


@pytest.mark.data
@pytest.mark.parametrize(("source", "text"), [("gsm8k", gsm8k.text), ("svamp", svamp.text)])
def test_real_answers_without_calls_are_the_sources_text(source: str, text: Any, data_root: Path) -> None:
    rows = list(registry.load(source, path=data_root / source, split="train", purpose="train"))
    found = [solution(source, row) for row in rows]
    assert len(found) > 300
    apart = [row for row, one in zip(rows, found, strict=True) if without_calls(one.question + one.worked) != text(row)]
    assert apart == []
    assert sum("[Calculator(" in one.worked for one in found) > 0.9 * len(found)


@pytest.mark.parametrize("source", ["gsm8k", "svamp"])
def test_a_malformed_row_is_a_row_error(source: str) -> None:
    with pytest.raises(RowError):
        solution(source, {"question": "How many?", "answer": 5, "Body": "Ann has 5."})
    with pytest.raises(DataError, match="tinyagent has no worked answers"):
        solution("tinyagent", {})
    assert source in SOLUTIONS
