"""More training rows out of real ones: other names and titles, and clauses of different rows joined into new requests.

    rows = augment(train_examples, seed=0, count=50_000)
    origins = Origins(train_examples)  # the same in parts: rows are read and cut into clauses once
    rows = origins.vary(seed=0, count=512)

(a) A row is rewritten with other names, addresses, files, titles, folders, places and kinds of gathering, the same way in
request and plan. (b) Clauses of up to four rows (`toolschool/datasets/clauses.py`) become one request with one plan;
equal look-ups are made once. Half of the rows are joined ones; nearly all are rewritten. Real rows (of tinyagent) of another
part raise DataError. Dates stay as the source wrote them, so `now` stays None. (c) Turns of
phrase are exchanged (`paraphrase.py`). A joined row may call the very tools of a row that is kept for scoring; its request is new.
Limit: a replacement is skipped when its text also stands inside another word.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from toolschool.datasets.clauses import LOOKUPS, Unit, units
from toolschool.datasets.desk import people, things
from toolschool.datasets.desk.compose import join
from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.paraphrase import paraphrase
from toolschool.datasets.splits import guard, split_of
from toolschool.errors import DataError
from toolschool.plans.grammar import format_plan
from toolschool.plans.order import renumber
from toolschool.records import Call, Example, JsonValue, Plan

MAX_CALLS = 8
MAX_WORDS = 45  # of a unit: longer ones are whole requests already
UNITS = {1: 0.12, 2: 0.33, 3: 0.33, 4: 0.22}
JOIN_RATE = 0.5
SWAP_RATE = 0.85
PARAPHRASE_RATE = 0.7
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_FILE = re.compile(r"\.(pdf|docx?|pptx?|xlsx?|txt|csv|png|jpe?g|pages|key)$", re.IGNORECASE)
_NAME = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+)?")
_QUOTED = re.compile(r"[\"“']([^\"”']{2,60}?)[,.]?[\"”']")
FAMILY = frozenset("Mom Dad Mum Grandma Grandpa Home Work Office School Sister Brother".split())
# Which argument of a tool is a title, a folder or a place.
TITLES = {
    ("open_note", 0),
    ("create_note", 0),
    ("append_note_content", 0),
    ("create_calendar_event", 0),
    ("get_zoom_meeting_link", 0),
}
PLACES = {
    ("maps_open_location", 0),
    ("maps_show_directions", 0),
    ("maps_show_directions", 1),
    ("create_calendar_event", 3),
}
FOLDERS = {("open_note", 1), ("create_note", 2), ("append_note_content", 2)}
GATHERINGS = (
    "meeting party lunch workshop seminar conference festival celebration lecture class concert game match tournament reunion exhibition performance rally "
    "gathering get-together debate competition course show wedding picnic retreat webinar lesson protest campaign dinner presentation"
).split()
VERBS_TOO = {"show", "match", "course"}  # words that do other work in a request: put in, never taken out
_GATHERING = re.compile(rf"(?<![\w-])({'|'.join(sorted(set(GATHERINGS) - VERBS_TOO))})(?=s?\b)(?!-)", re.IGNORECASE)


def augment(examples: Sequence[Example], seed: int, count: int) -> Iterator[Example]:
    """`count` new examples from training rows; the same arguments give the same examples. Errors as `Origins`."""
    return Origins(examples).vary(seed, count)


class Origins:
    """Training rows that may be varied, and their clauses.

    DataError when a row of another split is among them, or when there are none.
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        for example in examples:
            if example.source == "tinyagent":
                guard("tinyagent", split_of("tinyagent", {"tools": example.tools}), "train")
        self.rows = [_spoken(example) for example in examples if not example.flags and example.plan.calls]
        if not self.rows:
            raise DataError("no clean training examples to augment; pass rows of the train split")
        self.units = [unit for row in self.rows for unit in units(row) if len(unit.text.split()) <= MAX_WORDS]

    def vary(self, seed: int, count: int) -> Iterator[Example]:
        """`count` new examples; the same rows and arguments give the same ones."""
        for index in range(count):
            draw = Draw(random.Random(f"augment/{seed}/{index}"), "train", datetime(2025, 1, 1))
            joined = bool(self.units) and draw.chance(JOIN_RATE)
            query, calls = recombine(draw, self.units) if joined else _whole(draw.pick(self.rows))
            if not joined or draw.chance(SWAP_RATE):
                query, calls = swap(draw, query, calls)
            if draw.chance(PARAPHRASE_RATE):
                query = paraphrase(draw, query, calls)
            plan, kind = Plan(calls), "recombined" if joined else "swapped"
            yield Example(
                f"augment-{seed}-{index}", query, plan, "tinyagent_augmented", format_plan(plan), None, (kind,)
            )


def _spoken(example: Example) -> Example:
    """File names as the request says them: 'meeting_agenda' becomes 'meeting agenda' where only that stands there."""

    def path(call: Call) -> Call:
        name = str(call.args[0]) if call.args else ""
        spoken = name.replace("_", " ")
        if call.tool != "open_and_get_file_path" or name in example.query or spoken not in example.query:
            return call
        return replace(call, args=(spoken,))

    return replace(example, plan=Plan(tuple(path(call) for call in example.plan.calls)))


def _whole(example: Example) -> tuple[str, tuple[Call, ...]]:
    return example.query, renumber(example.plan.calls).calls


