"""Search spaces as they stand in recipes, and as Optuna takes them. Pure: no Ray is started here.

    space:
      train.lr: {loguniform: [1e-5, 1e-3]}           # dotted keys of the training configuration
      objective_args.pos_weight: {choice: [1, 8, 60]}

Kinds: uniform, loguniform, quniform [low, high, step], randint [low, high), choice [values].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolschool.errors import ConfigError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

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
    if kind == "quniform" and numbers[2] <= 0:
        raise ConfigError(f"space.{key}: quniform needs a positive step")
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


def edges(space: Space) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key with the points that differ from the corner in it alone: the highest value, or each further choice."""
    low = corner(space)
    for key, dimension in space.items():
        kind, given = check_dimension(key, dimension)
        for value in given[1:] if kind == "choice" else [_highest(kind, given)]:
            yield key, {**low, key: value}


def _highest(kind: str, given: Sequence[Any]) -> Any:
    """The largest number that is drawn."""
    low, high = given[:2]
    if kind == "quniform":
        return low + given[2] * int((high - low) / given[2] + 1e-9)
    return high - 1 if kind == "randint" else high


def is_log(dimension: Mapping[str, Sequence[Any]]) -> bool:
    """Whether the dimension is searched, and to be drawn, logarithmically."""
    return "loguniform" in dimension


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """The same space in Optuna's terms, by dotted key."""
    return {key: _distribution(*check_dimension(key, dimension)) for key, dimension in space.items()}


def _distribution(kind: str, arguments: Sequence[Any]) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if kind == "choice":
        return CategoricalDistribution(arguments)
    low, high = arguments[0], _highest(kind, arguments)
    if kind == "randint":
        return IntDistribution(low, high)
    if kind == "quniform":
        return FloatDistribution(low, high, step=arguments[2])  # Optuna wants a high that whole steps reach
    return FloatDistribution(low, high, log=kind == "loguniform")
