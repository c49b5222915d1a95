"""How well a model answers questions with its tools, and without them: Toolformer's evaluation, by Ray Data.

    python -m jobs.quiz --config recipes/toolformer/quiz.yaml answering.model=runs/toolformer/model output.name=mine
    python -m jobs.quiz --config recipes/toolken/quiz.yaml                                                            # a tool head

Writes below `<storage>/<name>/`: metrics.json, report.html, answers/ (Parquet: every question, what was written, every call), manifest.json.
Reported apart, each with its interval: accuracy, call rate, calls that gave a result, accuracy where one did, empty answers, answers cut
off; with tools and with tools disabled. Only newly written text counts, without its calls; a missing answer is wrong.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field, PositiveInt

from jobs.common import ClusterConfig, check_common, run_folder, run_job, session, shape_of
from jobs.questions import check_answering, check_tasks, questions
from jobs.results import flat, write_results
from pipelines import files, manifest
from pipelines.quiz import Answering, HeadAnswering
from toolschool.config import Config, OutputConfig

if TYPE_CHECKING:
    from toolschool.evaluation.inline import InlineScores
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.tables import Table
    from toolschool.evaluation.worked_answers import WorkedAnswer
    from toolschool.methods.toolken.agent import Proposal

PROG = "jobs.quiz"
ALL, SUMS = "all", "sums"


class QuizConfig(Config):
    """One evaluation."""

    tasks: dict[str, PositiveInt] = Field(default_factory=lambda: {"sums": 650})
    """Questions of each source: sums (13 families), gsm8k, svamp, mawps, asdiv, dateset; operations, funcqa_oh, funcqa_mh, gsm8k_xl."""
    split: str = "test"
    """Which rows; choose recipes on validation, report test."""
    seed: int = 0
    """Which questions are drawn."""
    answering: Answering = Answering()
    head: HeadAnswering | None = None
    """Instead of `answering`: a frozen model with a tool head."""
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: QuizConfig) -> None:
    from toolschool.methods.toolformer.tools import load_tools

    check_common(config.cluster, config.output)
    load_tools(config.answering.tools)
    check_tasks(config.tasks)


def quiz(config: QuizConfig) -> tuple[list[Table], dict[str, Any]]:
    """Answer and score inside a connected Ray; writes metrics, report and manifest, and returns tables and metrics."""
    from jobs.progress import StageBars
    from pipelines.quiz import answer_questions, read_answers, read_proposals, read_worked

    started = time.monotonic()
    run = run_folder(config.output)
    with StageBars(f"quiz {config.output.name}") as bars:
        stage = answer_questions(
            run,
            questions(config.tasks, config.split, config.seed),
            config.head or config.answering,
            shape_of(config.cluster),
            bars.start("answers"),
        )
    scores = score(read_answers(run), config)
    metrics = metrics_of(scores)
    content = manifest.write(
        run,
        "quiz",
        config=config.model_dump(mode="json"),
        counts=stage.counts(),
        metrics=metrics,
        wall_s=time.monotonic() - started,
    )
    tables = [*tables_of(scores), *more_tables(read_worked(run), read_proposals(run), stage.rows_in)]
    items = next(iter(scores.values()))["enabled"].items
    write_results(
        run,
        content,
        "Quiz",
        summary=f"{items} questions, answered with tools and without.",
        tables=tables,
        figures=[accuracy_figure(scores)],
    )
    return tables, metrics


def score(answers: Mapping[str, Sequence[Any]], config: QuizConfig) -> dict[str, dict[str, InlineScores]]:
    """By group of tasks and mode."""
    from toolschool.evaluation.inline import score_answers
    from toolschool.evaluation.math_tasks import is_right

    scores: dict[str, dict[str, InlineScores]] = {}
    for name, tasks in groups_of([task for task, _, _ in answers["enabled"]]).items():
        scores[name] = {}
        for mode, rows in answers.items():
            mine = [row for row in rows if row[0] in tasks]
            scores[name][mode] = score_answers(
                [answer for _, _, answer in mine],
                [(task, gold) for task, gold, _ in mine],
                correct=lambda text, gold: is_right(gold[0], text, gold[1]),
                markers=config.answering.markers,
            )
    return scores


def groups_of(asked: Sequence[str]) -> dict[str, set[str]]:
    """What is scored together: `all` tasks where there are several, `sums` where its families are some of them, then each task."""
    from toolschool.datasets.sums import FAMILIES

    tasks = list(dict.fromkeys(asked))
    several = {ALL: set(tasks), SUMS: set(tasks) & set(FAMILIES)}
    if len(tasks) < 2:
        del several[ALL]
    if not 1 < len(several[SUMS]) < len(tasks):
        del several[SUMS]
    return several | {task: {task} for task in tasks}


def tables_of(scores: Mapping[str, Mapping[str, InlineScores]]) -> list[Table]:
    """Both modes in full for everything together, accuracies task by task."""
    from toolschool.evaluation.inline import inline_table
    from toolschool.evaluation.tables import Table, percent

    first = next(iter(scores.values()))
    rows = tuple(
        (name, percent(each["enabled"].accuracy), percent(each["disabled"].accuracy), str(each["enabled"].items))
        for name, each in scores.items()
    )
    return [inline_table(first), Table("Accuracy by task", ("task", "with tools", "disabled", "questions"), rows)]


def more_tables(
    worked: Mapping[str, Sequence[WorkedAnswer]], proposals: Sequence[Proposal], questions: int
) -> list[Table]:
    """FuncQA and GSM8K-XL by the rules they were published by; what became of a tool head's proposals. Where there are any."""
    from toolschool.evaluation.decisions import proposals_table
    from toolschool.evaluation.worked_answers import published_scores, published_table

    modes = {"with tools": worked["enabled"], "disabled": worked["disabled"]}
    published = {name: published_scores(answers) for name, answers in modes.items()}
    tables = [published_table(published)] if worked["enabled"] else []
    return [*tables, proposals_table(proposals, questions)] if proposals else tables


def metrics_of(scores: Mapping[str, Mapping[str, InlineScores]]) -> dict[str, Any]:
    """Flat numbers: `quiz.<task>.<mode>.<rate>`, each with its interval and count."""
    rates = ("accuracy", "called", "executed", "accuracy_given_call", "empty", "cut_off")
    return {
        key: value
        for task, modes in scores.items()
        for mode, found in modes.items()
        for rate in rates
        for key, value in flat(f"quiz.{task}.{mode}.{rate}", getattr(found, rate)).items()
    }


def accuracy_figure(scores: Mapping[str, Mapping[str, InlineScores]]) -> Figure:
    from toolschool.evaluation.inline import accuracy_plot
    from toolschool.evaluation.report import Figure

    about = "Bars of accuracy with tools and with tools disabled, by task"
    return Figure("Accuracy by task", accuracy_plot(scores), about)


def work(config: QuizConfig) -> None:
    from toolschool.evaluation.tables import show

    check_answering(config.head or config.answering)
    run = run_folder(config.output)
    with session(config.cluster, config.output):
        tables, _ = quiz(config)
    for table in tables:
        show(table)
    print(f"answers: {files.join(run, 'answers')}\nreport:  {files.join(run, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", QuizConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
