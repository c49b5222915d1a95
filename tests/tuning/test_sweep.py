"""Sweep configurations and what is left of a sweep: table, CSV, recipes, pictures."""

import csv
import io
from dataclasses import replace

import pytest
import yaml

from toolschool.config import build
from toolschool.errors import ConfigError
from training.config import TrainConfig
from tuning import outcome, pictures
from tuning.config import SweepConfig, trial_config
from tuning.ledger import Trial, front, ranked
from tuning.sweep import SweepResult

BASE = {
    "trial": {"objective": "tool_classifier", "rows": "rows", "model": {"name": "minilm"}, "train": {"epochs": 2}},
    "space": {"train.lr": {"loguniform": ["1e-5", "1e-3"]}, "objective_args.pos_weight": {"uniform": [1, 60]}},
}
BOTH = {"metric": {"val_coverage": "max", "val_mean_tools": "min"}}
PNG = b"\x89PNG"


def config(**changes) -> SweepConfig:
    return build(SweepConfig, BASE, changes)


def test_a_trial_is_the_base_with_its_values():
    found = trial_config(config().trial, {"train.lr": 5e-4, "objective_args.pos_weight": 8.0}, "store", "t1")
    assert isinstance(found, TrainConfig)
    assert (found.train.lr, found.objective_args.pos_weight, found.train.epochs) == (5e-4, 8.0, 2)
    assert (found.output.storage, found.output.name) == ("store", "t1")


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"train.lrr": {"uniform": [0.1, 0.2]}}, "unknown key train.lrr; did you mean lr"),
        ({"train.lr": {"uniform": [-1, 0.2]}}, "train.lr"),
        ({"train.lr": {"gauss": [0, 1]}}, "unknown kind 'gauss'"),
        ({"rows": {"uniform": [0, 1]}}, "space.rows: give .choice"),
        ({"rows": {"choice": [1, 2]}}, "space.rows: give .choice"),
        ({"workers.count": {"choice": [1, 2]}}, "cannot differ in workers"),
    ],
)
def test_mistakes_in_the_space_are_found_before_anything_starts(space, said):
    with pytest.raises(ConfigError, match=said):
        build(SweepConfig, {**BASE, "space": space})


def test_rows_vary_over_prepared_folders():
    trial = {key: value for key, value in BASE["trial"].items() if key != "rows"}
    space = {"rows": {"choice": ["runs/a", "runs/b"]}, "train.lr": {"uniform": [0.1, 0.2]}}
    found = build(SweepConfig, {"trial": trial, "space": space})
    assert found.inputs == ["runs/a", "runs/b"]
    assert trial_config(found.trial, {"rows": "runs/b"}, "s", "t").rows == "runs/b"
    assert config().inputs == ["rows"]


def test_metrics_say_their_direction():
    assert config().search.objectives == {"val_average_precision": "max"}
    assert config(search={"metric": "val_loss"}).search.objectives == {"val_loss": "min"}
    assert config(search={"metric": "val_mean_tools", "mode": "min"}).search.objectives == {"val_mean_tools": "min"}
    both = config(search=BOTH).search
    assert both.objectives == {"val_coverage": "max", "val_mean_tools": "min"}
    assert both.first == "val_coverage"
    for search, said in (
        ({**BOTH, "mode": "max"}, "mode is for a single metric"),
        ({"metric": {"val_f1": "max"}}, "metric: NAME"),
        ({"metric": {"val_f1": "up", "val_loss": "min"}}, "search.metric"),
    ):
        with pytest.raises(ConfigError, match=said):
            config(search=search)


HISTORY = [
    {"step": 1.0, "epoch": 1.0, "val_average_precision": 0.5, "val_coverage": 0.4, "val_mean_tools": 3.0},
    {"step": 2.0, "epoch": 2.0, "val_average_precision": 0.8, "val_coverage": 0.7, "val_mean_tools": 5.0},
]


