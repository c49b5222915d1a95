"""Turns of phrase that say several arguments at once, or say one in the place of the tool's object.

    for turn in turns(leaves): turn.text, turn.says, turn.deeds, turn.wholes

"{0} {1} to {2}" says an amount and two currencies ("convert 20 USD to EUR"), "{0} {1} {2} pizzas" how many, which size and kind. Rules go by
the arguments' names and kinds, and by what the tool does to what. The writer and the reader use the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from toolschool.methods.ste.teachers.invention.kinds import MOMENTS, NUMBERS
from toolschool.methods.ste.teachers.invention.leaves import Leaf
from toolschool.methods.ste.teachers.invention.sayings import FROM, QUALITIES, TO, counts_things

ONE_OR_MANY = re.compile(r"\[(\w+)\|(\w+)\]")
"""A noun's two forms in a turn: "[pizza|pizzas]"."""
_MEASURED = ("currency", "unit", "degrees", "choice")
_WANTED = ("get me {}.", "can you get me {}?", "I'd like {}.", "I want {}.", "{}, please.", "I need {}.")
_SEARCHED = frozenset("search find look hunt locate browse".split())
_MADE_OF_TEXT = frozenset(
    "translate summarize define spell read analyze play say shorten reverse rename watch open read sing".split()
)
_WORDY = (
    "text",
    "word",
    "song",
    "title",
    "movie",
    "book",
    "query",
    "phrase",
    "url",
    "file",
    "path",
    "pdf",
    "product",
    "code",
    "expression",
)


@dataclass(frozen=True)
class Turn:
    """`text` has the slots {0}, {1} ... for the values of `says`, in that order. `deeds` are orders around it, `wholes` sentences."""

    says: tuple[Leaf, ...]
    text: str
    deeds: tuple[str, ...]
    wholes: tuple[str, ...] = ()


def turns(leaves: Sequence[Leaf]) -> list[Turn]:
    """Those that say most first."""
    plain = [leaf for leaf in leaves if leaf.kind not in ("flag", "json") and not leaf.many]
    found = [*_measures(plain), *_described(plain), *_objects(plain)]
    return sorted(found, key=lambda turn: -len(turn.says))


def plural(noun: str) -> str:
    """By rule: "box", "boxes"."""
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"


def singular(noun: str) -> str:
    return (
        noun
        if not noun.endswith("s") or noun.endswith(("ss", "us", "is"))
        else noun[:-3] + "y"
        if noun.endswith("ies")
        else noun[:-1]
    )


def _measures(leaves: Sequence[Leaf]) -> Iterator[Turn]:
    """An amount and what it is counted in: "20 USD to EUR"."""
    numbers = [leaf for leaf in leaves if leaf.kind == "number" and leaf.needed]
    sources = [leaf for leaf in leaves if leaf.kind in _MEASURED and set(leaf.label.split()) & FROM]
    targets = [leaf for leaf in leaves if leaf.kind in _MEASURED and set(leaf.label.split()) & TO]
    if len(numbers) != 1 or len(sources) != 1 or len(targets) > 1:
        return
    verb = numbers[0].head.verb or "convert"
    for target in targets:
        says = (numbers[0], sources[0], target)
        orders = (f"{verb} {{}}", f"{verb} {{}}", "change {}") if verb == "convert" else (f"{verb} {{}}",)
        yield Turn(says, "{0} {1} to {2}", orders, ("{}",))
        yield Turn(says, "{0} {1} into {2}", orders)
        yield Turn(
            says, "{0} {1} in {2}", (), ("{}?", "{}", "what is {}?", "how much is {}?", "what's {}?", "give me {}.")
        )
    if not targets:
        yield Turn((numbers[0], sources[0]), "{0} {1}", (f"{verb} {{}}",))


