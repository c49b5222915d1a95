"""Answers that can be worked out: numbers in words, dates, factors, weather; and STE's own example of one."""

import itertools
import json
import math
import random
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets import registry
from toolschool.errors import ToolError
from toolschool.tools.simulated import Api, SimulatedBackend, read_apis
from toolschool.tools.simulated.computed import computed, day_of
from toolschool.tools.simulated.number_words import LIMIT, number_words

DATE, DAY, WOLFRAM = (("", "", name) for name in ("add_date", "get_today_date", "getWolframAlphaResults"))
FACT = ("", "Numbers", "Get math fact")
WORDS = ("", "Numbers Translator", "Numbers Translator")
AMOUNT = ("", "NumbersToLetters", "Convertir cantidad a letra Moneda MXN Ingles")
PASSWORD = ("", "Password Generator API", "Password of length 50")

ONES = dict(zip("zero one two three four five six seven eight nine ten eleven twelve".split(), range(13), strict=True))
ONES |= {f"{word}teen": value for value, word in enumerate("thir four fif six seven eigh nine".split(), 13)}
TENS = {f"{word}ty": 10 * value for value, word in enumerate("twen thir for fif six seven eigh nine".split(), 2)}
LATIN = "m b tr quadr quint sext sept oct non dec undec duodec tredec quattuordec quindec sexdec septendec octodec novemdec vigint"
SCALES = {f"{word}illion": 1000**power for power, word in enumerate(LATIN.split(), 2)} | {"thousand": 1000}


def value_of(words: str) -> int:
    """Number words read the other way round: an independent check."""
    total = group = 0
    for word in words.removeprefix("minus ").replace("-", " ").split():
        if word == "hundred":
            group *= 100
        elif word in SCALES:
            total, group = total + group * SCALES[word], 0
        else:
            group += ONES[word] if word in ONES else TENS[word]
    return -(total + group) if words.startswith("minus ") else total + group


@given(st.integers(-LIMIT + 1, LIMIT - 1) | st.integers(-2000, 2000))
def test_number_words_can_be_read_back(number: int) -> None:
    assert value_of(number_words(number)) == number


def test_number_words_as_people_write_them() -> None:
    written = {0: "zero", 21: "twenty-one", 105: "one hundred five", 1_000_018: "one million eighteen"}
    assert {number: number_words(number) for number in written} == written
    with pytest.raises(ValueError, match="has no name here"):
        number_words(LIMIT)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-10_000, 10_000))
def test_days_are_added(day: date, days: int) -> None:
    told = computed(DATE, {"date": str(day), "days": days}, 0)
    assert told == str(day + timedelta(days=days))


@given(st.integers(2, 10**10))
def test_facts_are_true(number: int) -> None:
    told = computed(FACT, {"number": str(number)}, 0)
    assert told
    shown, *factors = map(int, re.findall(r"\d+", told))
    assert shown == number
    if "is a prime" in told:
        assert not factors
        assert all(number % divisor for divisor in itertools.takewhile(lambda d: d * d <= number, (2, 3, 5, 7, 11, 13)))
    else:
        assert math.prod(factors) == number
        assert len(factors) > 1


def test_what_is_known() -> None:
    assert (
        computed(AMOUNT, {"moneda": "POUNDS", "monto": "1234.5"}, 0)
        == "one thousand two hundred thirty-four POUNDS 50/100"
    )
    assert computed(FACT, {"number": "97"}, 0) == "97 is a prime number."
    assert computed(FACT, {"number": "1"}, 0) == "1 is neither a prime number nor a product of prime numbers."
    assert computed(FACT, {"number": "98765432101"}, 0) == "98765432101 is an odd number of 11 digits."
    assert computed(WORDS, {"text": "-12"}, 0) == "Minus twelve"
    assert computed(WOLFRAM, {"input": "2 + 3 * 4"}, 0) == "14"
    assert computed(WOLFRAM, {"input": "capital of France"}, 0) is None, "only the API knows"
    assert computed(("", "", "search"), {"entity": "Rome"}, 0) is None
    assert computed(("Weather", "", "add_date"), {}, 0) is None, "another one of the name"
    first, again, other = (computed(PASSWORD, {"length": "25"}, seed) for seed in (1, 1, 2))
    assert first
    assert len(first) == 25
    assert first == again != other


def test_weather_goes_by_day_and_place_of_one_world() -> None:
    key = ("", "", "forecast_weather")
    three, two = (computed(key, {"location": "Bonn ", "days": days}, 4) for days in (3, 2))
    assert three
    assert two
    days = [part.split(": ")[0] for part in three.split("; ")]
    assert days == [str(day_of(4) + timedelta(days=ahead)) for ahead in (1, 2, 3)]
    assert three.startswith(two)
    assert (
        computed(key, {"location": "bonn", "days": 3}, 4) == three != computed(key, {"location": "Rome", "days": 3}, 4)
    )
    assert computed(DAY, {}, 4) == str(day_of(4)) != computed(DAY, {}, 5)


@pytest.mark.parametrize(
    ("key", "arguments", "error"),
    [
        (DATE, {"date": "14/10/2022", "days": 1}, "date must be a day such as 2024-02-28"),
        (DATE, {"date": "9999-12-31", "days": 1}, "and stay one"),
        (DATE, {"date": "2022-01-01", "days": 10**20}, "and stay one"),
        (FACT, {"number": "1.5"}, "number must be a whole number"),
        (WORDS, {"text": "9" * 67}, "text must be a whole number of less than 67 digits"),
        (AMOUNT, {"moneda": "X", "monto": "1,000"}, "monto must be an amount such as"),
        (PASSWORD, {"length": "0"}, "length must be a whole number from 1 to 1000"),
        (("", "", "forecast_weather"), {"location": "Bonn", "days": 15}, "days must be from 1 to 14"),
    ],
)
async def test_what_cannot_be_computed_is_refused(key: Any, arguments: dict[str, Any], error: str) -> None:
    with pytest.raises(ToolError, match=error):
        computed(key, arguments, 0)
    schema = {"type": "object", "properties": {name: {} for name in arguments}, "required": list(arguments)}
    answer = {"type": "object", "properties": {"result": {"type": "string"}}, "required": ["result"]}
    backend = SimulatedBackend([Api(key, "it", "", schema, answer)])
    exchange = await backend.call("it", arguments)
    assert exchange.status == 400
    assert re.search(error, str(exchange.error))
    assert "\n" not in exchange.text


@pytest.mark.data
async def test_the_example_that_is_documented_is_ours_and_gold_calls_are_computed(data_root: Path) -> None:
    rows = list(registry.load("ste", path=data_root / "ste"))
    said = next(
        row["entry"]["documentation"]
        for row in rows
        if row["kind"] == "tool" and "Numbers Translator" in row["entry"]["api"]
    )
    number, words = re.findall(r'For example (\d+) will give you \\"(.+?)\.?\\"', said)[0]
    assert computed(WORDS, {"text": number}, 0) == words

    backend = SimulatedBackend(read_apis("ste", data_root / "ste"), seed=random.Random().randrange(1000))
    names = {"%%".join(filter(None, api.key)): api.name for api in backend.apis.values()}
    known = 0
    for row in rows:
        if row["kind"] == "query":
            exchange = await backend.call(names[row["gold"]["action"]], json.loads(row["gold"]["action_input"]))
            known += exchange.ok and "(no. " not in exchange.text
    assert known == 15 * 9 - 1, "fifteen of each but Wolfram|Alpha, and but one call that is wrong"
