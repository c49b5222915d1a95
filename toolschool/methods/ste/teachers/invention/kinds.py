"""What an argument is about: a kind by its type, name and documentation; and for each kind texts to draw, their form, and how people say them.

    kind_of("start_location", {"type": "string"}, about="", tool="...")     # "place"
    KINDS["place"].draw(rng), KINDS["place"].form, KINDS["place"].said

`form` is a regular expression of the text without quotation marks, "" where a request always quotes it. `said` are the ways to say it beside
the argument's own name; `{v}` is the value.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from toolschool.datasets.desk.people import DOMAINS, FIRST, LAST
from toolschool.datasets.desk.things import FILE_NOUNS, FIXED_TITLES, FOLDERS, GATHERINGS, PAPERS
from toolschool.datasets.desk.things import KINDS as TOPICS
from toolschool.methods.ste.teachers.invention import pools
from toolschool.tools.simulated.api import words

Draw = Callable[[random.Random], str]

PROPER = r"[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*"
PHRASE = r"[a-z][a-z'-]*(?: (?!(?:with|in|for|from|to|on|at|and|or|using|please|by|of|as|near|until|is|the|about|top|set|page|named|called)\b)[a-z'-]+){0,2}"
DAY = rf"\d{{4}}-\d{{2}}-\d{{2}}|\d{{2}}[/.-]\d{{2}}[/.-]\d{{4}}|(?:{'|'.join(pools.MONTHS)}) \d{{1,2}}, \d{{4}}"
CLOCK = r"\d{2}:\d{2}(?::\d{2})?"
NUMBER = r"(?<![\w.:/@#-])-?\d+(?:\.\d+)?(?![\w:/@-]|\.\d)"


@dataclass(frozen=True)
class Kind:
    """Texts of one sort."""

    draw: Draw
    form: str = ""
    said: tuple[str, ...] = ()


def pick(pool: tuple[str, ...]) -> Draw:
    return lambda rng: rng.choice(pool)


def alternation(pool: tuple[str, ...]) -> str:
    """One of the texts, the longest first."""
    return "|".join(re.escape(text) for text in sorted(pool, key=len, reverse=True))


def _person(rng: random.Random) -> str:
    return rng.choice(FIRST) if rng.random() < 0.4 else f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def _email(rng: random.Random) -> str:
    first, last = rng.choice(FIRST).lower(), rng.choice(LAST).lower().replace("'", "")
    return f"{rng.choice((first, f'{first}.{last}', f'{first[0]}{last}', f'{first}_{last}'))}@{rng.choice(DOMAINS)}"


def _phone(rng: random.Random) -> str:
    digits = f"{rng.randrange(10**7):07}"
    return rng.choice((f"+1555{digits}", f"555-{digits[:3]}-{digits[3:]}", f"+44{rng.randrange(10**9, 10**10)}"))


def _domain(rng: random.Random) -> str:
    return (
        f"{rng.choice(pools.WORDS)}{rng.choice(('', '-shop', 'hub', '-lab'))}.{rng.choice(('com', 'org', 'net', 'io'))}"
    )


def _link(rng: random.Random) -> str:
    return f"https://{_domain(rng)}/{rng.choice(pools.WORDS)}{rng.choice(('', f'/{rng.randrange(1, 999)}'))}"


def _code(rng: random.Random) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    head = "".join(rng.choice(letters) for _ in range(rng.choice((1, 2, 3))))
    return rng.choice(
        (
            f"{head}{rng.randrange(10**3, 10**5)}",
            f"{head}-{rng.randrange(100, 10**4)}",
            f"{rng.randrange(10**4, 10**7)}",
        )
    )


def _file(rng: random.Random) -> str:
    noun = rng.choice(FILE_NOUNS).replace(" ", "_")
    stem = rng.choice((noun, f"{rng.choice(TOPICS)}_{noun}", f"{noun}_{rng.randrange(2015, 2027)}"))
    return f"{stem}.{rng.choice(('pdf', 'pdf', 'docx', 'xlsx', 'txt', 'csv', 'pptx'))}"


def _path(rng: random.Random) -> str:
    return f"/{rng.choice(('files', 'home', 'data', 'docs'))}/{_file(rng)}"


def _title(rng: random.Random) -> str:
    if rng.random() < 0.3:
        return rng.choice(FIXED_TITLES)
    noun = rng.choice((*PAPERS, *GATHERINGS))
    return (
        f"{rng.choice(TOPICS)} {noun}".title()
        if rng.random() < 0.7
        else f"{rng.choice(GATHERINGS)} {rng.choice(PAPERS)}".title()
    )


def _address(rng: random.Random) -> str:
    return f"{rng.randrange(1, 400)} {rng.choice(pools.STREETS)} {rng.choice(('Street', 'Road', 'Avenue', 'Lane'))}"


def _place(rng: random.Random) -> str:
    return rng.choice(
        (_address(rng), rng.choice(pools.LANDMARKS), rng.choice(pools.LANDMARKS), rng.choice(pools.CITIES))
    )


def _username(rng: random.Random) -> str:
    return f"{rng.choice(FIRST).lower()}{rng.choice(('', '_', '.'))}{rng.choice(pools.WORDS)}{rng.randrange(1, 100)}"


def _expression(rng: random.Random) -> str:
    return rng.choice(pools.EXPRESSION_FORMS).format(
        a=rng.randrange(2, 400), b=rng.randrange(2, 90), c=rng.randrange(2, 20)
    )


def _coordinates(rng: random.Random) -> str:
    return f"{rng.uniform(-80, 80):.4f},{rng.uniform(-179, 179):.4f}"


def _tag(rng: random.Random) -> str:
    return f"{rng.choice(pools.WORDS)}-{rng.choice(pools.WORDS)}"


def _hex(rng: random.Random) -> str:
    return "#" + "".join(rng.choice("0123456789abcdef") for _ in range(6))


def _plus(draw: Draw, other: Draw) -> Draw:
    return lambda rng: draw(rng) if rng.random() < 0.6 else other(rng)


def _pooled(pool: tuple[str, ...], *said: str) -> Kind:
    return Kind(pick(pool), alternation(pool), said)


# "date", "datetime" and "time" are drawn in `moments.py`, which knows how the documentation writes them.
KINDS: Mapping[str, Kind] = {
    "person": Kind(_person, PROPER, ("for {v}", "of {v}")),
    "city": Kind(pick(pools.CITIES), PROPER, ("in {v}", "for {v}", "near {v}")),
    "place": Kind(_place, rf"(?:\d+ )?{PROPER}", ("at {v}", "in {v}", "near {v}", "for {v}")),
    "country": Kind(pick(pools.COUNTRIES), PROPER, ("in {v}", "for {v}")),
    "country code": Kind(pick(pools.COUNTRY_CODES), "[A-Z]{2}", ("for {v}", "in {v}")),
    "region": Kind(pick(pools.REGIONS), PROPER, ("in {v}", "for {v}")),
    "address": Kind(_address, rf"\d+ {PROPER}", ("at {v}", "for {v}")),
    "company": Kind(pick(pools.COMPANIES), PROPER, ("for {v}", "of {v}", "about {v}")),
    "team": Kind(pick(pools.TEAMS), PROPER, ("for {v}", "of {v}")),
    "artist": Kind(_plus(pick(pools.ARTISTS), _person), PROPER, ("by {v}", "of {v}")),
    "movie": Kind(pick(pools.MOVIES)),
    "book": Kind(pick(pools.BOOKS)),
    "song": Kind(pick(pools.SONGS)),
    "currency": Kind(pick(pools.CURRENCIES), "[A-Z]{3}", ("in {v}", "for {v}")),
    "language": _pooled(pools.LANGUAGES, "in {v}", "for {v}"),
    "language code": _pooled(pools.LANGUAGE_CODES),
    "symbol": Kind(pick(pools.SYMBOLS), "[A-Z]{1,5}", ("for {v}", "of {v}")),
    "airport": Kind(pick(pools.AIRPORTS), "[A-Z]{3}", ("at {v}", "for {v}")),
    "email": Kind(_email, r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", ("for {v}",)),
    "phone": Kind(_phone, r"\+?\d[\d-]{6,}\d", ("for {v}",)),
    "url": Kind(_link, r"https?://[\w./#?=&-]*[\w/]", ("at {v}", "for {v}", "from {v}")),
    "domain": Kind(_domain, r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", ("for {v}", "of {v}")),
    "code": Kind(_code, r"(?=[\w-]*\d)[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?", ("for {v}",)),
    "zip": Kind(lambda rng: f"{rng.randrange(10000, 99999)}", r"\d{5}", ("for {v}", "in {v}")),
    "ip": Kind(lambda rng: ".".join(str(rng.randrange(1, 255)) for _ in range(4)), r"\d+\.\d+\.\d+\.\d+", ("for {v}", "of {v}")),
    "file": Kind(_file, r"[\w-]+\.[a-z]{3,4}", ("of {v}", "for {v}", "called {v}")),
    "pdf": Kind(lambda rng: re.sub(r"\w+$", "pdf", _path(rng)), r"/[\w/.-]*\w", ("at {v}", "of {v}", "for {v}")),
    "path": Kind(_path, r"/[\w/.-]*\w", ("at {v}", "of {v}", "for {v}")),
    "username": Kind(_username, r"[a-z][\w.]*\d", ("of {v}", "for {v}")),
    "timezone": Kind(pick(pools.TIMEZONES), r"[A-Z]\w+/[A-Z]\w+|UTC", ("in {v}",)),
    "coordinates": Kind(_coordinates, r"-?\d+\.\d+,-?\d+\.\d+", ("at {v}", "for {v}")),
    "hex": Kind(_hex, r"#[0-9a-f]{6}", ("for {v}",)),
    "color": _pooled(pools.COLORS, "in {v}"),
    "unit": _pooled(pools.UNITS, "in {v}"),
    "month": _pooled(pools.MONTHS, "in {v}", "for {v}"),
    "weekday": _pooled(pools.WEEKDAYS, "on {v}", "for {v}"),
    "genre": _pooled(pools.GENRES, "about {v}"),
    "query": Kind(pick(pools.PHRASES), PHRASE, ("about {v}", "on {v}")),
    "product": Kind(pick(pools.PRODUCTS), PHRASE, ("for a {v}",)),
    "food": Kind(pick(pools.FOODS), PHRASE, ("for {v}", "with {v}")),
    "word": Kind(pick(pools.WORDS), "", ("for {v}", "of {v}")),
    "tag": Kind(_tag, r"[a-z]+-[a-z]+", ()),
    "folder": Kind(pick(FOLDERS), PROPER, ("in the {v} folder", "from the {v} folder", "in my {v} folder")),
    "title": Kind(_title, "", ("called {v}", "named {v}", "titled {v}")),
    "expression": Kind(_expression, r"\(?\d[\d+*/(). -]*\d\)?(?: \*\* 2 \+ \d+)?", ("of {v}", "for {v}")),
    "text": Kind(pick(pools.SENTENCES), "", ("saying {v}", "that says {v}")),
    "password": Kind(lambda rng: f"{rng.choice(pools.WORDS)}{rng.randrange(100, 999)}{rng.choice('!?#$')}"),
    "phrase": Kind(_plus(pick(pools.PHRASES), _plus(pick(pools.WORDS), pick(pools.PRODUCTS)))),
}  # fmt: skip

_NAMED: tuple[tuple[str, str], ...] = (
    ("datetime", "datetime timestamp"), ("date", "date day birthday birthdate deadline since until dob departure arrival checkin checkout"),
    ("time", "time hour clock"), ("email", "email mail emails mails recipient recipients cc bcc invitee invitees attendee attendees participant participants"),
    ("phone", "phone telephone mobile fax phones"), ("url", "url uri link website webpage href urls links image"), ("domain", "domain host hostname site"),
    ("path", "path filepath folderpath attachment attachments"), ("file", "file filename document"), ("city", "city town municipality cities"),
    ("address", "address street"), ("airport", "airport iata"), ("place", "location place venue destination origin where"), ("country", "country nation countries"),
    ("region", "state region province county"), ("timezone", "timezone tz zone"), ("currency", "currency currencies"), ("language", "language lang locale languages"),
    ("symbol", "symbol ticker stock symbols"), ("zip", "zip zipcode postcode postal plz"), ("ip", "ip"), ("coordinates", "coordinates latlng latlon coords"),
    ("hex", "hex"), ("color", "color colour"), ("unit", "unit units"), ("month", "month"), ("weekday", "weekday"), ("genre", "genre category section"),
    ("company", "company brand organization organisation manufacturer make employer"), ("team", "team club league opponent"),
    ("artist", "artist singer band composer"), ("person", "person contact author actor director player customer employee patient user owner people"),
    ("movie", "movie film show series"), ("book", "book novel"), ("song", "song track album"), ("username", "username handle login account nickname"),
    ("query", "query search keyword keywords term terms q phrase topic"), ("product", "product item items thing"), ("food", "food recipe ingredient ingredients dish meal"),
    ("expression", "expression formula equation calculation"), ("password", "password passphrase secret"), ("word", "word words"), ("tag", "tag hashtag slug tags"),
    ("folder", "folder directory calendar"), ("title", "title subject heading label event reminder list note task meeting project"),
    ("text", "text message content body notes comment sentence prompt paragraph context caption"),
    ("code", "id uuid guid key token code number isbn hash sku ids barcode vin asin imei serial reference"),
)  # fmt: skip
_BY_NAME = {word: kind for kind, named in _NAMED for word in named.split()}
_NAMED_THINGS = {word: kind for word, kind in _BY_NAME.items() if kind in (
    "person", "city", "country", "file", "movie", "book", "song", "team", "company", "product", "title", "artist", "food", "region", "place",
)} | dict.fromkeys(("phone", "email", "contact"), "person")  # fmt: skip
_PLACED = frozenset("from to source target base origin destination src dst".split())
_PHONED = frozenset("sms text whatsapp call dial".split())
_MAILED = frozenset("to recipient recipients cc invitees attendees".split())
_FORMATS = {
    "date": "date", "date-time": "datetime", "time": "time", "email": "email", "uri": "url", "uuid": "code", "ipv4": "ip", "hostname": "domain",
}  # fmt: skip


def kind_of(name: str, schema: Mapping[str, Any], about: str, tool: str) -> str:
    """The kind of an argument that is no object: "flag", "choice", "number", a moment, or a text of KINDS."""
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
    if set(named) & _MAILED and tool & _PHONED and not tool & {"email", "mail"}:
        return "phone"
    if last == "name" or named in (["name"], ["names"]):
        return _thing_named([*named[:-1], *words(about), *told])
    if "pdf" in named:
        return "pdf"
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
    if kind == "color" and "hex" in low:
        return "hex"
    return kind
