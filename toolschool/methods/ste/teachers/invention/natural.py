"""A request as people put it: short, values where they belong, names of arguments only where there is no other way.

    attempt = natural(tool, leaves, {"amount": 20, "source": "USD", "target": "EUR"}, rng)     # "convert 20 USD to EUR, please."

It may say something else than was meant: `wording.py` reads it back.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from toolschool.methods.ste.teachers.invention.leaves import Leaf
from toolschool.methods.ste.teachers.invention.mentions import surface
from toolschool.methods.ste.teachers.invention.naming import words_for
from toolschool.methods.ste.teachers.invention.purposes import purposes, reworded, trimmed
from toolschool.methods.ste.teachers.invention.sayings import (
    SENTENCES,
    SOFT,
    flag_sayings,
    is_measured,
    measures,
    sayings,
)
from toolschool.methods.ste.teachers.invention.turns import ONE_OR_MANY, Turn, turns
from toolschool.records import JsonValue, Tool
from toolschool.tools.simulated.api import words

TURN_RATE = 0.92  # how often a turn of phrase is used where there is one
DEEDS = (
    "{}.", "{}.", "{}", "{}", "please {}.", "{}, please.", "{} please", "can you {}?", "could you {}?", "I want to {}.", "I'd like to {}.", "I need to {}.",
    "would you {}?", "could you please {}?", "let's {}.", "help me {}.", "I need you to {}.", "can you please {}?",
)  # fmt: skip
THINGS = (
    "what is {}?", "what's {}?", "what's {}", "show me {}.", "give me {}.", "tell me {}.", "I need {}.", "{}?", "{}", "{}, please.", "can I get {}?",
    "can you tell me {}?",
    "I'd like to know {}.", "get me {}.", "can you show me {}?",
)  # fmt: skip
_MET = (
    "person",
    "city",
    "place",
    "address",
    "country",
    "restaurant",
    "hotel",
    "language",
    "currency",
    "unit",
    "airport",
    "company",
)
_APART = re.compile(r"top |at most |limited to |\{v\} |up to |with \{n\}|\{n\} ")
"""What stands better behind a comma."""


def natural(tool: Tool, leaves: Sequence[Leaf], said: Mapping[str, JsonValue], rng: random.Random) -> str:
    """One try, without a greeting, from its first word in lower case to its full stop."""
    fitting = [turn for turn in turns(leaves) if all(leaf.name in said for leaf in turn.says)]
    turn = _chosen(fitting, rng) if fitting and rng.random() < TURN_RATE else None
    taken = {leaf.name for leaf in turn.says} if turn else set()
    rest = [leaf for leaf in leaves if leaf.name in said and leaf.name not in taken]
    core, frames = _of_turn(turn, said, bool(rest), rng) if turn else _of_purpose(tool, leaves, rng)
    inside, apart, behind = _said_beside(rest if rng.random() < 0.75 else rng.sample(rest, len(rest)), said, rng)
    text = " ".join([core, *inside])
    return " ".join([rng.choice(frames).format(", ".join([text, *apart])), *behind])


def in_turn(leaves: Sequence[Leaf]) -> list[Leaf]:
    """Numbers that a request can say one after the other ("of 3 and 5"), because nothing but their order tells them apart."""
    alike = [leaf for leaf in leaves if leaf.kind == "number" and leaf.needed and not leaf.many and not sayings(leaf)]
    return alike if len(alike) < 5 else []


def mentions(leaves: Sequence[Leaf]) -> set[str]:
    """Words for the arguments, and for people, places and the like that they are about."""
    about = {word for leaf in leaves if leaf.kind in _MET for word in words_for(leaf.kind)}
    return about | {word for leaf in leaves for word in words(leaf.name)}


def listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _chosen(fitting: Sequence[Turn], rng: random.Random) -> Turn:
    """Mostly one that says as much as any."""
    most = [turn for turn in fitting if len(turn.says) == len(fitting[0].says)]
    return rng.choice(most if rng.random() < 0.85 else fitting)


def _of_turn(turn: Turn, said: Mapping[str, JsonValue], more: bool, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Its words, and sentences around them."""
    values = [surface(leaf, said[leaf.name], rng) for leaf in turn.says]
    one = said[turn.says[0].name] == 1
    text = ONE_OR_MANY.sub(lambda nouns: nouns[1] if one else nouns[2], turn.text).format(*values)
    if turn.wholes and (not turn.deeds or rng.random() < (0.25 if more else 0.4)):
        whole = rng.choice(turn.wholes)
        return _with_a(whole.partition("{}")[0] + text), ("{}" + whole.partition("{}")[2],)
    return _with_a(rng.choice(turn.deeds).format(text)), DEEDS


