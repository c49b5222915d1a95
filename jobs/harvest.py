"""Recorded runs of your server as new training rows (what went well) and as tools worth exploring (what did not), by Ray Data.

    python -m jobs.serve   --config recipes/tinyagent/serve.yaml app.record=runs/records
    python -m jobs.harvest --config recipes/tinyagent/harvest.yaml
    python -m jobs.prepare --config recipes/tinyagent/prepare.yaml 'extra=[{source: harvested, path: runs/harvest}]' output.name=with-harvest
    python -m jobs.explore --config recipes/ste/explore.yaml targets=runs/harvest/targets.json output.name=explored-again

Writes below `<storage>/<name>/`: plans.jsonl (rows that jobs.prepare takes as data or as extra), targets.json (tools that went wrong, with requests
and errors, the most often first), calls/, quarantine/ with every run that is no row and why, metrics.json, report.html, manifest.json. Rows are for
training only; none has the request of a test row. Run it again when there are more records; it begins anew with all of them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobs.common import ClusterConfig, check_common, run_folder, run_job, session, shape_of
from jobs.results import write_results
from jobs.sources import input_path, read_source
from pipelines import files, manifest
from toolschool.config import Config, DataConfig, OutputConfig
from toolschool.errors import DataError, RowError

if TYPE_CHECKING:
    from pipelines.harvest import Harvested

PROG = "jobs.harvest"
TESTED = ("tinyagent", "tinyagent_official")


class HarvestConfig(Config):
    """One harvest."""

    records: str = "runs/records"
    """Folder of records: the server's `app.record`, of one replica or of many."""
    tests: tuple[DataConfig, ...] | None = None
    """Plans whose test rows' requests no row may have; default: the sets of plans that are in $TOOLSCHOOL_DATA. Add the file that you evaluate on."""
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: HarvestConfig) -> None:
    check_common(config.cluster, config.output)
    for data in tests_of(config):
        if input_path(data) is None:
            raise DataError(
                f"{data.source} is generated, it has no test rows to be compared with; leave it out of tests"
            )


def tests_of(config: HarvestConfig) -> list[DataConfig]:
    """The sets whose test requests are forbidden."""
    if config.tests is not None:
        return list(config.tests)
    root = os.environ.get("TOOLSCHOOL_DATA", "")
    return [DataConfig(source=name) for name in TESTED if root and files.exists(files.join(root, name))]


def forbidden_requests(tests: Sequence[DataConfig]) -> set[str]:
    """Skeletons of the requests of all test rows: case, spaces and numbers aside. Malformed rows test nothing."""
    from pipelines.tinyagent import parse_raw
    from toolschool.datasets.splits import skeleton

    found: set[str] = set()
    for data in tests:
        for text in read_source(data, input_path(data) or "").texts:
            try:
                example, split = parse_raw(data.source, text)
            except RowError:
                continue
            if split == "test":
                found.add(skeleton(example.query))
    return found


def make(config: HarvestConfig, forbidden: set[str]) -> Harvested:
    """Run the flow inside a connected Ray; writes all that the module promises."""
    from jobs.progress import StageBars
    from pipelines.harvest import harvest

    started = time.monotonic()
    run = run_folder(config.output)
    with StageBars(f"harvest {config.output.name}") as bars:
        made = harvest(run, config.records, forbidden, shape_of(config.cluster), bars.start("harvest"))
    content = manifest.write(
        run,
        "harvest",
        config=config.model_dump(mode="json"),
        inputs={config.records: files.sha256(config.records)},
        counts=made.counts(),
        metrics={**{f"left_out.{reason}": count for reason, count in made.left_out.items()}, **made.counts()},
        wall_s=time.monotonic() - started,
        test_requests=len(forbidden),
    )
    report(run, content, made)
    return made


def report(run: str, content: Mapping[str, Any], made: Harvested) -> None:
    """metrics.json and report.html."""
    from toolschool.evaluation.harvest import calls_plot, harvest_tables, reasons_plot
    from toolschool.evaluation.report import Figure

    write_results(
        run,
        content,
        "Harvest",
        summary=summary(made, content["test_requests"]),
        tables=harvest_tables(len(made.rows), made.left_out, made.calls),
        figures=[
            Figure(
                "Runs", reasons_plot(len(made.rows), made.left_out), "Runs that became rows, and why others did not"
            ),
            Figure("Calls", calls_plot(made.calls), "What came of each tool's calls"),
        ],
    )


def summary(made: Harvested, test_requests: int) -> str:
    """One sentence on what was harvested."""
    return (
        f"{len(made.rows)} training rows of {made.stage.rows_in} runs, none with one of the {test_requests} test requests that were compared; "
        f"{len(made.targets)} tools went wrong at least once."
    )


def work(config: HarvestConfig) -> None:
    from pipelines.harvest import record_files
    from toolschool.evaluation.harvest import harvest_tables
    from toolschool.evaluation.tables import show

    record_files(config.records)  # that there are none is said before Ray starts
    forbidden = forbidden_requests(tests_of(config))
    with session(config.cluster, config.output):
        made = make(config, forbidden)
    for table in harvest_tables(len(made.rows), made.left_out, made.calls):
        show(table)
    run = run_folder(config.output)
    print(
        f"{summary(made, len(forbidden))}\nrows: {files.join(run, 'plans.jsonl')}\nreport: {files.join(run, 'report.html')}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", HarvestConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
