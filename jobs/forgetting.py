"""What a model keeps of earlier rounds of tools: the forgetting matrix of several ways to train; no model, no Ray.

    python -m jobs.chain --config recipes/ste/continual.yaml            # explore, four rounds with and without rehearsal, this job last
    python -m jobs.forgetting --config recipes/ste/forgetting.yaml 'arms={"with replay": [runs/a, runs/b], "no replay": [runs/a, runs/c]}'

An arm is the runs of `jobs.predict` behind its rounds, in their order: that of round r has the held-back requests of the batches up to r. Calls
are scored by the strict rules. Writes below `<storage>/<name>/`: metrics.json, report.html with tables and picture, forgetting.png, manifest.json.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from jobs.common import ClusterConfig, check_common, check_storage, run_folder, run_job
from jobs.results import write_results
from pipelines import files, manifest
from toolschool.config import Config, OutputConfig
from toolschool.errors import DataError

if TYPE_CHECKING:
    from toolschool.datasets.ste import ToolItem
    from toolschool.evaluation.forgetting import Forgetting
    from toolschool.evaluation.intervals import Interval

PROG = "jobs.forgetting"
PREDICTIONS = "predictions.json"


class ForgettingConfig(Config):
    """One comparison."""

    arms: dict[str, tuple[str, ...]] = Field(min_length=1)
    """Way to train -> folders of its runs of jobs.predict, a round each."""
    batches: str
    """JSON lists of tool names, a batch each (`batches.json` of jobs.prepare with ste.rounds)."""
    output: OutputConfig


def check(config: ForgettingConfig) -> None:
    check_common(ClusterConfig(), config.output)


def measure(config: ForgettingConfig) -> dict[str, Forgetting]:
    """The matrix of each arm. DataError: a file is missing, or an arm has more rounds than there are batches."""
    from toolschool.datasets.ste import read_batches
    from toolschool.evaluation.forgetting import Forgetting

    batches = read_batches(config.batches)
    found: dict[str, Forgetting] = {}
    for name, runs in config.arms.items():
        if not 1 <= len(runs) <= len(batches):
            raise DataError(
                f"arm '{name}' has {len(runs)} rounds for {len(batches)} batches; name a run for each round"
            )
        found[name] = Forgetting(tuple(rates_of(run, batches[: number + 1]) for number, run in enumerate(runs)))
    return found


def rates_of(run: str, batches: Sequence[Sequence[str]]) -> dict[int, Interval]:
    """Correct calls of each batch in the predictions of a run. DataError where a batch has no request."""
    from toolschool.datasets.ste import read_items
    from toolschool.evaluation.intervals import rate

    items = read_items(files.join(run, PREDICTIONS), predicted=True)
    found: dict[int, Interval] = {}
    for number, batch in enumerate(batches):
        asked = [item for name in batch for item in items.get(name, [])]
        if not asked:
            raise DataError(f"{run} has no request of batch {number}; predict on the requests of all batches so far")
        found[number] = rate([is_correct(item, items) for item in asked])
    return found


def is_correct(item: ToolItem, names: Mapping[str, object]) -> bool:
    """Whether the strict rules find the call right."""
    from toolschool.evaluation.ste_strict import strict_marks

    return bool(strict_marks(item, list(names)).correct)


def work(config: ForgettingConfig) -> None:
    from toolschool.evaluation.forgetting import forgetting_plot, forgetting_tables
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.tables import show

    started = time.monotonic()
    check_storage(config.output, nodes=1, shared=True)
    run = run_folder(config.output)
    arms = measure(config)
    content = manifest.write(
        run,
        "forgetting",
        config=config.model_dump(mode="json"),
        inputs={path: files.sha256(path) for path in inputs(config)},
        counts={"arms": len(arms), "rounds": max(len(found.rounds) for found in arms.values())},
        metrics={f"{name}.{key}": value for name, found in arms.items() for key, value in found.metrics().items()},
        wall_s=time.monotonic() - started,
    )
    tables, picture = forgetting_tables(arms), forgetting_plot(arms)
    alt = "Heat maps of the share of correct calls by round of training and batch of tools"
    write_results(
        run, content, "Rounds of tools", tables=tables, figures=[Figure("What earlier rounds keep", picture, alt)]
    )
    place = files.open_uri(run)
    with place.files.open_output_stream(f"{place.path}/forgetting.png") as stream:
        stream.write(picture)
    for table in tables:
        show(table)
    print(f"report:  {files.join(run, 'report.html')}\npicture: {files.join(run, 'forgetting.png')}")


def inputs(config: ForgettingConfig) -> list[str]:
    """Every file that is read."""
    runs = dict.fromkeys(run for runs in config.arms.values() for run in runs)
    return [config.batches, *(files.join(run, PREDICTIONS) for run in runs)]


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", ForgettingConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
