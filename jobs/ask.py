"""The same tasks for any OpenAI-compatible endpoints, ours or others', side by side; in this process.

    python -m jobs.ask --config recipes/endpoints.yaml
    python -m jobs.ask --config recipes/endpoints.yaml tasks.bfcl=400 output.name=bfcl
    python -m jobs.ask --config recipes/tinyagent/ask.yaml agent.planner=runs/tinyagent-planner/model output.name=mine

Without `agent` there is no Ray. With one, the agent is served here by Ray Serve for as long as it is asked.

Writes below `<storage>/<name>/`: metrics.json, report.html, runs.jsonl (every task of every endpoint, with what was called and why it is
wrong), answers/ (a file per endpoint: what was answered is not asked, or paid for, again), quarantine/ with rows that make no task and why,
manifest.json. The agent's answers are kept by its settings and weights: one that was trained anew is asked anew. Keys come from the
environment variables that `key_env` names. What is measured, and by which rules: docs/evaluate-anyone.md.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, NonNegativeInt

from jobs.agents import check_agent, served, weights
from jobs.asking import Endpoint, ask_all, check_endpoints, check_here, check_own, placed, tasks_of
from jobs.common import ClusterConfig, check_common, check_storage, run_folder, run_job
from jobs.results import flat, write_results
from pipelines import files, manifest
from pipelines.collect import write_quarantine
from serving.settings import AppArgs
from toolschool.config import Config, OutputConfig
from toolschool.errors import ConfigError, DataError, EndpointError

if TYPE_CHECKING:
    from toolschool.evaluation.endpoints.scores import System
    from toolschool.evaluation.endpoints.tasks import Task
    from toolschool.evaluation.tables import Table

PROG = "jobs.ask"


class AskConfig(Config):
    """Who is asked, and what."""

    endpoints: tuple[Endpoint, ...]
    """Who is asked; the others are compared with the first."""
    tasks: dict[str, NonNegativeInt] = Field(default_factory=lambda: {"desk": 100, "arithmetic": 100})
    """Tasks of each source, 0 leaves it out: bfcl (so many of each category), sealtools, metatool, tinyagent, svamp, gsm8k; desk, arithmetic (generated)."""
    seed: int = 0
    """Which tasks are drawn."""
    max_tokens: int = Field(default=1024, ge=1)
    """Longest answer; models that think aloud need more."""
    temperature: float | None = Field(default=0.0, ge=0)
    """null: the endpoint's own."""
    turns: int = Field(default=10, ge=1)
    """Answers that a task may take where its calls are run."""
    agent: AppArgs | None = None
    """Served here, on a free port of 127.0.0.1, for as long as it is asked; endpoints without a url are this one."""
    cluster: ClusterConfig = ClusterConfig()
    """Where the agent is served."""
    output: OutputConfig


def check(config: AskConfig) -> None:
    from toolschool.evaluation.endpoints.sources import ABOUT

    if "://" in config.output.storage:
        raise ConfigError("output.storage: answers are appended to a file; take a local or mounted folder")
    check_common(config.cluster, config.output)
    check_endpoints(config.endpoints)
    check_here(config.endpoints, config.agent)
    unknown = [name for name in config.tasks if name not in ABOUT]
    if unknown or not any(config.tasks.values()):
        raise ConfigError(f"tasks: none are made of {', '.join(unknown) or 'nothing'}; use {', '.join(ABOUT)}")
    check_own(config.endpoints, config.tasks)
    if config.agent is not None:
        check_agent(config.agent, "agent")


def read(config: AskConfig) -> tuple[list[Task], list[dict[str, str]]]:
    """The tasks, and what makes none as rows of the quarantine. Says on screen what is left out."""
    from toolschool.evaluation.endpoints.sources import load_tasks, missing

    tasks: list[Task] = []
    refused: list[dict[str, str]] = []
    for source, count in config.tasks.items():
        if not count:
            continue

        def note(row: Mapping[str, Any], reason: str, source: str = source) -> None:
            refused.append(
                {"id": f"{source}/{row.get('id', '')}", "reason": reason, "raw": json.dumps(row, default=str)}
            )

        tasks += load_tasks(source, count, config.seed, note)
        if absent := missing(source):
            print(f"{source}: no files of {', '.join(absent)} in its folder; they are left out", flush=True)
    return tasks, refused


def check_alive(config: AskConfig, answers: Path) -> None:
    """ConfigError for a key that is not there, EndpointError for an endpoint that is not, unless it has answered before."""
    from toolschool.models.chat_endpoint import ping

    for one in config.endpoints:
        if one.key_env and not os.environ.get(one.key_env):
            raise ConfigError(f"endpoints.{one.name}.key_env names {one.key_env}, which is not set in the environment")
        if one.url is not None and not (answers / f"{one.name}.jsonl").exists():
            ping(one.url, one.key_env)


@contextmanager
def all_up(config: AskConfig, mark: str) -> Iterator[tuple[list[Endpoint], dict[str, str]]]:
    """All endpoints with their addresses, the agent served for as long as this lasts; and what answers are known by instead of its address."""
    if config.agent is None:
        yield list(config.endpoints), {}
        return
    print("the agent is served for as long as it is asked", flush=True)
    with served(config.agent, config.cluster, config.output) as address:
        url = f"{address}/v1"
        yield placed(config.endpoints, url, config.agent.limits.max_in_flight), {url: mark}


