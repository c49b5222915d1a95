"""Your tools, explored by a teacher: requests made up, acted on and judged, trial by trial (STE); killed and run again, it goes on.

    python -m jobs.explore --config recipes/ste/explore.yaml                                    # tools that ship, the embedded teacher
    python -m jobs.explore --config recipes/ste/explore.yaml 'tools=[{functions: my_tools.py}]' output.name=mine-trials
    python -m jobs.explore --config recipes/ste/explore.yaml teacher.url=http://HOST:8000/v1 teacher.model=NAME output.name=served
    python -m jobs.explore --config recipes/ste/explore.yaml targets=runs/harvest/targets.json output.name=again   # what went wrong first

Writes below `<storage>/<name>/`: trials/ (a file for each, the moment it ends), explored/ (a table for each tool, what `jobs.prepare` with `ste`
reads), tools.json, names.json, sources.json, transcripts/ (all that a model said), quarantine/ with tools that could not be explored and why, metrics.json,
report.html, manifest.json. What is on disk is not done again.
"""

from __future__ import annotations

import functools
import itertools
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from jobs.common import ClusterConfig, check_common, check_storage, run_folder, run_job, session, shape_of
from jobs.results import write_results
from pipelines import files, manifest
from pipelines.harvest import read_targets, targets_first
from pipelines.ste import ExploreRows
from toolschool.config import Config, OutputConfig
from toolschool.errors import BudgetError, ConfigError, TeacherError
from toolschool.methods.ste.learnt import TOOLS_FILE
from toolschool.methods.ste.teachers.opening import TeacherConfig
from toolschool.tools.toolsets.config import ToolSource

if TYPE_CHECKING:
    from pipelines.stage import Shape
    from pipelines.ste import Outcome
    from toolschool.evaluation.exploration import ToolSummary
    from toolschool.tools.toolsets import Toolset

PROG = "jobs.explore"


class ExploreConfig(Config):
    """One exploration."""

    tools: tuple[ToolSource, ...] = Field(min_length=1)
    """What is explored: functions, MCP servers, OpenAPI documents, what ships (toolschool/tools/toolsets/config.py)."""
    teacher: TeacherConfig = TeacherConfig()
    """Who explores; nothing set: the embedded teacher, which needs neither hub nor key."""
    explore: ExploreRows = ExploreRows()
    targets: str | None = None
    """targets.json of jobs.harvest: the tools in it are explored first, in its order."""
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: ExploreConfig) -> None:
    from toolschool.methods.ste.teachers.opening import check_teacher
    from toolschool.tools.toolsets.places import check_files

    check_common(config.cluster, config.output)
    check_teacher(config.teacher)
    for source in config.tools:
        check_files(source)
    if config.targets is not None:
        read_targets(config.targets)
    if config.teacher.max_cost is not None and "://" in config.output.storage:
        raise ConfigError("teacher.max_cost is kept by transcripts: output.storage must be a local or mounted folder")


def explore(config: ExploreConfig) -> dict[str, ToolSummary]:
    """Explore, and write all that the module promises; returns the summaries by tool.

    Raises BudgetError when the teacher's budget ends before the tools, TeacherError when no tool could be explored: what was explored is kept.
    """
    from pipelines.collect import write_quarantine
    from pipelines.ste import begin, describe, open_sources, refused_rows, tool_marks
    from toolschool.methods.ste.teachers.opening import ping_teacher
    from toolschool.tools.toolsets.places import located

    started = time.monotonic()
    run = run_folder(config.output)
    check_storage(config.output, nodes=1, shared=True)
    ping_teacher(config.teacher)
    sources, toolset, refused = open_sources([located(source) for source in config.tools])
    begin(run, config.explore.settings, speaker(config.teacher), tool_marks(toolset))
    files.remove_file(files.join(run, manifest.FILE))
    describe(run, toolset, sources)
    with session(config.cluster, config.output):
        outcome = on_workers(config, sources, toolset)
    outcome.refused |= refused
    write_quarantine(run, "explore", refused_rows(outcome.refused))
    check_outcome(outcome, len(toolset.catalog))
    return write_report(config, outcome, toolset, time.monotonic() - started)


