"""A request in the words of a user, for a tool and what is to be said of its arguments.

    request = worded(tool, read_leaves(tool), {"city": "Bonn"}, rng)     # "Could you check the weather in Bonn?"

A request determines its call: it is read back (`reading.py`) before it is let out, and put differently where something else would be read.
Where no try succeeds, every argument gets a sentence of its own with its name.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from toolschool.methods.ste.teachers.invention.leaves import Leaf
from toolschool.methods.ste.teachers.invention.mentions import surface
from toolschool.methods.ste.teachers.invention.natural import listed, mentions, natural, together
from toolschool.methods.ste.teachers.invention.purposes import purposes, reworded, trimmed
from toolschool.methods.ste.teachers.invention.reading import Reader
from toolschool.methods.ste.teachers.invention.sayings import (
    NAMED,
    SENTENCES,
    by_name,
    flag_sayings,
    is_measured,
    sayings,
)
from toolschool.records import JsonValue, Tool

TRIES = 25
_AHEAD = ("on ", "at ", "in ", "for ", "from ")
NATURAL_RATE = 0.78  # how often a request is put as people put it; others name their arguments
DEED_FRAMES = (
    "can you {}?", "could you {}?", "could you please {}?", "please {}.", "I need you to {}.", "I'd like to {}.", "I want to {}.", "help me {}.",
    "{}.", "{}.", "{}.",
    "would you {}?", "I have to {}.", "let's {}.", "we need to {}.", "{}, please.", "I'm trying to {}.", "go ahead and {}.", "is it possible to {}?",
    "I would like you to {}.",
    "are you able to {}?", "can you help me {}?", "I was hoping you could {}.", "how do I {}?",
)  # fmt: skip
THING_FRAMES = (
    "what is {}?", "what's {}?", "what is {}?", "I need {}.", "show me {}.", "give me {}.", "find me {}.", "tell me {}.", "can I get {}?",
    "do you know {}?", "I'm looking for {}.",
    "{}, please.", "I'd like to know {}.", "look up {}.", "can you tell me {}?", "could you find {}?", "I want to see {}.", "where can I find {}?",
    "please get me {}.",
    "I'm curious about {}.", "any idea what {} is?", "let me see {}.",
)  # fmt: skip
OPENINGS = (
    "hi, ", "hello! ", "hey, ", "quick question: ", "one more thing: ", "a friend asked me about this: ", "I'm in a hurry. ",
    "for a report I'm writing: ", "good morning! ",
    "I'm planning something with my family. ", "this came up at work: ", "next: ", "sorry to bother you, ", "when you have a minute: ", "OK, ",
    "for my class: ",
)  # fmt: skip
CLOSINGS = (
    " Thanks!",
    " Thank you.",
    " It's urgent.",
    " That would help a lot.",
    " No rush.",
    " I appreciate it.",
    " Thanks in advance.",
    " That's all for now.",
)


def worded(tool: Tool, leaves: Sequence[Leaf], said: Mapping[str, JsonValue], rng: random.Random) -> str:
    """A request that says these arguments and no others."""
    reader = Reader(leaves)
    for _ in range(TRIES):
        request = _attempt(tool, leaves, said, rng)
        if reader.read(request) == dict(said):
            return request
    return _plainly(tool, [leaf for leaf in leaves if leaf.name in said], said, rng)


def _attempt(tool: Tool, leaves: Sequence[Leaf], said: Mapping[str, JsonValue], rng: random.Random) -> str:
    """As people put it, or with arguments named."""
    if rng.random() < NATURAL_RATE:
        return _dressed(natural(tool, leaves, said, rng), "", rng)
    return _formal(tool, [leaf for leaf in leaves if leaf.name in said], said, rng)


def _formal(tool: Tool, leaves: Sequence[Leaf], said: Mapping[str, JsonValue], rng: random.Random) -> str:
    ordered = rng.sample(leaves, len(leaves)) if rng.random() < 0.35 else list(leaves)
    ordered.sort(key=lambda leaf: leaf.kind == "text")
    inside: list[str] = []
    named: list[str] = []
    behind: list[str] = []
    if rng.random() < 0.6:
        inside, taken = together(leaves, said, rng)
        ordered = [leaf for leaf in ordered if leaf.name not in taken]
    for leaf in ordered:
        usual = flag_sayings(leaf, bool(said[leaf.name])) if leaf.kind == "flag" else sayings(leaf)
        if usual and (is_measured(leaf) or rng.random() < 0.75):
            where = named if leaf.kind == "flag" else inside
            where.append(_said(rng.choice(usual), leaf, said[leaf.name], rng))
        elif rng.random() < 0.6 and leaf.kind != "json":
            named.append(_said(rng.choice(by_name(leaf, NAMED)), leaf, said[leaf.name], rng))
        else:
            behind.append(_said(rng.choice(by_name(leaf, SENTENCES)), leaf, said[leaf.name], rng))
    return _assembled(tool, leaves, inside, named, behind, rng)


def _assembled(
    tool: Tool,
    leaves: Sequence[Leaf],
    inside: Sequence[str],
    named: Sequence[str],
    behind: Sequence[str],
    rng: random.Random,
) -> str:
    core, frame = _core(tool, leaves, rng)
    ahead = f"{inside[0]}, " if len(inside) == 1 and inside[0].startswith(_AHEAD) and rng.random() < 0.12 else ""
    text = " ".join([core, *([] if ahead else inside)])
    if named:
        text = f"{text}{' ' if named[0].startswith(('with ', 'using ')) else ', '}{listed(named)}"
    return _dressed(ahead + frame.format(text), " ".join(behind), rng)


def _dressed(sentence: str, behind: str, rng: random.Random) -> str:
    """Now and then with a greeting, thanks, no full stop, or a small letter."""
    opening = rng.choice(OPENINGS) if rng.random() < 0.12 else ""
    closing = rng.choice(CLOSINGS) if rng.random() < 0.1 else ""
    full = _capital(opening + (sentence if opening.endswith((", ", ": ")) else _capital(sentence)))
    full = f"{full} {behind}" if behind else full
    if not behind and not closing and rng.random() < 0.15:
        full = full.rstrip(".?")
    elif closing and full[-1] not in ".?!":
        full += "."
    return (full[:1].lower() + full[1:] if rng.random() < 0.12 and not full.startswith("I") else full) + closing


def _core(tool: Tool, leaves: Sequence[Leaf], rng: random.Random) -> tuple[str, str]:
    """What is wanted, and a sentence around it."""
    known, mentioned = purposes(tool), mentions(leaves)
    if known.things and (not known.deeds or rng.random() < 0.45):
        return reworded(trimmed(rng.choice(known.things), mentioned), rng), rng.choice(THING_FRAMES)
    return reworded(trimmed(rng.choice(known.deeds), mentioned), rng), rng.choice(DEED_FRAMES)


def _plainly(tool: Tool, leaves: Sequence[Leaf], said: Mapping[str, JsonValue], rng: random.Random) -> str:
    core, frame = _core(tool, leaves, rng)
    parts = (
        _capital(flag_sayings(leaf, bool(said[leaf.name]))[0]) + "."
        if leaf.kind == "flag"
        else _said("{N}: {v}.", leaf, said[leaf.name], rng)
        for leaf in leaves
    )
    return " ".join([_capital(frame.format(core)), *parts])


def _said(form: str, leaf: Leaf, value: JsonValue, rng: random.Random) -> str:
    if leaf.kind == "flag":
        return form if "{" not in form else flag_sayings(leaf, bool(value))[0]
    text = form.replace("{n}", leaf.label).replace("{N}", _capital(leaf.label))
    return text.replace("{v}", surface(leaf, value, rng))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