def ask(config: AskConfig, tasks: Sequence[Task], answers: Path, mark: str) -> list[System]:
    """Every task to every endpoint, under one bar; `mark` tells the agent from others."""
    from jobs.progress import Progress
    from toolschool.evaluation.endpoints.dialects import Asking

    asking = Asking(config.max_tokens, config.temperature, config.seed, config.turns)
    with all_up(config, mark) as (endpoints, known):
        total = sum(len(tasks_of(one, tasks)) for one in endpoints)
        with Progress(f"ask {config.output.name}", total, "tasks") as bar:
            return asyncio.run(ask_all(endpoints, tasks, asking, answers, lambda: bar.add(1), known))


def evaluate(config: AskConfig) -> tuple[list[Table], list[System]]:
    """Ask, score, write all that the module promises. DataError where nothing was answered."""
    from toolschool.evaluation.endpoints import scores
    from toolschool.evaluation.report import Figure

    started = time.monotonic()
    run = run_folder(config.output)
    tasks, refused = read(config)
    answers = Path(run) / "answers"
    check_alive(config, answers)
    models = weights(config.agent) if config.agent is not None else {}
    systems = ask(config, tasks, answers, mark_of(config, models))
    write_quarantine(run, "tasks", refused)
    write_runs(run, systems)
    if not any(system.judged for system in systems):
        raise DataError(f"no task was answered: {systems[0].stopped}")
    tables = [scores.rights_table(systems), scores.calls_table(systems), scores.costs_table(systems)]
    tables += scores.beside_tables(systems)
    content = manifest.write(
        run,
        "ask",
        config=config.model_dump(mode="json"),
        inputs={**inputs(config), **models},
        counts={
            "tasks": len(tasks),
            "quarantined": len(refused),
            "asked": {one.name: len(tasks_of(one, tasks)) for one in config.endpoints},
            "answered": {system.name: len(system.judged) for system in systems},
        },
        metrics=metrics_of(systems),
        wall_s=time.monotonic() - started,
        stopped={system.name: system.stopped for system in systems if system.stopped},
    )
    figure = Figure("Tasks done", scores.rates_figure(systems), "Bars of tasks done by source, a colour per endpoint")
    write_results(run, content, "Endpoints", summary=summary(config, systems, tasks), tables=tables, figures=[figure])
    return tables, systems


def mark_of(config: AskConfig, models: Mapping[str, str]) -> str:
    """What tells the agent served here from others: its settings, and its weights."""
    return manifest.fingerprint([config.agent and config.agent.model_dump(mode="json"), models])


def inputs(config: AskConfig) -> dict[str, str]:
    """The folders of data sets that were read, with what was in them."""
    from toolschool.datasets.registry import folder_of, source_named

    sources = [source_named(name) for name, count in config.tasks.items() if count]
    folders = [str(folder_of(source, None)) for source in sources if source.read]
    return {folder: files.sha256(folder) for folder in folders}


def metrics_of(systems: Sequence[System]) -> dict[str, Any]:
    """Flat numbers: `<endpoint>.<part>.right`, `.precision`, `.recall`; `<endpoint>.cost`, `.seconds.p50`, tokens and the rest over all."""
    from toolschool.evaluation.endpoints.scores import part_names, score, scores_of

    found: dict[str, Any] = {}
    for system in systems:
        for part, each in scores_of(system, part_names(systems)).items():
            for name in ("right", "precision", "recall"):
                found |= flat(f"{system.name}.{part}.{name}", getattr(each, name))
        total = score(system.judged, system.prices)
        for name in ("requests", "refused", "prompt_tokens", "completion_tokens", "cost"):
            found[f"{system.name}.{name}"] = getattr(total, name)
        found |= flat(f"{system.name}.readable", total.readable)
        for name, seconds in zip(("p50", "p95"), total.seconds, strict=True):
            found[f"{system.name}.seconds.{name}"] = None if math.isnan(seconds) else seconds
    return found


def summary(config: AskConfig, systems: Sequence[System], tasks: Sequence[Task]) -> str:
    """Who was asked how much, in words."""
    asked = {one.name: len(tasks_of(one, tasks)) for one in config.endpoints}
    said = [
        f"{one.name} has tools of its own and was asked the {asked[one.name]} of {len(tasks)} tasks that are judged by a text"
        for one in config.endpoints
        if one.calls == "own"
    ]
    said += [f"{system.name} answered {len(system.judged)} of {asked[system.name]} tasks" for system in systems]
    said += [f"{system.name} stopped: {system.stopped}" for system in systems if system.stopped]
    return ". ".join(said) + "."


def write_runs(run: str, systems: Sequence[System]) -> None:
    """runs.jsonl: a line per endpoint and task."""
    rows = ({"endpoint": system.name, **each.to_row()} for system in systems for each in system.judged)
    files.write_text(files.join(run, "runs.jsonl"), "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def work(config: AskConfig) -> None:
    """EndpointError at the end, after all is written, where an endpoint was not asked everything."""
    from toolschool.evaluation.tables import show

    check_storage(config.output, nodes=1, shared=True)
    run = run_folder(config.output)
    tables, systems = evaluate(config)
    for table in tables:
        show(table)
    print(f"runs:    {files.join(run, 'runs.jsonl')}\nreport:  {files.join(run, 'report.html')}")
    if broken := [f"{system.name}: {system.stopped}" for system in systems if system.stopped]:
        raise EndpointError(f"not everything was asked ({'; '.join(broken)}); run again to go on")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", AskConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
