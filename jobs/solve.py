"""How many tasks ToolGen's agent gets done, checked on its calls and on what they change; in this process, without Ray.

    python -m jobs.solve --config recipes/toolgen/solve.yaml model=runs/toolgen/act/model
    python -m jobs.solve --config recipes/toolgen/solve.yaml judge.url=http://127.0.0.1:8000/v1 judge.model=Qwen/Qwen3-32B

Writes below `<storage>/<name>/`: metrics.json, report.html, runs.jsonl (every conversation, with how it should have gone), manifest.json.
The tools and where they can be called travel with the model. The agent writes under constraints; how often an action is no tool is
measured without them. No model judges whether a task is done; relevance of answers is a number beside it, by embedding similarity or a
judge's votes, and named so. Choose recipes with split=validation, report test.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from jobs.common import ClusterConfig, check_common, check_storage, run_folder, run_job
from jobs.results import flat, write_results
from jobs.solving import Judge, Solved
from pipelines import files, manifest
from toolschool.config import Config, OutputConfig
from toolschool.errors import DataError
from toolschool.methods.toolgen.tasks import Tasks

if TYPE_CHECKING:
    from toolschool.evaluation.intervals import Interval
    from toolschool.evaluation.tables import Table
    from toolschool.evaluation.toolgen_agent import AgentScores
    from toolschool.methods.toolgen.agent import ToolGenAgent
    from toolschool.methods.toolgen.episodes import Episode
    from toolschool.methods.toolgen.playground import Playground

PROG = "jobs.solve"


class SolveConfig(Config):
    """One evaluation."""

    model: str
    """Folder of a model trained on ToolGen's rows of episodes."""
    tasks: Tasks = Tasks(each=1, asked={"desk": 100}, seed=1)
    """What is asked."""
    split: Literal["validation", "test"] = "test"
    """Which requests."""
    limit: int = Field(default=50, ge=1)
    """At most so many tasks of each kind, drawn at random."""
    judge: Judge | None = None
    """Who says how relevant answers are; null: similarity of embeddings."""
    output: OutputConfig


def check(config: SolveConfig) -> None:
    check_common(ClusterConfig(), config.output)
    config.tasks.check()


def solve(config: SolveConfig) -> tuple[Table, dict[str, Any]]:
    """Do the tasks and score; writes metrics, report, runs and manifest, and returns table and metrics. DataError without tasks."""
    from jobs.solving import draw, grouped, judge, scored
    from toolschool.evaluation.toolgen_agent import agent_table
    from toolschool.methods.toolgen.answering import open_agent

    started = time.monotonic()
    run = run_folder(config.output)
    agent, ground = open_agent(config.model)
    refused: Counter[str] = Counter()
    tasks = draw(config.tasks, ground, config.split, config.limit, lambda name, reason: refused.update([reason]))
    if not tasks:
        raise DataError(f"there are no {config.split} tasks for this model's tools; raise tasks.each or tasks.asked")
    solved = attempts(f"solve {config.output.name}", agent, ground, tasks)
    write_runs(run, solved)  # a judge may fail to answer: what was done is there
    measure = judge(solved, config.judge)
    write_runs(run, solved)
    groups = grouped(solved)
    scores, relevance = scored(groups)
    table = agent_table(scores, relevance, measure, "Tasks")
    metrics = metrics_of(scores, relevance, "votes" if config.judge else "similarity")
    content = manifest.write(
        run,
        "solve",
        config=config.model_dump(mode="json"),
        inputs={config.model: files.model_mark(config.model)},
        counts={
            "tools": len(ground.tools),
            "tasks": {name: len(group) for name, group in groups.items()},
            "refused": dict(refused),
            "ended": {name: dict(found.ended) for name, found in scores.items()},
        },
        metrics=metrics,
        wall_s=time.monotonic() - started,
        relevance=measure,
    )
    write_report(run, content, table, scores, len(ground.tools))
    return table, metrics


def attempts(name: str, agent: ToolGenAgent, ground: Playground, tasks: Sequence[tuple[str, Episode]]) -> list[Solved]:
    """All tasks one after the other, under a bar of this name."""
    from jobs.progress import Progress
    from jobs.solving import attempt

    solved: list[Solved] = []
    with Progress(name, len(tasks), "tasks") as bar:
        for kind, gold in tasks:
            solved.append(attempt(agent, ground, kind, gold))
            bar.to(len(solved), note=f"{sum(each.run.completed for each in solved)} completed")
    return solved


def write_runs(run: str, solved: Sequence[Solved]) -> None:
    rows = (json.dumps(each.to_row(), ensure_ascii=False) + "\n" for each in solved)
    files.write_text(files.join(run, "runs.jsonl"), "".join(rows))


def metrics_of(scores: Mapping[str, AgentScores], relevance: Mapping[str, Interval], measure: str) -> dict[str, Any]:
    """Flat numbers: `<group>.<rate>`, `<group>.calls`, `<group>.<measure>`, each with its interval and count."""
    found: dict[str, Any] = {}
    for name, each in scores.items():
        for rate, interval in {**each.rates, "calls": each.calls, measure: relevance[name]}.items():
            found |= flat(f"{name}.{rate}", interval)
    return found


def write_report(
    run: str, content: Mapping[str, Any], table: Table, scores: Mapping[str, AgentScores], tools: int
) -> None:
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.toolgen_agent import agent_plot

    tasks = next(iter(scores.values())).tasks
    figure = Figure("Tasks", agent_plot(scores, "Tasks"), "Bars of the agent's rates by kind of task")
    summary = f"{tasks} tasks, {tools} tools to choose from."
    write_results(run, content, "Tasks done", summary=summary, tables=[table], figures=[figure])


def work(config: SolveConfig) -> None:
    from toolschool.evaluation.tables import show

    check_storage(config.output, nodes=1, shared=True)
    run = run_folder(config.output)
    table, _ = solve(config)
    show(table)
    print(f"runs:    {files.join(run, 'runs.jsonl')}\nreport:  {files.join(run, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", SolveConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
