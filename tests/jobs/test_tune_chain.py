"""Sweeps over chains of small made-up jobs: what is refused, how trials go on, what is left. No Ray."""

import csv
from pathlib import Path
from typing import Any

import pytest

from jobs import chain, sweeping, tune_chain
from jobs.chain import ChainConfig, Verb
from jobs.tune_chain import ChainSweep
from pipelines import manifest
from toolschool.config import Config, OutputConfig, build, read_yaml
from toolschool.errors import ConfigError, DataError
from tuning.ledger import Ledger, Trial
from tuning.search import LedgerSearch, scheduler
from tuning.sweep import SweepResult, outcome_of

X, Y = "steps.first.set.x", "given.y"


class MadeUpConfig(Config):
    """A made-up job's."""

    x: float = 0.0
    source: str = ""
    split: str | None = "validation"
    output: OutputConfig


class Jobs:
    """Made-up jobs: each adds `x` to what the step before it wrote, and measures the sum and its square."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.broken = ""

    def verb(self, name: str) -> Verb:
        return Verb(MadeUpConfig, self.check, self.work)

    def check(self, config: MadeUpConfig) -> None:
        if config.x > 5:
            raise DataError("x must be 5 at most")

    def work(self, config: MadeUpConfig) -> None:
        folder = Path(config.output.storage, config.output.name)
        name = f"{folder.parent.name}/{folder.name}"
        self.done.append(name)
        if name == self.broken:
            raise KeyboardInterrupt  # as if it were killed
        found = config.x + (float(Path(config.source, "out").read_text()) if config.source else 0.0)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "out").write_text(str(found))
        metrics = {"sum": found, "square": found**2, "said": "a word", "none": None}
        manifest.write(str(folder), "made up", config=config.model_dump(mode="json"), metrics=metrics)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    made = Jobs()
    monkeypatch.setattr(chain, "verb_named", made.verb)
    return made


def config(tmp_path: Path, **changes: Any) -> ChainSweep:
    """first <- second, over both their numbers."""
    base = {
        "chain": {
            "given": {"y": 0.0},
            "steps": {
                "first": {"verb": "prepare"},
                "second": {"verb": "quiz", "set": {"x": "{y}", "source": "{first}"}},
            },
        },
        "space": {X: {"uniform": [0, 3]}, Y: {"choice": [0.5, 2.0]}},
        "search": {"trials": 5, "metric": "second.sum"},
        "output": {"storage": str(tmp_path), "name": "sweep"},
    }
    return build(ChainSweep, base, changes)


class Tune:
    """Ray Tune's part: hands trials out, runs their drivers here and passes on what they report."""

    def __init__(self, plan: ChainSweep, monkeypatch: pytest.MonkeyPatch) -> None:
        from ray import tune as ray_tune

        self.plan, self.told = plan, []
        self.folder = str(Path(plan.output.storage, plan.output.name))
        Ledger(self.folder).begin(plan)
        monkeypatch.setattr(ray_tune, "report", self.told.append)

    def run(self) -> SweepResult:
        search, base = LedgerSearch(self.plan, self.folder), self.plan.model_dump(mode="json", exclude_unset=True)
        for number in range(search.left):
            given = search.suggest(str(number))
            assert given is not None
            self.plan.driver(given, base, self.plan.trials)
            heard = {**self.told[-1], "trial_id": str(number), "time_total_s": 1.0, "config/values/given.y": 1}
            search.on_trial_result(str(number), heard)
            search.on_trial_complete(str(number), heard)
        return outcome_of(self.plan, self.folder)


