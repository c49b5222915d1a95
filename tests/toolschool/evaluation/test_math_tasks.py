"""Every source of word problems gives the same form: a prompt, a number, and a name to report under."""

import json
from collections import Counter
from pathlib import Path

import pytest

from toolschool.datasets import sums
from toolschool.errors import DataError, RowError
from toolschool.evaluation.math_answers import number_is_right
from toolschool.evaluation.math_tasks import MathTask, is_right, math_questions, math_task


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small MAWPS of which one row has two solutions."""
    rows = [{"sQuestion": f"Ida has {n} pens . How many ?", "lSolutions": [float(n)]} for n in range(20)]
    (tmp_path / "mawps").mkdir()
    (tmp_path / "mawps" / "a.json").write_text(json.dumps([{"sQuestion": "Which ?", "lSolutions": [1, 2]}, *rows]))
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(tmp_path))
    return tmp_path


def test_sums_keep_their_own_prompt_and_are_named_by_family() -> None:
    tasks = math_questions("sums", split="test", limit=26, seed=1)
    assert Counter(task.name for task in tasks) == dict.fromkeys(sums.FAMILIES, 2)
    for task, row in zip(tasks, sums.generate(1, 26, "test"), strict=True):
        assert task == MathTask(row["family"], row["question"], row["answer"])
        assert task.prompt.endswith("?\nAnswer:")
        assert number_is_right(row["call"], task.answer)


def test_one_digit_sums_become_tasks_too() -> None:
    tasks = [math_task("sums", row) for row in sums.generate(0, 6, "test", sums.ONE_DIGIT)]
    assert {task.name for task in tasks} == set(sums.ONE_DIGIT)


def test_a_seed_picks_questions_and_bad_rows_are_told(made: Path) -> None:
    bad: list[str] = []
    tasks = math_questions("mawps", "test", 30, 0, on_bad=lambda row, why: bad.append(why))
    assert len(set(tasks)) == 20
    assert bad == ["a MAWPS row wants one solution"]
    assert tasks[0].prompt.endswith(" pens . How many ? The answer is")
    some = [math_questions("mawps", "test", 5, seed, on_bad=lambda row, why: None) for seed in (0, 0, 1)]
    assert some[0] == some[1] == tasks[:5] != some[2]
    with pytest.raises(RowError, match="one solution"):
        math_questions("mawps", "test", 30, 0)


def test_only_known_sources_and_splits(made: Path) -> None:
    with pytest.raises(DataError, match="no questions"):
        math_questions("desk", "test", 1, 0)
    with pytest.raises(DataError, match="is no split"):
        math_questions("mawps", "dev", 1, 0)
    assert math_questions("mawps", "train", 9, 0) == []


@pytest.mark.data
@pytest.mark.parametrize(("source", "least"), [("gsm8k", 600), ("svamp", 200)])
def test_real_questions(source: str, least: int, data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(data_root))
    tasks = math_questions(source, "test", 10_000, 0)
    assert len(tasks) > least
    assert all(task.name == source and task.prompt.endswith(" The answer is") for task in tasks)
    assert all(number_is_right(f" {task.answer}.", task.answer) for task in tasks)


def test_questions_about_dates_bring_their_today() -> None:
    (task, *_) = math_questions("dateset", split="test", limit=3, seed=0)
    assert task.prompt.startswith("Answer the following question: Which ")
    assert task.date
    assert is_right("dateset", f" It was {task.answer}, of course.", task.answer)
    assert not is_right("dateset", f" {'It was ' * 20}{task.answer}", task.answer)
