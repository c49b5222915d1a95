"""What APIs with the same thing in their names write and read: create an event, and get, list, update or cancel it.

    create, cancel = deed_of(("Events", "", "createEvent")), deed_of(("Events", "", "cancelEvent"))
    store.write(create, {"event_name": "Fair"}, {"event_id": "e1"})
    store.find(cancel, {"event_id": "e1"})          # Found(rows=({"event_id"...},), deleted=False)

The verb that begins an API's name says what it does, the words after it the thing; APIs of one service (`key[1]`) share their
things. A thing is known by its id, else by its name or title, with or without the thing's own name before it (`event_id`,
`id`); the one new id in the answer to a creation is its id, however it is called (`booking_id`). Things that nobody
created here exist as well, until deleted: a real service is full of them.

Limits: names are all there is to go by. Names without a plain verb ("Order List") and things under two names (`bookTable`,
`getReservation`) are not joined; an update or deletion that does not say of which thing leaves nothing; creating twice with
the same arguments is one creation, because the same call has the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from toolschool.records import JsonValue
from toolschool.tools.simulated.api import words
from toolschool.tools.simulated.calls import normal
from toolschool.tools.simulated.schemas import read_value

Kind = Literal["create", "update", "delete", "read"]
Row = dict[str, JsonValue]  # values by field, named without the thing's own name
MAX_LISTED = 3  # rows that one answer lists, the newest

_VERBS: Mapping[str, Kind] = {
    **dict.fromkeys(("create", "add", "insert", "register", "submit", "upload", "reserve", "enroll", "save"), "create"),
    **dict.fromkeys(("book", "schedule", "publish", "place"), "create"),
    **dict.fromkeys(("update", "edit", "modify", "rename", "change"), "update"),
    **dict.fromkeys(("delete", "remove", "cancel", "drop"), "delete"),
    **dict.fromkeys(("get", "list", "find", "read", "show", "retrieve", "search", "fetch", "view", "track"), "read"),
}
# Verbs only in camel case (bookTable): "Book List" and "schedule" are nouns.
_NOUNS_TOO = frozenset("book schedule place list view track show".split())
_ASPECTS = frozenset("info information details detail status data list all record records a an the".split())
_ENDS = frozenset("by for of from with in on associated using".split())
_ID_ENDS = ("id", "number", "code")


class Deed(NamedTuple):
    """What an API does to which thing: (service, words of the thing)."""

    kind: Kind
    thing: tuple[str, str]


class Found(NamedTuple):
    """What the store knows of the things that a call is about."""

    rows: tuple[Row, ...] = ()
    deleted: bool = False


@lru_cache(maxsize=10_000)
def deed_of(key: tuple[str, str, str]) -> Deed | None:
    """What the API of this key does, by its name; None where the name does not tell."""
    verb, *rest = words(key[2]) or [""]
    kind = _VERBS.get(verb)
    if kind is None or (verb in _NOUNS_TOO and not key[2].removeprefix(verb)[:1].isupper()):
        return None
    end = next((place for place, word in enumerate(rest) if word in _ENDS), len(rest))
    named = [_singular(word) for word in rest[:end] if word not in _ASPECTS]
    return Deed(kind, (key[1], " ".join(named))) if named else None


class Store:
    """The things of one run, created, changed or deleted in it."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[Row]] = {}
        self._deleted: dict[tuple[str, str], list[Row]] = {}

    def state(self) -> dict[str, dict[str, list[Row]]]:
        """What is there and what was deleted, by thing, in canonical order: equal states have equal effects behind them."""
        tables = {"rows": self._rows, "deleted": self._deleted}
        things = sorted({thing for table in tables.values() for thing, rows in table.items() if rows})
        return {
            " / ".join(filter(None, thing)): {
                name: sorted(table.get(thing, []), key=lambda row: repr(sorted(row.items())))
                for name, table in tables.items()
            }
            for thing in things
        }

    def find(self, deed: Deed, arguments: Mapping[str, JsonValue]) -> Found:
        """The thing that the arguments identify, or else all that agree with them."""
        said = _fields(deed, arguments)
        rows = tuple(row for row in self._rows.get(deed.thing, ()) if _agree(row, said))
        if _identity(said) is None:
            return Found(rows)
        rows = tuple(row for row in rows if _is(row, said))
        return Found(rows, deleted=not rows and any(_is(row, said) for row in self._deleted.get(deed.thing, ())))

    def write(self, deed: Deed, arguments: Mapping[str, JsonValue], answer: JsonValue) -> None:
        """The effect of a call that succeeded."""
        said = _fields(deed, arguments)
        if deed.kind == "create":
            row = {**_answered(deed, said, answer), **said}
            self._take(self._deleted, deed, row)
            self._take(self._rows, deed, row)
            self._rows.setdefault(deed.thing, []).append(row)
        elif deed.kind in ("update", "delete") and _identity(said):
            row = {**(self._take(self._rows, deed, said) or {}), **said}
            table = self._rows if deed.kind == "update" else self._deleted
            table.setdefault(deed.thing, []).append(row)

    def _take(self, table: dict[tuple[str, str], list[Row]], deed: Deed, said: Row) -> Row | None:
        """Removes the row that is this thing and returns it."""
        rows = table.get(deed.thing, [])
        place = next((place for place, row in enumerate(rows) if row == said or _is(row, said)), None)
        return None if place is None else rows.pop(place)


