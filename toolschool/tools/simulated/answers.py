"""Answers made up from their schema, always the same for the same call; and calls made up from their documentation.

    invented = answer(api, full(api, {"city": "Bonn"}), random.Random("0/the call"))
    arguments = example_arguments(api, random.Random(1))

A field takes the argument of its name (`cityName` of `city_name`), cut to MAX_TEXT; then an enumerated value; else something that fits
the words of its name (dates, ids, links, prices, people, places), else a line of text about the arguments with a number.
Limits: fields know nothing of each other (a `total` is not the length of a list), two APIs nothing of each other, and an answer
of nothing but flags cannot tell calls apart. Schemas are read as far as `schemas.py`
and `shapes.py` write them, and declarations: type, enum, their two patterns, formats of dates and times, properties, required, items, minItems.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from toolschool.records import JsonValue
from toolschool.tools.simulated.api import Api, Schema, words
from toolschool.tools.simulated.schemas import DATE, TIME, read_value

MAX_TEXT = 200  # characters of a text
MAX_SUBJECT = 60  # characters of the arguments in a made-up text

_PEOPLE = "Ada Moore|Ben Castillo|Chika Obi|Dana Novak|Elif Kaya|Femi Adeyemi|Grace Lindt|Hugo Marin|Ines Duarte|Jun Tanaka".split(
    "|"
)
_CITIES = "Bonn|Porto|Kyoto|Quito|Tampere|Windhoek|Galway|Pune|Halifax|Adelaide".split("|")
_COUNTRIES = "Germany|Portugal|Japan|Ecuador|Finland|Namibia|Ireland|India|Canada|Australia".split("|")
_STATES = "ok|active|confirmed|completed|open".split("|")
_LANGUAGES = "en|de|pt|ja|es|fi|fr".split("|")
_CURRENCIES = "EUR|USD|JPY|GBP|INR|CAD".split("|")
_UNITS = "kg|m|km|mg/L|%|hours".split("|")
_COLORS = "red|blue|green|amber|white|black".split("|")


def answer(api: Api, arguments: Mapping[str, JsonValue], rng: random.Random) -> JsonValue:
    """An answer within the API's schema; everything that is not in the arguments (of `full`) comes from `rng`."""
    properties: Mapping[str, Schema] = api.parameters.get("properties", {})
    known = {plain(name): value for name, value in arguments.items()}
    telling = [
        arguments[name]
        for name, schema in properties.items()
        if name in arguments and arguments[name] != schema.get("default")
    ]
    fields = list(api.answer.get("properties", {}).values())
    lone = len(fields) == 1 and fields[0].get("type") == "string"
    return _Inventor(rng, known, _subject(telling), lone).value(api.answer)


def example_arguments(api: Api, rng: random.Random) -> dict[str, JsonValue]:
    """Arguments that the API accepts: documented examples where there are any; about half of the optional ones."""
    inventor = _Inventor(rng, {}, subject="")
    required = api.parameters.get("required", ())
    return {
        name: rng.choice(schema["examples"]) if "examples" in schema else inventor.value(schema, name)
        for name, schema in api.parameters.get("properties", {}).items()
        if name in required or rng.random() < 0.5
    }


def plain(name: str) -> str:
    """A name by which `cityName` and `city_name` are one."""
    return "".join(words(name))


def _subject(values: Iterable[JsonValue]) -> str:
    """What the arguments are about, for a line of text."""
    shown = [str(value) for value in values if isinstance(value, str | int | float)]
    return " ".join(", ".join(filter(None, shown)).split())[:MAX_SUBJECT]


