"""Calls that point at the request instead of spelling what it says, for models of a few million parameters.

    request = cut("Order 2 small calzones to 12 Elm Street", CLOCK)
    shown(request)                                            # '<0> order<1> 2<2> small<3> calzones<4> to<5> 12<6> elm street'
    text = pointed({"count": 2, "address": "12 Elm Street"}, request)      # '{"count": <1>, "address": "<5><6>"}'
    resolved(text, request)                                   # '{"count": 2, "address": "12 Elm Street"}'

Inside a string `<5><6>` is the request's own text from span 5 to span 6, `<A>` before it makes its first letter a capital, `<Aa>` that of every
word; `<on><9>` is the day that span 9 names, `<at><9>` the moment. Outside strings `<1>` is the number that span 1 is. What is not in the request
is spelled. Spans and tokens are those of TinyAgent's compact plans (`methods/tinyagent/spans.py`), which nano has learnt to read.
Limit: a day such as "tomorrow" is understood by the clock that is given, and rows do not say theirs: they are made with `CLOCK`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

from toolschool.methods.tinyagent.compact import FORMS, POINTER, exact_pointer, literal, pointed_text
from toolschool.methods.tinyagent.spans import COPIED, MAX_SPANS, Request, cut, number_at, render
from toolschool.records import JsonValue

CLOCK = datetime(2026, 6, 1, 9)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_MOMENT = re.compile(r"<(on|at)><(\d+)>")

__all__ = ["CLOCK", "cut", "number_at", "pointed", "resolved", "shown"]


def shown(request: Request) -> str:
    """The request as the model reads it: every span behind its index, in small letters; addresses and quotes by their kind."""
    return render(request, hidden=COPIED)


def pointed(arguments: Mapping[str, JsonValue], request: Request) -> str:
    """The arguments as JSON, with pointers for what the request says."""
    return _write(dict(arguments), request)


def _write(value: JsonValue, request: Request) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_spelled(key)}: {_write(inner, request)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_write(inner, request) for inner in value) + "]"
    if isinstance(value, str):
        pointer = value and (exact_pointer(value, request) or _day(value, request))
        return f'"{pointer}"' if pointer else _spelled(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number_pointer(value, request) or json.dumps(value)
    return json.dumps(value)


def _spelled(text: str) -> str:
    """As JSON; a `<` of the user's cannot be taken for a pointer."""
    return json.dumps(text, ensure_ascii=False).replace("<", "\\u003c")


def _day(text: str, request: Request) -> str | None:
    for index, time in request.times:
        for name, form in FORMS.items():
            if time.value.strftime(form) == text:
                return f"<{name}><{index}>"
    return None


def _number_pointer(value: float, request: Request) -> str | None:
    found = (index for index in range(min(len(request.spans), MAX_SPANS)) if number_at(request, index) == value)
    return next((f"<{index}>" for index in found), None)


def resolved(text: str, request: Request) -> str:
    """A model's text with its pointers replaced: inside strings by the request's words, outside by numbers. Never raises."""
    pieces, position = [], 0
    for string in _STRING.finditer(text):
        pieces += [_outside(text[position : string.start()], request), _inside(string.group(), request)]
        position = string.end()
    return "".join([*pieces, _outside(text[position:], request)])


def _inside(string: str, request: Request) -> str:
    string = _MOMENT.sub(lambda match: _moment(match, request), string)
    return POINTER.sub(lambda match: literal(pointed_text(match, request)), string)


def _outside(text: str, request: Request) -> str:
    return POINTER.sub(lambda match: json.dumps(number_at(request, int(match.group(2)))), text)


def _moment(match: re.Match[str], request: Request) -> str:
    index = int(match.group(2))
    time = request.spans[index].time if index < len(request.spans) else None
    return time.value.strftime(FORMS[match.group(1)]) if time else ""
