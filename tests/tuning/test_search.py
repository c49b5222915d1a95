"""The searcher between Tune, Optuna and the ledger, and what ASHA remembers; driven by hand, no Ray process."""

import pickle
from types import SimpleNamespace

import optuna
import pytest

from toolschool.config import build
from tuning.config import SweepConfig
from tuning.driver import is_evaluation, recorded
from tuning.ledger import Ledger
from tuning.search import LedgerSearch, scheduler
from tuning.study import Proposals, importances
from tuning.sweep import SweepResult, outcome_of


def config(**changes) -> SweepConfig:
    base = {
        "trial": {"rows": "rows", "model": {"name": "x"}, "train": {"epochs": 4}},
        "space": {"train.lr": {"loguniform": [1e-4, 1e-1]}, "train.seed": {"choice": [0, 1]}},
        "search": {"trials": 6, "metric": "val_loss", "grace": 1, "reduction": 2, "evaluations": 4},
    }
    return build(SweepConfig, base, changes)


def evaluation(epoch: int, loss: float) -> dict:
    return {"step": epoch * 10, "epoch": float(epoch), "val_loss": loss, "training_iteration": epoch, "trial_id": "x"}


def play(search: LedgerSearch, trial_id: str, losses: list[float], *, end: bool = True) -> str:
    """A trial as Tune would tell it."""
    name = search.suggest(trial_id)["name"]
    for epoch, loss in enumerate(losses, start=1):
        search.on_trial_result(trial_id, evaluation(epoch, loss))
    if end:
        search.on_trial_complete(trial_id, evaluation(len(losses), losses[-1]))
    return name


def test_a_killed_sweep_goes_on_with_the_same_trials(tmp_path):
    folder = str(tmp_path)
    before = LedgerSearch(config(), folder)
    assert play(before, "a", [3.0, 2.0, 1.0, 0.5]) == "trial-001"
    assert play(before, "b", [4.0]) == "trial-002"
    assert play(before, "c", [2.5, 2.4], end=False) == "trial-003"
    before.suggest("d")  # proposed, and killed before it began
    failed = before.suggest("e")
    before.on_trial_complete("e", None, error=True)
    values = {trial.name: trial.values for trial in Ledger(folder).read()}
    ends = {trial.name: trial.end for trial in Ledger(folder).read()}
    assert ends == {
        "trial-001": "finished",
        "trial-002": "stopped early",
        "trial-003": "",
        "trial-004": "",
        "trial-005": "failed",
    }

    after = LedgerSearch(config(), folder)
    assert after.left == 4
    told = [after.suggest(str(k)) for k in range(4)]
    assert [each["name"] for each in told] == ["trial-003", "trial-004", "trial-005", "trial-006"]
    assert all(each["values"] == values[each["name"]] for each in told[:3]), "as they were proposed"
    assert told[2] == failed
    assert after.suggest("more") is None
    after.on_trial_result("0", evaluation(1, 2.5))  # tells again what it had measured
    after.on_trial_result("0", evaluation(3, 2.3))
    assert [row["epoch"] for row in Ledger(folder).read()[2].history] == [1.0, 2.0, 3.0]
    result = outcome_of(config(), folder)
    assert isinstance(result, SweepResult)
    assert result.best.name == "trial-001"


def test_the_study_of_a_resumed_sweep_knows_what_was_measured(tmp_path):
    search = LedgerSearch(config(), str(tmp_path))
    play(search, "a", [3.0, 2.0, 1.0, 0.5])
    play(search, "b", [4.0, 3.5])
    search.suggest("c")
    search.on_trial_complete("c", None, error=True)
    study = Proposals(config(), Ledger(str(tmp_path)).read()).study
    same = [trial for trial in search.proposals.study.trials if trial.state != optuna.trial.TrialState.FAIL]
    assert [(t.state, t.params, t.value, t.intermediate_values) for t in study.trials] == [
        (t.state, t.params, t.value, t.intermediate_values) for t in same
    ]
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "PRUNED"]
    assert study.best_value == 0.5


def test_a_resumed_sweep_does_not_draw_the_first_values_again(tmp_path):
    search = LedgerSearch(config(), str(tmp_path))
    play(search, "a", [3.0, 2.0, 1.0, 0.5])
    after = LedgerSearch(config(), str(tmp_path))
    assert after.suggest("b")["values"]["train.lr"] != search.proposals.study.trials[0].params["train.lr"]


