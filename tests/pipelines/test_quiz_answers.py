"""Answers in both modes, with nano and without Ray: what is written, read back, and scored (`jobs/quiz.py`)."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.quiz import QuizConfig, groups_of, metrics_of, more_tables, score, tables_of
from pipelines.quiz import (
    MODES,
    Answering,
    ReplyInline,
    ReplyWithHead,
    answers_schema,
    read_answers,
    read_proposals,
    read_worked,
)
from toolschool.evaluation.math_tasks import MathTask, math_questions
from toolschool.evaluation.tables import to_markdown
from toolschool.evaluation.worked_answers import WorkedAnswer
from toolschool.methods.toolformer.calling import CallRecord
from toolschool.methods.toolformer.inference import Answer
from toolschool.methods.toolken.agent import HeadCall, Proposal, Reply

RAN = CallRecord("Calculator", "3 + 4", "7", None)
FAILED = CallRecord("Calculator", "3 / 0", None, "division by zero in '3 / 0'")
UNREAD = CallRecord("", 'Calcul "é[', None, "never closed")


class Prepared:
    """An agent that has its answers ready and notes what it was asked."""

    def __init__(self, enabled: Sequence[Answer], disabled: Sequence[Answer]) -> None:
        self.answers = {False: list(enabled), True: list(disabled)}
        self.asked: list[tuple[list[str], bool, list[datetime | None]]] = []

    def answer(self, prompts: Sequence[str], disabled: bool, dates: Sequence[datetime | None]) -> list[Answer]:
        self.asked.append((list(prompts), disabled, list(dates)))
        return self.answers[disabled]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As in an actor: nano's matrices are so small that threads would only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def reply() -> ReplyInline:
    return ReplyInline(Answering(max_new_tokens=32).model_dump(mode="json"))


def raw_rows(questions: Sequence[MathTask]) -> list[dict[str, str]]:
    return [{"key": f"{k:03d}", "raw": json.dumps(question._asdict())} for k, question in enumerate(questions)]


def written(folder: Path, results: Sequence[Any]) -> str:
    """The rows of some answers as a run has them; returns the run's folder."""
    rows = [row for out in results for row in out["answers"]]
    (folder / "answers").mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=answers_schema()), folder / "answers" / "part-0.parquet")
    return str(folder)


def test_nano_answers_sums_with_its_calculator_and_without(reply: ReplyInline, tmp_path: Path) -> None:
    questions = math_questions("sums", split="test", limit=4, seed=0)
    results = reply(raw_rows(questions))
    rows = [row for out in results for row in out["answers"]]
    assert [(row["task"], row["prompt"], row["gold"]) for row in rows] == [question[:3] for question in questions]
    for row in rows:
        assert row["enabled_text"]
        assert row["disabled_text"]
        assert "[" not in row["disabled_text"]
        assert row["disabled_calls"] == "[]"
        calls = json.loads(row["enabled_calls"])
        assert len(calls) == row["enabled_text"].count("[") <= 1, "a call at most, as in the paper"
        assert all(f"{call['tool']}({call['argument']})" in row["enabled_text"] for call in calls if call["tool"])
    assert any(call["result"] for row in rows for call in json.loads(row["enabled_calls"])), "nano knows these sums"
    found = read_answers(written(tmp_path, results))
    prompts = [question.prompt for question in questions]
    for mode in MODES:
        assert [answer for _, _, answer in found[mode]] == reply.agent.answer(prompts, disabled=mode == "disabled")


