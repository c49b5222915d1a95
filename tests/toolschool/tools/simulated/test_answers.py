"""Every valid call is answered within the documented schema, every invalid one is refused, and always the same way."""

import asyncio
import json
import os
import random
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from toolschool.datasets.api_docs import Parameter
from toolschool.tools.simulated import Api, SimulatedBackend, call_text, example_arguments
from toolschool.tools.simulated.answers import MAX_TEXT
from toolschool.tools.simulated.schemas import parameters_schema
from toolschool.tools.simulated.shapes import answer_schema

NAMES = st.sampled_from(
    "city cityName id user_id date from start_time url price x-units class self items[] name".split()
)
KINDS = st.sampled_from(
    ["STRING", "str", "NUMBER", "float", "int", "BOOLEAN", "ENUM", "DATE (YYYY-MM-DD)", "TIME (24-hour HH:MM)", "ARRAY",
     "OBJECT", "GEOPOINT"]
)  # fmt: skip
DESCRIPTIONS = st.sampled_from(
    ["", "What it is.", "Must be one of: a, b, c", "Allowed values are:\n- 1\n- 2", "(e.g., 5, six)"]
)
DEFAULTS = st.sampled_from(["", "a", "1", 7, "true", "2020-02-02", '["a"]', "{}", None])
PARAMETERS = st.lists(st.tuples(NAMES, KINDS, DESCRIPTIONS, DEFAULTS).map(lambda parts: Parameter(*parts)), max_size=3)
LEAVES = st.sampled_from(
    ["str", "int", "float", "bool", "NoneType", "empty list", "list of int with length 4", "complex"]
)
SHAPES = st.recursive(
    LEAVES,
    lambda inner: (
        st.dictionaries(NAMES, inner, min_size=1, max_size=4)
        | st.dictionaries(NAMES, inner, min_size=1, max_size=3).map(lambda item: [{**item, "_list_length": 9}])
    ),
    max_leaves=8,
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
OF_TYPE = {
    "string": st.text(max_size=300),
    "integer": st.integers(-(2**53), 2**53),
    "number": st.integers(-100, 100) | st.floats(-1e9, 1e9),
    "boolean": st.booleans(),
    "array": st.lists(VALUES, max_size=2),
    "object": st.dictionaries(st.text(max_size=3), VALUES, max_size=2),
}


@st.composite
def apis(draw: st.DrawFn) -> Api:
    parameters, _ = parameters_schema(draw(PARAMETERS), draw(PARAMETERS))
    shape = draw(st.dictionaries(NAMES, SHAPES, min_size=1, max_size=4))
    name = draw(st.sampled_from(["doIt", "getThing", "createThing", "deleteThing"]))
    return Api(("Tests", "", name), name, "Does it.", parameters, answer_schema(shape)[0])


def value_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    return OF_TYPE[schema["type"]] if "type" in schema else VALUES


@st.composite
def calls(draw: st.DrawFn) -> tuple[Api, dict[str, Any]]:
    """An API with arguments that it should accept."""
    api = draw(apis())
    optional = [name for name in api.parameters["properties"] if name not in api.parameters["required"]]
    given = {*api.parameters["required"], *draw(st.sets(st.sampled_from(optional)) if optional else st.just(set()))}
    properties = api.parameters["properties"].items()
    return api, {name: draw(value_of(schema)) for name, schema in properties if name in given}


def called(api: Api, arguments: dict[str, Any], seed: int = 0) -> Any:
    return asyncio.run(SimulatedBackend([api], seed=seed).call(api.name, arguments))


@given(calls())
def test_a_valid_call_is_answered_within_the_schema(call: tuple[Api, dict[str, Any]]) -> None:
    api, arguments = call
    exchange = called(api, arguments)
    assert (exchange.status, exchange.error) == (200, None)
    jsonschema.Draft202012Validator(api.answer).validate(exchange.answer)
    assert json.loads(exchange.text) == exchange.answer
    assert all(len(text) <= MAX_TEXT for text in _texts(exchange.answer))
    assert called(api, arguments) == exchange


@given(calls(), st.data())
def test_an_invalid_call_is_refused_and_the_argument_named(
    call: tuple[Api, dict[str, Any]], data: st.DataObject
) -> None:
    api, arguments = call
    properties, required = api.parameters["properties"], api.parameters["required"]
    typed = [name for name in arguments if "type" in properties[name]]
    ways = ["unknown", *(["missing"] if required else []), *(["wrong"] if typed else [])]
    way = data.draw(st.sampled_from(ways))
    if way == "unknown":
        name = data.draw(st.text(min_size=1, max_size=5).filter(lambda text: text not in properties))
        arguments = {**arguments, name: 1}
    elif way == "missing":
        name = data.draw(st.sampled_from(required))
        arguments = {key: value for key, value in arguments.items() if key != name}
    else:
        name = data.draw(st.sampled_from(typed))
        wrong = data.draw(VALUES | st.just("neither a nor b"))
        assume(not _takes(properties[name], wrong))
        arguments = {**arguments, name: wrong}
    exchange = called(api, arguments)
    assert exchange.status == 400
    assert exchange.answer is None
    assert name in str(exchange.error)


def _takes(schema: dict[str, Any], value: Any) -> bool:
    """What a value of this type is, said once more and differently."""
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    right = {
        "string": isinstance(value, str),
        "integer": numeric and float(value).is_integer(),
        "number": numeric,
        "boolean": isinstance(value, bool),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
    }[schema["type"]]
    return right and "pattern" not in schema and ("enum" not in schema or value in schema["enum"])


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []


@given(apis(), st.integers())
def test_example_arguments_are_valid(api: Api, seed: int) -> None:
    assert called(api, example_arguments(api, random.Random(seed))).ok


# --- what an answer says


def ask(name: str, arguments: dict[str, Any], backend: SimulatedBackend) -> Any:
    exchange = asyncio.run(backend.fresh().call(name, arguments))
    assert exchange.ok, exchange.error
    return exchange.answer


def test_fields_repeat_the_arguments_of_their_names(backend: SimulatedBackend) -> None:
    answer = ask("forecast", {"city": "Bonn", "from": "2026-03-02"}, backend)
    assert (answer["city"], answer["from"]) == ("Bonn", "2026-03-02")
    assert "Bonn" in answer["summary"]
    streets = ask("findStreets", {"city": "Bonn"}, backend)["streets"]
    assert len(streets) == 3, "40 are documented; the answer stays small"
    assert streets[0]["city"] == "Bonn"
    assert "Bonn" not in (streets[1]["city"], streets[2]["city"]), "the others are streets of their own"
    assert len({street["street_id"] for street in streets}) == 3
    assert len(ask("forecast", {"city": "B" * 10_000}, backend)["city"]) == MAX_TEXT


def test_types_are_held_where_argument_and_field_differ() -> None:
    parameters = parameters_schema([Parameter("id", "STRING"), Parameter("dogAge", "NUMBER")])[0]
    shape = {"id": "int", "dog_age": "str", "ok": "bool", "error": "bool"}
    backend = SimulatedBackend([Api(("", "", "a"), "a", "", parameters, answer_schema(shape)[0])])
    assert ask("a", {"id": "44", "dogAge": 7}, backend) == {"id": 44, "dog_age": "7", "ok": True, "error": False}
    assert isinstance(ask("a", {"id": "no number", "dogAge": 7}, backend)["id"], int)


def test_another_argument_another_answer(backend: SimulatedBackend) -> None:
    cities = [f"city {number}" for number in range(200)]
    for name in ("forecast", "findStreets"):
        assert len({json.dumps(ask(name, {"city": city}, backend)) for city in cities}) == 200
    other = SimulatedBackend(backend.apis.values(), seed=1)
    assert ask("forecast", {"city": "Bonn"}, backend) != ask("forecast", {"city": "Bonn"}, other)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"city": "Bonn"}, {"city": "  Bonn "}),
        ({"city": "Bonn"}, {"city": "Bonn", "days": 3}),
        ({"city": "Bonn", "days": 1}, {"days": 1.0, "city": "Bonn"}),
    ],
)
def test_the_same_call_written_differently(first: Any, second: Any, backend: SimulatedBackend) -> None:
    api = backend.apis["forecast"]
    assert call_text(api, first) == call_text(api, second)
    assert ask("forecast", first, backend) == ask("forecast", second, backend)
    assert call_text(api, first) != call_text(api, {**first, "units": "metric"})