def shown(deed: Deed, answer: JsonValue, rows: Sequence[Row], schema: Mapping[str, Any]) -> JsonValue:
    """The answer with what is known of the rows: in its first list of objects, else in its own fields if it is one row."""
    if not rows:
        return answer
    if isinstance(answer, list) and answer and schema.get("items", {}).get("type") == "object":
        newest = list(reversed(rows))[:MAX_LISTED]
        told = [_told(deed, answer[min(i, len(answer) - 1)], row, schema["items"]) for i, row in enumerate(newest)]
        return told + answer[len(told) :]
    if not isinstance(answer, dict):
        return answer
    properties = schema.get("properties", {})
    listed = next((name for name, part in properties.items() if part.get("items", {}).get("type") == "object"), None)
    if listed in answer:
        return {**answer, listed: shown(deed, answer[listed], rows, properties[listed])}
    return _told(deed, answer, rows[0], schema) if len(rows) == 1 else answer


def _told(deed: Deed, told: Row, row: Row, schema: Mapping[str, Any]) -> Row:
    """The object with the row's values in the fields that can take them."""
    properties = schema.get("properties", {})
    known = {name: read_value(row.get(_field(deed, name)), properties.get(name, {})) for name in told}
    return {name: value if known[name] is None else known[name] for name, value in told.items()}


def _fields(deed: Deed, values: Mapping[str, JsonValue]) -> Row:
    return {_field(deed, name): value for name, value in values.items()}


def _field(deed: Deed, name: str) -> str:
    """`event_name`, `title` and `new_name` of an event are its `name`; other names stay, as words."""
    named = words(name)
    if len(named) > 1 and named[0] in ("new", "updated"):
        named = named[1:]
    thing = deed.thing[1].split()
    own = next((count for count in range(len(named) - 1, 0, -1) if named[:count] == thing[-count:]), 0)
    field = "_".join(named[own:])
    return "name" if field == "title" else field


def _answered(deed: Deed, said: Row, answer: JsonValue) -> Row:
    """The plain values of an answer to a creation; its one new id is the thing's."""
    if not isinstance(answer, dict):
        return {}
    told = {name: value for name, value in _fields(deed, answer).items() if isinstance(value, str | int | float)}
    ids = [name for name in told if name.split("_")[-1] in _ID_ENDS and name not in said]
    return {**told, "id": told[ids[0]]} if len(ids) == 1 and "id" not in said else told


def _identity(fields: Row) -> str | None:
    """The field by which a thing is known."""
    return next((name for name in ("id", "name") if fields.get(name) is not None), None)


def _is(row: Row, said: Row) -> bool:
    """Whether both are of one thing; what belongs to another (`project_id`) is another thing."""
    name = _identity(said)
    owners = [field for field in said if field.endswith("_id") and field in row]
    return name is not None and name in row and all(_same(row[field], said[field]) for field in (name, *owners))


def _agree(row: Row, said: Row) -> bool:
    return all(_same(row[field], value) for field, value in said.items() if field in row)


def _same(first: JsonValue, second: JsonValue) -> bool:
    return str(normal(first)).casefold() == str(normal(second)).casefold()


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
