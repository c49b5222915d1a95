"""The parts of nano's mixture as prompt and completion: the same for the same task, real sources only where they are there."""

from collections.abc import Mapping
from typing import Any

import pytest

from pipelines.nano import Mixture, NanoRows, Texts, _tasks
from toolschool.datasets.inline_calls import CALL

NO_DATA = NanoRows(real=False, negatives=(0, 3))


def task(part: str, seed: int = 0, count: int = 40) -> Mapping[str, Any]:
    return {"part": part, "seed": seed, "count": count, "split": "train"}


@pytest.mark.parametrize("part", ["desk", "written", "varied", "arithmetic", "trials"])
def test_a_part_gives_the_rows_of_its_task(part: str) -> None:
    rows = list(Texts(NO_DATA, None).of(task(part)))
    assert rows == list(Texts(NO_DATA, None).of(task(part)))
    assert len(rows) == 40
    assert rows != list(Texts(NO_DATA, None).of(task(part, seed=1)))
    for prompt, completion in rows:
        assert bool(prompt) == (part in ("desk", "written", "varied"))
        assert completion or "<plan>" in prompt  # a request that nothing can serve has an empty plan


def test_words_and_calls_come_in_several_forms() -> None:
    texts = [text for _, text in Texts(NO_DATA, None).of(task("arithmetic", count=300))]
    first = sum(text.startswith("[Calculator(") for text in texts)
    annotated = sum(text.startswith("Add Calculator calls.") for text in texts)
    inside = sum(bool(CALL.search(text)) and not text.startswith(("[", "Add")) for text in texts)
    assert min(first, annotated, inside) > 40


@pytest.mark.data
@pytest.mark.parametrize("part", ["varied", "gsm8k", "svamp", "documentation"])
def test_real_parts(part: str, data_root: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(data_root))
    rows = list(Texts(NanoRows(), None).of(task(part, seed=3)))
    assert len({text for _, text in rows}) > 35


@pytest.mark.data
def test_validation_rows_are_the_real_ones(data_root: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(data_root))
    (only,) = _tasks({"tinyagent": 50}, "validation", 0)
    assert len(list(Texts(NanoRows(), None).of(only))) == 50


def test_tasks_cover_the_mixture() -> None:
    mixture = dict.fromkeys(Mixture.model_fields, 700)
    tasks = _tasks(mixture, "train", 7)
    assert {part: sum(t["count"] for t in tasks if t["part"] == part) for part in mixture} == mixture
    listed = [t["seed"] for t in tasks if t["part"] == "gsm8k"]
    assert listed == [0, 1]
