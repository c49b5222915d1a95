"""Search spaces as they stand in recipes, and how many trials fit on a cluster. Pure: no Ray is started here.

    space:
      train.lr: {loguniform: [1e-5, 1e-3]}           # dotted keys of the training configuration
      objective_args.pos_weight: {choice: [1, 8, 60]}

Kinds: uniform, loguniform, quniform [low, high, step], randint [low, high), choice [values].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from toolschool.errors import ConfigError

Space = Mapping[str, Mapping[str, Sequence[Any]]]

_NUMBERS = {"uniform": 2, "loguniform": 2, "quniform": 3, "randint": 2}
KINDS = (*_NUMBERS, "choice")


def check_dimension(key: str, dimension: Mapping[str, Sequence[Any]]) -> tuple[str, list[Any]]:
    """Kind and arguments of one dimension, numbers as numbers. ConfigError says what is wrong with it."""
    if len(dimension) != 1:
        raise ConfigError(f"space.{key} must have exactly one kind, one of {', '.join(KINDS)}")
    kind, given = next(iter(dimension.items()))
    if kind == "choice":
        if not given:
            raise ConfigError(f"space.{key}: choice needs at least one value")
        return kind, list(given)
    if kind not in _NUMBERS:
        raise ConfigError(f"space.{key}: unknown kind '{kind}'; known: {', '.join(KINDS)}")
    if len(given) != _NUMBERS[kind]:
        raise ConfigError(f"space.{key}: {kind} takes {_NUMBERS[kind]} numbers, got {len(given)}")
    return kind, _numbers(key, kind, given)


def _numbers(key: str, kind: str, given: Sequence[Any]) -> list[Any]:
    try:
        # YAML reads 1e-4 as text; randint wants whole numbers.
        numbers = [int(value) if kind == "randint" else float(value) for value in given]
    except (TypeError, ValueError) as error:
        raise ConfigError(f"space.{key}: {kind} takes numbers, got {list(given)}") from error
    if numbers[0] >= numbers[1]:
        raise ConfigError(f"space.{key}: the lower bound {given[0]} must be below the upper bound {given[1]}")
    if kind == "loguniform" and numbers[0] <= 0:
        raise ConfigError(f"space.{key}: loguniform needs positive bounds")
    return numbers


def flatten(space: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys as dotted ones (`{train: {lr: {uniform: ...}}}`), so that overrides can reach into a space.

    A later spelling of the same key replaces an earlier one.
    """
    flat: dict[str, Any] = {}
    for key, value in space.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, Mapping) and not any(isinstance(inner, list | tuple) for inner in value.values()):
            flat |= flatten(value, f"{dotted}.") if value else {dotted: value}
        else:
            flat[dotted] = value
    return flat


def corner(space: Space) -> dict[str, Any]:
    """The lowest value of every dimension: a point to validate the training configuration with."""
    return {key: check_dimension(key, dimension)[1][0] for key, dimension in space.items()}


def to_tune(space: Space) -> dict[str, Any]:
    """The same space in Ray Tune's terms, by dotted key."""
    from ray import tune

    makers: dict[str, Callable[..., Any]] = {
        "uniform": tune.uniform,
        "loguniform": tune.loguniform,
        "quniform": tune.quniform,
        "randint": tune.randint,
    }
    result = {}
    for key, dimension in space.items():
        kind, arguments = check_dimension(key, dimension)
        result[key] = tune.choice(arguments) if kind == "choice" else makers[kind](*arguments)
    return result


def concurrent_trials(
    cpus: float,
    gpus: float,
    *,
    workers: int,
    cpus_per_worker: float,
    use_gpu: bool,
    driver_cpus: float,
    reserve: float = 1.0,
) -> int:
    """How many trials fit at the same time; at least 1.

    Tune counts only the trials' drivers, not the workers each of them asks for. With too many trials all drivers get a
    place, no worker does, and everybody waits for ever; `reserve` CPUs stay free for Data and placement-group clean-up.
    """
    by_cpu = (cpus - reserve) // (workers * cpus_per_worker + driver_cpus)
    by_gpu = gpus // workers if use_gpu and workers else by_cpu
    return max(1, int(min(by_cpu, by_gpu)))
