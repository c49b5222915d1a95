"""Texts and numbers that have to have a form: which of the request's own have it, and how others are spelled.

    said_texts('{"format": "email"}', pointers)      # expressions that point at the addresses of the request
    spelled_text('{"pattern": "^[A-Z]{3}$"}')        # '%json {"type": "string", ...}'; ConfigError for a pattern that cannot be decoded

Schemas are JSON texts here, so that what was worked out once is remembered. A pattern is never run over what others wrote: there are
patterns that take for ever, and the decoder's own are not among them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.pointers import Pointers
from toolschool.methods.tinyagent.spans import Request, number_at
from toolschool.models.decoding import compile_error, json_rule

MAX_SPELLED = 160  # characters of a text that is spelled, unless it has to have more
MOST_SPELLED = 1000  # that it may have to have
MAX_RANGE = 24  # spans one pointer pair may cover
_WORDS = ("pattern", "format", "minLength", "maxLength")
_FORMATS = frozenset("date-time time date duration email hostname ipv4 ipv6 uri uuid".split())  # that the decoder knows
_CHECKED = frozenset(("email", "ipv4", "ipv6", "uuid"))  # that we can tell of the request's words


def known_form(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What a schema asks of a text beyond being one; formats that nobody here knows explain, and ask nothing."""
    form = {word: schema[word] for word in _WORDS if word in schema}
    if form.get("format") not in _FORMATS:
        form.pop("format", None)
    return form


def spelled_text(form: str) -> str:
    """The rule for a text of this form. ConfigError: no text has it, or the decoder does not know its pattern."""
    asked = {"type": "string", **json.loads(form)}
    if asked.get("minLength", 0) > MOST_SPELLED:
        raise ConfigError(f"no text of at least {asked['minLength']} characters is written here; ask for less")
    bounded = {
        **asked,
        "maxLength": min(asked.get("maxLength", MAX_SPELLED), max(MAX_SPELLED, asked.get("minLength", 0))),
    }
    if not compile_error(f"start: {json_rule(bounded)}"):
        return json_rule(bounded)
    return _compiled(asked)


def spelled_number(schema: str) -> str:
    """The rule for a number with bounds. ConfigError: there is none between them."""
    return _compiled(json.loads(schema))


@lru_cache(maxsize=1024)
def _checked(rule: str) -> str:
    return compile_error(f"start: {rule}")


def _compiled(schema: Mapping[str, Any]) -> str:
    rule = json_rule(schema)
    if problem := _checked(rule):
        raise ConfigError(problem)
    return rule


def named(values: Sequence[Any], request: Request) -> list[Any]:
    """Those of the listed values that the request names, whatever their case; what is shorter than three letters names nothing."""
    said = request.text.casefold()
    return [
        value
        for value in values
        if isinstance(value, str) and len(value) > 2 and re.search(rf"\b{re.escape(value.casefold())}\b", said)
    ]


def said_numbers(schema: str, pointers: Pointers) -> str:
    """The request's numbers that fit, as a set of index tokens; "" for none."""
    from jsonschema import Draft202012Validator

    fits = Draft202012Validator(json.loads(schema)).is_valid
    numbers = ((index, number_at(pointers.request, index)) for index in range(pointers.count))
    return pointers.spans([index for index, number in numbers if number is not None and fits(number)])


def said_texts(form: str, pointers: Pointers) -> list[str]:
    """Expressions for stretches of the request that have the form, and for its days where a date is wanted; quoted."""
    asked = json.loads(form)
    if "pattern" in asked or asked.get("format", "date") not in (*_CHECKED, "date", "uri"):
        return []
    if asked.get("format") == "date":
        days = pointers.spans([index for index, _ in pointers.request.times])
        return [f'"\\"" <[{pointers.ids["<on>"]}]> {days} "\\""'] if days else []
    return list(_stretches(_fits(asked), pointers, 1 if "format" in asked else MAX_RANGE))


def _fits(asked: Mapping[str, Any]) -> Callable[[str], bool]:
    from jsonschema import Draft202012Validator

    least, most, kind = asked.get("minLength", 0), asked.get("maxLength", 10**9), asked.get("format")
    if kind == "uri":
        return lambda text: least <= len(text) <= most and text.startswith(("http://", "https://")) and " " not in text
    conforms = Draft202012Validator.FORMAT_CHECKER.conforms
    return lambda text: least <= len(text) <= most and (kind is None or conforms(text, kind))


def _stretches(fits: Callable[[str], bool], pointers: Pointers, most: int) -> Iterator[str]:
    """From each span to itself or one of the `most` from it on, where what stands between fits."""
    request, alone = pointers.request, []
    for first in range(pointers.count):
        later = range(first + 1, min(first + most, pointers.count))
        lasts = pointers.spans([last for last in later if fits(request.surface(first, last))])
        if fits(request.surface(first)):
            alone.append(first)
        if lasts:
            yield f'"\\"" {pointers.spans([first])} {lasts} "\\""'
    if alone:
        yield f'"\\"" {pointers.spans(alone)} "\\""'