@settings(max_examples=30)
@given(calls(), st.randoms())
def test_the_order_of_arguments_means_nothing(call: tuple[Api, dict[str, Any]], rng: random.Random) -> None:
    api, arguments = call
    shuffled = list(arguments.items())
    rng.shuffle(shuffled)
    assert called(api, dict(shuffled)).answer == called(api, arguments).answer


_OTHER_PROCESS = """
import asyncio, json, sys
from toolschool.datasets.api_docs import Parameter
from toolschool.tools.simulated import Api, SimulatedBackend, Faults
rows = json.load(sys.stdin)
backend = SimulatedBackend([Api(tuple(row["key"]), row["name"], "", row["parameters"], row["answer"]) for row in rows["apis"]],
                           seed=5, faults=Faults(client=0.2, server=0.2))
print(json.dumps([asyncio.run(backend.call(*call)).text for call in rows["calls"]]))
"""


def test_another_process_answers_the_same(backend: SimulatedBackend) -> None:
    calls = [(name, {"city": f"city {n}"}) for n in range(20) for name in ("forecast", "findStreets", "isOpen")]
    keep = ("key", "name", "parameters", "answer")
    rows = {"apis": [{name: getattr(api, name) for name in keep} for api in backend.apis.values()], "calls": calls}
    told = []
    for seed in ("1", "2"):
        found = subprocess.run(
            [sys.executable, "-c", _OTHER_PROCESS],
            input=json.dumps(rows),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        told.append(json.loads(found.stdout))
    assert told[0] == told[1]
    assert any("Error" in text for text in told[0])
    assert len(set(told[0])) > 30
