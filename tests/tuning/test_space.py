"""Search spaces of recipes, and as Optuna takes them."""

import pytest

from toolschool.errors import ConfigError
from tuning.space import check_dimension, corner, distributions, edges, flatten


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
        ({"quniform": [0, 1, 0]}, "positive step"),
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


def test_corner_is_the_lowest_of_every_dimension():
    space = {"train.lr": {"loguniform": ["1e-5", "1e-3"]}, "train.batch_size": {"choice": [16, 32]}}
    assert corner(space) == {"train.lr": 1e-5, "train.batch_size": 16}


def test_edges_differ_from_the_corner_in_one_key():
    space = {"lr": {"uniform": [0, 3]}, "rank": {"quniform": [4, 30, 8]}, "seed": {"randint": [0, 3]}}
    space |= {"init": {"choice": ["a", "b", "c"]}, "fixed": {"choice": [1]}}
    low = {"lr": 0.0, "rank": 4.0, "seed": 0, "init": "a", "fixed": 1}
    moved = [("lr", 3.0), ("rank", 28.0), ("seed", 2), ("init", "b"), ("init", "c")]
    assert list(edges(space)) == [(key, {**low, key: value}) for key, value in moved]


def test_optuna_draws_within_the_recipe_s_bounds():
    import optuna

    space = {
        "lr": {"loguniform": ["1e-5", "1e-3"]},
        "rank": {"quniform": [4, 30, 8]},
        "seed": {"randint": [0, 3]},
        "share": {"uniform": [0, 1]},
        "init": {"choice": ["a", "b"]},
    }
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = [study.ask(fixed_distributions=distributions(space)).params for _ in range(300)]
    assert {values["rank"] for values in drawn} == {4.0, 12.0, 20.0, 28.0}
    assert {values["seed"] for values in drawn} == {0, 1, 2}, "the upper bound of randint is not drawn"
    assert {values["init"] for values in drawn} == {"a", "b"}
    assert all(1e-5 <= values["lr"] <= 1e-3 and 0 <= values["share"] <= 1 for values in drawn)
    below = sum(values["lr"] < 1e-4 for values in drawn)
    assert 100 < below < 200, "half of the draws of a log scale lie below its middle"
