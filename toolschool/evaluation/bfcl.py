"""When calls are right by the rules of the Berkeley Function Calling Leaderboard (BFCL v4, its AST checker, Python categories).

    wrong("simple_python", functions, calls, answers)       # "" where the calls are right, else why not
    wrong("irrelevance", functions, [], [])                 # ""
    calls = [("math.gcd", {"num1": 40, "num2": 50})]        # names and arguments, in the order written
    answers = [{"math.gcd": {"num1": [40], "num2": [50]}}]  # accepted values; "" among them: the argument may be left out

As published: types are exact (an integer passes for a float, but not inside an array; true is no integer), texts are compared without case,
spaces and `,./-_*^`, items of arrays are typed one level deep, and where all accepted values are of another type than the schema says, that
type is right, too. Parallel calls may come in any order; each answers one gold call, and the first that fits is taken. `relevance` asks for any
call, `irrelevance` for none: whether what was written could be read at all is for the caller to say (`evaluation/endpoints`).
The arithmetic of equality is Python's, as there: [1, 2] equals [1.0, 2.0] where types let it through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from toolschool.datasets.bfcl import PYTHON_TYPES, is_relevance
from toolschool.errors import RowError

Accepted = Mapping[str, Sequence[Any]]
Call = tuple[str, Mapping[str, Any]]

_IGNORED = re.compile(r"[ ,./\-_*^]")


def wrong(
    category: str,
    functions: Sequence[Mapping[str, Any]],
    calls: Sequence[Call],
    answers: Sequence[Mapping[str, Accepted]],
) -> str:
    """Why the calls are wrong, in a few words; "" where they are right. RowError where the answers are of other functions."""
    if is_relevance(category):
        if category.endswith("irrelevance"):
            return "called where nothing serves" if calls else ""
        return "" if calls else "no call"
    if len(calls) != len(answers):
        return f"{len(calls)} calls instead of {len(answers)}"
    if "parallel" in category:
        return _parallel_wrong(functions, calls, answers)
    (answer,), (call,) = answers, calls
    return call_wrong(_described(functions, answer), call, answer)


def matched(
    functions: Sequence[Mapping[str, Any]], calls: Sequence[Call], answers: Sequence[Mapping[str, Accepted]]
) -> int:
    """How many of the gold calls were made, each by a call of its own."""
    return len(_pairs(functions, calls, answers))


def call_wrong(function: Mapping[str, Any], call: Call, answer: Mapping[str, Accepted]) -> str:
    """Why one call of a function is wrong; `answer` is {name: accepted values by argument}. "" where it is right."""
    name, given = call
    (accepted,) = answer.values()
    properties, required = function["parameters"]["properties"], function["parameters"].get("required") or ()
    if name != function["name"]:
        return f"{name} instead of {function['name']}"
    if missing := [key for key in required if key not in given]:
        return f"{missing[0]} is missing"
    for key, value in given.items():
        if key not in properties or key not in accepted:
            return f"{key} was not asked for"
        if problem := _value_wrong(properties[key], value, accepted[key]):
            return f"{key}: {problem}"
    left_out = [key for key, values in accepted.items() if key not in given and "" not in values]
    return f"{left_out[0]} is missing" if left_out else ""


def plain_text(text: str) -> str:
    """What two texts that count as the same have in common."""
    return _IGNORED.sub("", text).lower().replace("'", '"')


def _described(functions: Sequence[Mapping[str, Any]], answer: Mapping[str, Accepted]) -> Mapping[str, Any]:
    """The function that a gold call is of. RowError where none is."""
    (name,) = answer
    for function in functions:
        if function["name"] == name:
            return function
    raise RowError(f"the answer calls {name}, which is none of the row's functions")


def _parallel_wrong(
    functions: Sequence[Mapping[str, Any]], calls: Sequence[Call], answers: Sequence[Mapping[str, Accepted]]
) -> str:
    found = _pairs(functions, calls, answers)
    unmet = [next(iter(answer)) for place, answer in enumerate(answers) if place not in found]
    return f"no call fits {unmet[0]}" if unmet else ""


def _pairs(
    functions: Sequence[Mapping[str, Any]], calls: Sequence[Call], answers: Sequence[Mapping[str, Accepted]]
) -> dict[int, int]:
    """Places of gold calls with the first call that is right for each and not taken."""
    found: dict[int, int] = {}
    for place, answer in enumerate(answers):
        function = _described(functions, answer)
        free = (number for number in range(len(calls)) if number not in found.values())
        fits = next((number for number in free if not call_wrong(function, calls[number], answer)), None)
        if fits is not None:
            found[place] = fits
    return found


def _value_wrong(schema: Mapping[str, Any], value: Any, accepted: Sequence[Any]) -> str:
    """Why a value is wrong: its type or what it is."""
    kind = PYTHON_TYPES[schema["type"]]
    items = schema.get("items") or {}
    inner = PYTHON_TYPES[items["type"]] if kind is list and items else None
    if schema["type"] == "tuple" and type(value) is tuple:
        value = list(value)
    if kind is float and type(value) is int:
        value = float(value)
    said = _type_of(accepted)
    if type(value) is kind:
        if inner is not None and not _items_fit(value, inner, accepted):
            return f"has an item that is no {items['type']}"
    elif type(value) is not said:
        return f"{type(value).__name__} instead of {schema['type']}"
    # Accepted values of another type than the schema's: they stand as they are (the benchmark's "variables").
    right = value in accepted if said not in (None, kind) else _accepted(value, kind, inner, accepted)
    return "" if right else f"{value!r} is not accepted"


def _type_of(accepted: Sequence[Any]) -> type | None:
    """The type of the first accepted value that is one."""
    return next((type(value) for value in accepted if value != ""), None)


def _items_fit(value: Any, inner: type, accepted: Sequence[Any]) -> bool:
    """Whether the items are of the type that the schema says, or of that of an accepted list; anything goes where "" is accepted."""
    return any(
        not isinstance(one, list) or all(type(item) in (inner, _type_of(one)) for item in value) for one in accepted
    )


def _accepted(value: Any, kind: type, inner: type | None, accepted: Sequence[Any]) -> bool:
    if kind is dict:
        return _dict_accepted(value, accepted)
    if kind is list and inner is dict:
        return any(_dicts_accepted(value, one) for one in accepted)
    if kind is str:
        return plain_text(value) in [plain_text(one) for one in accepted if isinstance(one, str)]
    if kind is list:
        return list(map(_plain, value)) in [list(map(_plain, one)) for one in accepted]
    return value in accepted


def _dict_accepted(value: Any, accepted: Sequence[Any]) -> bool:
    """Whether a dictionary has, for one of the accepted ones, no other key, accepted values, and all that is not optional."""
    return isinstance(value, dict) and any(
        all(key in one and _plain(given) in list(map(_plain, one[key])) for key, given in value.items())
        and all(key in value or "" in values for key, values in one.items())
        for one in accepted
        if isinstance(one, Mapping)  # "" is none
    )


def _dicts_accepted(value: list[Any], accepted: Sequence[Any]) -> bool:
    """The same one by one, in order; "" accepts an empty list."""
    return len(value) == len(accepted) and all(
        _dict_accepted(given, [one]) for given, one in zip(value, accepted, strict=True)
    )


def _plain(value: Any) -> Any:
    return plain_text(value) if isinstance(value, str) else value
