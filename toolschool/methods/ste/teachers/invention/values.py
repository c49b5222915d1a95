"""Arguments made up for a tool: values that its schema takes and that its documentation asks for.

said = draw_arguments(read_leaves(tool), rng)        # those that the request will say
call = completed(leaves, said)                       # and what the others are then
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolschool.methods.ste.teachers.invention import moments
from toolschool.methods.ste.teachers.invention.kinds import KINDS, MOMENTS
from toolschool.methods.ste.teachers.invention.leaves import UNSAID, Leaf, resolved
from toolschool.methods.ste.teachers.invention.naming import kind_of
from toolschool.methods.ste.teachers.invention.numbers import draw_number
from toolschool.methods.ste.teachers.invention.order import put_in_order
from toolschool.methods.ste.teachers.invention.patterns import like, matching
from toolschool.methods.ste.teachers.invention.sayings import unit_of
from toolschool.records import JsonValue
from toolschool.tools.simulated.api import words

TRIES = 40  # for a value that the schema takes
OPTIONAL_RATE = 0.4  # how often a request says what it need not say
KNOWN_RATE = 0.9  # how often a value is one that is known to be taken, where some are
EXAMPLE_RATE = 0.4  # how often a documented example is taken, or one of its form
_CODED = re.compile(r"(?=.*\d)[A-Za-z0-9_.#-]{1,40}")


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
    put_in_order(chosen, found, rng)
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
    """What experience says is taken, mostly; else a new value that has not failed yet."""
    known = [value for value in leaf.known if leaf.takes(value)]
    if known and rng.random() < KNOWN_RATE:
        return rng.choice(known)
    value: JsonValue = None
    for _ in range(TRIES):
        value = _new(leaf, rng)
        if str(value) not in leaf.avoided:
            break
    return value


def _new(leaf: Leaf, rng: random.Random) -> Any:
    value: JsonValue = None
    for value in _candidates(leaf, rng):
        if leaf.takes(value):
            return value
    return value


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
            yield (
                rng.choice(list(leaf.glosses.values()))
                if worded
                else draw_number(f"{leaf.label} {unit_of(leaf)}", leaf.schema, rng)
            )
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
        return moments.written(moments.drawn(leaf.kind, leaf.moment_form, rng), leaf.moment_form)
    if leaf.kind == "digits":
        precise = {"lat", "lng", "lon", "latitude", "longitude"} & set(words(leaf.name))
        return str(draw_number(leaf.name, {"type": "number" if precise else "integer"}, rng))
    if leaf.examples and rng.random() < _example_rate(leaf):
        example = str(rng.choice(leaf.examples))
        return like(example, rng) if _CODED.fullmatch(example) and rng.random() < 0.7 else example
    return KINDS[leaf.kind].draw(rng)


def _example_rate(leaf: Leaf) -> float:
    """Examples say most where nothing else does: all, where they are codes or numbers."""
    if leaf.kind in ("phrase", "text", "word", "title", "query"):
        return 1.0 if all(_CODED.fullmatch(str(example)) for example in leaf.examples) else 0.7
    return 0.7 if leaf.kind == "code" else EXAMPLE_RATE
