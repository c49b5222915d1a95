"""Numbers that suit the name of an argument and the bounds of its schema."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

from toolschool.tools.simulated.api import words

USUAL = (1, 500)
_RANGES: tuple[tuple[tuple[float, float], str], ...] = (
    ((-80, 80), "lat latitude"), ((-170, 170), "lon lng longitude long"), ((1, 30), "days hours weeks months limit num top max results"), ((1, 14), "nights"),
    ((1, 12), "count quantity qty copies pieces"),
    ((2, 12), "people guests adults passengers persons seats rooms players"), ((5, 2000), "amount price cost budget salary value sum income total balance"),
    ((1, 100), "percent percentage score progress humidity discount"), ((1950, 2026), "year"), ((1, 12), "month"), ((1, 28), "day"), ((0, 23), "hour"),
    ((0, 59), "minute second"), ((1, 95), "age"), ((1, 20), "page offset index skip n length"), ((50, 2000),
    "width height size pixels resolution"),
    ((40, 150), "weight kg"), ((1, 60), "distance radius km miles"), ((-20, 40), "temperature temp celsius"), ((30, 100), "fahrenheit"), ((1, 10),
    "rate interest ratio tax"),
    ((1, 5), "rating stars"), ((15, 180), "duration minutes timeout"), ((1, 40), "years term"), ((1024, 60000), "port"), ((0, 9), "priority level"),
    (USUAL, "number digits"),
)  # fmt: skip
_PAIRS = {
    ("height", "m"): (1.4, 2.0),
    ("height", "cm"): (140, 200),
    ("tip", "percent"): (5, 25),
    ("weight", "lb"): (90, 300),
}
_BY_NAME = {word: bounds for bounds, named in _RANGES for word in named.split()}

NUMBERED = frozenset(_BY_NAME) - {
    "value",
    "level",
    "score",
    "total",
    "max",
    "min",
    "top",
    "result",
    "results",
    "rate",
    "interest",
    "second",
    "sum",
}
"""Names that stand for a number even where the schema wants a text."""


def draw_number(name: str, schema: Mapping[str, Any], rng: random.Random) -> int | float:
    """Within the schema's bounds; a whole number where it asks for one, else one with at most two decimals half of the time."""
    named = words(name)
    usual = next((_BY_NAME[word] for word in reversed(named) if word in _BY_NAME), USUAL)
    low, high = next((bounds for pair, bounds in _PAIRS.items() if set(pair) <= set(named)), usual)
    low, high = _bounded(low, high, schema)
    step = schema.get("multipleOf")
    if step:
        count = rng.randint(math.ceil(low / step), max(math.ceil(low / step), math.floor(high / step)))
        return count * step
    whole = 0.85 if "percent" in named else 0.7 if high - low > 200 else 0.5
    if schema.get("type") == "integer" or (rng.random() < whole and high - low > 3):
        least = math.ceil(low)
        return _roughly(least, max(least, math.floor(high)), rng)
    value = rng.uniform(low, high)
    rough = round(value, rng.choice((1, 1, 2)))
    exact = rough if low <= rough <= high else round(value, 2)
    return int(exact) if exact == int(exact) else exact


def _roughly(low: int, high: int, rng: random.Random) -> int:
    """Of a wide range small numbers oftener than large ones, and some round ones."""
    if low < 1 or high < 100 * low:
        return rng.randint(low, high)
    value = round(math.exp(rng.uniform(math.log(low), math.log(high))))
    rough = 5 * round(value / 5) if value < 200 else 50 * round(value / 50)
    return min(max(rough if rng.random() < 0.5 else value, low), high)


def _bounded(low: float, high: float, schema: Mapping[str, Any]) -> tuple[float, float]:
    """The usual range moved into the schema's."""
    step = 1 if schema.get("type") == "integer" else 0.01
    least = max(
        (bound for bound in (schema.get("minimum"), _beyond(schema, "exclusiveMinimum", step)) if bound is not None),
        default=None,
    )
    most = min(
        (bound for bound in (schema.get("maximum"), _beyond(schema, "exclusiveMaximum", -step)) if bound is not None),
        default=None,
    )
    width = high - low
    if least is not None and low < least:
        low, high = least, max(high, least + width)
    if most is not None and high > most:
        low, high = (min(low, most) if least is None else max(least, min(low, most))), most
    return low, max(low, high)


def _beyond(schema: Mapping[str, Any], name: str, step: float) -> float | None:
    return (
        schema[name] + step
        if isinstance(schema.get(name), int | float) and not isinstance(schema[name], bool)
        else None
    )
