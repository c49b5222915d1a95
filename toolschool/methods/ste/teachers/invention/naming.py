"""What an argument is about, by its type, name and documentation.

    kind_of("start_location", {"type": "string"}, about="", tool="maps show directions ...")     # "place"

By rule, English; the last word of a name that means something decides. What nobody knows is a "phrase".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from toolschool.methods.ste.teachers.invention.numbers import NUMBERED
from toolschool.tools.simulated.api import words

_NAMED: tuple[tuple[str, str], ...] = (
    ("datetime", "datetime timestamp"), ("date", "date day birthday birthdate deadline since until dob departure arrival checkin checkout"),
    ("time", "time hour clock"), ("email", "email mail emails mails recipient recipients cc bcc invitee invitees attendee attendees participant participants"),
    ("phone", "phone telephone mobile fax phones"), ("url", "url uri link website webpage href urls links image"), ("domain", "domain host hostname site"),
    ("path", "path filepath folderpath attachment attachments"), ("file", "file filename document"), ("city", "city town municipality cities"),
    ("address", "address street"), ("airport", "airport iata"), ("place", "location place venue destination origin where"), ("country",
    "country nation countries"),
    ("region", "state region province county"), ("timezone", "timezone tz zone"), ("currency", "currency currencies"), ("language",
    "language lang locale languages"),
    ("symbol", "symbol ticker stock symbols"), ("zip", "zip zipcode postcode postal plz"), ("ip", "ip"), ("coordinates", "coordinates latlng latlon coords"),
    ("hex", "hex"), ("color", "color colour"), ("unit", "unit units"), ("month", "month"), ("weekday", "weekday"), ("genre", "genre category section"),
    ("company", "company brand organization organisation manufacturer make employer"), ("team", "team club league opponent"),
    ("artist", "artist singer band composer"), ("person", "person contact author actor director player customer employee patient user owner people"),
    ("restaurant", "restaurant cafe bar bistro pub diner eatery"), ("hotel", "hotel hostel inn accommodation"), ("pizza", "pizza pizzas"),
    ("drink", "drink drinks beverage coffee tea wine beer cocktail"), ("size", "size"), ("task", "todo chore"),
    ("movie", "movie film show series"), ("book", "book novel"), ("song", "song track album"), ("username", "username handle login account nickname"),
    ("query", "query search keyword keywords term terms q phrase topic"), ("product", "product item items thing"), ("food",
    "food recipe ingredient ingredients dish meal"),
    ("expression", "expression formula equation calculation"), ("password", "password passphrase secret"), ("word", "word words"), ("tag",
    "tag hashtag slug tags"),
    ("folder", "folder directory calendar"), ("title", "title subject heading label event reminder list note task meeting project"),
    ("text", "text message content body notes comment sentence prompt paragraph context caption"),
    ("code", "id uuid guid key token code number isbn hash sku ids barcode vin asin imei serial reference"),
)  # fmt: skip
_BY_NAME = {word: kind for kind, named in _NAMED for word in named.split()}
THINGS = frozenset(_BY_NAME)
"""Words for what arguments are about."""
_NAMED_THINGS = {word: kind for word, kind in _BY_NAME.items() if kind in (
    "person", "city", "country", "file", "movie", "book", "song", "team", "company", "product", "title", "artist", "food", "region", "place",
    "restaurant", "hotel", "pizza", "drink",
)} | dict.fromkeys(("phone", "email", "contact"), "person")  # fmt: skip
_PLACED = frozenset("from to source target base origin destination src dst".split())
_PHONED = frozenset("sms text whatsapp call dial".split())
_REMEMBERED = frozenset("task text message what title content".split())
_MAILED = frozenset("to recipient recipients cc invitees attendees".split())
_FORMATS = {
    "date": "date", "date-time": "datetime", "time": "time", "email": "email", "uri": "url", "uuid": "code", "ipv4": "ip", "hostname": "domain",
}  # fmt: skip


def kind_of(name: str, schema: Mapping[str, Any], about: str, tool: str) -> str:
    """The kind of an argument that is no object: "flag", "choice", "number", "digits" (a number as text), a moment, or a text of KINDS."""
    if "enum" in schema or "const" in schema:
        return "choice"
    if schema.get("type") in ("boolean", "number", "integer"):
        return "flag" if schema["type"] == "boolean" else "number"
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return _refined(_text_kind(words(name), about, words(tool)), name, about, tool)


def _text_kind(named: list[str], about: str, told: list[str]) -> str:
    tool = set(told)
    last = named[-1] if named else ""
    if set(named) & _PLACED or last in ("symbol",):
        for kind, hints in (
            ("currency", "currency currencies exchange"),
            ("language", "translate translation language"),
            ("unit", "unit units"),
        ):
            if tool & set(hints.split()) or set(words(about)) & set(hints.split()):
                return kind
    if set(named) & _MAILED and (addressed := _addressed(set(words(about)), tool)):
        return addressed
    if (last in _REMEMBERED or named == ["name"]) and tool & {"remind", "reminder", "reminders", "todo"}:
        return "task"
    if last == "name" or named in (["name"], ["names"]):
        return _thing_named([*named[:-1], *words(about), *told])
    if "pdf" in named:
        return "pdf"
    if last in NUMBERED and _BY_NAME.get(last, "code") == "code":
        return "digits"
    found = next((_BY_NAME[word] for word in reversed(named) if word in _BY_NAME), None)
    if found:
        return found
    if set(named) & _PLACED:
        return "place"
    return next(
        (
            _BY_NAME[word]
            for word in words(about)
            if word in _BY_NAME and _BY_NAME[word] not in ("code", "text", "person")
        ),
        "phrase",
    )


def words_for(kind: str) -> set[str]:
    """Words that stand for things of a kind."""
    return {word for word, named in _BY_NAME.items() if named == kind}


def _addressed(about: set[str], tool: set[str]) -> str:
    """How one who is written to is named: a number or a name where the documentation speaks of that and not of mail; "" elsewhere."""
    for said in (about, tool):
        if said & {"email", "mail", "mails", "emails"}:
            return ""
        if said & _PHONED | said & {"phone", "number", "numbers"}:
            return "phone"
        if said & {"contact", "friend", "person", "name", "message", "chat"}:
            return "person"
    return ""


def _thing_named(said: list[str]) -> str:
    """What a name is a name of: the first thing that the argument, its description and the tool speak of."""
    return next((_NAMED_THINGS[word] for word in said if word in _NAMED_THINGS), "title")


def _refined(kind: str, name: str, about: str, tool: str) -> str:
    """Codes where the documentation wants codes, moments where it wants a clock."""
    low = about.lower()
    if kind in ("country", "language") and re.search(
        r"\bcode\b|iso|\b2[- ]letter|two[- ]letter", f"{low} {' '.join(words(name))}"
    ):
        return f"{kind} code"
    dated = about if re.search("yyyy|hh", low) else tool
    if kind in ("time", "date") and re.search(r"[yY]{4}[-/][mM]{2}[-/][dD]{2}[ T](?:HH|hh)", dated):
        return "datetime"
    if kind == "time" and re.search(r"yyyy-mm-dd", low):
        return "date"
    if kind == "unit" and re.search("weather|forecast|temperature", tool, re.IGNORECASE):
        return "degrees"
    if kind == "color" and "hex" in low:
        return "hex"
    return kind
