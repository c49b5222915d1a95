"""Arguments made up for a tool: values that its schema takes and that its documentation asks for.

said = draw_arguments(read_leaves(tool), rng)        # those that the request will say
call = completed(leaves, said)                       # and what the others are then
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from toolschool.methods.ste.teachers.invention import moments
from toolschool.methods.ste.teachers.invention.kinds import KINDS, MOMENTS, NUMBERS
from toolschool.methods.ste.teachers.invention.leaves import UNSAID, Leaf, resolved
from toolschool.methods.ste.teachers.invention.naming import kind_of
from toolschool.methods.ste.teachers.invention.numbers import draw_number
from toolschool.records import JsonValue
from toolschool.tools.simulated.api import words

TRIES = 40  # for a value that the schema takes
OPTIONAL_RATE = 0.4  # how often a request says what it need not say
EXAMPLE_RATE = 0.4  # how often a documented example is taken, or one of its form
_FIRST = frozenset("start begin from min minimum after since checkin departure low lower".split())
_LAST = frozenset("end until to max maximum before till finish return checkout high upper".split())
_CODED = re.compile(r"(?=.*\d)[A-Za-z0-9_.#-]{3,40}")


def draw_arguments(leaves: Sequence[Leaf], rng: random.Random) -> dict[str, JsonValue]:
    """What a request says: all that it must, and of the rest now much, now little. Starts come before their ends."""
    rate = rng.choice((0.0, OPTIONAL_RATE, OPTIONAL_RATE, 2 * OPTIONAL_RATE))
    chosen = [leaf for leaf in leaves if leaf.needed or rng.random() < rate]
    found: dict[str, JsonValue] = {}
    for leaf in chosen:
        value = draw_value(leaf, rng)
        for _ in range(5):  # "from EUR to EUR" asks for nothing
            if value not in found.values() or leaf.kind in ("flag", "choice"):
                break
            value = draw_value(leaf, rng)
        found[leaf.name] = value
    _put_in_order(chosen, found, rng)
    return found


def completed(leaves: Sequence[Leaf], said: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A call in the schema's order: what is said, and what required arguments are where nobody says them."""
    values = {leaf.name: said.get(leaf.name, leaf.filled) for leaf in leaves}
    return {name: value for name, value in values.items() if value is not UNSAID}


def draw_value(leaf: Leaf, rng: random.Random) -> JsonValue:
    """One value; the last one tried where the schema asks for what nobody could guess."""
    if leaf.many:
        least = max(1, int(leaf.schema.get("minItems", 1)))
        count = max(least, rng.choice((1, 1, 2, 2, 3)))
        return list(dict.fromkeys(_scalar(leaf, rng) for _ in range(count)))
    return instance(leaf.name, leaf.schema, leaf.hint, rng) if leaf.kind == "json" else _scalar(leaf, rng)


def instance(name: str, schema: Mapping[str, Any], hint: str, rng: random.Random) -> JsonValue:
    """A value of any schema, objects and lists of them included."""
    schema = resolved(schema, schema)
    if schema.get("type") == "object":
        needed = schema.get("required", ())
        return {
            key: instance(key, part, str(part.get("description", "")), rng)
            for key, part in schema.get("properties", {}).items()
            if key in needed or rng.random() < OPTIONAL_RATE
        }
    if schema.get("type") == "array":
        count = max(1, int(schema.get("minItems", 1)))
        return [instance(name, schema.get("items", {"type": "string"}), hint, rng) for _ in range(count)]
    kind = kind_of(name, schema, hint, "")
    return _scalar(Leaf(name, name, schema, kind, False, True, UNSAID, {}, (), hint), rng)


def _scalar(leaf: Leaf, rng: random.Random) -> Any:
    value: JsonValue = None
    for value in _candidates(leaf, rng):
        if _fits(leaf, value):
            return value
    return value


def _fits(leaf: Leaf, value: JsonValue) -> bool:
    import jsonschema

    schema = {key: rule for key, rule in leaf.schema.items() if key not in ("nullable", "$schema")}
    return jsonschema.Draft202012Validator(schema).is_valid(value)


def _candidates(leaf: Leaf, rng: random.Random) -> Iterator[JsonValue]:
    """Values in the order in which they are worth trying."""
    if leaf.kind == "flag":
        yield rng.random() < 0.6
    elif leaf.kind == "choice":
        values = (
            [leaf.schema["const"]]
            if "const" in leaf.schema
            else [one for one in leaf.schema["enum"] if one not in ("", None)]
        )
        yield rng.choice(values or list(leaf.schema["enum"]))
    elif leaf.kind == "number":
        for _ in range(TRIES):
            worded = leaf.glosses and rng.random() < 0.6
            yield rng.choice(list(leaf.glosses.values())) if worded else draw_number(leaf.name, leaf.schema, rng)
    else:
        yield from _texts(leaf, rng)


