"""References to the results of earlier steps: finding them, and putting results in their place.

Two places, two rules:

- A string that is nothing but `$k`, `${k}`, `$k.field` or `${k.field}` is always a reference, also to a step that does
  not exist (which is then an error, never a hang). The result replaces the whole value and keeps its JSON type.
- Inside longer text, `${k}` and `${k.field}` are references if step k comes earlier (1 <= k < own id). So is a bare
  `$k`, unless it reads as money or as part of a word: `$5k`, `$1.50`, `$2,000`, `$3%`, `$4 million`, `US$1`, `$1000`.

`$$` is an escaped dollar sign. Text that has been put in is never scanned again.

Limit: `$3` in prose of step 4 or later is a reference even if three dollars were meant; planners write `$$3` for those.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from toolschool.errors import PlanError
from toolschool.records import Call, JsonValue

_FIELDS = r"(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
_WHOLE = re.compile(rf"\$(?:(?P<bare>[0-9]{{1,3}}{_FIELDS})|\{{(?P<braced>[0-9]{{1,3}}{_FIELDS})\}})")
_MONEY = (
    r"[0-9A-Za-z_]|[.,][0-9]|\s?%"
    r"|\s(?:[kmb]|bn|mn|mio|thousand|million|billion|trillion|dollars?|bucks?|cents?|usd|cad|aud)(?![0-9A-Za-z_])"
)
_EMBEDDED = re.compile(
    r"(?P<dollar>\$\$)"
    rf"|\$\{{(?P<braced>[0-9]{{1,3}}{_FIELDS})\}}"
    rf"|(?<![0-9A-Za-z_$])\$(?P<bare>[0-9]{{1,3}})(?!{_MONEY})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reference:
    """Result of step `id`, or what lies under `fields` in it. `whole` where it is all of its string."""

    id: int
    fields: tuple[str, ...] = ()
    whole: bool = False

    def __str__(self) -> str:
        return "$" + ".".join([str(self.id), *self.fields])


def split(text: str, earlier: Container[int]) -> list[str | Reference]:
    """A string cut into plain text (unescaped) and references, for a step that may refer to the steps `earlier`."""
    if whole := _WHOLE.fullmatch(text):
        return [_reference(whole["bare"] or whole["braced"], whole=True)]
    parts: list[str | Reference] = []
    end = 0
    for match in _EMBEDDED.finditer(text):
        _append(parts, text[end : match.start()])
        end = match.end()
        if match["dollar"]:
            _append(parts, "$")
            continue
        reference = _reference(match["bare"] or match["braced"], whole=False)
        _append(parts, reference if reference.id in earlier else match[0])
    _append(parts, text[end:])
    return parts


def _append(parts: list[str | Reference], part: str | Reference) -> None:
    """Adds a part; neighbouring texts become one, empty ones are left out."""
    if isinstance(part, str) and parts and isinstance(parts[-1], str):
        parts[-1] += part
    elif part != "":
        parts.append(part)


def write(parts: Sequence[str | Reference], earlier: Container[int]) -> str:
    """A string that `split` reads as these parts, in the plainest form that does.

    Bare `$k` before `${k}`, and dollar signs are only doubled where they would be taken for a reference.
    """
    wanted = [_bare(part) for part in parts]
    text = ""
    for escape, brace in ((False, False), (False, True), (True, False), (True, True)):
        text = "".join(_written(part, escape=escape, brace=brace) for part in parts)
        if [_bare(part) for part in split(text, earlier)] == wanted:
            break
    return text


def escaped(value: JsonValue, earlier: Container[int]) -> JsonValue:
    """The value so that no text in it, dict keys excepted, is taken for the result of a step."""
    if isinstance(value, str):
        return write([value], earlier)
    if isinstance(value, list):
        return [escaped(item, earlier) for item in value]
    if isinstance(value, dict):
        return {name: escaped(item, earlier) for name, item in value.items()}
    return value


def _bare(part: str | Reference) -> JsonValue:
    return part if isinstance(part, str) else (part.id, part.fields)


def _written(part: str | Reference, *, escape: bool, brace: bool) -> str:
    if isinstance(part, str):
        return part.replace("$", "$$") if escape else part
    return f"${{{str(part)[1:]}}}" if brace else str(part)


def _reference(body: str, *, whole: bool) -> Reference:
    number, *fields = body.split(".")
    return Reference(int(number), tuple(fields), whole)


def find(value: JsonValue, before: int) -> list[Reference]:
    """All references in a value of step `before`, at any depth (dict keys excepted), in the order written."""
    earlier = range(1, before)
    return [part for text in strings(value) for part in split(text, earlier) if isinstance(part, Reference)]


def strings(value: JsonValue) -> Iterator[str]:
    """Every string inside a JSON value, dict keys excepted."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings(item)


def dependencies(call: Call) -> tuple[int, ...]:
    """Ids of the steps that `call` refers to, sorted, each once; also those that do not exist."""
    return tuple(sorted({reference.id for reference in find(list(call.args), call.id)}))


def substitute(value: JsonValue, observations: Mapping[int, JsonValue]) -> JsonValue:
    """`value` with references replaced by results; the steps a text may refer to are the keys of `observations`.

    A whole-string reference becomes the result itself, one inside text becomes `as_text(result)`. Raises PlanError for
    a whole-string reference to a step that has no result, or to a field that the result lacks.
    """
    if isinstance(value, str):
        return _substitute_text(value, observations)
    if isinstance(value, list | tuple):
        return [substitute(item, observations) for item in value]
    if isinstance(value, Mapping):
        return {key: substitute(item, observations) for key, item in value.items()}
    return value


def _substitute_text(text: str, observations: Mapping[int, JsonValue]) -> JsonValue:
    parts = split(text, observations)
    if len(parts) == 1 and isinstance(parts[0], Reference) and parts[0].whole:
        return resolve(parts[0], observations)
    return "".join(part if isinstance(part, str) else as_text(resolve(part, observations)) for part in parts)


def resolve(reference: Reference, observations: Mapping[int, JsonValue]) -> JsonValue:
    """The value a reference stands for; raises PlanError. A text result is read as JSON where a field is asked."""
    if reference.id not in observations:
        raise PlanError(f"{reference}: step {reference.id} has no result")
    value = observations[reference.id]
    for name in reference.fields:
        if isinstance(value, str):
            value = _from_json(value)
        if not isinstance(value, Mapping) or name not in value:
            known = f", it has {', '.join(map(str, value))}" if isinstance(value, Mapping) else ""
            raise PlanError(f"{reference}: the result of step {reference.id} has no field {name}{known}")
        value = value[name]
    return copy.deepcopy(value)  # a tool may change what it is given, and others read the same result


def _from_json(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError:
        return text


def as_text(value: JsonValue) -> str:
    """A result as it appears inside text: strings as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
