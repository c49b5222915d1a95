"""Profiles and the choice of an address; connecting itself is exercised by every test with Ray."""

import pytest

from cluster import connect as connecting
from cluster.connect import ConnectError, Profile, ProfileError, load_profile, profile_names, where, worker_environment


@pytest.mark.parametrize("name", ["ci", "gpu", "laptop"])
def test_shipped_profiles_load(name):
    assert name in profile_names()
    assert load_profile(name).name == name


def test_unknown_profile_names_the_known_ones():
    with pytest.raises(ProfileError, match="laptop"):
        load_profile("mainframe")


@pytest.mark.parametrize(
    ("text", "said"),
    [("cpu: 3", "cpu"), ("train: {workers: many}", "train.workers"), ("- 1", "mine.yaml"), ("a: [", "YAML")],
)
def test_mistakes_in_a_profile_are_named(tmp_path, text, said):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ProfileError, match=said):
        load_profile(str(tmp_path / "mine.yaml"))


def test_address_given_beats_environment_beats_profile(monkeypatch):
    profile = Profile(name="x", address="auto")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert where(profile) == "auto"
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert where(profile) == "10.0.0.1:6379"
    assert where(profile, "local") == "local"


def test_worker_environment_follows_the_device():
    assert worker_environment(load_profile("laptop"))["DS_ACCELERATOR"] == "cpu"
    assert "DS_ACCELERATOR" not in worker_environment(load_profile("gpu"))
    assert worker_environment(load_profile("gpu"))["OMP_NUM_THREADS"] == "4"


@pytest.mark.parametrize(("target", "tries"), [("local", 2), ("10.0.0.1:6379", 1)])
def test_a_cluster_that_does_not_come_up_is_one_error(monkeypatch, target, tries):
    asked = []

    def late(profile, where, environment):
        asked.append(where)
        raise Exception("The current node timed out\n during startup")

    monkeypatch.setattr(connecting, "_init", late)
    with pytest.raises(ConnectError, match="timed out during startup"):
        connecting._start(Profile(name="x"), target)
    assert asked == [target] * tries
