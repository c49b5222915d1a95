"""Look over a training recipe before it costs anything: rows, template, model, run time, and 20 rows learnt by heart.

    python -m jobs.doctor --config recipes/tinyagent/planner.yaml

Takes the recipe and the overrides of jobs.train. One process without Ray; trains and writes nothing that is kept. Ends
with 2 and the first problem when there is an error; a warning is advice.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from jobs.common import check_common, profile_of, run_job
from jobs.train import TrainJob, check_rows, plain_of, with_profile
from toolschool.errors import PreflightError

if TYPE_CHECKING:
    from training.checks import Finding

PROG = "jobs.doctor"
COLOURS = {"ok": "green", "warning": "yellow", "error": "bold red"}


class DoctorJob(TrainJob):
    """The training run that is looked over."""

    overfit_steps: int = Field(default=200, ge=1)
    """Steps within which 20 rows must be learnt by heart."""


def check(config: DoctorJob) -> None:
    check_common(config.cluster, config.output)
    with_profile(config, profile_of(config.cluster))


def diagnose(config: DoctorJob) -> list[Finding]:
    """Findings on the run as the profile completes it."""
    from jobs.progress import Progress
    from training.doctor import examine

    filled = with_profile(config, profile_of(config.cluster))
    with Progress("doctor") as progress:
        return examine(plain_of(filled), config.overfit_steps, lambda text: progress.to(0, note=text))


def show(findings: Sequence[Finding]) -> None:
    """The findings as a table on the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("check", "verdict", "finding", title="Doctor", title_justify="left")
    for finding in findings:
        table.add_row(Text(finding.name), Text(finding.verdict, COLOURS[finding.verdict]), Text(finding.text))
    console = Console()
    console.print(table)
    verdicts = Counter(finding.verdict for finding in findings)
    if not verdicts["error"]:
        console.print(f"no error, {verdicts['warning']} to read; the recipe can be trained")


def work(config: DoctorJob) -> None:
    from training.doctor import errors

    check_rows(config.rows)
    findings = diagnose(config)
    show(findings)
    if wrong := errors(findings):
        others = f" ({len(wrong)} errors in all)" if len(wrong) > 1 else ""
        raise PreflightError(f"{wrong[0].name}: {wrong[0].text}{others}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", DoctorJob, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
