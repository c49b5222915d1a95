"""What arguments are about: for each kind texts to draw, their form, and how people say them. Which kind an argument has: `naming.py`.

    KINDS["place"].draw(rng), KINDS["place"].form, KINDS["place"].said

`form` is a regular expression of the text without quotation marks, "" where a request always quotes it. `said` are the ways to say it beside
the argument's own name; `{v}` is the value.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from toolschool.datasets.desk.people import DOMAINS, FIRST, LAST
from toolschool.datasets.desk.things import FILE_NOUNS, FIXED_TITLES, FOLDERS, GATHERINGS, PAPERS
from toolschool.datasets.desk.things import KINDS as TOPICS
from toolschool.methods.ste.teachers.invention import eating, pools, works

NUMBERS = ("number", "digits")
MOMENTS = ("date", "datetime", "time")
Draw = Callable[[random.Random], str]

PROPER = r"[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*"
_WORD = r"(?!(?:with|in|for|from|to|on|at|and|or|using|please|by|of|as|near|until|is|the|about|top|set|page|named|called)\b)[a-z][a-z'-]*"
PHRASE = rf"{_WORD}(?: {_WORD}){{0,2}}"
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
    "city": Kind(pick(pools.CITIES), PROPER, ("in {v}", "for {v}")),
    "place": Kind(_place, rf"(?:\d+ )?{PROPER}", ("at {v}", "in {v}", "near {v}", "for {v}")),
    "country": Kind(pick(pools.COUNTRIES), PROPER, ("in {v}", "for {v}")),
    "country code": Kind(pick(pools.COUNTRY_CODES), "[A-Z]{2}", ("for {v}", "in {v}")),
    "region": Kind(pick(pools.REGIONS), PROPER, ("in {v}", "for {v}")),
    "address": Kind(_address, rf"\d+ {PROPER}", ("at {v}", "for {v}")),
    "company": Kind(pick(pools.COMPANIES), PROPER, ("for {v}", "of {v}", "about {v}")),
    "team": Kind(pick(pools.TEAMS), PROPER, ("for {v}", "of {v}")),
    "artist": Kind(_plus(pick(works.ARTISTS), _person), PROPER, ("by {v}", "of {v}")),
    "movie": _pooled(works.MOVIES),
    "book": _pooled(works.BOOKS),
    "song": _pooled(works.SONGS),
    "restaurant": _pooled(eating.RESTAURANTS, "at {v}"),
    "hotel": _pooled(eating.HOTELS, "at {v}", "in {v}"),
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
    "food": Kind(pick(eating.FOODS), PHRASE, ("for {v}", "with {v}")),
    "pizza": _pooled(eating.PIZZAS),
    "drink": _pooled(eating.DRINKS),
    "word": _pooled(pools.WORDS, "for {v}", "of {v}"),
    "task": _pooled(pools.TASKS, "to {v}"),
    "size": _pooled(pools.SIZES, "in {v}"),
    "degrees": _pooled(pools.DEGREES, "in {v}"),
    "tag": Kind(_tag, r"[a-z]+-[a-z]+", ()),
    "folder": Kind(pick(FOLDERS), PROPER, ("in the {v} folder", "from the {v} folder", "in my {v} folder")),
    "title": Kind(_title, "", ("called {v}", "named {v}", "titled {v}")),
    "expression": Kind(_expression, r"\(?\d[\d+*/(). -]*\d\)?(?: \*\* 2 \+ \d+)?", ("of {v}", "for {v}")),
    "text": _pooled(pools.SENTENCES, "saying {v}", "that says {v}"),
    "password": Kind(lambda rng: f"{rng.choice(pools.WORDS)}{rng.randrange(100, 999)}{rng.choice('!?#$')}"),
    "phrase": Kind(_plus(pick(pools.NAMES), pick(pools.WORDS)), alternation((*pools.NAMES, *pools.WORDS))),
}  # fmt: skip