def test_answers_are_read_back_as_they_were(
    reply: ReplyInline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enabled = [
        Answer(" [Calculator(3 + 4)->7] 7.", (RAN,), True),
        Answer(" [Calculator(3 / 0)->] [Calcul “é[\n", (FAILED, UNREAD), False),
    ]
    disabled = [Answer(" 8.", (), True), Answer("", (), False)]
    agent = Prepared(enabled, disabled)
    monkeypatch.setattr(reply, "agent", agent)
    prompts, day = ["What is 3 plus 4?", "What day is it?"], "2024-03-05"
    questions = [MathTask("1da", prompts[0], "7"), MathTask("dateset", prompts[1], "Tuesday", day)]
    found = read_answers(written(tmp_path, reply(raw_rows(questions))))
    assert found["enabled"] == [("1da", "7", enabled[0]), ("dateset", "Tuesday", enabled[1])]
    assert found["disabled"] == [("1da", "7", disabled[0]), ("dateset", "Tuesday", disabled[1])]
    assert agent.asked == [(prompts, mode, [None, datetime.fromisoformat(day)]) for mode in (False, True)]


def made_answers() -> dict[str, list[tuple[str, str, Answer]]]:
    """Three questions of two tasks: right with the call, wrong after a failed one, right without one."""
    enabled = [
        ("2da", "7", Answer(" [Calculator(3 + 4)->7] 7", (RAN,), True)),
        ("2da", "9", Answer(" [Calculator(3 / 0)->] 12", (FAILED,), False)),
        ("svamp", "5", Answer(" 5 apples.", (), True)),
    ]
    disabled = [
        ("2da", "7", Answer(" 8", (), True)),
        ("2da", "9", Answer(" ", (), True)),
        ("svamp", "5", Answer(" 5 apples.", (), True)),
    ]
    return {"enabled": enabled, "disabled": disabled}


def config() -> QuizConfig:
    return QuizConfig.model_validate({"output": {"name": "x"}})


def test_metrics_of_made_answers() -> None:
    metrics = metrics_of(score(made_answers(), config()))
    expected = {
        "all.enabled.accuracy": 2 / 3,
        "all.enabled.called": 2 / 3,
        "all.enabled.executed": 1 / 2,
        "all.enabled.accuracy_given_call": 1.0,
        "all.enabled.empty": 0.0,
        "all.enabled.cut_off": 1 / 3,
        "all.disabled.accuracy": 1 / 3,
        "all.disabled.called": 0.0,
        "all.disabled.empty": 1 / 3,
        "all.disabled.cut_off": 0.0,
        "2da.enabled.accuracy": 1 / 2,
        "2da.disabled.accuracy": 0.0,
        "svamp.enabled.accuracy": 1.0,
        "svamp.disabled.accuracy": 1.0,
    }
    assert {name: metrics[f"quiz.{name}"] for name in expected} == pytest.approx(expected)
    assert metrics["quiz.all.disabled.executed"] is None, "no calls, no rate of theirs; NaN would be no JSON"
    assert (metrics["quiz.2da.enabled.accuracy.n"], metrics["quiz.all.disabled.executed.n"]) == (2, 0)
    assert len(metrics) == 3 * 2 * 6 * 4, "each with its interval and count"


def test_tables_of_made_answers() -> None:
    scores = score(made_answers(), config())
    both, tasks = tables_of(scores)
    assert both.header == ("metric", "enabled", "disabled")
    assert both.rows[-1] == ("items", "3", "3")
    assert [(row[0], row[3]) for row in tasks.rows] == [("all", "3"), ("2da", "2"), ("svamp", "1")]
    assert tasks.rows[1][1].startswith("50.0 [")
    assert "| all | 66.7 [" in to_markdown(tasks)


def test_dates_are_answered_in_words() -> None:
    answers = {mode: [("dateset", "Tuesday", Answer(" It is 5 March, a Tuesday.", (), True))] for mode in MODES}
    assert metrics_of(score(answers, config()))["quiz.dateset.enabled.accuracy"] == 1.0


def test_families_of_sums_are_scored_together_beside_other_tasks() -> None:
    assert groups_of(["2da", "svamp", "3ds", "2da"]) == {
        "all": {"2da", "3ds", "svamp"},
        "sums": {"2da", "3ds"},
        "2da": {"2da"},
        "svamp": {"svamp"},
        "3ds": {"3ds"},
    }
    assert list(groups_of(["2da", "3ds"])) == ["all", "2da", "3ds"], "all of them are sums"
    assert list(groups_of(["2da", "svamp"])) == ["all", "2da", "svamp"], "one family is itself"


def test_one_task_is_not_told_twice() -> None:
    answers = {mode: rows[:2] for mode, rows in made_answers().items()}
    assert list(score(answers, config())) == ["2da"]


def test_calls_are_taken_out_by_the_markers_of_the_recipe() -> None:
    """With the default ones the operands would be read as answers."""
    marked = QuizConfig.model_validate(
        {"output": {"name": "x"}, "answering": {"markers": {"start": "<API>", "end": "</API>", "arrow": "→"}}}
    )
    answer = Answer(" <API>Calculator(3 + 4)→7</API> 8", (RAN,), True)
    answers = {mode: [("2da", "8", answer)] for mode in MODES}
    assert metrics_of(score(answers, marked))["quiz.2da.enabled.accuracy"] == 1.0
    assert metrics_of(score(answers, config()))["quiz.2da.enabled.accuracy"] == 0.0


class PreparedHead:
    """An agent with a tool head that has its answer ready."""

    def answer(self, question: str, disabled: bool) -> Reply:
        if disabled:
            return Reply(" The answer is -3.")
        call = HeadCall("add", "-5, 2", "-3", None)
        return Reply(" The answer is -3.", (call,), (Proposal("divide", None), Proposal("add", "add")))


def test_a_heads_proposals_and_published_gold_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolschool.methods.toolken.answering.open_agent", lambda *_, **__: PreparedHead())
    tasks = [MathTask("funcqa_oh", "q", "-3", published="-4"), MathTask("operations", "q", "-3")]
    run = written(tmp_path, ReplyWithHead({"head": "x"})(raw_rows(tasks)))
    assert read_proposals(run) == [Proposal("divide", None), Proposal("add", "add")] * 2
    worked = read_worked(run)
    assert worked["enabled"] == worked["disabled"] == [WorkedAnswer("funcqa_oh", " The answer is -3.", "-4", "-3")]
    published, proposals = more_tables(worked, read_proposals(run), questions=2)
    assert [cell.split()[0] for cell in published.rows[0]] == ["funcqa_oh,", "0.0", "0.0", "0.0", "0.0", "0.0", "100.0"]
    assert [row[1].split()[0] for row in proposals.rows] == ["2.00", "50.0", "0.0"]
    assert more_tables({"enabled": [], "disabled": []}, [], 2) == []


@pytest.mark.data
@pytest.mark.usefixtures("data_root")
@pytest.mark.parametrize(
    ("task", "count", "differ"), [("funcqa_oh", 60, 1), ("funcqa_mh", 68, 3), ("gsm8k_xl", 568, 0)]
)
def test_published_golds_that_are_wrong(task: str, count: int, differ: int) -> None:
    found = math_questions(task, split="test", limit=1000, seed=0)
    assert len(found) == count
    assert sum(each.published != each.answer for each in found) == differ
