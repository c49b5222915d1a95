"""Data sets by name: reading, bad rows, guards; the official TinyAgent schema on a fixture written for this test."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from toolschool.datasets import gsm8k, svamp, tinyagent
from toolschool.datasets.registry import SOURCES, examples, load, marked_texts, shippable, texts
from toolschool.datasets.splits import SPLITS, split_of
from toolschool.errors import DataError, RowError

PLAN = '1. get_email_address("Ines")\n2. forward_email(["$1"], [], "", [])\n3. join()<END_OF_PLAN>\n'


def plan_row(key: str = "a", **changes: Any) -> dict[str, Any]:
    steps = [
        {"id": 1, "tool": "get_email_address", "args": ["Ines"], "deps": []},
        {"id": 2, "tool": "forward_email", "args": [["$1"], [], "", []], "deps": [1]},
    ]
    row = {"id": key, "query": "Forward this to Ines", "tools": ["forward_email", "get_email_address"], "plan": steps}
    return {**row, "raw_plan": PLAN, "flags": [], **changes}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [json.dumps(plan_row(str(n))) for n in range(3)]
    rows += ["{broken", json.dumps(plan_row("bad", plan="none")), json.dumps(plan_row("empty", plan=[]))]
    (tmp_path / "plans.jsonl").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_rows_examples_and_bad_rows(folder: Path) -> None:
    bad: list[tuple[dict[str, Any], str]] = []
    found = examples("tinyagent", path=folder, on_bad=lambda row, why: bad.append((row, why)))
    assert [example.id for example in found] == ["0", "1", "2"]
    assert found[0].plan.calls[1].args == (["$1"], [], "", [])
    assert found[0].now is None
    assert len(bad) == 3
    assert bad[0][0] == {"raw": "{broken"}
    with pytest.raises(RowError):
        examples("tinyagent", path=folder)


def test_split_and_limit(folder: Path) -> None:
    part = split_of("tinyagent", plan_row())
    rows = list(load("tinyagent", path=folder, split=part, limit=2))
    assert [row["id"] for row in rows] == ["0", "1"]
    other = next(split for split in SPLITS if split != part)
    ignored = lambda row, why: None  # noqa: E731
    assert list(load("tinyagent", path=folder, split=other, on_bad=ignored)) == []


def test_generated_sources_want_split_and_limit() -> None:
    assert len(examples("desk", split="validation", limit=5)) == 5
    assert len(list(texts("arithmetic", split="test", limit=7))) == 7
    with pytest.raises(DataError, match="say split= and limit="):
        load("desk", split="train")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"split": "test", "limit": 1, "purpose": "train"}, "must not be used to train"),
        ({"split": "validation", "limit": 1, "shipped": True}, "must not be used to train"),
        ({"limit": 1, "purpose": "train"}, "say which split"),
        ({"split": "dev", "limit": 1}, "is no split"),
    ],
)
def test_use_is_guarded(how: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load("desk", **how)


def test_only_marked_sources_shape_shipped_weights() -> None:
    with pytest.raises(DataError, match="must not shape shipped weights"):
        load("tinyagent_official", split="train", shipped=True, path="anywhere")
    assert set(shippable()) == {
        "tinyagent",
        "written",
        "own_documentation",
        "gsm8k",
        "svamp",
        "metatool",
        "toolbench",
        "sealtools",
        "ste",
        "desk",
        "arithmetic",
        "sums",
        "no_tool",
        "dateset",
    }


def test_missing_things_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    with pytest.raises(DataError, match="set TOOLSCHOOL_DATA"):
        list(load("gsm8k"))
    with pytest.raises(DataError, match="cannot read gsm8k"):
        list(load("gsm8k", path=tmp_path))
    with pytest.raises(DataError, match="is no folder"):
        list(load("gsm8k", path=tmp_path / "no"))
    with pytest.raises(DataError, match="no data set 'gms8k'"):
        load("gms8k")
    with pytest.raises(DataError, match="has no plans"):
        examples("gsm8k", path=tmp_path)
    with pytest.raises(DataError, match="has no marked texts; sources with some are funcqa"):
        marked_texts("gsm8k", path=tmp_path)
    with pytest.raises(DataError, match="no hub copy"):
        list(load("metatool", path="hub"))
    (tmp_path / "SVAMP.json").write_text("{]")
    with pytest.raises(DataError, match="not what it should be"):
        list(load("svamp", path=tmp_path))


OFFICIAL = {
    "11aa": {
        "input": "Forward this to Ines",
        "output": [
            {
                "type": "plan", "index": 0, "id": "p",
                "raw_input": repr([{"role": "system", "content": "Rules.\n - Today's date is Monday 2024-06-03 09:30\n"},
                                   {"role": "user", "content": "Question: Forward this to Ines"}]),
                "raw_output": PLAN,
                "parsed_output": [{"tool_name": "get_email_address", "tool_args": ["Ines"]},
                                  {"tool_name": "forward_email", "tool_args": [["$1"], [], "", []]},
                                  {"tool_name": "join", "tool_args": []}],
            },
            {"type": "join", "raw_input": "[]", "raw_output": "Action: Finish(Done)", "parsed_output": []},
        ],
        "closest_5_queries": [],
    },
    "22bb": {"input": "Nothing here", "output": []},
}  # fmt: skip


def test_the_official_schema(tmp_path: Path) -> None:
    (tmp_path / "training_data.json").write_text(json.dumps(OFFICIAL))
    bad: list[str] = []
    (example,) = examples("tinyagent_official", path=tmp_path, on_bad=lambda row, why: bad.append(why))
    assert example.id == "11aa"
    assert example.tools == ("forward_email", "get_email_address")
    assert example.now == datetime(2024, 6, 3, 9, 30)
    assert example.raw_plan == PLAN
    assert bad == ["the row has no output of type 'plan'"]


def test_an_official_plan_that_does_not_parse_comes_from_its_parsed_form() -> None:
    row = json.loads(json.dumps(OFFICIAL["11aa"])) | {"id": "x"}
    row["output"][0]["raw_output"] = "1. get_email_address(Ines\n"
    assert [call.tool for call in tinyagent.official_example(row).plan.calls] == ["get_email_address", "forward_email"]
    row["output"][0]["parsed_output"] = None
    with pytest.raises(RowError, match="does not parse"):
        tinyagent.official_example(row)


def test_a_prompt_is_never_evaluated() -> None:
    assert tinyagent.prompt_clock("__import__('os').system('false') # date 2024-01-02") == datetime(2024, 1, 2)
    assert tinyagent.prompt_clock("[]") is None
    assert tinyagent.prompt_clock(None) is None


def test_word_problems_as_text() -> None:
    row = {"question": "How many?", "answer": "He has 48/2 = <<48/2=24>>24 pens.\n#### 1,024"}
    assert gsm8k.text(row) == "How many?\nHe has 48/2 = 24 pens.\nThe answer is 1024."
    assert "= [Calculator(48/2)->24] 24 pens" in gsm8k.text(row, calls=True)
    with pytest.raises(RowError, match="last line"):
        gsm8k.text({"question": "q", "answer": "none"})
    problem = {
        "Body": "A pack costs 76 dollars.",
        "Question": "What do you pay?",
        "Equation": "( 76.0 - 25.0 )",
        "Answer": 51.0,
    }
    assert svamp.text(problem) == "A pack costs 76 dollars. What do you pay? The answer is 51."
    assert svamp.text(problem, calls=True).endswith("[Calculator(76 - 25)->51] 51.")
    with pytest.raises(RowError, match="Answer"):
        svamp.answer({"Answer": None})


# Their readers are tested on made rows: the sets are not among the project's.
NOT_HERE = ("tinyagent_official", "harvested", "mawps", "asdiv")


@pytest.mark.data
@pytest.mark.parametrize("source", sorted(name for name, s in SOURCES.items() if s.read and name not in NOT_HERE))
def test_every_real_set_reads(source: str, data_root: Path) -> None:
    folder = data_root / source
    bad: list[str] = []
    rows = list(load(source, path=folder, on_bad=lambda row, why: bad.append(why)))
    assert len(rows) > {"virtualhome": 200, "bfcl": 399}.get(source, 600)
    assert not bad
    if SOURCES[source].to_text:
        assert all(text.strip() for text in texts(source, path=folder, on_bad=lambda row, why: bad.append(why)))
    assert len(bad) < 0.01 * len(rows)


@pytest.mark.data
def test_real_plans_become_examples(data_root: Path) -> None:
    rows = examples("tinyagent", path=data_root / "tinyagent")
    assert len(rows) > 1100
    shares = {
        split: len(examples("tinyagent", path=data_root / "tinyagent", split=split)) / len(rows) for split in SPLITS
    }
    assert shares["train"] > 0.6
    assert 0.05 < shares["validation"] < 0.2 < shares["test"] + 0.05
