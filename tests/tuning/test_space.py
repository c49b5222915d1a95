"""Search spaces of recipes, and the number of trials a cluster carries."""

import pytest

from toolschool.errors import ConfigError
from tuning.space import check_dimension, concurrent_trials, corner, flatten, to_tune


def test_numbers_written_as_text_are_numbers():
    assert check_dimension("train.lr", {"loguniform": ["1e-5", 1e-3]}) == ("loguniform", [1e-5, 1e-3])
    assert check_dimension("train.seed", {"randint": [0, "5"]}) == ("randint", [0, 5])
    assert check_dimension("model.name", {"choice": ["a", "b"]}) == ("choice", ["a", "b"])


@pytest.mark.parametrize(
    ("dimension", "said"),
    [
        ({}, "exactly one kind"),
        ({"uniform": [0, 1], "choice": [1]}, "exactly one kind"),
        ({"gaussian": [0, 1]}, "unknown kind 'gaussian'.*loguniform"),
        ({"uniform": [0]}, "takes 2 numbers"),
        ({"uniform": [0, "many"]}, "takes numbers"),
        ({"uniform": [2, 1]}, "lower bound"),
        ({"loguniform": [0, 1]}, "positive"),
        ({"choice": []}, "at least one"),
    ],
)
def test_mistakes_name_the_key(dimension, said):
    with pytest.raises(ConfigError, match=said) as error:
        check_dimension("train.lr", dimension)
    assert "space.train.lr" in str(error.value)


def test_nested_keys_are_dotted_ones_and_the_later_spelling_wins():
    recipe = {"train.lr": {"uniform": [0, 1]}, "a.b": {"choice": [1]}}
    assert flatten({**recipe, "train": {"lr": {"loguniform": [1, 2]}}}) == {
        "train.lr": {"loguniform": [1, 2]},
        "a.b": {"choice": [1]},
    }
    assert flatten({"a": {}}) == {"a": {}}, "left for the check to refuse"


def test_corner_and_tune_space():
    space = {"train.lr": {"loguniform": ["1e-5", "1e-3"]}, "train.batch_size": {"choice": [16, 32]}}
    assert corner(space) == {"train.lr": 1e-5, "train.batch_size": 16}
    sampled = to_tune(space)
    assert 1e-5 <= sampled["train.lr"].sample() <= 1e-3
    assert sampled["train.batch_size"].sample() in (16, 32)


@pytest.mark.parametrize(
    ("cpus", "gpus", "workers", "use_gpu", "expected"),
    [(6, 0, 1, False, 4), (6, 0, 2, False, 2), (2, 0, 2, False, 1), (64, 8, 4, True, 2), (8, 8, 4, True, 1)],
)
def test_workers_of_all_trials_fit_at_once(cpus, gpus, workers, use_gpu, expected):
    found = concurrent_trials(cpus, gpus, workers=workers, cpus_per_worker=1, use_gpu=use_gpu, driver_cpus=0.1)
    assert found == expected