@dataclass(frozen=True)
class _Inventor:
    """Values for schemas; `known` are the arguments by plain name.

    A `lone` field is a line of text: a word out of ten could not tell the calls of its API apart.
    """

    rng: random.Random
    known: Mapping[str, JsonValue]
    subject: str
    lone: bool = False

    def value(self, schema: Schema, name: str = "") -> JsonValue:
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            return self._list(schema, name)
        echo = self._echo(schema, name)
        if echo is not None:
            return echo
        if "enum" in schema:
            return self.rng.choice(schema["enum"])
        return self._scalar(kind, schema, name)

    def _object(self, schema: Schema) -> dict[str, JsonValue]:
        """Required fields, and of the others those that an argument fills."""
        required = schema.get("required", ())
        properties: Mapping[str, Schema] = schema.get("properties", {})
        return {
            name: self.value(part, name)
            for name, part in properties.items()
            if name in required or self._echo(part, name) is not None
        }

    def _list(self, schema: Schema, name: str) -> list[JsonValue]:
        """The first item repeats the arguments, the others are of their own."""
        if "items" not in schema:
            return []
        others = _Inventor(self.rng, {}, self.subject)
        return [(others if index else self).value(schema["items"], name) for index in range(schema.get("minItems", 1))]

    def _echo(self, schema: Schema, name: str) -> JsonValue:
        """The argument of this name as the schema's type; None where there is none that fits."""
        value = self.known.get(plain(name)) if name else None
        if value is None or schema.get("type") not in ("string", "integer", "number", "boolean"):
            return None
        return read_value(value[:MAX_TEXT] if isinstance(value, str) else value, schema)

    def _scalar(self, kind: str | None, schema: Schema, name: str) -> JsonValue:
        if kind == "boolean":
            return self._flag(words(name))
        if kind in ("integer", "number"):
            return self._number(words(name), whole=kind == "integer")
        if kind == "null":
            return None
        written = _WRITTEN.get(schema.get("pattern")) or _WRITTEN.get(schema.get("format"))
        return written(self.rng) if written else self._text(words(name))

    def _flag(self, named: list[str]) -> bool:
        if set(named) & {"error", "errors", "failed", "failure", "fault"}:
            return False
        return bool(set(named) & _GOOD) or self.rng.random() < 0.5

    def _number(self, named: list[str], whole: bool) -> int | float:
        if whole and "".join(named) in ("status", "code", "statuscode"):
            return 200
        low, high = next((_RANGES[word] for word in reversed(named) if word in _RANGES), (0, 10_000))
        return self.rng.randint(low, high) if whole else round(self.rng.uniform(low, high), 2)

    def _text(self, named: list[str]) -> str:
        kind = next((word for word in reversed(named) if word in _TEXTS), None)
        if kind and not self.lone:
            return _TEXTS[kind](self.rng)
        about = f" of {self.subject}" if self.subject else ""
        return f"{' '.join(named)[:MAX_SUBJECT].capitalize() or 'Result'}{about} (no. {self.rng.randrange(10**6)})"


def _token(rng: random.Random) -> str:
    return f"{rng.getrandbits(40):010x}"


def _day(rng: random.Random) -> str:
    return str(date(2020, 1, 1) + timedelta(days=rng.randrange(2190)))


def _clock(rng: random.Random) -> str:
    return f"{rng.randrange(24):02}:{rng.randrange(60):02}"


def _moment(rng: random.Random) -> str:
    return f"{_day(rng)}T{_clock(rng)}:00Z"


def _link(rng: random.Random) -> str:
    return f"https://example.com/{_token(rng)}"


def _email(rng: random.Random) -> str:
    return f"{rng.choice(_PEOPLE).split()[0].lower()}.{rng.randrange(1000)}@example.com"


def _phone(rng: random.Random) -> str:
    return f"+1555{rng.randrange(10**7):07}"


def _one_of(pool: list[str]) -> Callable[[random.Random], str]:
    return lambda rng: rng.choice(pool)


_WRITTEN: Mapping[str | None, Callable[[random.Random], str]] = {
    **dict.fromkeys((DATE, "date"), _day),
    **dict.fromkeys((TIME, "time"), _clock),
    "date-time": _moment,
}  # patterns and formats
_TEXTS: Mapping[str, Callable[[random.Random], str]] = {
    **dict.fromkeys(("id", "uuid", "guid", "key", "token", "number", "hash", "isbn", "code", "ids"), _token),
    **dict.fromkeys(("url", "uri", "link", "href", "image", "photo", "thumbnail", "logo", "website", "avatar"), _link),
    **dict.fromkeys(("date", "day", "birthday", "deadline", "since", "until"), _day),
    **dict.fromkeys(("datetime", "timestamp", "created", "updated"), _moment),
    **dict.fromkeys(("time", "hour"), _clock),
    **dict.fromkeys(("email", "mail"), _email),
    **dict.fromkeys(("phone", "telephone", "mobile", "fax"), _phone),
    **dict.fromkeys(
        ("author", "doctor", "coach", "teacher", "owner", "player", "artist", "username"), _one_of(_PEOPLE)
    ),
    **dict.fromkeys(("city", "town", "location", "place", "venue"), _one_of(_CITIES)),
    **dict.fromkeys(("country", "nation"), _one_of(_COUNTRIES)),
    **dict.fromkeys(("language", "lang", "locale"), _one_of(_LANGUAGES)),
    **dict.fromkeys(("color", "colour"), _one_of(_COLORS)),
    "status": _one_of(_STATES),
    "currency": _one_of(_CURRENCIES),
    "unit": _one_of(_UNITS),
}
_RANGES: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(("lat", "latitude"), (-90, 90)),
    **dict.fromkeys(("lon", "lng", "longitude"), (-180, 180)),
    **dict.fromkeys(("percent", "percentage", "humidity"), (0, 100)),
    **dict.fromkeys(("probability", "confidence", "ratio"), (0, 1)),
    **dict.fromkeys(("rating", "stars"), (1, 5)),
    **dict.fromkeys(("temperature", "temp"), (-15, 35)),
    "year": (1990, 2025),
    "month": (1, 12),
    "day": (1, 28),
    "hour": (0, 23),
    "minute": (0, 59),
    "age": (1, 95),
    "page": (1, 1),
}
_GOOD = frozenset(
    "success successful ok valid done status available created updated deleted confirmed confirmation".split()
)
