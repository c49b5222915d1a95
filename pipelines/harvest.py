"""From records of served runs to training rows and to tools worth exploring, by Ray Data.

    records/*.jsonl --ingest--> source/ --stage harvest--> successes/  calls/  quarantine/ --at the end--> plans.jsonl  targets.json

`python -m jobs.harvest` runs it. What is a success, and why a run is none, says `toolschool/methods/tinyagent/harvest.py`. At the end rows that
repeat, and those with a test row's request, go to the quarantine, too: that takes all rows together, and is done by the driver.
"""

from __future__ import annotations

import itertools
import json
import posixpath
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipelines import files, ingest
from pipelines.collect import QUARANTINE, write_quarantine
from pipelines.stage import OnProgress, Outputs, Rows, Shape, Stage, StageResult, each, run_stage
from toolschool.errors import ConfigError, DataError, RowError
from toolschool.methods.tinyagent.harvest import (
    SOURCE,
    Called,
    calls_of,
    example_of,
    first_of_each,
    read_run,
    targets_of,
)
from toolschool.records import Example, example_schema

if TYPE_CHECKING:
    import pyarrow as pa

PLANS, TARGETS = "plans.jsonl", "targets.json"
CHOSEN = "chosen"  # quarantine of what the driver left out


@dataclass(frozen=True)
class Harvested:
    """What was made: the stage, training rows, calls of all runs, tools to explore, and runs by why they are no rows."""

    stage: StageResult
    rows: Sequence[Example]
    calls: Sequence[Called]
    targets: Sequence[Mapping[str, Any]]
    left_out: Mapping[str, int]

    def counts(self) -> dict[str, Any]:
        left = {"in": self.stage.rows_in, "rows": len(self.rows), "quarantined": sum(self.left_out.values())}
        return {**left, "calls": len(self.calls), "targets": len(self.targets)}


class SortRuns:
    """A record to a row of `successes`, or to a reason; and to what came of its calls."""

    def __init__(self) -> None:
        from toolschool.tools.desk.specs import desk_catalog

        self.catalog = desk_catalog()

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.sort, rows)

    def sort(self, row: dict[str, Any]) -> Outputs:
        run = read_run(row["raw"])
        found: Outputs = {"calls": [asdict(call) for call in calls_of(run)]}
        try:
            return {**found, "successes": [{"key": row["key"], **example_of(run, self.catalog).to_row()}]}
        except RowError as error:  # its calls count all the same
            return {**found, QUARANTINE: [{"id": row["key"], "reason": str(error), "raw": row["raw"]}]}


def harvest(
    run: str, records: str, forbidden: Collection[str], shape: Shape, on_progress: OnProgress | None = None
) -> Harvested:
    """Run the whole flow into the folder `run`. `forbidden` are skeletons of test requests. Needs a connected Ray; can be repeated after a kill.

    DataError when there are no records.
    """
    ingest.write_sources(files.join(run, "source"), [ingest.Source("record", record_lines(records))])
    stage = run_stage(_sorting(run, shape), on_progress)
    rows, left_out = _chosen(run, forbidden)
    calls = [Called(**row) for row in files.read_rows(files.join(run, "calls"))]
    targets = targets_of(calls)
    text = "".join(json.dumps(row.to_row(), ensure_ascii=False) + "\n" for row in rows)
    files.write_text(files.join(run, PLANS), text)
    files.write_text(files.join(run, TARGETS), json.dumps(targets, ensure_ascii=False, indent=2) + "\n")
    return Harvested(stage, rows, calls, targets, left_out)


def record_files(records: str) -> list[str]:
    """URIs of the files of records, sorted. DataError when there are none."""
    base = files.open_uri(records).path
    found = [files.join(records, posixpath.relpath(path, base)) for path in files.list_files(records, ".jsonl")]
    if not found:
        raise DataError(f"no records in {records}; serve with app.record=FOLDER, and give that folder")
    return found


def record_lines(records: str) -> Iterator[str]:
    """The lines of all records, file by file."""
    for uri in record_files(records):
        yield from (line for line in files.read_lines(uri) if line.strip())


def read_targets(uri: str) -> list[str]:
    """Names of the tools in a file of targets, in its order. DataError where it is no such file."""
    try:
        return [str(target["tool"]) for target in json.loads(files.read_text(uri))]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{uri} is no file of targets; jobs.harvest writes one") from error


def targets_first(names: Sequence[str], targets: Sequence[str]) -> tuple[str, ...]:
    """The names, those among the targets first. ConfigError where none of the targets is a tool."""
    known = [name for name in targets if name in names]
    if targets and not known:
        raise ConfigError(
            f"none of the targets is among the tools ({targets[0]}, ...); give the tools that were served"
        )
    return tuple(dict.fromkeys([*known, *names]))


def _sorting(run: str, shape: Shape) -> Stage:
    import pyarrow as pa

    successes = pa.schema([("key", pa.string()), *example_schema()])
    outputs = {"successes": successes, "calls": _call_schema()}
    return Stage("harvest", files.join(run, "source"), run, SortRuns, outputs, actors=shape.actors, cpus=shape.cpus)


def _call_schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(name, pa.string()) for name in ("tool", "status", "query", "error")])


def _chosen(run: str, forbidden: Collection[str]) -> tuple[list[Example], dict[str, int]]:
    """Rows that are left, and how many runs each reason left out; writes the quarantine of those left out here."""
    from toolschool.datasets.splits import guard, skeleton, split_of

    found = [Example.from_row(row) for row in files.read_rows(files.join(run, "successes"))]
    tested = [skeleton(row.query) in forbidden for row in found]
    kept, repeated = first_of_each(itertools.compress(found, (not test for test in tested)))
    for row in kept:
        guard(SOURCE, split_of(SOURCE, row.to_row()), "train")
    left = [(row, "the request of a test row") for row in itertools.compress(found, tested)]
    left += [(row, f"repeats {first.id}") for row, first in repeated]
    bad = [
        {"id": row.id, "reason": reason, "raw": json.dumps(row.to_row(), ensure_ascii=False)} for row, reason in left
    ]
    write_quarantine(run, CHOSEN, bad)
    reasons = Counter(str(row["reason"]) for row in files.read_rows(files.join(run, QUARANTINE)))
    return kept, dict(_grouped(reasons).most_common())


def _grouped(reasons: Mapping[str, int]) -> Counter[str]:
    """Reasons up to their first colon, and without the id of what is repeated."""
    groups: Counter[str] = Counter()
    for reason, count in reasons.items():
        groups["repeats another run" if reason.startswith("repeats ") else reason.split(":")[0]] += count
    return groups
