"""Any JSON schema as part of a plan's grammar: what is written there is a Python literal whose value fits the schema.

    values = Values(pointers=None)
    values.of({"type": "array", "items": {"type": "integer", "minimum": 0}}, step=2)     # a Lark expression
    values.rules                                                                         # the rules that it names

A reference to an earlier step may stand where nothing but a type is asked for: of a bound or a pattern nobody could say
that the result keeps it. With pointers (the compact style) texts and numbers come from the request; only what has to have a
form or is a number is spelled where the request has nothing of the kind. Limits: `not`, `if`, `oneOf` of which several
fit, counts of properties and the like are left to the check of the call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.forms import known_form, named, said_numbers, said_texts, spelled_number, spelled_text
from toolschool.methods.tinyagent.pointers import Pointers
from toolschool.plans.grammar import MAX_ID, format_value
from toolschool.plans.references import escaped
from toolschool.tools.toolsets.json_choices import NOTHING, alternatives, listed

MAX_ITEMS = 8  # in a list, unless it has to have more
MOST_ITEMS = 64  # that a list may have to have
MAX_LISTED = 100  # values of a bounded integer that are written out
_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
_ORDER = ("integer", "number", "boolean", "string", "array", "object", "null")
_LONG = 200  # characters of an expression from which on it becomes a rule of its own

Schema = Mapping[str, Any]


class Values:
    """Expressions for the arguments of one grammar; `rules` are the rules that they share."""

    def __init__(self, pointers: Pointers | None) -> None:
        self.pointers = pointers
        self.rules: list[str] = []
        self._names: dict[object, str] = {}
        self._forms: dict[str, str] = {}

    def of(self, schema: Schema, step: int) -> str:
        """An expression for values of the schema in this step. ConfigError: nothing fits it, or the decoder does not know its pattern."""
        choice = listed(schema)
        if choice is not None:
            choice = named(choice, self.pointers.request) or choice if self.pointers else choice
            return self._shared("(" + " | ".join(quote(_literal(value)) for value in choice) + ")")
        ways = alternatives(schema)
        if len(ways) == 1:
            return self._typed(ways[0], step)
        return "(" + " | ".join(dict.fromkeys(self.of(way, step) for way in ways)) + ")"

    def is_said(self, schema: Schema) -> bool:
        """Whether the request may say a value: not where one of a list, a number or a form is wanted and none is there."""
        if self.pointers is None:
            return True
        choice, form = listed(schema), known_form(schema)
        if choice is not None:
            return bool(named(choice, self.pointers.request))
        if schema.get("type") in ("integer", "number"):
            return bool(self._said(schema))
        return not form or bool(said_texts(json.dumps(form), self.pointers))

    def _typed(self, schema: Schema, step: int) -> str:
        if schema.get("not") == {}:
            raise ConfigError("no value fits a schema that is false")
        declared = schema.get("type", ())
        kinds = [declared] if isinstance(declared, str) else list(declared)
        if "array" in kinds and _is_text(schema.get("items", _TEXT)) and not schema.keys() & _COUNTED:
            return f"list_{step}"  # a bare item or nothing in its place is let pass, and not written
        writers = {
            "string": self._text,
            "integer": self._number,
            "number": self._number,
            "array": self._array,
            "object": self._object,
        }
        fixed = {"boolean": '("True" | "False")', "null": '"None"'}
        options = [fixed.get(kind) or writers[kind]({**schema, "type": kind}, step) for kind in _ORDER if kind in kinds]
        anything = [f"str_{step}", "NUMBER", '"True"', '"False"', '"None"']
        return "(" + " | ".join(options or anything) + ")"

    def _text(self, schema: Schema, step: int) -> str:
        form = known_form(schema)
        if not form:
            return f"str_{step}"
        key = json.dumps(form)
        if key not in self._forms:
            said = said_texts(key, self.pointers) if self.pointers else []
            self._forms[key] = self._shared("(" + " | ".join(said or [spelled_text(key)]) + ")")
        return self._forms[key]

    def _number(self, schema: Schema, step: int) -> str:
        wanted = _bounded(schema)
        plain = _plain_number(wanted)
        if len(wanted) == 1:
            return self._or_reference(self._said(wanted) or plain, step)
        return plain or self._said(wanted) or self._shared(spelled_number(json.dumps(wanted)))

    def _said(self, wanted: Schema) -> str:
        return said_numbers(json.dumps(_bounded(wanted)), self.pointers) if self.pointers else ""

    def _array(self, schema: Schema, step: int) -> str:
        most = schema.get("maxItems", MOST_ITEMS)
        first = [self.of(part, step) for part in schema.get("prefixItems", ())[:most]]
        open_ended = schema.get("items") != NOTHING
        item = self.of(schema.get("items", {}), step) if open_ended and most > len(first) else ""
        least = schema.get("minItems", 0)
        if least > MOST_ITEMS or least > (most if open_ended else len(first)):
            raise ConfigError(f"a list cannot have {least} items here; ask for fewer")
        needed = first + [item] * (least - len(first))
        more = min(most, max(MAX_ITEMS, least)) - len(needed) if item else 0
        if needed:
            return f'"[" {_joined(needed)} {_more(item, more)} "]"'
        written = f'("[]" | "[" {item} {_more(item, more - 1)} "]")' if more > 0 else '"[]"'
        return written if schema.keys() & _COUNTED else self._or_reference(written, step)

    def _object(self, schema: Schema, step: int) -> str:
        needed = schema.get("required", ())
        properties = {
            **schema.get("properties", {}),
            **{name: {} for name in needed if name not in schema.get("properties", {})},
        }
        possible = {name: part for name, part in properties.items() if name in needed or part != NOTHING}
        if not possible:
            return self._free_object(schema.get("additionalProperties", {}), step)
        members = tuple(f"{quote(format_value(name) + ': ')} {self.of(part, step)}" for name, part in possible.items())
        return f'"{{" {self._members(members, tuple(name in needed for name in possible))} "}}"'

    def _free_object(self, value: Schema | bool, step: int) -> str:
        if value is False or value == NOTHING:
            return '"{}"'
        member = f'str_{step} ": " {self.of(value if isinstance(value, Mapping) else {}, step)}'
        return self._or_reference(f'"{{" ({member} {_more(member, MAX_ITEMS - 1)})? "}}"', step)

    def _members(self, members: tuple[str, ...], needed: tuple[bool, ...]) -> str:
        """Members in their order; those that are not needed may be left out."""
        if (members, needed) not in self._names:
            name = self._names[members, needed] = f"object_{len(self._names)}"
            for place, (member, must) in enumerate(zip(members, needed, strict=True)):
                for begins, comma in (("first", ""), ("next", '", " ')):
                    left_out = "" if must else f" | {begins}_{name}_{place + 1}"
                    self.rules.append(f"{begins}_{name}_{place}: {comma}{member} next_{name}_{place + 1}{left_out}")
            self.rules += [f'{begins}_{name}_{len(members)}: ""' for begins in ("first", "next")]
        return f"first_{self._names[members, needed]}_0"

    def _or_reference(self, expression: str, step: int) -> str:
        """Compact plans are trained with references in texts alone."""
        return expression if step == 1 or self.pointers else f'({expression} | "\\"" ref_{step} "\\"")'

    def _shared(self, expression: str) -> str:
        """The name of a rule for a long expression that no step has a part in."""
        if len(expression) < _LONG:
            return expression
        if expression not in self._names:
            self._names[expression] = f"value_{len(self._names)}"
            self.rules.append(f"{self._names[expression]}: {expression}")
        return self._names[expression]


_TEXT = {"type": "string"}
_COUNTED = frozenset(("minItems", "maxItems", "prefixItems"))


def _is_text(schema: Schema) -> bool:
    """Any text: what explains it does not matter."""
    return schema.get("type") == "string" and schema.keys() <= {"type", "description", "default", "examples"}


def quote(text: str) -> str:
    """A text as Lark writes it; its lexer takes no raw DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _literal(value: Any) -> str:
    """A value as a plan writes it, in which no `$` is taken for a reference."""
    return format_value(escaped(value, range(1, MAX_ID + 1)))


def _bounded(schema: Schema) -> dict[str, Any]:
    return {word: schema[word] for word in ("type", *sorted(_BOUNDS)) if word in schema}


def _plain_number(schema: Schema) -> str:
    """Few integers are listed, a lower bound of 0 or 1 alone is written out; "" for other bounds."""
    bounds = {word: value for word, value in schema.items() if word != "type"}
    if not bounds:
        return "INTEGER" if schema["type"] == "integer" else "NUMBER"
    low, high = bounds.get("minimum"), bounds.get("maximum")
    if schema["type"] == "number" or not bounds.keys() <= {"minimum", "maximum"}:
        return ""
    if isinstance(low, int) and isinstance(high, int) and 0 <= high - low < MAX_LISTED:
        return "(" + " | ".join(quote(str(value)) for value in range(low, high + 1)) + ")"
    if high is None and low in (0, 1):
        return "/[1-9][0-9]{0,5}/" if low else "/0|[1-9][0-9]{0,5}/"
    return ""


def _joined(parts: Sequence[str]) -> str:
    return ' ", " '.join(parts)


def _more(item: str, most: int) -> str:
    return f'(", " {item}){{0,{most}}}' if most > 0 else '""'
