"""What a message, mail, note or event carries: the words of the query, or the result of another call.

Sources of a result: made inside the clause ("with the summary of X.pdf") or by an earlier clause ("with the summary").
Results are passed whole, as `"$k"`; literal text is a stretch of the query, never invented.
"""

from __future__ import annotations

from dataclasses import dataclass

from toolschool.datasets.desk import things
from toolschool.datasets.desk.build import Build, Product
from toolschool.datasets.desk.dates import moment_phrase, stamp
from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.desk.people import TEAMS, Person, person, several
from toolschool.datasets.desk.words import bare, listed, possessive, quoted
from toolschool.methods.tinyagent.compact import title_case

TEAM_NAMES = frozenset(TEAMS)


@dataclass(frozen=True)
class Fragment:
    """Words of the query, the argument value they stand for, and the words that could serve as a subject."""

    text: str
    value: str
    subject: str = ""


def place(draw: Draw, quote: float = 0.3) -> Fragment:
    """A place: text as written, value without quotes and article."""
    name = things.place(draw)
    article, rest = ("the ", name[4:]) if name.startswith("the ") else ("", name)
    text = quoted(draw, rest, quote) if rest[:1].isupper() else rest
    return Fragment(article + text, rest, rest)


def folder_part(draw: Draw, rate: float = 0.5) -> Fragment:
    """' in the "Work" folder' or nothing."""
    if not draw.chance(rate):
        return Fragment("", "")
    name = things.folder(draw)
    form = draw.pick((
        " in the {q} folder", " in the {q} folder", " in the {q} folder", " from the {q} folder",
        " in my {q} folder", " in folder {q}", " under the {q} folder", " in {q} folder", " from my {q} folder",
        " of the {q} folder",
    ))  # fmt: skip
    return Fragment(form.replace("{q}", quoted(draw, name, 0.7)), name)


def file_ref(draw: Draw, pdf: bool = False, loose: float = 0.3) -> Fragment:
    """A file: 'the file "Budget.pdf"', 'Budget.pdf', 'the updated budget'; value as it would be looked for."""
    if draw.chance(loose):
        name = things.loose_file(draw)
        if draw.chance(0.25):
            return Fragment(
                f'{draw.pick(("the ", "the ", "my "))}"{name}"{draw.pick((" file", " document", " PDF", ""))}',
                name,
                name,
            )
        return Fragment(f"{draw.pick(('the', 'the', 'the', 'my'))} {name}", name, name)
    name = things.file_name(draw, pdf)
    text = quoted(draw, name, 0.62)
    form = draw.pick((
        "{f}", "{f}", "{f}", "the {f}", "the file {f}", "the {f} file", "the document {f}", "my {f}",
        "the {f} document",
    ))  # fmt: skip
    if pdf and draw.chance(0.12):
        form = draw.pick(("the PDF {f}", "the PDF file {f}", "the {f} PDF"))
    return Fragment(form.replace("{f}", text), name, name)


def note_ref(draw: Draw, build: Build, folder_rate: float = 0.5) -> tuple[Fragment, Fragment]:
    """A note by title, and its folder."""
    name = things.title(draw)
    text = quoted(draw, name, 0.8)
    form = draw.say(
        "the note {n}", "the note [titled|called|named] {n}", "the {n} note", "my {n} note", "my note {n}",
        "the existing note {n}", "note {n}", "[my|the] note [called|on|about] {n}", "the note with the title {n}",
        n=text,
    )  # fmt: skip
    folder = folder_part(draw, folder_rate)
    return Fragment(form, name, name), folder


