"""Plans as graphs: validation, parallel waves, and hashes that tell the same plan from another."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.plans.arguments import fit
from toolschool.plans.grammar import parse_plan
from toolschool.plans.graph import critical_path, graph, step_hashes, validate, waves
from toolschool.records import Call, Plan, Tool
from toolschool.tools.catalog import Catalog


def tool(name: str, /, **properties: Any) -> Tool:
    return Tool(name, name, {"type": "object", "properties": properties})


TEXT = {"type": "string"}
CATALOG = Catalog(
    [
        tool("find", name=TEXT),
        tool("send", to={"type": "array", "items": TEXT}, text={"type": ["string", "null"]}),
        tool("add", a={"type": "number"}, b={"type": "integer", "minimum": 1}),
        tool("code", text={"type": "string", "pattern": "^[0-9]+$"}),
    ]
)


def plan(text: str) -> Plan:
    return parse_plan(text + "\n99. join()")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('1. find("$1")', "$1 refers to the step itself"),
        ('1. find("$2")\n2. find("a")', "$2 refers to a later step"),
        ('1. find("a")\n3. find("$2")', "$2 refers to step 2, which the plan does not have"),
        ('3. find("a")\n2. find("$3")', "$3 refers to a later step"),
        ('1. find("$0")', "$0 refers to step 0"),
        ('1. nosuch("a")', "unknown tool nosuch, known are find, send, add, code"),
        ('1. find("a", "b")', "find takes 1 arguments (name), got 2"),
        ("1. find()", "find takes 1 arguments (name), got 0"),
        ("1. find(5)", "argument name: 5 is not of type 'string'"),
        ('1. send(["a", 5], None)', "argument to: 5 is not of type 'string'"),
        ('1. send("a", "b")', "argument to: 'a' is not of type 'array'"),
        ("1. add(1, 0)", "argument b: 0 is less than the minimum of 1"),
        ('1. find("a")\n2. add(1, "about $1")', "argument b: 'about $1' is not of type 'integer'"),
        ('2. find("a")', "should have number 1"),
        ('1. find("a")\n1. find("b")', "should have number 2"),
    ],
)
def test_validate_names_the_problem(text: str, problem: str) -> None:
    assert any(problem in line for line in validate(plan(text), CATALOG)), validate(plan(text), CATALOG)


@pytest.mark.parametrize(
    "text",
    [
        '1. find("it costs $5")\n2. find("$1000")\n3. send(["$1", "${2}"], "see $1")',
        '1. find("a")\n2. add("$1", "$1")\n3. send(["b"], None)',
        '1. find("a")\n2. send("$1", "x")\n3. code("$1")\n4. code("$1 and ${2}")',
        "",
    ],
)
def test_valid_plans(text: str) -> None:
    assert validate(plan(text), CATALOG) == []


def test_a_second_round_may_use_results_of_the_first() -> None:
    second = plan('3. find("$2")')
    assert validate(second, CATALOG, first_id=3) == []
    assert validate(second, CATALOG) != []


def test_waves_and_critical_path() -> None:
    steps = plan('1. find("a")\n2. find("b")\n3. send(["$1", "$2"], "")\n4. find("$3")\n5. find("c")')
    assert waves(steps) == [(1, 2, 5), (3,), (4,)]
    assert len(critical_path(steps)) == 3
    assert set(graph(steps).edges) == {(1, 3), (2, 3), (3, 4)}
    assert waves(Plan(())) == []
    assert critical_path(Plan(())) == ()


def test_a_wrong_plan_still_makes_an_acyclic_graph() -> None:
    assert waves(plan('1. find("$2")\n2. find("$1")\n2. find("$2 $9")')) == [(1,), (2,)]


def hashes(text: str) -> Counter[str]:
    return Counter(step_hashes(plan(text)).values())


def test_hashes_ignore_numbering_and_notation() -> None:
    one = '1. find("a")\n2. find("b")\n3. send(["$1", "$2"], "see $1")'
    two = '1. find("b")\n2. find("a")\n3. send(["${2}", "$1"], "see ${2}")'
    assert hashes(one) == hashes(two)


@pytest.mark.parametrize(
    "other",
    [
        '1. find("a")\n2. find("b")\n3. send(["$1", "$2"], "see $2")',
        '1. find("a")\n2. find("b")\n3. send(["$2", "$1"], "see $1")',
        '1. find("a")\n2. find("b")\n3. send(["$1", "$2"], "see $$1")',
        '1. find("a")\n2. find("c")\n3. send(["$1", "$2"], "see $1")',
        '1. find("a")\n2. find("b")\n3. send(["$1", "$2"], "see $1")\n4. find("a")',
        '1. find("a")\n2. find("b")\n3. send(["$1", "$2"], "see ${1.name}")',
        '1. find("a")\n2. find("b")\n3. send(["$1", "$7"], "see $1")',
    ],
)
def test_hashes_tell_different_plans_apart(other: str) -> None:
    assert hashes('1. find("a")\n2. find("b")\n3. send(["$1", "$2"], "see $1")') != hashes(other)


@given(st.integers(0, 10**6))
def test_hashes_survive_any_reordering(seed: int) -> None:
    """A random graph, written in two topological orders."""
    rng = random.Random(seed)
    needs = {i: [k for k in range(i) if rng.random() < 0.4] for i in range(6)}
    names = [rng.choice("ab") for _ in needs]

    def written(order: list[int]) -> Plan:
        new = {old: position for position, old in enumerate(order, 1)}
        return Plan(tuple(Call(new[i], names[i], ([f"${new[k]}" for k in needs[i]],)) for i in order))

    shuffled: list[int] = []
    while len(shuffled) < len(needs):
        ready = [i for i in needs if i not in shuffled and set(needs[i]) <= set(shuffled)]
        shuffled.append(rng.choice(ready))
    first, second = written(list(needs)), written(shuffled)
    assert Counter(step_hashes(first).values()) == Counter(step_hashes(second).values())


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (5, TEXT, "5"),
        ({"a": 1}, TEXT, '{"a": 1}'),
        ("5", {"type": "integer"}, 5),
        ("5.5", {"type": "number"}, 5.5),
        ("five", {"type": "integer"}, "five"),
        ("True", {"type": "boolean"}, "True"),
        ("true", {"type": "boolean"}, True),
        ([1, "a"], {"type": "array", "items": TEXT}, ["1", "a"]),
        ('["a"]', {"type": "array", "items": TEXT}, ["a"]),
        ({"n": "1"}, {"type": "object", "properties": {"n": {"type": "integer"}}}, {"n": 1}),
        (None, {"type": ["string", "null"]}, None),
        (True, {}, True),
    ],
)
def test_results_fit_their_slot_where_that_is_plain(value: Any, schema: dict[str, Any], expected: Any) -> None:
    assert fit(value, schema) == expected
    assert type(fit(value, schema)) is type(expected)
