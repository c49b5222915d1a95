"""Toolken's transforms without Ray: features and labels of a row, weights of words, decisions for the reranker, what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipelines.mining import MineDecisions, fold_of
from pipelines.toolken import ReadFeatures, ToolkenRows, check_toolken, first_rows, marked_source, word_weights
from toolschool.config import DataConfig
from toolschool.errors import ConfigError, DataError, RowError
from toolschool.methods.toolken.tools import tools_of
from toolschool.models.tool_head import ToolHead
from training.objectives.tool_head import EXTRA

TOOLS = list(tools_of("operations"))
ROWS = ToolkenRows().model_dump(mode="json")


@pytest.fixture(scope="module")
def raw() -> list[dict[str, str]]:
    texts = marked_source(DataConfig(source="operations", limit=20)).texts
    return [{"key": f"{number:03d}", "raw": text, "source": "operations"} for number, text in enumerate(texts)]


@pytest.fixture(scope="module")
def read(raw: list[dict[str, str]]) -> list[Any]:
    return list(ReadFeatures(ROWS, TOOLS)(raw))


def rows_of(outputs: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(name, row) for name, rows in outputs.items() for row in rows]


def test_nine_tenths_are_train_rows(read: list[Any]) -> None:
    parts = [name for outputs in read for name, _ in rows_of(outputs)]
    assert (parts.count("features/train"), parts.count("features/validation")) == (18, 2)


def test_a_tool_stands_where_its_result_begins(raw: list[dict[str, str]], read: list[Any]) -> None:
    from toolschool.models.backbone import open_model

    tokenizer = open_model("assets/nano")[1]
    called = 0
    for source, outputs in zip(raw, read, strict=True):
        ((_, row),) = rows_of(outputs)
        given = json.loads(source["raw"])
        labels = row["labels"]
        width = 256 + len(EXTRA)
        assert len(row["features"]) == len(labels) * width == len(row["input_ids"]) * width
        assert [TOOLS[label] for label in labels if label >= 0] == ([given["tool"]] if given["tool"] else [])
        if given["tool"]:
            called += 1
            (place,) = np.flatnonzero(labels >= 0)
            said = tokenizer.decode(row["input_ids"][:place].tolist()).rstrip()
            assert said.endswith(given["statement"].rstrip()[-8:])
            assert given["result"].startswith(tokenizer.decode([row["input_ids"][place]]).strip())
    assert called > 10


def test_features_are_those_of_a_whole_forward(raw: list[dict[str, str]], read: list[Any]) -> None:
    from toolschool.models.backbone import open_model

    model, tokenizer = open_model("assets/nano")
    ((_, row),) = rows_of(read[0])
    given = json.loads(raw[0]["raw"])
    ids = tokenizer(f"Q: {given['question']}\nA:", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        out = model(ids, output_hidden_states=True)
    table = row["features"].reshape(len(row["labels"]), -1)
    assert table[0, :256] == pytest.approx(out.hidden_states[-1][0, 0].numpy(), abs=1e-4)
    logits = out.logits[0, 0].float()
    assert table[0, 256:259] == pytest.approx(
        [float(logits.logsumexp(-1)), float(logits[ids[0, 1]]), float(logits.max())], abs=1e-4
    )


def test_some_words_stand_for_all(raw: list[dict[str, str]], read: list[Any]) -> None:
    some = ReadFeatures({**ROWS, "word_share": 0.25}, TOOLS)(raw)
    for whole, part in zip(read, some, strict=True):
        ((name, all_rows),) = rows_of(whole)
        ((_, row),) = rows_of(part)
        weights = row["features"].reshape(len(row["labels"]), -1)[:, -1]
        if name == "features/validation":
            assert len(row["labels"]) == len(all_rows["labels"])
            continue
        assert (weights[row["labels"] >= 0] == 1).all()
        assert row["input_ids"][0] == all_rows["input_ids"][0], "the first position is always kept"
        assert weights[0] == 1
        assert (weights[1:][row["labels"][1:] < 0] == 4).all()
        assert (row["labels"] >= 0).sum() == (all_rows["labels"] >= 0).sum()


def test_weights_of_words_keep_the_expected_loss() -> None:
    labels = np.full(40_000, -1)
    labels[::10] = 3
    weights = word_weights(labels, 0.2, "a row")
    assert weights.sum() == pytest.approx(len(labels), rel=0.03)
    assert (weights == word_weights(labels, 0.2, "a row")).all()
    assert (word_weights(labels, 1.0, "a row") == 1).all()
    assert word_weights(np.array([-1]), 0.01, "a row").tolist() == [1.0], "no text is left without a position"


def row(**changes: Any) -> dict[str, str]:
    text = "Q: What is 2+3?\nA: That is 2+3=5. So, the answer is 5."
    given = {
        "text": text,
        "start_str_idx": [text.index("=5") + 1],
        "tool_calling": [{"call_tool": "<add>", "call_param": ["2", "3"], "return": ["5"]}],
        "file": "train",
        "index": 0,
    }
    return {"key": "k", "raw": json.dumps({**given, **changes}), "source": "funcqa"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"raw": '{"text": '}, "broken JSON"),
        (row(tool_calling=[{"call_tool": "<add>", "call_param": ["2", "2"], "return": ["5"]}]), "it is 4"),
        (row(tool_calling=[{"call_tool": "<fly>", "call_param": ["2", "3"], "return": ["5"]}]), "no tool of the head"),
        (row(text="Q: x\nA: y"), ""),
    ],
)
def test_rows_that_would_teach_the_wrong_thing_are_refused(changed: dict[str, str], reason: str) -> None:
    (result,) = ReadFeatures(ROWS, TOOLS)([{**row(), **changed}])
    assert isinstance(result, RowError)
    assert reason in str(result)


def test_too_long_a_text_is_refused_with_its_context() -> None:
    short = ReadFeatures({**ROWS, "max_length": 40}, TOOLS)([row()])
    assert not isinstance(short[0], RowError)
    (result,) = ReadFeatures({**ROWS, "max_length": 40, "context": "Q: 1+1?\nA: 2.\n\n" * 3}, TOOLS)([row()])
    assert isinstance(result, RowError)
    assert "more than max_length=40" in str(result)


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two heads for two folds and one for validation: each proposes another tool, everywhere."""
    folder = tmp_path_factory.mktemp("heads")
    made = []
    for number in range(3):
        head = ToolHead(TOOLS, 256)
        with torch.no_grad():
            head.weight.zero_()
            head.bias[number], head.bias[5] = 60.0, 50.0
        made.append(str(head.save_pretrained(folder / str(number), base="assets/nano")))
    return made