def _texts(leaf: Leaf, rng: random.Random) -> Iterator[str]:
    least, most = int(leaf.schema.get("minLength", 0)), leaf.schema.get("maxLength")
    for _ in range(TRIES):
        text = _text(leaf, rng)
        yield text
        if len(text) < least:
            longer = f"{text} {' '.join(KINDS['text'].draw(rng) for _ in range(1 + least // 20))}"
            yield longer
            yield longer.replace(" ", "")[: most or least]
        if most is not None and len(text) > most:
            yield text[: int(most)].strip()
    if "pattern" in leaf.schema:
        for _ in range(TRIES):
            yield matching(str(leaf.schema["pattern"]), rng)
    yield from map(str, leaf.examples)


def _text(leaf: Leaf, rng: random.Random) -> str:
    if leaf.kind in MOMENTS:
        form = _form(leaf)
        return moments.written(moments.drawn(leaf.kind, form, rng), form)
    if leaf.kind == "digits":
        return str(
            draw_number(
                leaf.name,
                {
                    "type": "number"
                    if {"lat", "lng", "lon", "latitude", "longitude"} & set(words(leaf.name))
                    else "integer"
                },
                rng,
            )
        )
    if leaf.examples and rng.random() < (0.7 if leaf.kind in ("phrase", "code") else EXAMPLE_RATE):
        example = str(rng.choice(leaf.examples))
        return like(example, rng) if _CODED.fullmatch(example) and rng.random() < 0.7 else example
    return KINDS[leaf.kind].draw(rng)


def like(code: str, rng: random.Random) -> str:
    """A code of the same form: a digit for a digit, a letter for a letter."""
    return "".join(
        rng.choice("123456789") if char.isdigit()
        else rng.choice(string.ascii_uppercase) if "A" <= char <= "Z"
        else rng.choice(string.ascii_lowercase) if "a" <= char <= "z"
        else char
        for char in code
    )  # fmt: skip


def matching(pattern: str, rng: random.Random) -> str:
    """A text of a regular expression of literals, sets, groups, alternatives and repeats; others may not match."""
    from re import _parser as parser  # type: ignore[attr-defined]

    try:
        return "".join(_expanded(parser.parse(pattern), rng))
    except (re.error, KeyError, ValueError):
        return ""


def _expanded(parts: Any, rng: random.Random) -> Iterator[str]:
    for operation, about in parts:
        name = str(operation)
        if name == "LITERAL":
            yield chr(about)
        elif name == "ANY":
            yield rng.choice(string.ascii_lowercase)
        elif name == "IN":
            yield rng.choice(_members(about))
        elif name == "BRANCH":
            yield from _expanded(rng.choice(about[1]), rng)
        elif name == "SUBPATTERN":
            yield from _expanded(about[3], rng)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inside = about
            for _ in range(rng.randint(least, min(int(most), least + 4))):
                yield from _expanded(inside, rng)


def _members(about: Any) -> str:
    """Printable characters of a set."""
    found, negated = set(), False
    for operation, value in about:
        name = str(operation)
        negated = negated or name == "NEGATE"
        if name == "LITERAL":
            found.add(chr(value))
        elif name == "RANGE":
            found |= {chr(code) for code in range(value[0], min(value[1], 126) + 1)}
        elif name == "CATEGORY":
            found |= set(_CATEGORIES[str(value)])
    plain = set(string.ascii_letters + string.digits + "-_")
    return "".join(sorted(plain - found if negated else found))


_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_letters + string.digits,
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": string.ascii_lowercase,
    "CATEGORY_NOT_SPACE": string.ascii_lowercase,
}


def _put_in_order(leaves: Sequence[Leaf], found: dict[str, JsonValue], rng: random.Random) -> None:
    """Least before most, starts a little before ends; left as it is where the schema does not take that."""
    for first in leaves:
        for last in leaves:
            one, other = found[first.name], found[last.name]
            if not (set(words(first.name)) & _FIRST and set(words(last.name)) & _LAST and first.kind == last.kind):
                continue
            if first.many or last.many:
                continue
            if first.kind in NUMBERS and float(one) > float(other):
                one, other = other, one
            elif first.kind in MOMENTS:
                other = _later(first, last, str(one), rng)
            if _fits(first, one) and _fits(last, other):
                found[first.name], found[last.name] = one, other


def _later(first: Leaf, last: Leaf, start: str, rng: random.Random) -> str:
    """A moment some days or hours after another; as it was where that is none."""
    begin = moments.parsed(start, _form(first))
    step = timedelta(days=rng.randint(1, 14)) if first.kind == "date" else timedelta(minutes=30 * rng.randint(1, 6))
    return moments.written(begin + step, _form(last)) if begin else start


def _form(leaf: Leaf) -> str:
    return moments.form_of(leaf.kind, leaf.hint, str(leaf.schema.get("format", "")))
