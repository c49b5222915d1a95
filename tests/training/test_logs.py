"""The log holds every step once, also after a kill, and the progress line tells the time left."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from training.logs import Clock, RunLog, keep_until, progress


def test_lines_after_the_checkpoint_are_dropped(tmp_path: Path) -> None:
    log = RunLog(str(tmp_path), 0)
    for step in range(1, 6):
        log.write({"step": step, "loss": 1.0 / step})
    log.close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 6, "lo')  # killed while writing
    RunLog(str(tmp_path), 3).close()
    assert [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [1, 2, 3]


def test_a_uri_gets_the_same_files(tmp_path: Path) -> None:
    uri = f"file://{tmp_path}/far"
    log = RunLog(uri, 0)
    log.write({"step": 1, "loss": 2.0})
    log.close()
    again = RunLog(uri, 1)
    again.write({"step": 2, "loss": 1.0})
    again.close()
    assert len((tmp_path / "far" / "metrics.jsonl").read_text().splitlines()) == 2
    assert list((tmp_path / "far" / "tensorboard").iterdir())


def test_other_ranks_write_nothing(tmp_path: Path) -> None:
    log = RunLog(str(tmp_path / "run"), 0, active=False)
    log.write({"step": 1})
    log.close()
    assert not (tmp_path / "run").exists()


def test_a_listener_hears_every_line_of_rank_0(tmp_path: Path) -> None:
    heard: list[object] = []

    class Hears:
        def __init__(self, folder: Path, step: int) -> None:
            heard.append((folder, step))

        def __call__(self, line: Mapping[str, float]) -> None:
            heard.append(dict(line))

        def close(self) -> None:
            heard.append("closed")

    for active in (True, False):
        log = RunLog(str(tmp_path / "run"), 3, active=active, listeners=[Hears])
        log.write({"step": 4, "loss": 2.0})
        log.close()
    assert heard == [(tmp_path / "run", 3), {"step": 4, "loss": 2.0}, "closed"]


def test_missing_file_is_no_error(tmp_path: Path) -> None:
    keep_until(tmp_path / "none.jsonl", 3)


def test_progress_line() -> None:
    values = {"step": 40, "loss": 1.23456, "lr": 2e-4, "tokens_per_s": 5400.0, "eta_s": 200.4}
    assert progress(values, 300) == "step 40/300  loss 1.235  lr 2.0e-04  5.4k tok/s  0:03:20 left"


def test_time_left_comes_from_measured_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 100.0, 103.0, 104.0])  # made; end of the slow first step; asked; asked again
    monkeypatch.setattr("training.logs.time.perf_counter", lambda: next(now))
    clock = Clock()
    clock.tick(50)
    assert clock.speed(10) == {}
    clock.tick(50)
    clock.tick(50)
    assert clock.speed(10) == {"tokens_per_s": 25.0, "eta_s": 20.0}