def test_decisions_are_those_of_the_head_that_never_saw_the_text(raw: list[dict[str, str]], heads: list[str]) -> None:
    some = raw[:5] + raw[-1:]  # every position is a decision here; the last row is a validation row
    found = MineDecisions(ROWS, heads, tools_of("operations"), k=2, slack=0.0)(some)
    kinds = set()
    for source, outputs in zip(some, found, strict=True):
        given = json.loads(source["raw"])
        mined = outputs["mined"]
        (part,) = {each["part"] for each in mined}
        expected = fold_of(source["key"], 2) if part == "train" else 2
        assert {tuple(each["candidates"]) for each in mined} == {(expected, 5)}
        golds = [each for each in mined if each["gold"]]
        assert [each["gold"] for each in golds] == ([given["tool"]] if given["tool"] else [])
        for each in mined:
            if each["gold"] is None:
                assert each["place"] == 2
            elif each["gold"] in (TOOLS[expected], TOOLS[5]):
                assert TOOLS[each["candidates"][each["place"]]] == each["gold"]
            else:
                assert each["place"] == -1
            kinds.add(each["place"])
        kept = outputs.get(f"reranker/{part}", [])
        assert [each["id"] for each in kept] == [each["id"] for each in mined if each["place"] >= 0]
        assert all(len(each["features"]) == 256 for each in kept)
    assert {-1, 2} <= kinds


def test_refusals_of_a_text_are_bounded_and_the_nearest(raw: list[dict[str, str]], heads: list[str]) -> None:
    how: dict[str, Any] = {"k": 2, "slack": 0.0}
    mine = MineDecisions(ROWS, heads, tools_of("operations"), **how)
    (bounded,) = mine(raw[:1])
    mine.most = None
    (everything,) = mine(raw[:1])
    refused = [each["margin"] for each in bounded["mined"] if each["gold"] is None]
    assert len(refused) == 16 < len(everything["mined"])
    rest = [each["margin"] for each in everything["mined"] if each["gold"] is None]
    assert sorted(refused) == sorted(rest)[-16:]
    assert [each for each in bounded["mined"] if each["gold"]] == [each for each in everything["mined"] if each["gold"]]


def test_the_prompt_of_a_decision_ends_with_the_text_so_far(raw: list[dict[str, str]], heads: list[str]) -> None:
    wanted = next(source for source in raw if json.loads(source["raw"])["tool"])
    (outputs,) = MineDecisions({**ROWS, "context": "C. "}, heads, tools_of("operations"), 2, 0.0)([wanted])
    given = json.loads(wanted["raw"])
    (prompt,) = [each["prompt"] for each in outputs["mined"] if each["gold"]]
    text = f"C. Q: {given['question']}\nA: {given['statement'].rstrip()}"
    assert f"Text: {text}" in prompt
    assert prompt.endswith("Answer:")


def test_first_rows_of_names_and_descriptions_differ() -> None:
    rows = first_rows("assets/nano", {"add": "Adds numbers.", "gcd": "The greatest common divisor."})
    assert rows["names"].shape == rows["descriptions"].shape == (2, 256)
    assert not np.allclose(rows["names"], rows["descriptions"])


def test_mistakes_are_said_before_anything_starts(tmp_path: Path) -> None:
    rows = ToolkenRows()
    with pytest.raises(DataError, match="no marked calls"):
        check_toolken(rows, DataConfig(source="sums", limit=3))
    with pytest.raises(DataError, match=r"set data\.limit"):
        check_toolken(rows, DataConfig(source="operations"))
    with pytest.raises(DataError, match="extra: sums has no texts"):
        check_toolken(rows, DataConfig(source="operations", limit=3), ["no_tool", "sums"])
    with pytest.raises(ConfigError, match="operations has no fly"):
        check_toolken(rows.model_copy(update={"tools": ("add", "fly")}), DataConfig(source="operations", limit=3))
