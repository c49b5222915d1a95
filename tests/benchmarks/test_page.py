"""docs/benchmarks.md is made of the store alone, and what is not there is said."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import page
from benchmarks.documents import part
from benchmarks.promises import PROMISES
from benchmarks.results import Claim, Curve, Measured
from benchmarks.store import ROOT, Record, save

TEMPLATE = (ROOT / page.DOCUMENT).read_text(encoding="utf-8")
CURVES = (Curve("scoring", "rows", (10, 100, 1000), (0.1, 1.0, 10.0)), Curve("a trie", "tools", (16, 160), (1.0, 2.0)))


@pytest.fixture
def document(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    path = tmp_path / "benchmarks.md"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path


def test_nothing_measured_is_said_everywhere(tmp_path: Path, document: Path) -> None:
    page.write(command.NAMES, tmp_path / "store", document)
    text = document.read_text()
    assert part(text, "machine") == part(text, "floor") == part(text, "growth") == page.MISSING
    assert part(text, "claims").startswith(f"0 of {len(PROMISES)} ratios are measured")
    assert part(text, "runs").count("not measured yet") == len(command.NAMES)


def test_tables_pictures_and_conditions_come_from_the_store(tmp_path: Path, document: Path) -> None:
    quiet = Record.of("growth", Measured("points", curves=CURVES), wall_s=60, others=0.0)
    claim = Claim("executor/streamed", (3.0,) * 5)
    busy = replace(Record.of("executor", Measured("### Arms\n\n| x |", (claim,)), 6, others=1.5), code="older")
    for record in (quiet, busy):
        save(tmp_path / "store", record)
    page.write(command.NAMES, tmp_path / "store", document)
    text = document.read_text()
    assert "| scoring | rows | 10 to 1,000 | 0.1 to 10 | 1.00 ± 0.00 | 1.00 |" in part(text, "growth")
    for name in ("growth-rows.png", "growth-tools.png"):
        assert f"(results/{name})" in part(text, "growth")
        assert (tmp_path / "results" / name).read_bytes().startswith(b"\x89PNG")
    (line,) = [line for line in part(text, "runs").splitlines() if line.startswith("| executor ")]
    assert line.endswith("| 0.1 | 1.5 | other code, beside other work |")
    assert "### executor\n\nHow much faster does a plan run" in part(text, "tables")
    assert "#### Arms\n\n| x |" in part(text, "tables")
    assert "| a plan run while it is written" in part(text, "claims").splitlines()[4]


def test_the_page_of_the_project_has_a_line_for_every_promise_and_benchmark() -> None:
    for promise in PROMISES.values():
        assert promise.what in part(TEMPLATE, "claims")
    for name in command.NAMES:
        assert f"| {name} |" in part(TEMPLATE, "runs")
