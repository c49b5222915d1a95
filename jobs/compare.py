"""The methods side by side: a chain that teaches one base by each of them and asks the same tasks, and the tables of what came out.

    python -m jobs.compare --config recipes/compare/nano.yaml
    python -m jobs.compare --config recipes/compare/nano.yaml given.base=Qwen/Qwen2.5-0.5B cluster.profile=gpu output.name=qwen
    python -m jobs.compare --config recipes/compare/nano.yaml only=[arithmetic]      # the steps that these groups of tasks need

Steps that have ended are not done again (`jobs/chain.py`). Every score names a step and a metric of its manifest; there is no other way
for a figure to come into a table. Writes below `<storage>/<name>/`: a folder per step, comparison.md, pictures, report.html, metrics.json,
manifest.json.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobs import chain
from jobs.chain import ChainConfig
from jobs.common import run_folder, run_job
from jobs.comparing import Comparison, Measured, cost_of, drawn, picture_names, scored
from jobs.results import flat, write_results
from pipelines import files, manifest
from toolschool.errors import ConfigError

if TYPE_CHECKING:
    from toolschool.evaluation.tables import Table

PROG = "jobs.compare"
PAGE = "comparison.md"


class CompareConfig(ChainConfig, Comparison):
    """One comparison."""

    only: tuple[str, ...] = ()
    """Groups of tasks that are wanted; default: all."""


def check(config: CompareConfig) -> None:
    for name, task in config.tasks.items():
        if set(task.scores) != set(config.methods):
            odd = sorted(set(task.scores) ^ set(config.methods))[0]
            raise ConfigError(
                f"tasks.{name}.scores: {odd} is missing, or is no method; say a score or a reason for each"
            )
    groups = {task.group for task in config.tasks.values()}
    if unknown := [group for group in config.only if group not in groups]:
        raise ConfigError(f"only: there is no group {unknown[0]}; there are {', '.join(sorted(groups))}")
    for where, step in _named_steps(config):
        if step not in config.steps:
            raise ConfigError(f"{where}: there is no step {step}")
    chain.check(_wanted(config))


def _named_steps(config: CompareConfig) -> Iterable[tuple[str, str]]:
    """Every step that something refers to, and what refers to it."""
    for name, task in config.tasks.items():
        yield from ((f"tasks.{name}", score.step) for score in task.scores.values() if isinstance(score, Measured))
    for name, curve in config.curves.items():
        yield from ((f"curves.{name}", step) for step in curve.steps)
    for name, stack in config.stacks.items():
        yield from ((f"stacks.{name}", step) for step in stack.steps)
    for name, method in config.methods.items():
        yield from ((f"methods.{name}", step) for step in method.steps)


def _wanted(config: CompareConfig) -> CompareConfig:
    """With the steps, tasks and curves of the groups that are wanted."""
    if not config.only:
        return config
    tasks = {name: task for name, task in config.tasks.items() if task.group in config.only}
    needed = {score.step for task in tasks.values() for score in task.scores.values() if isinstance(score, Measured)}
    uses = {todo.name: todo.uses for todo in chain.plan(config)}
    while more := {earlier for step in needed for earlier in uses[step]} - needed:
        needed |= more
    kept = {
        "steps": {name: step for name, step in config.steps.items() if name in needed},
        "curves": {name: curve for name, curve in config.curves.items() if curve.steps <= needed},
        "stacks": {name: stack for name, stack in config.stacks.items() if stack.steps <= needed},
    }
    return config.model_copy(update={"tasks": tasks, **kept})


def work(config: CompareConfig) -> None:
    from toolschool.evaluation.tables import show

    started = time.monotonic()
    wanted = _wanted(config)
    made = chain.run_steps(wanted)
    tables = report(wanted, made, time.monotonic() - started)
    for table in tables:
        show(table)
    run = run_folder(config.output)
    print(f"page:   {files.join(run, PAGE)}\nreport: {files.join(run, 'report.html')}")


def report(config: CompareConfig, made: Mapping[str, Mapping[str, Any]], wall_s: float) -> list[Table]:
    """Tables, pictures, page and manifest from the steps' manifests. DataError where a step has not measured what is asked."""
    from toolschool.evaluation.tables import to_markdown

    run = run_folder(config.output)
    tasks = {name: scored(task, made) for name, task in config.tasks.items()}
    costs = {each.title: cost for each in config.methods.values() if (cost := cost_of(each, made)) is not None}
    tables, figures = drawn(config, tasks, costs, made)
    metrics = {
        key: value
        for name, task in tasks.items()
        for method, score in task.scores.items()
        if score.interval is not None
        for key, value in flat(f"{name}.{method}", score.interval).items()
    }
    content = manifest.write(
        run,
        "compare",
        config=config.model_dump(mode="json"),
        inputs={name: str(each["finished"]) for name, each in made.items()},
        counts={"tasks": len(tasks), "methods": len(config.methods), "steps": len(made)},
        metrics=metrics,
        wall_s=wall_s,
    )
    for figure, name in zip(figures, picture_names(config), strict=True):
        files.write_bytes(files.join(run, name), figure.png)
    pictures = [f"![{figure.alt}]({name})\n" for figure, name in zip(figures, picture_names(config), strict=True)]
    files.write_text(files.join(run, PAGE), "\n".join([*map(to_markdown, tables), *pictures]))
    write_results(run, content, "Methods side by side", tables=tables, figures=figures)
    return tables


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", CompareConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