def test_trials_are_chains_and_the_best_is_one_ready_to_run(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = config(tmp_path)
    tune_chain.check(plan)
    result = Tune(plan, monkeypatch).run()
    assert [trial.end for trial in result.trials] == ["finished"] * 5
    assert jobs.done == [f"trial-{k:03d}/{step}" for k in range(1, 6) for step in ("first", "second")]
    for trial in result.trials:
        assert trial.metrics["second.sum"] == pytest.approx(sum(trial.values.values()))
        assert set(trial.metrics) == {"step", "first.sum", "first.square", "second.sum", "second.square"}
    sums = [trial.metrics["second.sum"] for trial in result.trials]
    assert sums == sorted(sums, reverse=True)

    content = {"job": "tune", "finished": "now", "git": "x", "wall_s": 1.0, "counts": {}, "config": {}}
    sweeping.write_results(plan, result, content)
    left = {path.name for path in Path(result.folder).iterdir() if path.is_file()}
    assert left == {
        "sweep.json",
        "trials.csv",
        "best.yaml",
        "trials.png",
        "parallel.png",
        "importance.png",
        "report.html",
    }
    assert "python -m jobs.chain --config" in Path(result.folder, "best.yaml").read_text()
    best = build(ChainConfig, read_yaml(Path(result.folder, "best.yaml")))
    assert (best.output.storage, best.output.name) == (str(tmp_path), "sweep-best")
    chain.check(best)
    chain.work(best)
    made = manifest.read(str(tmp_path / "sweep-best"))
    assert made is not None
    assert made["metrics"]["second.sum"] == pytest.approx(sums[0])
    rows = list(csv.DictReader((tmp_path / "sweep" / "trials.csv").read_text().splitlines()))
    assert [float(row["second.sum"]) for row in rows] == sums


def test_a_killed_sweep_goes_on_at_the_step_of_its_trial(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = config(tmp_path, search={"trials": 3})
    jobs.broken = "trial-002/second"
    with pytest.raises(KeyboardInterrupt):
        Tune(plan, monkeypatch).run()
    before = {trial.name: trial for trial in Ledger(plan.trials.removesuffix("/trials")).read()}
    assert [trial.end for trial in before.values()] == ["finished", ""]
    jobs.broken, jobs.done = "", []
    after = {trial.name: trial for trial in Tune(plan, monkeypatch).run().trials}
    assert jobs.done == ["trial-002/second", "trial-003/first", "trial-003/second"], "what had ended is not done again"
    assert after["trial-001"] == before["trial-001"]
    assert after["trial-002"].values == before["trial-002"].values
    jobs.done = []
    Tune(config(tmp_path, search={"trials": 4}), monkeypatch).run()
    assert jobs.done == ["trial-004/first", "trial-004/second"]


def test_another_sweep_under_the_same_name_is_refused(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scored").mkdir()
    (tmp_path / "scored" / "part").write_text("one")
    named = {"chain": {"given": {"scored": str(tmp_path / "scored"), "url": "http://127.0.0.1:1/v1"}}}
    plan = config(tmp_path, **named)
    assert plan.inputs == [str(tmp_path / "scored")]
    ledger = Ledger(str(tmp_path / "sweep"))
    ledger.begin(plan)
    ledger.begin(config(tmp_path, **named, search={"trials": 9}))
    with pytest.raises(ConfigError, match=r"chain.first.split was .validation., now .train."):
        ledger.check(config(tmp_path, chain={**named["chain"], "steps": {"first": {"set": {"split": "train"}}}}))
    (tmp_path / "scored" / "part").write_text("two")
    with pytest.raises(ConfigError, match=r"content\.\S+ was"):
        ledger.check(plan)


def test_several_objectives_may_be_of_several_steps(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = config(tmp_path, search={"metric": {"second.sum": "max", "first.square": "min"}})
    result = Tune(plan, monkeypatch).run()
    assert result.front
    content = {"job": "tune", "finished": "now", "git": "x", "wall_s": 1.0, "counts": {}, "config": {}}
    sweeping.write_results(plan, result, content)
    for rank, trial in enumerate(result.front, start=1):
        found = build(ChainConfig, read_yaml(tmp_path / "sweep" / "front" / f"{rank}.yaml"))
        assert chain.plan(found)[0].config.x == trial.values[X]
    assert (tmp_path / "sweep" / "front.png").exists()


def test_nothing_is_stopped_early(tmp_path: Path, jobs: Jobs) -> None:
    assert scheduler(config(tmp_path), [Trial("t", {}, end="finished")]) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"search": {"grace": 2}}, "search.grace: a chain measures once, at its end, so no trial is stopped early"),
        ({"search": {"evaluations": 3}}, "search.evaluations: a chain measures once"),
        (
            {"search": {"metric": "val_loss"}},
            "no step measures 'val_loss'; write STEP.METRIC, the steps are first, second",
        ),
        ({"search": {"metric": "third.sum"}}, "no step measures 'third.sum'"),
        ({"space": {"steps.first.verb": {"choice": ["train"]}}}, "chains differ in steps.STEP.set.KEY or given.NAME"),
        ({"space": {"steps.third.set.x": {"choice": [1]}}}, "space.steps.third.set.x: chains differ in"),
        ({"space": {"given.z": {"choice": [1]}}}, "space.given.z: chains differ in"),
        ({"space": {"steps.first.set.z": {"choice": [1]}}}, "step first: unknown key z"),
        ({"space": {X: {"uniform": [0, 6]}}}, "step first: x must be 5 at most"),
        ({"space": {"steps.second.set.x": {"gauss": [1]}}}, "unknown kind 'gauss'"),
        ({"chain": {"steps": {"second": {"set": {"x": 1}}}}}, "space.given.y changes no step"),
        (
            {"chain": {"steps": {"second": {"set": {"split": "test"}}}}},
            "step second: nothing is chosen by test rows; set",
        ),
        ({"chain": {"steps": {"second": {"set": {"split": None}}}}}, "steps.second.set.split=validation"),
        ({"space": {"steps.second.set.split": {"choice": ["train", "test"]}}}, "nothing is chosen by test rows"),
        ({"chain": {"steps": {"second": {"verb": "predict"}}}}, "step second: predict reads test rows"),
        ({"chain": {"steps": {"second": {"verb": "ask"}}}}, "step second: ask reads test rows"),
        ({"chain": {"steps": {"first": {"verb": "tune"}}}}, "step first: a sweep is no step of a sweep"),
    ],
)
def test_mistakes_are_found_before_anything_starts(
    changes: dict[str, Any], said: str, jobs: Jobs, tmp_path: Path
) -> None:
    with pytest.raises((ConfigError, DataError)) as error:
        tune_chain.check(config(tmp_path, **changes))
    assert said in str(error.value)
    assert not jobs.done


def test_a_metric_that_no_chain_measures_is_said_with_the_nearest() -> None:
    metrics = {"a.sum": 1.5, "a.none": None, "a.word": "x", "b.best": {"c": 1}}
    assert tune_chain.measured(metrics, {"a.none": "max"}) == {"a.sum": 1.5}
    with pytest.raises(ConfigError, match=r"the chain measures no a.summ; did you mean a.sum\?"):
        tune_chain.measured(metrics, {"a.summ": "max"})