def _described(leaves: Sequence[Leaf]) -> Iterator[Turn]:
    """How many of what sort: "2 large margherita pizzas"."""
    counts = [leaf for leaf in leaves if counts_things(leaf)][:1]
    sorts = {
        word: leaf
        for word in reversed(QUALITIES)
        for leaf in leaves
        if leaf.label.split()[-1] == word and leaf.kind not in (*NUMBERS, *MOMENTS)
    }
    ordered = [*counts, *(sorts[word] for word in QUALITIES if word in sorts)]
    if not ordered or not ordered[0].head.noun or not ordered[0].head.verb:
        return
    noun, verb = singular(ordered[0].head.noun), ordered[0].head.verb
    many = plural(noun)
    for size in range(len(ordered), 0, -1):
        for says in combinations(ordered, size):
            slots = " ".join(f"{{{place}}}" for place in range(size))
            if says[0] in counts:
                yield Turn(says, f"{slots} [{noun}|{many}]", (f"{verb} {{}}",), (*_WANTED, "{}"))
            else:
                yield Turn(
                    says,
                    f"{slots} {noun}",
                    (f"{verb} a {{}}",),
                    tuple(whole.replace("{}", "a {}") for whole in _WANTED),
                )


def _objects(leaves: Sequence[Leaf]) -> Iterator[Turn]:
    """One argument in the place of the object: "look up order A-1042", "search for running shoes", "remind me to buy milk"."""
    for leaf in leaves:
        named, head = leaf.label.split(), leaf.head
        if leaf.kind == "task":
            yield Turn(
                (leaf,),
                "remind me to {0}",
                (),
                ("{}", "{}.", "please {}.", "can you {}?", "could you {}?", "{}, please."),
            )
            yield Turn((leaf,), "reminder to {0}", ("set a {}", "create a {}", "make a {}"))
        elif leaf.kind == "code" and len(named) > 1 and named[-2] in head.objects:
            yield from _numbered(leaf, " ".join(named[:-1]))
        elif leaf.kind in ("query", "product", "food") and head.verb in _SEARCHED:
            yield Turn((leaf,), "search for {0}", ("{}",), ("{}",))
            yield Turn((leaf,), "looking for {0}", (), ("I'm {}.", "I am {}."))
            yield Turn((leaf,), "look for {0}", ("{}",))
            yield Turn((leaf,), "find {0}", ("{}", "{}"))
        elif (
            leaf.kind in _WORDY
            and leaf.needed
            and (head.verb in _MADE_OF_TEXT and set(named) & (head.objects | {leaf.kind}))
        ):
            yield Turn((leaf,), f"{head.verb} {{0}}", ("{}", "{}"), ("{}",))
            if named[-1] in head.objects and leaf.kind not in ("text", "url", "path", "pdf"):
                yield Turn((leaf,), f"{head.verb} the {named[-1]} {{0}}", ("{}",))
        elif leaf.kind == "number" and leaf.needed and named[-1] in {"amount", "sum", "value"} & head.objects:
            yield Turn((leaf,), f"{head.verb} {{0}}", ("{}",))
        elif leaf.kind in ("restaurant", "hotel") and head.verb in ("book", "reserve") and head.noun:
            yield Turn(
                (leaf,),
                f"{singular(head.noun)} at {{0}}",
                (f"{head.verb} a {{}}", "get a {}"),
                tuple(whole.replace("{}", "a {}") for whole in _WANTED),
            )


def _numbered(leaf: Leaf, thing: str) -> Iterator[Turn]:
    verb = leaf.head.verb
    orders = (
        ("look up {}", "find {}", "check {}", "check on {}")
        if verb in ("find", "get", "fetch", "check", "look", "lookup", "show", "search")
        else (f"{verb} {{}}",)
    )
    questions = ("where is {}?", "what's up with {}?", "{}?", "{}") if len(orders) > 1 else ("{}",)
    yield Turn(
        (leaf,), f"{thing} {{0}}", orders, questions if thing in ("order", "parcel", "package", "shipment") else ()
    )
    yield Turn((leaf,), f"{thing} number {{0}}", orders)
    yield Turn((leaf,), f"my {thing} {{0}}", orders)
