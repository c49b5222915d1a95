"""ToolGen's rows before training: sound ones pass, each seeded defect is refused by name."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolschool.config import build
from toolschool.datasets.api_docs import ApiDoc
from toolschool.errors import PreflightError
from toolschool.methods.toolgen.episodes import Episode, Step
from toolschool.methods.toolgen.indexing import FINISH, build_index, token_words
from toolschool.methods.toolgen.protocol import Protocol, Spelling, encode
from toolschool.methods.toolgen.stages import StageTemplate, memorize_row, retrieve_rows
from toolschool.models.backbone import FreshConfig, ModelConfig, load
from toolschool.records import Tool
from toolschool.tools.simulated.calls import Exchange
from training import objectives
from training.config import TrainConfig
from training.preflight_tools import check_tools
from training.rows import Row, Rows, from_lists

DOCS = [ApiDoc("Facts", f"{thing} base", f"find {thing}", f"Find {thing}.") for thing in ("rivers", "trains", "birds")]
INDEX = build_index("atomic", DOCS)
WORDS = token_words(INDEX, DOCS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of rows of stage retrieve, but for the rows."""
    INDEX.save(tmp_path)
    (tmp_path / "tokens.json").write_text(json.dumps(WORDS))
    (tmp_path / "toolschool.json").write_text(json.dumps({"method": "toolgen", "stage": "retrieve"}))
    return tmp_path


def opened(folder: Path, tokens: bool = True, tied: bool = True, **more: Any) -> tuple[Any, Any]:
    shape = FreshConfig(tokenizer="assets/nano", hidden_size=16, layers=1, heads=1, tie_embeddings=tied)
    return load(ModelConfig(fresh=shape, token_words=str(folder / "tokens.json") if tokens else None, **more))


def finding_rows(tokenizer: Any) -> Rows:
    """A documentation and a request for each tool."""
    made = [memorize_row(StageTemplate(), tokenizer, doc, INDEX, 99) for doc in DOCS]
    for doc in DOCS:
        made += retrieve_rows(StageTemplate(), tokenizer, f"where is {doc.api}?", [doc.key], INDEX, 99)
    return rows_of(made)


def acting_rows(tokenizer: Any) -> Rows:
    """One episode of a call, in which nothing is untaught, and one of a wrong call that is put right."""
    protocol = Protocol(INDEX, {doc.key: Tool(doc.api, doc.description, {"type": "object"}) for doc in DOCS})
    exchange = Exchange(DOCS[0].api, {}, answer="Rhine")
    right, wrong = (Step("Look it up.", DOCS[0].key, exchange, taught=taught) for taught in (True, False))
    episodes = [
        Episode(str(n), "A river?", steps, "Done.", "Rhine") for n, steps in enumerate([(right,), (wrong, right)])
    ]
    return rows_of([encode(Spelling(tokenizer, INDEX), protocol, episode, 999) for episode in episodes])


def rows_of(made: list[dict[str, list[int]]]) -> Rows:
    return from_lists(
        Row(f"row-{n}", *(np.array(row[name], dtype=np.int32) for name in ("input_ids", "labels")))
        for n, row in enumerate(made)
    )


def changed(rows: Rows, number: int, **parts: Any) -> Rows:
    return from_lists(replace(row, **parts) if n == number else row for n, row in enumerate(rows))


def test_sound_rows_pass(folder: Path) -> None:
    model, tokenizer = opened(folder)
    check_tools(str(folder), finding_rows(tokenizer), model, tokenizer, WORDS)
    (folder / "toolschool.json").write_text(json.dumps({"stage": "act"}))
    check_tools(str(folder), acting_rows(tokenizer), model, tokenizer, WORDS)


def test_rows_of_other_methods_are_left_alone(folder: Path, tokenizer: Any) -> None:
    (folder / "tool_index.json").unlink()
    check_tools(str(folder), None, None, tokenizer, ())  # type: ignore[arg-type]
    check_tools("s3://bucket/rows", None, None, tokenizer, ())  # type: ignore[arg-type]


def test_part_of_the_prompt_is_taught(folder: Path) -> None:
    model, tokenizer = opened(folder)
    rows = finding_rows(tokenizer)
    labels = rows[4].labels.copy()
    labels[-3] = rows[4].input_ids[-3]
    with pytest.raises(
        PreflightError, match=r"1 of 6 rows do not supervise exactly one tool .*first: row-4, .*find trains"
    ):
        check_tools(str(folder), changed(rows, 4, labels=labels), model, tokenizer, WORDS)


