"""Figures of a sweep: where lines and ticks lie, and that every case can be drawn."""

import pytest

from toolschool.errors import DataError
from toolschool.evaluation.sweep_plots import (
    Axis,
    Course,
    Line,
    Point,
    _positions,
    curves_plot,
    front_plot,
    importance_plot,
    parallel_plot,
)

PNG = b"\x89PNG"


def test_values_lie_on_their_axis_where_its_ticks_say():
    log = _positions(Axis("train.lr", log=True), [1e-4, 1e-3, 1e-2])
    assert log.at == pytest.approx([0, 0.5, 1])
    assert [text for _, text in log.ticks] == ["0.0001", "0.000316", "0.001", "0.00316", "0.01"]
    plain = _positions(Axis("x"), [0.0, 1.0, 4.0])
    assert plain.at == [0, 0.25, 1]
    names = _positions(Axis("init", categories=("random", "names")), ["names", "random"])
    assert names.at == [1, 0]
    assert names.ticks == [(0, "random"), (1, "names")]


def test_one_value_alone_lies_in_the_middle_and_long_names_keep_their_end():
    assert _positions(Axis("x"), [3.0, 3.0]).at == [0.5, 0.5]
    assert _positions(Axis("x"), [0.0]).at == [0.5]
    one = _positions(
        Axis("rows", categories=("runs/a-very-long-name-of-a-run/planner",)), ["runs/a-very-long-name-of-a-run/planner"]
    )
    assert one.at == [0.5]
    assert one.ticks[0][1].endswith("-run/planner")
    assert len(one.ticks[0][1]) <= 24


def test_all_of_them_are_pictures():
    axes = [Axis("train.lr", log=True), Axis("objective_args.init", categories=("a", "b"))]
    assert parallel_plot(axes, [Line((1e-3, "a"), 0.5), Line((1e-2, "b"), 0.6)], "val_f1").startswith(PNG)
    assert importance_plot({"train.lr": 0.9, "train.seed": 0.1}, "val_f1").startswith(PNG)
    points = [Point("1", 3.0, 0.9, True), Point("", 4.0, 0.8, False)]
    assert front_plot(points, ("val_mean_tools", "min"), ("val_coverage", "max")).startswith(PNG)
    courses = [
        Course("trial-001", [0.1, 0.5], "finished"),
        Course("trial-002", [0.1], "stopped early"),
        Course("trial-003", [0.2], ""),
    ]
    assert curves_plot(courses, "val_f1", rungs=[1, 2]).startswith(PNG)


def test_nothing_measured_is_said():
    for draw in (lambda: parallel_plot([], [], "val_f1"), lambda: curves_plot([], "val_f1")):
        with pytest.raises(DataError, match="val_f1"):
            draw()
    with pytest.raises(DataError, match="no trial"):
        front_plot([], ("a", "max"), ("b", "max"))