def result() -> SweepResult:
    best = Trial("trial-001", {"train.lr": 1e-3, "objective_args.pos_weight": 8.0}, HISTORY[1], HISTORY, "finished")
    other = Trial(
        "trial-002", {"train.lr": 1e-5, "objective_args.pos_weight": 50.0}, HISTORY[0], HISTORY[:1], "stopped early"
    )
    broken = Trial("trial-003", {"train.lr": 1e-4, "objective_args.pos_weight": 2.0}, end="failed", error="it broke")
    return SweepResult([best, other, broken], "nowhere")


def test_table_and_csv_show_every_trial():
    table = outcome.table(config(), result())
    assert table.header[:3] == ("rank", "train.lr", "objective_args.pos_weight")
    assert [row[-1] for row in table.rows] == ["finished", "stopped early", "failed"]
    assert table.rows[0][3] == "0.8"
    assert "2 trials are too few" in table.note
    rows = list(csv.DictReader(io.StringIO(outcome.to_csv(result()))))
    assert [row["trial"] for row in rows] == ["trial-001", "trial-002", "trial-003"]
    assert float(rows[0]["val_coverage"]) == 0.7
    assert (rows[2]["end"], rows[2]["error"]) == ("failed", "it broke")


def test_which_pictures_there_are_depends_on_what_was_measured():
    drawn = dict(pictures.pictures(config(), result()))
    assert set(drawn) == {"coverage.png", "parallel.png", "curves.png"}, "two trials say nothing about importance"
    assert all(figure.png.startswith(PNG) for figure in drawn.values())
    bare = SweepResult([Trial("t", {"train.lr": 1.0}, {"val_loss": 1.0})], "nowhere")
    assert pictures.coverage_picture(config(), bare) is None


def test_the_metric_is_drawn_against_the_first_number():
    space = {"objective_args.init": {"choice": ["random", "names"]}, "train.lr": {"loguniform": ["1e-3", "1e-1"]}}
    sweep = build(SweepConfig, {**BASE, "space": space, "search": {"metric": "val_f1"}})
    values = {"objective_args.init": "random", "train.lr": 1e-2}
    found = SweepResult([Trial("t", values, {"val_f1": 0.7}), Trial("u", values, error="it broke")], "nowhere")
    picture = pictures.metric_picture(sweep, found)
    assert picture is not None
    assert picture.startswith(PNG)
    assert pictures.metric_picture(sweep, SweepResult([found.trials[1]], "nowhere")) is None


def of_both(coverage: float, tools: float, name: str) -> Trial:
    measured = {"step": 1.0, "val_coverage": coverage, "val_mean_tools": tools}
    values = {"train.lr": 1e-3, "objective_args.pos_weight": 8.0}
    return Trial(name, values, measured, [measured], "finished")


def test_several_objectives_leave_a_front_and_a_recipe_for_each_member():
    sweep = config(search=BOTH)
    objectives = sweep.search.objectives
    trials = [
        of_both(0.5, 3, "low"),
        of_both(0.9, 6, "high"),
        of_both(0.5, 4, "worse"),
        replace(of_both(1, 1, "f"), end="failed"),
    ]
    assert [trial.name for trial in front(trials, objectives)] == ["low", "high"]
    order = ranked(trials, objectives)
    assert [trial.name for trial in order] == ["high", "low", "worse", "f"]
    found = SweepResult(order[:3], "nowhere", front(order, objectives))
    assert found.best.name == "high"
    texts = outcome.recipes(sweep, found, "mine")
    assert list(texts) == ["best.yaml", "front/1.yaml", "front/2.yaml"]
    names = [build(TrainConfig, yaml.safe_load(text)).output.name for text in texts.values()]
    assert names == ["mine-best", "mine-front-1", "mine-front-2"]
    assert [row[-1] for row in outcome.table(sweep, found).rows] == ["finished, front", "finished, front", "finished"]
    drawn = dict(pictures.pictures(sweep, found))
    assert drawn["front.png"].png.startswith(PNG)


def test_best_is_a_ready_recipe():
    text = outcome.best_yaml(config(), result().best, "mine")
    assert "python -m jobs.train --config" in text
    assert "val_average_precision 0.8" in text
    found = build(TrainConfig, yaml.safe_load(text))
    assert (found.train.lr, found.objective_args.pos_weight, found.output.name) == (1e-3, 8.0, "mine")
