"""The documented shape of an answer as a JSON schema.

    schema, note = answer_schema({"days": [{"high": "float", "_list_length": 7}]})

A shape is an answer whose values were replaced by type words; lists hold one item, `_list_length` or "list of str with length 7"
says how many there were. Limits: lengths are shortened, so that answers stay small.
"""

from __future__ import annotations

import json
import re
from typing import Any

from toolschool.records import JsonValue
from toolschool.tools.simulated.api import Note
from toolschool.tools.simulated.schemas import TYPES

LISTED = 3  # items that an answer holds where the documentation tells of more; one in a list within a list
_LIST_OF = re.compile(r"list of (\w+) with length (\d+)")


def answer_schema(document: JsonValue) -> tuple[dict[str, Any], Note | None]:
    """The schema of an answer from its documented shape: leaves are type words, `_list_length` says how long a list was.

    A shape that its source cut off is read up to its last whole entry. {} with a note where there is none.
    """
    if isinstance(document, str):
        shape = mended(document)
        return (_shape(shape) if shape else {}), Note("answer", "", "the documented shape is cut off")
    if not document:
        return {}, Note("answer", "", "not documented")
    return _shape(document), None


def _shape(shape: JsonValue, listed: bool = False) -> dict[str, Any]:
    if isinstance(shape, dict):
        properties = {name: _shape(part, listed) for name, part in shape.items() if name != "_list_length"}
        return {"type": "object", "properties": properties, "required": list(properties)}
    if isinstance(shape, list):
        return _list_shape(shape[0], listed) if shape else {"type": "array"}
    return _leaf(str(shape), listed)


def _list_shape(item: JsonValue, listed: bool) -> dict[str, Any]:
    if isinstance(item, str) and _LIST_OF.fullmatch(item):
        return _leaf(item, listed)  # ["list of str with length 2"] is that list
    length = item.get("_list_length", 1) if isinstance(item, dict) else 1
    return _list(_shape(item, listed=True), length, listed)


def _leaf(word: str, listed: bool) -> dict[str, Any]:
    if word == "NoneType":
        return {"type": "null"}
    if found := _LIST_OF.fullmatch(word):
        return _list(_leaf(found[1], listed=True), int(found[2]), listed)
    return {"type": "array"} if word == "empty list" else dict(TYPES.get(word.lower(), {}))


def _list(items: dict[str, Any], length: int, listed: bool) -> dict[str, Any]:
    """A list has as many items as documented up to LISTED; one within a list has one, so that answers stay small."""
    return {"type": "array", "items": items, "minItems": 1 if listed else min(length, LISTED)}


def mended(text: str) -> JsonValue:
    """JSON that was cut off at its end, up to the last whole entry of what was open; None where nothing is whole."""
    closing: list[str] = []
    whole = ""
    quoted = escaped = False
    for place, character in enumerate(text):
        if quoted:
            escaped, quoted = character == "\\" and not escaped, character != '"' or escaped
        elif character == '"':
            quoted = True
        elif character in "{[":
            closing.append("}" if character == "{" else "]")
        elif character in "}]" and closing:
            closing.pop()
        if not quoted and character in "]},":
            whole = text[:place].rstrip(",") if character == "," else text[: place + 1]
            whole += "".join(reversed(closing))
    try:
        return json.loads(whole)
    except ValueError:
        return None