def recombine(draw: Draw, pool: Sequence[Unit]) -> tuple[str, tuple[Call, ...]]:
    """Units of different rows as one request; a unit that would make the plan too long is left out."""
    texts: list[str] = []
    calls: tuple[Call, ...] = ()
    origins: set[str] = set()
    for _ in range(draw.weighted(UNITS)):
        unit = draw.pick(pool)
        merged = merge(calls, unit.calls)
        if unit.origin in origins or (texts and len(merged) > MAX_CALLS):
            continue
        origins.add(unit.origin)
        texts.append(unit.text[:1].lower() + unit.text[1:])
        calls = merged
    return join(draw, texts), calls


def merge(before: Sequence[Call], after: Sequence[Call]) -> tuple[Call, ...]:
    """Two plans as one, numbered on; a look-up that was made already is not made again."""
    made = {(call.tool, call.args): call.id for call in before if call.tool in LOOKUPS}
    shifted = renumber(after, first_id=len(before) + 1).calls
    same = {
        call.id: made[(call.tool, call.args)]
        for call in shifted
        if call.tool in LOOKUPS and (call.tool, call.args) in made
    }
    kept = [replace(call, args=_redirect(call.args, same)) for call in shifted if call.id not in same]
    return renumber([*before, *kept]).calls


def _redirect(args: tuple[JsonValue, ...], same: dict[int, int]) -> tuple[JsonValue, ...]:
    return _mapped(args, lambda t: re.sub(r"\$(\d+)\b", lambda m: f"${same.get(int(m[1]), int(m[1]))}", t))


def _mapped(args: Sequence[JsonValue], change: Callable[[str], str]) -> tuple[JsonValue, ...]:
    """Arguments with every string changed."""

    def visit(value: JsonValue) -> JsonValue:
        if isinstance(value, list):
            return [visit(item) for item in value]
        return change(value) if isinstance(value, str) else value

    return tuple(visit(value) for value in args)


def swap(draw: Draw, query: str, calls: Sequence[Call]) -> tuple[str, tuple[Call, ...]]:
    """The request and its plan with other names and titles, the same way in both."""
    table = replacements(draw, query, calls)
    if not table:
        return query, tuple(calls)
    longest = sorted(table, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w@.-])(?:{'|'.join(map(re.escape, longest))})(?![\w@-]|\.\w)")

    def change(text: str) -> str:
        return (
            text if re.fullmatch(r"[dwr]|\$\d+|\d{4}-\d\d-\d\d.*", text) else pattern.sub(lambda m: table[m[0]], text)
        )

    return repaired(change(query)), tuple(replace(call, args=_mapped(call.args, change)) for call in calls)


def replacements(draw: Draw, query: str, calls: Sequence[Call]) -> dict[str, str]:
    """What to write for what: only texts that stand in the request as a plan argument does."""
    table: dict[str, str] = {}
    quoted = {match[1] for match in _QUOTED.finditer(query)}
    for call in calls:
        for slot, value in enumerate(call.args):
            for text in [value] if isinstance(value, str) else value if isinstance(value, list) else []:
                if isinstance(text, str) and text in query and text not in table:
                    new = _replacement(draw, call.tool, slot, text, text in quoted)
                    if new:
                        table[text] = new
    if draw.chance(0.6):
        table.update(_gatherings(draw, query, table))
    return table


def _replacement(draw: Draw, tool: str, slot: int, text: str, quoted: bool) -> str:
    """Another text of the same kind and shape, empty when the kind is unclear."""
    if _EMAIL.fullmatch(text):
        return people.email_person(draw).name
    if tool in ("get_email_address", "get_phone_number"):
        return _other_name(draw, text) if _NAME.fullmatch(text) and text not in FAMILY else ""
    extension = _FILE.search(text)
    if extension:
        return things.file_name(draw, pdf=True)[: -len(".pdf")] + extension[0]
    if (tool, slot) in FOLDERS and text:
        return things.folder(draw)
    if (tool, slot) in TITLES and quoted:
        title = things.title(draw)
        return title if text[:1].isupper() else title.lower()
    if (tool, slot) in PLACES and text[:1].isupper() and text not in FAMILY:
        place = things.place(draw).removeprefix("the ")
        return place if place[:1].isupper() else ""
    return ""


def _other_name(draw: Draw, text: str) -> str:
    first = people.first_name(draw)
    return f"{first} {draw.own(people.LAST)}" if " " in text else first


def _gatherings(draw: Draw, query: str, table: dict[str, str]) -> dict[str, str]:
    """One kind of gathering for another, in every case and number it appears in; not inside what is replaced already."""
    found = sorted({match[1].lower() for match in _GATHERING.finditer(query)} - {word.lower() for word in table})
    if not found:
        return {}
    old, new = draw.pick(found), draw.pick(GATHERINGS)
    plural = "es" if new.endswith(("s", "y", "ch", "sh")) else "s"
    new_plural = f"{new[:-1]}ies" if new.endswith("y") else new + plural
    old_plural = f"{old[:-1]}ies" if old.endswith("y") else old + ("es" if old.endswith(("s", "ch", "sh")) else "s")
    forms = {old: new, old_plural: new_plural}
    return {form(a): form(b) for a, b in forms.items() for form in (str, str.capitalize) if form(a) not in table}


def repaired(text: str) -> str:
    """'an' and 'a' after another noun has come in."""
    text = re.sub(r"\b([Aa])n (?=[bcdfgjklmpqrstvwxyz][a-z])", r"\1 ", text)
    return re.sub(
        r"\b([Aa]) (?=(?:exhibition|agenda|event|invit|email|upcoming|update|attach|itinerary|outline|image|office|action)\w*)",
        r"\1n ",
        text,
    )