def _of_purpose(tool: Tool, leaves: Sequence[Leaf], rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """What the tool is for, without what it says of its arguments."""
    known = purposes(tool)
    mentioned = mentions(leaves)
    if known.things and (not known.deeds or rng.random() < 0.5):
        return reworded(trimmed(rng.choice(known.things), mentioned), rng), THINGS
    return reworded(trimmed(rng.choice(known.deeds[: 1 + (rng.random() < 0.3)]), mentioned), rng), DEEDS


def _said_beside(
    leaves: Sequence[Leaf], said: Mapping[str, JsonValue], rng: random.Random
) -> tuple[list[str], list[str], list[str]]:
    """What stands in the sentence, what stands apart at its end, and sentences behind."""
    inside, taken = together(leaves, said, rng)
    apart: list[str] = []
    behind: list[str] = []
    begun = {text.split()[0] for text in inside}
    rest = sorted((leaf for leaf in leaves if leaf.name not in taken), key=lambda leaf: leaf.kind == "text")
    forms: dict[str, str] = {}
    for leaf in sorted(rest, key=lambda leaf: len(sayings(leaf))):  # those with fewest ways choose first
        usual = [form for form in _usual(leaf, said) if form.split()[0] not in begun]
        forms[leaf.name] = rng.choice(usual or (SENTENCES[:2] if leaf.kind == "json" else SOFT))
        begun.add(forms[leaf.name].split()[0])
    for leaf in rest:
        form = forms[leaf.name]
        where = behind if leaf.kind == "json" else apart if _APART.match(form) or leaf.kind == "flag" else inside
        text = form.replace("{n}", leaf.label).replace("{N}", leaf.label.capitalize())
        where.append(text.replace("{v}", surface(leaf, said[leaf.name], rng)) if "{v}" in text else text)
    return inside, apart, behind


def _usual(leaf: Leaf, said: Mapping[str, JsonValue]) -> tuple[str, ...]:
    return flag_sayings(leaf, bool(said[leaf.name])) if leaf.kind == "flag" else sayings(leaf)


def together(leaves: Sequence[Leaf], said: Mapping[str, JsonValue], rng: random.Random) -> tuple[list[str], set[str]]:
    """Numbers that are said in one breath: "for 70 kg and 1.8 m", "of 3 and 5"."""
    plain = in_turn(leaves)
    measured = [leaf for leaf in leaves if not leaf.many and is_measured(leaf)]
    alike = measured if len(measured) > 1 else plain
    if len(alike) < 2:
        return [], set()
    texts = [surface(leaf, said[leaf.name], rng) for leaf in alike]
    lead, form = rng.choice(
        (("of", 1), ("for", 1), ("with", 1)) if alike is plain else (("for", 1), ("with", 0), ("with", 0))
    )
    if alike is measured:
        texts = [measures(leaf)[form].replace("{v}", text) for leaf, text in zip(alike, texts, strict=True)]
    return [f"{lead} {listed(texts)}"], {leaf.name for leaf in alike}


def _with_a(text: str) -> str:
    """The article that the next word wants."""
    return re.sub(r"\b([Aa]) (?=[aeiouAEIOU])", r"\1n ", text)
