"""A profile fills in what a configuration leaves open, and nothing else; finding input files."""

import pytest

from cluster.connect import DataShape, Profile, TrainShape
from jobs.common import ClusterConfig, profile_of, run_folder
from jobs.sources import input_path
from jobs.train import TrainJob, with_profile
from jobs.tune import TuneJob
from jobs.tune import with_profile as sweep_with_profile
from toolschool.config import DataConfig, OutputConfig, build
from toolschool.errors import ConfigError, DataError
from toolschool.models.hub import find_folder

GPU = Profile(
    name="x",
    trials=3,
    train=TrainShape(workers=8, cpus_per_worker=4, use_gpu=True, deepspeed_stage=3, precision="bfloat16"),
    data=DataShape(actors=2),
)
BASE = {"rows": "rows", "model": {"name": "x"}, "output": {"name": "n"}}


def test_profile_fills_what_is_open():
    config = with_profile(build(TrainJob, BASE), GPU)
    assert (config.workers.count, config.workers.gpu, config.workers.cpus) == (8, True, 4)
    assert (config.deepspeed.stage, config.deepspeed.precision) == (3, "bfloat16")


def test_configuration_beats_profile():
    given = {**BASE, "workers": 2, "deepspeed": {"stage": 1}, "train": {"autocast": True}}
    config = with_profile(build(TrainJob, given), GPU)
    assert (config.workers.count, config.workers.gpu) == (2, True)
    assert (config.deepspeed.stage, config.deepspeed.precision) == (1, "float32"), (
        "bfloat16 and autocast exclude each other"
    )
    assert config.train.autocast


def test_sweeps_take_the_profile_too():
    trial = {key: value for key, value in BASE.items() if key != "output"}
    job = build(TuneJob, {"trial": trial, "space": {"train.lr": {"uniform": [0.1, 0.2]}}, "output": {"name": "n"}})
    plan = sweep_with_profile(job, GPU)
    assert plan.trial.workers.count == 8
    assert plan.search.concurrent is None, "the profile's number is a limit, not a wish"
    assert plan.space == job.space


def test_unknown_profile_is_a_configuration_error():
    with pytest.raises(ConfigError, match="no profile"):
        profile_of(ClusterConfig(profile="mainframe"))


def test_input_path(tmp_path, monkeypatch):
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    assert input_path(DataConfig(source="desk")) is None
    with pytest.raises(DataError, match=r"data\.source=desk"):
        input_path(DataConfig(source="tinyagent"))
    folder = tmp_path / "tinyagent"
    folder.mkdir()
    (folder / "plans.jsonl").write_text("")
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(tmp_path))
    assert input_path(DataConfig(source="tinyagent")) == str(folder / "plans.jsonl")
    assert input_path(DataConfig(path=str(folder))) == str(folder / "plans.jsonl")
    (tmp_path / "own.jsonl").write_text("")
    assert input_path(DataConfig(path=str(tmp_path / "own.jsonl"))) == str(tmp_path / "own.jsonl")


def test_run_folders_and_shipped_folders(tmp_path, monkeypatch):
    assert run_folder(OutputConfig(storage="s3://b/x", name="n")) == "s3://b/x/n"
    assert run_folder(OutputConfig(storage=str(tmp_path), name="n")) == f"{tmp_path}/n"
    monkeypatch.chdir(tmp_path)
    assert (find_folder("recipes") / "tinyagent").is_dir()
