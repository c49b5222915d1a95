"""A record is used again on the same machine with the same versions and code, and only then."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import store
from benchmarks.results import Claim, Measured
from benchmarks.store import ROOT, Record

FOUND = Measured("| arm |", (Claim("executor/streamed", (3.0, 3.1, 3.2, 3.0, 2.9)),))


@pytest.fixture(scope="module")
def record() -> Record:
    return Record.of("executor", FOUND, wall_s=12.34, others=0.1)


def test_what_was_stored_is_found_again(record: Record, tmp_path: Path) -> None:
    assert store.load(tmp_path, "executor") is None
    path = store.save(tmp_path, record)
    assert store.load(tmp_path, "executor") == record
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_another_machine_version_or_code_is_measured_again(record: Record) -> None:
    assert record.reason_to_repeat() == ""
    assert replace(record, machine={**record.machine, "cores": 96}).reason_to_repeat() == "other machine"
    assert replace(record, versions={**record.versions, "torch": "1.0"}).reason_to_repeat() == "other versions"
    assert replace(record, code="0" * 16).reason_to_repeat() == "other code"
    assert replace(record, git="another", finished="then").reason_to_repeat() == ""


def test_the_code_of_a_benchmark_is_what_it_imports_even_in_functions() -> None:
    found = {str(path.relative_to(ROOT)) for path in store.sources("benchmarks.executor")}
    assert {"benchmarks/executor.py", "benchmarks/timing.py", "toolschool/plans/executor.py"} <= found
    assert "toolschool/plans/ledger.py" in found, "by way of the executor"
    assert "serving/app.py" in {str(path.relative_to(ROOT)) for path in store.sources("benchmarks.serving")}
    assert not {"benchmarks/promises.py", "benchmarks/page.py", "benchmarks/serving.py"} & found


def test_code_that_changes_changes_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "a.py").write_text("def f():\n    from benchmarks import b\n")
    (tmp_path / "benchmarks" / "b.py").write_text("import benchmarks.a\n")
    monkeypatch.setattr(store, "ROOT", tmp_path)
    before = store.digest("a")
    (tmp_path / "benchmarks" / "c.py").write_text("")
    assert store.digest("a") == before
    (tmp_path / "benchmarks" / "b.py").write_text("import benchmarks.a  # otherwise\n")
    assert store.digest("a") != before


def test_only_what_is_not_stored_is_measured(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "measure", lambda name: started.append(name) or True)
    store.save(tmp_path, record)
    assert command.done("executor", anew=False)
    assert started == []
    assert command.done("executor", anew=True)
    assert command.done("planner", anew=False)
    assert started == ["executor", "planner"]
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    assert not command.done("toolformer", anew=False), "it reads data sets"
    assert started == ["executor", "planner"]


def test_a_benchmark_that_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["executer"]) == 2
    assert "no benchmark executer; known: floor" in capsys.readouterr().err
