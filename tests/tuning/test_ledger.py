"""What a sweep keeps on disk: which trials are to run, and whether it is the same sweep. No Ray."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.config import build
from toolschool.errors import ConfigError
from tuning.config import SweepConfig
from tuning.ledger import Ledger, Trial, dominates, front, heard, numbers, reached_its_end, to_run

BASE = {
    "trial": {"objective": "tool_classifier", "rows": "rows", "model": {"name": "minilm"}, "train": {"epochs": 2}},
    "space": {"train.lr": {"loguniform": [1e-5, 1e-3]}},
}
ENDS = ("", "finished", "stopped early", "failed")


def config(**changes) -> SweepConfig:
    return build(SweepConfig, BASE, changes)


@given(st.lists(st.sampled_from(ENDS), max_size=12), st.integers(1, 15))
def test_no_done_trial_runs_again_and_none_is_lost(ends, wanted):
    known = [Trial(f"trial-{k:03d}", {}, end=end) for k, end in enumerate(ends, start=1)]
    again, new = to_run(known, wanted)
    done = [trial.name for trial in known if trial.end in ("finished", "stopped early")]
    names = [*done, *(trial.name for trial in again), *new]
    assert len(names) == len(set(names)) == max(wanted, len(known))
    assert {trial.name for trial in known} <= set(names)
    assert all(trial.end == "" for trial in again)


def test_a_trial_comes_back_as_it_was_written(tmp_path):
    ledger = Ledger(str(tmp_path))
    assert ledger.read() == []
    second = Trial("trial-002", {"train.lr": 0.1}, {"step": 1.0}, [{"step": 1.0}], "failed", "it broke")
    for trial in (second, Trial("trial-001", {"train.lr": 1.2345678901234567e-5})):
        ledger.write(trial)
    assert ledger.read() == [Trial("trial-001", {"train.lr": 1.2345678901234567e-5}, history=[]), second]
    (tmp_path / "ledger" / "trial-003.json.1a2b.draft").write_text('{"name": "tri')
    assert len(ledger.read()) == 2, "a draft that a kill left behind is no trial"


def test_the_same_sweep_goes_on_and_another_one_is_refused(tmp_path):
    ledger = Ledger(str(tmp_path))
    ledger.begin(config())
    ledger.begin(config(search={"trials": 30, "concurrent": 2}))
    ledger.begin(config(trial={"output": {"name": "elsewhere"}}))
    with pytest.raises(ConfigError) as error:
        ledger.begin(config(trial={"train": {"epochs": 3}}, search={"seed": 7}))
    said = str(error.value)
    assert "trial.train.epochs was 2.0, now 3.0" in said
    assert "search.seed was 0, now 7" in said
    assert "choose another output.name" in said
    with pytest.raises(ConfigError, match=r"space.train.lr.loguniform was \[1e-05, 0.001\], now"):
        ledger.begin(config(space={"train.lr": {"loguniform": [1e-5, 1e-2]}}))


def test_rows_prepared_anew_make_another_sweep(tmp_path):
    rows = tmp_path / "rows"
    rows.mkdir()
    (rows / "part.parquet").write_bytes(b"one")
    ledger = Ledger(str(tmp_path / "sweep"))
    ledger.begin(config(trial={"rows": str(rows)}))
    (rows / "part.parquet").write_bytes(b"two")
    with pytest.raises(ConfigError, match=r"content\.\S+ was"):
        ledger.begin(config(trial={"rows": str(rows)}))


def test_an_evaluation_told_twice_stands_once():
    trial = Trial("t", {"train.lr": 1e-4})
    told = [
        {"step": 1, "epoch": 1.0, "val_average_precision": 0.5, "time_total_s": 3.0},
        {"step": 2, "epoch": 2.0, "val_average_precision": 0.4},
        {"step": 1, "val_average_precision": 0.5, "epoch": 1.0},
    ]
    for row in told:
        trial = heard(trial, row, config())
    assert [row["step"] for row in trial.history] == [1.0, 2.0]
    assert trial.metrics == trial.history[0], "the best evaluation counts"
    assert "time_total_s" not in trial.history[0]
    assert reached_its_end(trial, config())
    assert not reached_its_end(trial, config(trial={"train": {"epochs": 3}}))
    longer = config(space={"train.epochs": {"choice": [2, 4]}})
    assert not reached_its_end(Trial("t", {"train.epochs": 4}, history=trial.history), longer), "its own length counts"


def test_with_several_objectives_the_saved_model_s_step_counts():
    both = config(search={"metric": {"val_coverage": "max", "val_mean_tools": "min"}})
    trial = Trial("t", {"train.lr": 1e-4})
    for step, (ap, coverage, tools) in enumerate([(0.5, 0.9, 9.0), (0.8, 0.7, 4.0), (0.7, 0.8, 5.0)], start=1):
        row = {"step": step, "val_average_precision": ap, "val_coverage": coverage, "val_mean_tools": tools}
        trial = heard(trial, row, both)
    assert trial.metrics["step"] == 2


def test_what_is_not_a_number_is_not_measured():
    assert numbers({"val_f1": float("nan"), "val_loss": None, "step": 3, "trial_id": "x"}, config()) == {"step": 3.0}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=12))
def test_the_front_is_optuna_s(points):
    import optuna

    objectives = {"a": "max", "b": "min", "c": "max"}
    trials = [
        Trial(str(k), {}, dict(zip(objectives, map(float, point), strict=True))) for k, point in enumerate(points)
    ]
    study = optuna.create_study(directions=["maximize", "minimize", "maximize"])
    for trial in trials:
        study.add_trial(optuna.trial.create_trial(values=list(trial.metrics.values())))
    assert {trial.name for trial in front(trials, objectives)} == {str(best.number) for best in study.best_trials}
    assert not dominates(trials[0].metrics, trials[0].metrics, objectives)


def test_marks_are_plain_json(tmp_path):
    Ledger(str(tmp_path)).begin(config())
    assert set(json.loads((tmp_path / "sweep.json").read_text())) == {"trial", "space", "search", "content"}