def route(draw: Draw, build: Build) -> tuple[dict[str, str], tuple[str, str, str]]:
    """Slots of a route (`to`, `from`, `by`, `kind`) and the arguments (start, end, transport)."""
    if build.place and draw.chance(0.3):
        end = Fragment("there", build.place, build.place) if draw.chance(0.4) else Fragment(build.place, build.place)
    else:
        end = place(draw)
    start = Fragment("", "")
    roll = draw.rng.random()
    if roll < 0.3:
        home = draw.pick(things.HOMES)
        start = Fragment(" from " + quoted(draw, home, 0.4 if home[0].isupper() else 0), bare(home))
    elif roll < 0.48:
        origin = place(draw)
        start = Fragment(f" from {origin.text}", origin.value)
    elif roll < 0.68:
        start = Fragment(f" from {draw.pick(things.HERE)}", "")
    mode, by, kind = _transport(draw)
    to = "there" if end.text == "there" else f"to {end.text}"
    return {"to": to, "from": start.text, "by": by, "kind": kind, "end": end.text}, (start.value, end.value, mode)


def _transport(draw: Draw) -> tuple[str, str, str]:
    """(d | w | r, words at the end, words before 'directions')."""
    roll = draw.rng.random()
    if roll < 0.4:
        return "d", "", ""
    if roll < 0.6:
        return (("d", draw.pick((
            " by car", " by car", " by driving", " for driving", " in my car", " by driving a car",
        )), "",) if draw.chance(0.6) else ("d", "", "driving "))  # fmt: skip
    if roll < 0.83:
        words = (
            " on foot", " by walking", " for walking", " by foot", " for a walking route", " using walking mode",
            " as a walk", " walking",
        )  # fmt: skip
        return ("w", draw.pick(words), "") if draw.chance(0.6) else ("w", "", "walking ")
    transit = (
        " by public transit", " by transit", " using public transportation", " via public transit", " by bus",
        " by train", " using public transit", " by public transport", " via transit", " taking the subway",
    )  # fmt: skip
    return ("r", draw.pick(transit), "") if draw.chance(0.75) else ("r", "", draw.pick(("public transit ", "transit ")))


def zoom_call(draw: Draw, build: Build, topic: str, people: list[Person], minutes: int = 60) -> tuple[str, str, str]:
    """A link for a meeting: (topic text, time text, reference)."""
    when = moment_phrase(draw)
    invitees = build.emails(people)
    ref = build.call("get_zoom_meeting_link", title_case(bare(topic)), stamp(when.start), minutes, invitees)
    return topic, when.text, ref


def inline_product(draw: Draw, build: Build, kinds: dict[str, float]) -> tuple[str, Product]:
    """Make a product inside the clause; its noun phrase and the product."""
    return MAKERS[draw.weighted(kinds)](draw, build)


def _summary(draw: Draw, build: Build) -> tuple[str, Product]:
    source = build.fresh("file")
    if source and draw.chance(0.5):
        ref = build.once("summarize_pdf", source.ref)
        return draw.pick((
            "a summary of the file", "a summary of it", "its summary", "the summary of that file",
        )), build.make("summary", ref, source.subject)  # fmt: skip
    f = file_ref(draw, pdf=True)
    text = draw.say(
        "[the|a] summary of {f}", "a [short|brief|quick] summary of {f}",
        "the [summary|summarized version|key points] of {f}", "the [summary|summarized content] from {f}",
        "the summarized content of {f}", "an overview of {f}", f=f.text,
    )  # fmt: skip
    return text, build.make("summary", build.summary(f.value), f.subject)


def _map(draw: Draw, build: Build) -> tuple[str, Product]:
    p = place(draw)
    text = draw.say(
        "the [location|map location] of {p}", "[a|the] map location of {p}", "[a|the] map link [for|to] {p}",
        "the Apple Maps link [for|to] {p}", "[a|the] location map of {p}", "the Apple Maps location of {p}",
        "[a|the] map of {p}", "the [maps URL|map URL] of {p}", p=p.text,
    )  # fmt: skip
    build.place = p.value
    return text, build.make("map", build.call("maps_open_location", p.value), p.value)


def _directions(draw: Draw, build: Build) -> tuple[str, Product]:
    slots, args = route(draw, build)
    text = draw.say(
        "[|the ]{kind}directions{from} {to}{by}", "the {kind}route{from} {to}{by}",
        "{kind}directions {to}{from}{by}", **slots,
    )  # fmt: skip
    build.place = args[1]
    return text, build.make("directions", build.call("maps_show_directions", *args), args[1])


