"""Functions of a user, as the tests read them."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import Field


class Unit(Enum):
    C = "celsius"
    F = "fahrenheit"


@dataclass
class Weather:
    city: str
    day: date
    degrees: float


def forecast(
    city: str,
    day: date,
    unit: Unit = Unit.C,
    tags: list[str] | None = None,
    *,
    kind: Literal["short", "long"] = "short",
) -> Weather:
    """Forecast of a city.

    It is always mild.

    Args:
        city (str): The city,
            as people write it.
        day: When.

    Returns:
        Weather: the weather
    """
    assert isinstance(unit, Unit)
    assert isinstance(day, date)
    return Weather(city, day, 20.0 if unit is Unit.C else float("inf"))


async def add(a: int, b: int = 1) -> int:
    """Adds.

    Parameters
    ----------
    a : int
        The first.
    b : int
        The second.
    """
    await asyncio.sleep(0)
    return a + b


def shout(schema: Annotated[str, Field(description="What to shout.")], json: dict[str, int] | None = None) -> str:
    """Shouts.

    :param schema: not this
    :param json: counts
    """
    return schema.upper() + str(json)


def hang(seconds: float) -> None:
    """Hangs."""
    time.sleep(seconds)


async def hang_on(seconds: float) -> None:
    """Hangs, asynchronously."""
    await asyncio.sleep(seconds)


def fail() -> None:
    """Fails."""
    raise KeyError("no\nsuch thing")


def thing() -> Any:
    """Gives what is no JSON."""
    return object()


def circle() -> Any:
    """Gives a list in itself."""
    found: list[Any] = []
    found.append(found)
    return found


def traced(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator such as users have."""

    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


@traced
def decorated(count: int) -> int:
    """Counts."""
    return count


def _hidden() -> None:
    pass


__all__ = ["add", "circle", "decorated", "fail", "forecast", "hang", "hang_on", "shout", "thing"]