def test_the_search_can_be_pickled_as_tune_does(tmp_path):
    search = LedgerSearch(config(), str(tmp_path))
    play(search, "a", [3.0])
    copy = pickle.loads(pickle.dumps(search))
    assert copy.suggest("b")["name"] == "trial-002"


def test_asha_measures_new_trials_against_those_of_before_the_kill(tmp_path):
    search = LedgerSearch(config(), str(tmp_path))
    for trial_id, losses in (("a", [3.0, 2.0, 1.0, 0.5]), ("b", [4.0, 3.0]), ("c", [5.0])):
        play(search, trial_id, losses)
    known = Ledger(str(tmp_path)).read()
    fresh, resumed = scheduler(config(), []), scheduler(config(), known)
    late = SimpleNamespace(trial_id="late")
    said = []
    for asha in (fresh, resumed):
        asha.on_trial_add(None, late)
        said.append(asha.on_trial_result(None, late, evaluation(1, 4.5)))
    assert said == ["CONTINUE", "STOP"], "of 3.0, 4.0, 5.0 and 4.5 one in two goes on"
    assert pickle.loads(pickle.dumps(resumed)).on_trial_result(None, late, evaluation(2, 9.0)) == "STOP"


def test_a_training_is_left_to_end_by_itself(tmp_path):
    asha = scheduler(config(), [])
    trial = SimpleNamespace(trial_id="t")
    asha.on_trial_add(None, trial)
    said = [asha.on_trial_result(None, trial, evaluation(k, 1.0 / k)) for k in (1, 2, 3, 4)]
    assert said == ["CONTINUE"] * 4, "stopped at its last evaluation it would write no model"


def test_several_objectives_are_learnt_from_and_nothing_is_stopped(tmp_path):
    both = config(search={"metric": {"val_coverage": "max", "val_mean_tools": "min"}})
    assert scheduler(both, []) is None
    search = LedgerSearch(both, str(tmp_path))
    for trial_id in ("a", "b"):
        search.suggest(trial_id)
        row = {"step": 1, "epoch": 4.0, "val_loss": 1.0, "val_coverage": 0.5, "val_mean_tools": 3.0}
        search.on_trial_complete(trial_id, row)
    study = Proposals(both, Ledger(str(tmp_path)).read()).study
    assert [trial.values for trial in study.trials] == [[0.5, 3.0], [0.5, 3.0]]


def test_the_key_that_decides_is_the_one_that_mattered(tmp_path):
    plan = config(search={"trials": 24})
    search = LedgerSearch(plan, str(tmp_path))
    for k in range(24):
        lr = search.suggest(str(k))["values"]["train.lr"]
        for epoch in range(1, 3 if k % 2 else 5):
            search.on_trial_result(str(k), evaluation(epoch, lr * 10 / epoch))
        search.on_trial_complete(str(k), None)
    trials = Ledger(str(tmp_path)).read()
    shares, reached = importances(plan, trials, "val_loss")
    assert reached == 2, "the last evaluation that all trials reached"
    assert shares["train.lr"] > 0.9
    assert sum(shares.values()) == pytest.approx(1)
    assert importances(plan, trials[:3], "val_loss") is None


def test_evaluations_are_read_from_a_training_s_log(tmp_path):
    lines = [
        '{"step": 1, "epoch": 0.5, "loss": 3.0}',
        '{"step": 2, "epoch": 1.0, "loss": 2.0}',
        '{"step": 2, "val_loss": 1.5}',
        '{"step": 4, "val_loss": 1.2}',
        '{"step": 5, "lo',
    ]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines))
    assert recorded(str(tmp_path), config()) == [
        {"step": 2.0, "epoch": 1.0, "loss": 2.0, "val_loss": 1.5},
        {"step": 4.0, "val_loss": 1.2},
    ]
    assert recorded(str(tmp_path / "none"), config()) == []


def test_a_checkpoint_before_a_machine_goes_is_no_evaluation(monkeypatch):
    from training import loop

    told = []
    session = SimpleNamespace(
        metric="val_loss", reporter=SimpleNamespace(report=lambda metrics, write: told.append(metrics))
    )
    monkeypatch.setattr(loop, "_writer", lambda *given: None)
    loop.keep(session, SimpleNamespace(), {"step": 3, "loss": 1.0})
    assert told[0]["step"] == 3
    assert not is_evaluation(told[0])
    assert not is_evaluation({"step": 3, "loss": 1.0})
    assert is_evaluation({"step": 3, "val_loss": 1.0})