def _zoom(draw: Draw, build: Build) -> tuple[str, Product]:
    topic, when, ref = zoom_call(draw, build, things.topic(draw), [])
    text = draw.say(
        "[the|a] Zoom [|meeting ]link for the {t} {w}", "[the|a] Zoom link to the {t} {w}",
        "the link [for|to] the Zoom {t} {w}", "a Zoom invite link for the {t} {w}", t=topic, w=when,
    )  # fmt: skip
    return text, build.make("zoom", ref, title_case(topic))


def _note(draw: Draw, build: Build) -> tuple[str, Product]:
    note, folder = note_ref(draw, build, 0.35)
    build.notes.append((note.value, folder.value))
    text = draw.say(
        "{n}{f}", "the [content|contents|text|information] of {n}{f}", "the [details|information] from {n}{f}",
        n=note.text, f=folder.text,
    )  # fmt: skip
    return text, build.make("note", build.call("open_note", note.value, folder.value), note.value)


def contact_words(p: Person, draw: Draw, what: str) -> str:
    """'Ann's phone number' or 'the phone number of Ann'."""
    if draw.chance(0.75):
        return f"{possessive(p.text)} {what}"
    return f"the {what} {draw.pick(('of', 'for', 'of'))} {p.text}"


def _phone(draw: Draw, build: Build) -> tuple[str, Product]:
    p = person(draw)
    what = draw.pick(("phone number", "phone number", "number", "cell number"))
    return contact_words(p, draw, what), build.make("phone", build.phone(p), p.name)


def _email(draw: Draw, build: Build) -> tuple[str, Product]:
    p = person(draw)
    what = draw.pick(("email address", "email address", "email", "e-mail address"))
    return contact_words(p, draw, what), build.make("email", build.email(p), p.name)


MAKERS = {
    "summary": _summary,
    "map": _map,
    "directions": _directions,
    "zoom": _zoom,
    "note": _note,
    "phone": _phone,
    "email": _email,
}
MENTIONS = {
    "summary": (
        "the summary",
        "the summary",
        "that summary",
        "the summarized content",
        "the PDF summary",
        "the summarized text",
    ),
    "map": ("the map location", "the location", "the map link", "the location link", "the Apple Maps link"),
    "directions": ("the directions", "the directions", "those directions", "the route", "the directions link"),
    "zoom": ("the Zoom link", "the Zoom link", "the meeting link", "the Zoom meeting link", "the link to the meeting"),
    "note": ("the note", "the content of the note", "that note", "the note's content", "the contents of the note"),
    "phone": ("the phone number", "the number", "that number", "the phone number you found"),
    "email": ("the email address", "the address", "that email address"),
    "file": ("the file path", "the path of the file"),
}


def mention(draw: Draw, build: Build, product: Product) -> str:
    """A noun phrase for the product of an earlier clause."""
    if product.kind in ("phone", "email") and draw.chance(0.5) and product.subject not in TEAM_NAMES:
        return f"{possessive(product.subject)} {'phone number' if product.kind == 'phone' else 'email address'}"
    if build.is_last(product) and draw.chance(0.25):
        return "it"
    return draw.pick(MENTIONS[product.kind])


def passed_on(draw: Draw, build: Build, kinds: dict[str, float], reuse: float) -> tuple[str, Product]:
    """A product of an earlier clause (with probability `reuse`, when there is one), else one made here."""
    product = build.fresh(*kinds)
    if product and draw.chance(reuse):
        return mention(draw, build, product), product
    return inline_product(draw, build, kinds)


def recipients(draw: Draw, build: Build, channel: str, most: int = 3) -> tuple[str, list[Person]]:
    """Who gets it: new people, or 'him', 'her', 'them' of the clause before."""
    before = [p for p in build.people if not p.given]
    if before and len(before) == len(build.people) and draw.chance(0.22):
        if draw.chance(0.75):
            return ("them" if len(before) > 1 else before[0].pronoun), before
        return listed(draw, [p.text for p in before]), before
    people = several(draw, channel, most)
    return listed(draw, [p.text for p in people]), people
