"""Bars, lines and the time left."""

import io
import json

import pytest

from jobs.progress import LINE_EVERY_S, Plan, Progress, duration, eta, follow, last_record


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (7800, "2 h 10 min")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_time_left_follows_the_pace():
    assert eta(0, 10, 5) is None
    assert eta(2, 10, 5) == 20
    assert eta(12, 10, 5) == 0


def test_log_files_get_a_line_now_and_then():
    clock, stream = Clock(), io.StringIO()
    with Progress("work", total=100, unit="rows", stream=stream, clock=clock) as progress:
        for step in range(1, 101):
            clock.now += 0.3
            progress.to(step)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "work: [....................] 0/100 rows"
    assert lines[-1] == "work: done in 30 s"
    assert len(lines) == 2 + 30 // LINE_EVERY_S - 1
    assert lines[1] == "work: [#######.............] 34/100 rows, 20 s left"


def test_terminals_get_one_moving_line():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    with Progress("work", stream=stream, clock=Clock()):
        pass
    assert stream.getvalue() == "\r\x1b[Kwork: 0 s\r\x1b[Kwork: done in 0 s\n"


def test_failure_is_said():
    stream = io.StringIO()
    with pytest.raises(ValueError), Progress("work", stream=stream, clock=Clock()):
        raise ValueError
    assert stream.getvalue().splitlines()[-1] == "work: failed in 0 s"


def test_following_a_metrics_file(tmp_path, capsys):
    path = tmp_path / "metrics.jsonl"
    assert last_record(str(path)) is None
    path.write_text('{"step": 1, "loss": 2.0}\n' + json.dumps({"step": 5, "loss": 1.5, "eta_s": 70}) + '\n{"st')
    assert last_record(str(path)) == {"step": 5, "loss": 1.5, "eta_s": 70}
    with follow("train", str(path), every_s=0.01) as progress:
        for _ in range(500):
            if "step 5" in progress.line():
                break
            import time

            time.sleep(0.01)
        assert progress.line().endswith("step 5, loss 1.500, 1 min 10 s left")


def test_plan_scales_what_is_left_by_the_pace_so_far(capsys):
    clock = Clock()
    plan = Plan({"a": 10, "b": 20, "c": 30}, clock=clock)
    assert plan.left_s() == 60
    with plan.step("a"):
        clock.now += 20
    assert plan.left_s() == 100
    assert plan.took == {"a": 20}
    assert "[1/3] a (about 1 min 00 s to the end)" in capsys.readouterr().out