def speaker(teacher: TeacherConfig) -> dict[str, Any]:
    """What of a teacher trials depend on."""
    return {"kind": teacher.kind, "model": teacher.model, "batch": teacher.batch}


def on_workers(config: ExploreConfig, sources: Sequence[ToolSource], toolset: Toolset) -> Outcome:
    """The exploration under its live view, inside a connected Ray."""
    from jobs.explore_view import ExploreView
    from pipelines.ste import explore, teacher_of, unexplored
    from pipelines.ste_explorer import Exploring
    from toolschool.tools.toolsets import open_toolsets

    run, settings = run_folder(config.output), config.explore.settings
    names = targets_first(toolset.catalog.names, read_targets(config.targets) if config.targets else ())
    shape = workers_of(config)
    left = unexplored(run, names, settings)
    open_teacher = teacher_of(run, config.teacher, left, min(shape.actors, len(left)) or 1)
    exploring = Exploring(run, functools.partial(open_toolsets, list(sources)), open_teacher, settings)
    price = config.teacher.prices.of if config.teacher.max_cost is not None else None
    with ExploreView(f"explore {config.output.name}", names, settings.trials, price) as view:
        return explore(names, exploring, shape, config.explore.tools_at_once, view.hear)


def workers_of(config: ExploreConfig) -> Shape:
    """The profile's actors, or as many as are asked for; only a model in the actors needs their GPUs."""
    shape = shape_of(config.cluster)
    gpus = shape.gpus if config.teacher.kind == "local" else 0.0
    return replace(shape, actors=config.explore.workers or shape.actors, gpus=gpus)


def check_outcome(outcome: Outcome, tools: int) -> None:
    """TeacherError, BudgetError: the run is not finished."""
    if unpaid := outcome.unpaid:
        raise BudgetError(
            f"{len(unpaid)} of {tools} tools are not explored to their end, {len(outcome.trials)} trials are kept: {unpaid[0].reason}"
        )
    if not outcome.trials:
        raise TeacherError(f"no tool could be explored: {next(iter(outcome.refused.values())).reason}")


def write_report(config: ExploreConfig, outcome: Outcome, toolset: Toolset, wall_s: float) -> dict[str, ToolSummary]:
    """Metrics, report and, last, the manifest; returns the summaries by tool."""
    from pipelines.ste_trials import TrialStore
    from toolschool.evaluation.exploration import (
        episodes_plot,
        exploration_metrics,
        exploration_table,
        summaries,
        tools_plot,
    )
    from toolschool.evaluation.report import Figure

    run, store = run_folder(config.output), TrialStore(run_folder(config.output))
    found = summaries(itertools.chain.from_iterable(store.rows(name) for name in toolset.catalog.names))
    content = manifest.write(
        run,
        "explore",
        config=config.model_dump(mode="json"),
        inputs={TOOLS_FILE: files.sha256(files.join(run, TOOLS_FILE))},
        counts={
            "tools": len(toolset.catalog),
            "trials": len(outcome.trials),
            "new": sum(each.new for each in outcome.trials.values()),
            "quarantined": len(outcome.refused),
        },
        metrics=exploration_metrics(found),
        wall_s=wall_s,
    )
    write_results(
        run,
        content,
        "Exploration",
        summary=summary(content["counts"]),
        tables=[exploration_table(found)],
        figures=[
            Figure(
                "Tools", tools_plot(found), "Bars: the share of solved trials of each tool; dots: of distinct queries"
            ),
            Figure("Episodes", episodes_plot(found), "The share of solved trials over the episodes"),
        ],
    )
    return found


def summary(counts: Mapping[str, int]) -> str:
    """One sentence on what was explored."""
    return (
        f"{counts['trials']} trials of {counts['tools']} tools, {counts['new']} of them new; {counts['quarantined']} tools or sources "
        "in quarantine, each with its reason."
    )


def work(config: ExploreConfig) -> None:
    from toolschool.evaluation.exploration import exploration_table
    from toolschool.evaluation.tables import show

    show(exploration_table(explore(config)))
    run = run_folder(config.output)
    print(f"trials: {files.join(run, 'explored')}\nreport: {files.join(run, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", ExploreConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
