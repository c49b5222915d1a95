"""Clauses of create_note, open_note and append_note_content."""

from __future__ import annotations

from toolschool.datasets.desk import things
from toolschool.datasets.desk.build import Build
from toolschool.datasets.desk.content import Fragment, file_ref, folder_part, note_ref, passed_on
from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.desk.words import bare, quoted

CREATE_KINDS = {"summary": 5.0, "phone": 1.5, "email": 1.5, "map": 1.0, "directions": 1.0, "zoom": 1.0, "file": 0.0}
APPEND_KINDS = {"summary": 5.0, "zoom": 2.0, "directions": 2.0, "phone": 1.5, "map": 1.5, "email": 1.2, "note": 1.0}
VERBS = "[create|make|start|add|write|create|create|create|set up]"


def create(draw: Draw, build: Build) -> str:
    """A new note: title, perhaps a folder, and content: items, points, quoted words or a result."""
    name = things.title(draw)
    folder = folder_part(draw, 0.5)
    content = _content(draw, build)
    new = "[note|new note|note]"
    head = draw.say(
        f"{VERBS} a {new} [titled|called|named] {{n}}", f"{VERBS} a {new} {{n}}", f"{VERBS} the note {{n}}",
        "take a note called {n}", f"{VERBS} a {new} with the title {{n}}", "jot down a note [titled|called] {n}",
        f"[make|create] me a {new} [called|named] {{n}}", "start a [|new ]note for {n}",
        "open a new note [called|titled] {n}", n=quoted(draw, name, 0.78),
    )  # fmt: skip
    build.call("create_note", name, content.value, folder.value)
    build.notes.append((name, folder.value))
    build.people = []
    return head + folder.text.replace(" from ", " in ").replace(" of ", " in ") + content.text


def _content(draw: Draw, build: Build) -> Fragment:
    roll = draw.rng.random()
    if roll < 0.16 or (build.fresh(*CREATE_KINDS) and roll < 0.32):
        text, product = passed_on(draw, build, CREATE_KINDS, 0.8)
        form = draw.say(
            " with {x}", " containing {x}", " that contains {x}", " including {x}", " and put {x} in it",
            " with {x} as the content", " and include {x}", x=text,
        )  # fmt: skip
        return Fragment(form, product.ref)
    if roll < 0.5:
        words = things.items(draw)
        form = draw.say(
            " with {x}", ": {x}", " listing {x}", " with the items {x}", " with items like {x}", " that says {x}",
            " and add {x}", " containing {x}", " for {x}", " with {x} on it", " including {x}", " and put {x} on it",
            x=words,
        )  # fmt: skip
        return Fragment(form, words)
    if roll < 0.62:
        words = things.fill(draw, things.QUOTED_SAYINGS)
        return Fragment(draw.say(
            " with the content {x}", " that says {x}", " with {x}", " saying {x}", " with the text {x}",
            " and write {x} in it", x=f'"{words}"',
        ), words,)  # fmt: skip
    if roll < 0.88:
        words = things.fill(draw, things.POINTS)
        return Fragment(draw.say(
            " with {x}", " for {x}", " containing {x}", " including {x}", " about {x}", " with {x} in it",
            " outlining {x}", " detailing {x}", " listing {x}", x=words,
        ), bare(words),)  # fmt: skip
    return Fragment("", "")


def open_(draw: Draw, build: Build) -> str:
    """'pull up my note on X'."""
    note, folder = note_ref(draw, build)
    ref = build.call("open_note", note.value, folder.value)
    build.make("note", ref, note.value)
    build.notes.append((note.value, folder.value))
    build.people = []
    why = (draw.pick((
        " to review", " for me", " for reference", " so I can read it", " to check the details",
        " to review the details",
    )) if draw.chance(0.16) else "")  # fmt: skip
    return draw.say(
        "open {n}", "open {n}", "pull up {n}", "show me {n}", "bring up {n}", "open up {n}", "read {n}", "find {n}",
        "display {n}", "access {n}", "go to {n}", "view {n}", "read me {n}", "get {n}", "call up {n}",
        n=note.text + folder.text,
    ) + why  # fmt: skip


def append(draw: Draw, build: Build) -> str:
    """'add X to the note Y'; the note of an earlier clause may be 'it'."""
    content = _addition(draw, build)
    if build.notes and draw.chance(0.33):
        title, folder = build.notes[-1]
        target = (draw.pick((
            "it", "it", "the note", "that note", "the same note", "this note",
        )) if content.text != "it" else "that note")  # fmt: skip
    else:
        note, place = note_ref(draw, build)
        title, folder = note.value, place.value
        target = note.text + place.text
        build.notes.append((title, folder))
    build.call("append_note_content", title, content.value, folder)
    build.people = []
    return draw.say(
        "append {x} to {n}", "add {x} to {n}", "append {x} to {n}", "put {x} in {n}", "write {x} in {n}",
        "include {x} in {n}", "update {n} with {x}", "insert {x} into {n}", "attach {x} to {n}",
        "jot {x} down in {n}", "stick {x} onto {n}", "save {x} in {n}", "extend {n} with {x}", x=content.text,
        n=target,
    )  # fmt: skip


def _addition(draw: Draw, build: Build) -> Fragment:
    roll = draw.rng.random()
    if roll < 0.26 or (build.fresh(*APPEND_KINDS) and roll < 0.46):
        text, product = passed_on(draw, build, APPEND_KINDS, 0.8)
        return Fragment(text, product.ref)
    if roll < 0.5 and draw.chance(0.3):
        f = file_ref(draw)
        return Fragment(
            draw.pick((f"the file path of {f.text}", f"the path of {f.text}", f"the path to {f.text}")),
            build.path(f.value),
        )
    if roll < 0.66:
        words = things.items(draw)
        return Fragment(f'"{words}"' if draw.chance(0.4) else words, words)
    if roll < 0.76:
        words = things.fill(draw, things.QUOTED_SAYINGS)
        return Fragment(f'"{words}"', words)
    words = things.fill(draw, things.POINTS)
    return Fragment(words, bare(words))
