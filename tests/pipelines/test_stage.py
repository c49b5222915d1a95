"""The stage: quarantine, counts, order, no-op, and a kill half way. The collecting part is tested without Ray."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import collect as collecting
from pipelines import files, manifest
from pipelines import stage as stages
from toolschool.errors import DataError, RowError

ROOT = Path(__file__).resolve().parents[2]


def _load_example():
    """By path, since tests are no package; workers get the class by value."""
    from ray import cloudpickle

    spec = importlib.util.spec_from_file_location("stage_example", Path(__file__).with_name("stage_example.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    cloudpickle.register_pickle_by_value(module)
    return module


example = _load_example()


def write_source(folder: Path, values) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"key": f"{i:06d}", "raw": str(v)} for i, v in enumerate(values)]
    pq.write_table(pa.Table.from_pylist(rows), folder / "source.parquet")
    return str(folder)


def read(run, name) -> list[dict]:
    return [row for path in files.list_files(str(run / name), ".parquet") for row in pq.read_table(path).to_pylist()]


def blocks_of(stage, source: str, groups) -> str:
    """What Ray Data would leave: one block file per group of keys."""
    worker = stages.Worker(stage.name, stage.transform, {}, collecting.block_schema(stage.outputs))
    table = pq.read_table(f"{source}/source.parquet")
    work = files.join(stage.run, "work")
    for number, group in enumerate(groups):
        part = table.filter(pa.array([key in group for key in table["key"].to_pylist()]))
        Path(work, "blocks").mkdir(parents=True, exist_ok=True)
        pq.write_table(worker(part), f"{work}/blocks/{number}.parquet")
    return work


def collect(stage, work: str, keys) -> dict[str, int]:
    return collecting.collect(stage.name, stage.run, stage.outputs, files.join(work, "blocks"), keys)


def test_collect_restores_order_and_drops_repeats(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "SHARD_ROWS", 4)
    source = write_source(tmp_path / "in", [0, 1, -2, 3, 4, 5, 6, 7, 8, 9])
    stage = example.stage(source, str(tmp_path / "run"))
    keys = stages.source_keys(source)
    work = blocks_of(stage, source, [keys[6:], keys[:3], keys[2:7]])  # out of order, three keys written twice
    counts = collect(stage, work, keys)
    assert counts == {"odd": 5, "even": 8, "quarantine": 1}
    assert [row["value"] for row in read(tmp_path / "run", "odd")] == [1, 9, 25, 49, 81]
    assert [row["value"] for row in read(tmp_path / "run", "even")] == [0, 0, 16, 16, 36, 36, 64, 64]
    assert read(tmp_path / "run", "quarantine") == [{"id": "000002", "reason": "negative value", "raw": "-2"}]
    assert collect(stage, work, keys) == counts, "collecting again after a kill changes nothing"


def test_collect_refuses_to_lose_a_row(tmp_path):
    source = write_source(tmp_path / "in", range(6))
    stage = example.stage(source, str(tmp_path / "run"))
    keys = stages.source_keys(source)
    work = blocks_of(stage, source, [keys[:3], keys[4:]])
    with pytest.raises(DataError, match="lost rows"):
        collect(stage, work, keys)


def test_an_output_without_rows_keeps_its_schema(tmp_path):
    source = write_source(tmp_path / "in", [1, 3])
    stage = example.stage(source, str(tmp_path / "run"))
    keys = stages.source_keys(source)
    collect(stage, blocks_of(stage, source, [keys]), keys)
    (path,) = files.list_files(str(tmp_path / "run" / "even"))
    assert pq.read_schema(path).equals(example.SCHEMA)
    assert pq.read_metadata(path).num_rows == 0


@pytest.mark.parametrize(("keys", "said"), [(None, "no Parquet"), ([], "no rows"), (["a", "a"], "repeat")])
def test_sources_that_cannot_be_run(tmp_path, keys, said):
    if keys is not None:
        table = pa.table({"key": pa.array(keys, pa.string()), "raw": pa.array(keys, pa.string())})
        pq.write_table(table, tmp_path / "source.parquet")
    with pytest.raises(DataError, match=said):
        stages.source_keys(str(tmp_path))


def test_each_keeps_errors_in_their_place():
    results = stages.each(example.Square().square, [{"key": "a", "raw": "2"}, {"key": "b", "raw": "-1"}])
    assert list(results[0]) == ["even"]
    assert isinstance(results[1], RowError)


@pytest.mark.cluster
def test_stage_runs_quarantines_and_then_is_a_no_op(tmp_path, ray_cluster):
    source = write_source(tmp_path / "in", [*range(100), -5])
    stage = example.stage(source, str(tmp_path / "run"))
    first = stages.run_stage(stage)
    assert (first.rows_in, dict(first.rows_out), first.quarantined) == (101, {"odd": 50, "even": 100}, 1)
    assert not files.exists(files.join(stage.run, "stages", "square", stages._fingerprint(stage))), "work is cleared"
    said = manifest.read(files.join(stage.run, "stages", "square"))
    assert said["counts"] == {"in": 101, "out": {"odd": 50, "even": 100}, "quarantined": 1}
    assert said["inputs"][source] == files.sha256(source)
    again = stages.run_stage(stage)
    assert again.skipped
    assert again.counts() == first.counts()


@pytest.mark.cluster
@pytest.mark.timeout(600)
def test_killed_half_way_then_run_again(tmp_path, ray_cluster, kill_when):
    """SIGKILL of the whole process group while blocks are being written; the rerun loses and doubles nothing."""
    source = write_source(tmp_path / "in", [*range(400), -1])
    run, log = tmp_path / "run", tmp_path / "log"
    program = "import stage_example; stage_example.main()"
    command = [sys.executable, "-c", program, source, str(run), "0.5", str(log)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/tests/pipelines"}
    process = subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)
    checkpoint = files.join(str(run), "stages", "square")

    def blocks() -> int:
        return len([p for p in files.list_files(checkpoint, ".parquet") if "/checkpoint/" in p])

    kill_when(process, lambda: blocks() >= 3, within_s=400, every_s=0.1)
    assert manifest.read(checkpoint) is None, "killed, so not finished"
    handled_before = set(log.read_text().split())
    log.write_text("")

    result = stages.run_stage(example.stage(source, str(run), 0.5, str(log)))
    handled_after = set(log.read_text().split())
    assert result.counts() == {"in": 401, "out": {"odd": 200, "even": 400}, "quarantined": 1}
    assert len(handled_after) < 401, "finished blocks were not done again"
    assert handled_before | handled_after == set(stages.source_keys(source))
    assert [row["value"] for row in read(run, "odd")] == [v * v for v in range(400) if v % 2]
