"""Clauses of maps_open_location, maps_show_directions, open_and_get_file_path and summarize_pdf."""

from __future__ import annotations

import re

from toolschool.datasets.desk.build import Build
from toolschool.datasets.desk.content import file_ref, place, route
from toolschool.datasets.desk.draw import Draw

HOW = {
    "driving ": " by car",
    "walking ": " on foot",
    "public transit ": " by public transit",
    "transit ": " by transit",
}


def open_map(draw: Draw, build: Build) -> str:
    """'show me the library on the map'."""
    p = place(draw)
    _remember_map(build, p.value)
    maps = "[in Apple Maps|on Apple Maps|in Maps|on the map|on a map|using Apple Maps|in the Maps app]"
    return draw.say(
        f"open {{p}} {maps}", f"show me {{p}} {maps}", "open the location of {p}" + f"[| {maps}]",
        "open Apple Maps [to|at|for] {p}", f"find {{p}} {maps}", f"locate {{p}} {maps}",
        "open the [map|Apple Maps] location of {p}", f"look up {{p}} {maps}", f"pull up {{p}} {maps}",
        f"check the location of {{p}}[| {maps}]", f"[show|find] the location of {{p}}[| {maps}]",
        "open a map of {p}", "show a map of {p}", "search for {p} in Maps", f"open the location {{p}} {maps}",
        "bring up {p} on the map", p=p.text,
    )  # fmt: skip


def map_question(draw: Draw, build: Build) -> str:
    p = place(draw)
    _remember_map(build, p.value)
    return draw.say(
        "where is {p}?", "where's {p}?", "can you show me where {p} is?", "where exactly is {p} on the map?",
        "can you find {p} on the map?", p=p.text,
    )  # fmt: skip


def _remember_map(build: Build, name: str) -> None:
    build.make("map", build.call("maps_open_location", name), name)
    build.place, build.people = name, []


def directions(draw: Draw, build: Build) -> str:
    """'get walking directions from home to the library'."""
    slots, _ = _route(draw, build)
    maps = "[|||| in Apple Maps| on Apple Maps| on the map]"
    return draw.say(
        "[show|get|give|find] me {kind}directions{from} {to}{by}" + maps,
        "[show|get|find|check|open] [|the ]{kind}directions{from} {to}{by}" + maps,
        "[show|find|get|check] the {kind}route{from} {to}{by}", "show [|me ]{kind}directions {to}{from}{by}",
        "[show|tell] me how to get{from} {to}{by}", "navigate{from} {to}{by}",
        "[get|pull up|look up] {kind}directions{from} {to}{by}" + maps, "[map|plan] the {kind}route{from} {to}{by}",
        "find the way{from} {to}{by}", "open Apple Maps and [show|get] {kind}directions{from} {to}{by}",
        "guide me{from} {to}{by}", "find out how to get {to}{from}{by}", **slots,
    )  # fmt: skip


def route_question(draw: Draw, build: Build) -> str:
    slots, _ = _route(draw, build)
    slots["by"] = slots["by"] or HOW.get(slots["kind"], "")  # a question has no place for 'walking directions'
    return draw.say(
        "how do I get{from} {to}{by}?", "how can I get{from} {to}{by}?",
        "what's the [best|fastest] [way|route]{from} {to}{by}?", "how do I get {to}{from}{by}?",
        "which way is it{from} {to}{by}?", "how would I get{from} {to}{by}?", **slots,
    )  # fmt: skip


def _route(draw: Draw, build: Build) -> tuple[dict[str, str], str]:
    slots, args = route(draw, build)
    ref = build.call("maps_show_directions", *args)
    build.make("directions", ref, args[1])
    build.place, build.people = args[1], []
    return slots, ref


def open_file(draw: Draw, build: Build) -> str:
    """'open Budget.pdf'."""
    f = file_ref(draw, loose=0.2)
    while not re.search(r"\.\w+\b|file|document|PDF", f.text):  # "open the trip notes" would be a note
        f = file_ref(draw, loose=0.2)
    build.make("file", build.path(f.value), f.value)
    build.people = []
    return draw.say(
        "open {f}", "open {f}", "open the file {f}" if not f.text.startswith(("the ", "my ")) else "open {f}",
        "pull up {f}", "find {f}", "access {f}", "get the [file |]path of {f}", "bring up {f}", "open up {f}",
        "locate {f}", "launch {f}", "find the path of {f}", "retrieve {f}",
        "open {f} [to review it|for review|for me]", f=f.text,
    )  # fmt: skip


def summarize(draw: Draw, build: Build) -> str:
    """A summary of a PDF, opened first; of the file of the clause before, 'it'."""
    source = build.fresh("file")
    build.people = []
    if source and draw.chance(0.5):
        build.make("summary", build.once("summarize_pdf", source.ref), source.subject)
        target = draw.pick(("it", "it", "the file", "that document", "its content", "the document", "the PDF"))
        return draw.say(
            "summarize {f}", "give me a summary of {f}", "sum up {f}", "provide a summary of {f}", f=target,
        )  # fmt: skip
    f = file_ref(draw, pdf=True, loose=0.25)
    build.make("summary", build.summary(f.value), f.subject)
    spelling = "summarise" if draw.chance(0.08) else "summarize"
    return draw.say(
        f"{spelling} {{f}}", f"{spelling} the [content|contents] of {{f}}",
        "give me a [|short |quick |brief ]summary of {f}", "sum up {f}", f"open {{f}} and {spelling} it",
        f"read {{f}} and {spelling} it", "get [|me ][a|the] summary of {f}", "provide a [|brief ]summary of {f}",
        "create a summary of {f}", "condense {f}", "generate a summary of {f}", f"{spelling} {{f}} for me",
        f"{spelling} the main points of {{f}}", "tell me what {f} says in short", f=f.text,
    )  # fmt: skip


def summary_question(draw: Draw, build: Build) -> str:
    f = file_ref(draw, pdf=True, loose=0.25)
    build.make("summary", build.summary(f.value), f.subject)
    build.people = []
    return draw.say(
        "what does {f} say in a nutshell?", "what is {f} about?", "can you give me a summary of {f}?",
        "what are the main points of {f}?", f=f.text,
    )  # fmt: skip
