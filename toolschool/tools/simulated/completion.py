"""Was the task done? Checked on the log of calls, never by a model.

    done = not unmet(gold, backend.log, backend.apis) and not unrepaired(backend.log)

A gold call is met by a successful call of the same API with the same arguments (see `call_text`), each by one of its own,
in any order. An argument of a gold call may name a field of an earlier gold call's answer (`API_call_1`, as Seal-Tools
writes them); then the value that the backend really answered there is wanted. Limits: calls that the task did not want are
not held against the run, failed ones are (`unrepaired`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from toolschool.errors import ToolError
from toolschool.records import JsonValue
from toolschool.tools.simulated.api import Api
from toolschool.tools.simulated.calls import Exchange, call_text
from toolschool.tools.simulated.schemas import read_value

_RESPONSE = re.compile(r"\s+responses?$")  # "API_call_0 response" is API_call_0


class GoldCall(NamedTuple):
    """A call that the task wants. `labels` name the fields of its answer, in the order of the answer's documentation."""

    api: str
    arguments: Mapping[str, Any]
    labels: tuple[str, ...] = ()


def unmet(gold: Sequence[GoldCall], log: Sequence[Exchange], apis: Mapping[str, Api]) -> list[GoldCall]:
    """The gold calls that no successful call of the log meets."""
    left = [exchange for exchange in log if exchange.ok and exchange.api in apis]
    values: dict[str, JsonValue] = {}
    missing = []
    for call in gold:
        met = _meeting(call, left, apis.get(call.api), values)
        if met is None:
            missing.append(call)
        else:
            left.remove(met)
            values |= labelled(call, met.answer)
    return missing


def unrepaired(log: Sequence[Exchange]) -> list[Exchange]:
    """Failed calls after which no call of the same API succeeded; after a 404, which asks for another API, no call at all."""
    return [
        failed
        for place, failed in enumerate(log)
        if not failed.ok
        and not any(later.ok and (later.api == failed.api or failed.status == 404) for later in log[place + 1 :])
    ]


def filled(call: GoldCall, api: Api, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The call's arguments with labels replaced by what they stand for, as text or number as the API wants it.

    A label without a value, or with one that the API cannot take, stays as it is written.
    """
    properties = api.parameters.get("properties", {})
    return {name: _value(value, properties.get(name, {}), values) for name, value in call.arguments.items()}


def labelled(call: GoldCall, answer: JsonValue) -> dict[str, JsonValue]:
    """The values of an answer's fields by the labels of the gold call; {} where the answer is no object."""
    return dict(zip(call.labels, answer.values(), strict=False)) if isinstance(answer, Mapping) else {}


def _meeting(
    call: GoldCall, log: Sequence[Exchange], api: Api | None, values: Mapping[str, JsonValue]
) -> Exchange | None:
    if api is None:
        return None
    wanted = call_text(api, filled(call, api, values))
    return next((e for e in log if e.api == call.api and _same(api, e.arguments, wanted)), None)


def _same(api: Api, arguments: Mapping[str, JsonValue], wanted: str) -> bool:
    try:
        return call_text(api, arguments) == wanted
    except ToolError:
        return False


def _value(value: JsonValue, schema: Mapping[str, Any], values: Mapping[str, JsonValue]) -> JsonValue:
    known = values.get(_RESPONSE.sub("", value.strip())) if isinstance(value, str) else None
    read = read_value(known, schema)
    return value if read is None else read