@pytest.mark.parametrize("taught", [FINISH.key, None])
def test_what_is_no_tool_is_taught(folder: Path, taught: Any) -> None:
    model, tokenizer = opened(folder)
    rows = finding_rows(tokenizer)
    wrong = tokenizer.convert_tokens_to_ids(INDEX.texts[taught]) if taught else 77
    ids, labels = rows[1].input_ids.copy(), rows[1].labels.copy()
    ids[-2] = labels[-2] = wrong
    with pytest.raises(PreflightError, match="1 of 6 rows do not supervise exactly one tool"):
        check_tools(str(folder), changed(rows, 1, input_ids=ids, labels=labels), model, tokenizer, WORDS)


def test_an_end_that_is_not_taught(folder: Path) -> None:
    model, tokenizer = opened(folder)
    rows = finding_rows(tokenizer)
    labels = rows[0].labels.copy()
    labels[-1] = -100
    with pytest.raises(PreflightError, match="and the end of sequence"):
        check_tools(str(folder), changed(rows, 0, labels=labels), model, tokenizer, WORDS)


def spoilt(row: Row, tokenizer: Any, how: str) -> np.ndarray:
    """Labels of an episode with one defect."""
    labels = row.labels.copy()
    places = np.flatnonzero(labels != -100)
    first = np.flatnonzero(np.diff(places) > 1)[0] + 1
    if how == "a result":
        labels[places[0] : places[-1] + 1] = row.input_ids[places[0] : places[-1] + 1]
    elif how == "no thought":
        labels[places[:first]] = -100
    elif how == "no finish":
        ends = np.flatnonzero(np.diff(places) > 1) + 1
        labels[places[ends[2] :]] = -100
    else:
        labels[:] = -100
    return labels


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("a result", "more than what the model writes"),
        ("no thought", "do not supervise whole steps"),
        ("no finish", "FINISH in the last"),
        ("nothing", "do not supervise whole steps"),
    ],
)
def test_episodes_that_teach_something_else(folder: Path, how: str, said: str) -> None:
    (folder / "toolschool.json").write_text(json.dumps({"stage": "act"}))
    model, tokenizer = opened(folder)
    rows = acting_rows(tokenizer)
    with pytest.raises(PreflightError, match=f"1 of 2 rows .*{said}"):
        check_tools(str(folder), changed(rows, 0, labels=spoilt(rows[0], tokenizer, how)), model, tokenizer, WORDS)


def test_tokens_that_were_not_added(folder: Path) -> None:
    """The commonest mistake: model.token_words was forgotten. The training says so, and not that the rows are wrong."""
    _, whole = opened(folder)
    rows = finding_rows(whole)
    model = {"fresh": {"tokenizer": "assets/nano", "hidden_size": 16, "layers": 1, "heads": 1}}
    config = build(TrainConfig, {"rows": str(folder), "model": model, "output": {"name": "x"}})
    objective = objectives.make(config)
    with pytest.raises(PreflightError, match=r"lacks 4 tokens of tools .*model.token_words"):
        objective.preflight(objective.build(), rows)
    with_tokens = build(TrainConfig, config.model_dump(), {"model": {"token_words": str(folder / "tokens.json")}})
    objective = objectives.make(with_tokens)
    assert all(
        text.startswith("<<") and text.endswith(">></s>") for text in objective.preflight(objective.build(), rows)
    )


def test_a_model_that_is_smaller_than_its_tokenizer(folder: Path) -> None:
    _, tokenizer = opened(folder)
    small, _ = opened(folder, tokens=False)
    with pytest.raises(PreflightError, match=r"has 2048 input rows and tools go up to 2051.*has 2048 output rows"):
        check_tools(str(folder), finding_rows(tokenizer), small, tokenizer, ())


@pytest.mark.parametrize("tied", [True, False])
def test_rows_that_do_not_learn(folder: Path, tied: bool) -> None:
    """An adapter that is put on without the new rows; the loader puts it on with them."""
    import peft

    model, tokenizer = opened(folder, tied=tied, adapter="lora")
    rows = finding_rows(tokenizer)
    check_tools(str(folder), rows, model, tokenizer, WORDS)
    whole, _ = opened(folder, tied=tied)
    careless = peft.get_peft_model(whole, peft.LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM"))
    with pytest.raises(PreflightError, match=r"embedding row of <<.*output row of <<"):
        check_tools(str(folder), rows, careless, tokenizer, WORDS)
