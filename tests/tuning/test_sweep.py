"""Sweep configurations, trials and what is left of them; one real sweep on a cluster."""

import csv
import io

import pytest
import yaml

from toolschool.config import build
from toolschool.errors import ConfigError
from training.config import TrainConfig
from tuning import outcome
from tuning.sweep import SweepConfig, SweepResult, Trial, trial_config

BASE = {
    "trial": {"objective": "tool_classifier", "rows": "rows", "model": {"name": "minilm"}, "train": {"epochs": 2}},
    "space": {"train.lr": {"loguniform": ["1e-5", "1e-3"]}, "objective_args.pos_weight": {"uniform": [1, 60]}},
}


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
        ({"rows": {"choice": ["a"]}}, "cannot differ in rows"),
        ({"workers.count": {"choice": [1, 2]}}, "cannot differ in workers"),
    ],
)
def test_mistakes_in_the_space_are_found_before_anything_starts(space, said):
    with pytest.raises(ConfigError, match=said):
        build(SweepConfig, {**BASE, "space": space})


def result() -> SweepResult:
    history = [
        {"step": 1.0, "epoch": 1.0, "val_average_precision": 0.5, "val_coverage": 0.4, "val_mean_tools": 3.0},
        {"step": 2.0, "epoch": 2.0, "val_average_precision": 0.8, "val_coverage": 0.7, "val_mean_tools": 5.0},
    ]
    best = Trial("trial-a", {"train.lr": 1e-3, "objective_args.pos_weight": 8.0}, history[1], history, finished=True)
    other = Trial("trial-b", {"train.lr": 1e-5, "objective_args.pos_weight": 50.0}, history[0], history[:1])
    broken = Trial("trial-c", {"train.lr": 1e-4, "objective_args.pos_weight": 2.0}, error="it broke")
    return SweepResult([best, other, broken], "nowhere")


def test_table_and_csv_show_every_trial():
    table = outcome.table(result(), "val_average_precision")
    assert table.header[:3] == ("rank", "train.lr", "objective_args.pos_weight")
    assert [row[-1] for row in table.rows] == ["finished", "stopped early", "failed"]
    assert table.rows[0][3] == "0.8"
    rows = list(csv.DictReader(io.StringIO(outcome.to_csv(result()))))
    assert [row["trial"] for row in rows] == ["trial-a", "trial-b", "trial-c"]
    assert float(rows[0]["val_coverage"]) == 0.7
    assert rows[2]["error"] == "it broke"


def test_picture_needs_tool_counts():
    picture = outcome.coverage_picture(config(), result())
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    bare = SweepResult([Trial("t", {"train.lr": 1.0}, {"val_loss": 1.0})], "nowhere")
    assert outcome.coverage_picture(config(), bare) is None


def test_the_metric_is_drawn_against_the_first_number():
    space = {"objective_args.init": {"choice": ["random", "names"]}, "train.lr": {"loguniform": ["1e-3", "1e-1"]}}
    sweep = config(space=space, search={"metric": "val_f1"})
    values = {"objective_args.init": "random", "train.lr": 1e-2, "objective_args.pos_weight": 8.0}
    found = SweepResult([Trial("t", values, {"val_f1": 0.7}), Trial("u", values, error="it broke")], "nowhere")
    picture = outcome.metric_picture(sweep, found)
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    assert outcome.metric_picture(sweep, SweepResult([found.trials[1]], "nowhere")) is None


def test_best_is_a_ready_recipe():
    text = outcome.best_yaml(config(), result().best, "mine")
    assert "python -m jobs.train --config" in text
    found = build(TrainConfig, yaml.safe_load(text))
    assert (found.train.lr, found.objective_args.pos_weight, found.output.name) == (1e-3, 8.0, "mine")
