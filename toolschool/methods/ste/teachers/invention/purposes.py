"""What a tool is for, as a user would put it: deeds ("convert currency") and things ("the phone number").

    purposes(tool).deeds, purposes(tool).things

From the name and the first sentence of the description, by rule; English.
"""

from __future__ import annotations

import random
import re
from collections.abc import Container
from dataclasses import dataclass

from toolschool.datasets.api_docs import from_tool
from toolschool.methods.toolgen.phrasing import VERBS, deeds, topics
from toolschool.records import Tool
from toolschool.tools.simulated.api import words

MORE_VERBS = frozenset(
    """answer append arrange ask bake bill block book cancel choose close combine compose copy count cut decode decrypt draw draft email encode encrypt end
    estimate fill finish fix follow forecast forward hash invite join keep launch leave lend load mail mark measure meet merge message mix multiply open
    order pause pay pick post print put rate remind rename reply reserve roll round say schedule score send shorten shuffle sign solve sort speak spell
    split subtract suggest sum swap tell text throw transfer turn type use wait warn watch work divide""".split()
)
_GETTERS = frozenset(
    "get find fetch retrieve return show give search check read query obtain provide display list lookup access see".split()
)
_MAKERS = frozenset(
    "create add make compose write send generate book schedule draft open build design start set plan post".split()
)
_CUT = re.compile(
    r"\s*(?:[,;:(]| and (?:returns?|gives?|says?|shows?|whether)\b"
    r"| (?:that|which|whether|given|by|based on|using|via|so that|if|as well as|from the end|from one|such as|it is)\b).*"
)
_VAGUE = re.compile(
    r"^(?:\S+ ){1,4}(?:that|which) |\b(?:you|your|us|users?|endpoint|api)\b", re.IGNORECASE
)  # "a draft that forwards the mail"
_SENTENCE = re.compile(
    r"\b(?:is|are|was|has|have|gives?|provides?|allows?|returns?|will|can|you|we|puts?)\b", re.IGNORECASE
)
_SURELY_VERBS = frozenset(
    "get find fetch show open create add make send delete update convert calculate generate write".split()
)
_ARTICLE = re.compile(r"^(?:the|a|an|all|my|your|some|any|this|these)\b", re.IGNORECASE)
_PREPOSITIONS = frozenset("to for from of on with in into up at by about".split())
_SAME = {
    "get": ("fetch", "find", "look up", "pull up"), "retrieve": ("get", "fetch", "find", "bring up"), "return": ("get", "show", "give me"),
    "fetch": ("get", "find", "load"),
    "calculate": ("work out", "compute"), "compute": ("work out", "calculate"), "create": ("make", "set up", "add"), "check": ("look up", "find out"),
    "generate": ("make", "produce"), "delete": ("remove", "get rid of"), "update": ("change", "refresh"), "information": ("details", "info", "facts"),
    "details": ("information", "data"), "latest": ("newest", "most recent"), "current": ("present", "latest"), "find": ("locate", "look up"),
    "image": ("picture",),
    "price": ("cost",), "compose": ("write", "draft"), "email": ("e-mail", "mail"), "sms": ("text message", "text"),
    "convert": ("change",), "show": ("bring up", "display"), "open": ("open up", "bring up"), "list": ("list", "overview"), "write": ("draft", "prepare"),
    "reply": ("respond", "answer back"), "forward": ("pass on", "send on"),
}  # fmt: skip
_TAIL = re.compile(r" (?:to be|to|for|from|of|on|with|in|into|at|by|about|between|as|near|using) ")
_OBJECT_END = re.compile(rf"\b(?:{'|'.join(sorted(_PREPOSITIONS))}|between|as|from|until|over)\b")
_DEEDS_ONLY = frozenset("reply forward compose show open write check".split())  # "a reply draft" is no deed
MOST_WORDS = 9


@dataclass(frozen=True)
class Head:
    """A tool's deed in a word or two: verb and noun, "" where there is none; `objects` are all words for what it is done to."""

    verb: str = ""
    noun: str = ""
    objects: frozenset[str] = frozenset()


NO_HEAD = Head()


@dataclass(frozen=True)
class Purposes:
    """Orders without their subject, and noun phrases with their article; one of both may be empty, not both."""

    deeds: tuple[str, ...]
    things: tuple[str, ...]


def purposes(tool: Tool) -> Purposes:
    """Short forms of the name and description."""
    doc = from_tool(tool)
    verb, thing = _named(words(tool.name))
    imperative = _imperative(tool.description)
    described = [short(text) for text in (*deeds(doc), imperative) if not _VAGUE.search(text)]
    orders = [text for text in described if len(text.split()) > 1]
    if verb and thing and not thing.startswith("for "):
        bare = imperative.startswith(f"{verb} {thing}")  # "order pizza", as the description has it
        orders = [text for text in orders if bare or text != f"{verb} {thing}"]
        orders.append(f"{verb} {thing if bare else _with_article(thing, verb)}")
    named = [thing] if thing and (not verb or verb in _GETTERS) and not thing.startswith("for ") else []
    got = [text.partition(" ") for text in orders if text.split()[0] in _GETTERS - {"search"}]
    named += [rest for _, _, rest in got if rest.split()[0] not in _PREPOSITIONS]
    if not orders:
        named += [short(topic) for topic in topics(doc) if not _SENTENCE.search(topic)]
    things = [_with_article(one, "get") for one in named if one]
    if not orders and not things:
        things = [_with_article(" ".join(words(tool.name)), "get")]
    return Purposes(tuple(dict.fromkeys(orders)), tuple(dict.fromkeys(things)))


def head_of(tool: Tool) -> Head:
    """By the name, and by the description where the name has none."""
    named, thing = _named(words(tool.name))
    first, _, rest = _imperative(tool.description).partition(" ")
    objects = [_object(thing), _object(short(rest))]
    nouns = [one.split()[-1] for one in objects if one]
    return Head(named or first, nouns[0] if nouns else "", frozenset(word for one in objects for word in one.split()))


def _object(text: str) -> str:
    """The words of a noun phrase before its first preposition."""
    return _OBJECT_END.split(_ARTICLE.sub("", text).strip().lower(), maxsplit=1)[0].strip()


def _named(named: list[str]) -> tuple[str, str]:
    """The verb and the object of a name, "" for no verb: ("get", "file path") of `open_and_get_file_path`."""
    named = list(dict.fromkeys(named))  # names of endpoints repeat those of their tool
    if len(named) > 3 and named[1] == "and":
        named = named[2:]
    if len(named) > 2 and not base(named[0]) and named[1] in _SURELY_VERBS:
        named = named[1:]
    verb = named[0] if named and base(named[0]) == named[0] else ""
    thing = " ".join(named[1:] if verb else named)
    return verb, "" if thing in _PREPOSITIONS else thing


def trimmed(phrase: str, mentioned: Container[str]) -> str:
    """A deed or thing without what it says of arguments: "at a restaurant", "between people"; `mentioned` are their words. Two words stay."""
    for cut in _TAIL.finditer(phrase):
        kept = phrase[: cut.start()].split()
        while kept and kept[-1].lower() in _PREPOSITIONS | {"the", "a", "an", "and"}:
            kept.pop()
        if len(kept) > 1 and any(word in mentioned for word in words(phrase[cut.end() :])):
            return " ".join(kept)
    return phrase


def reworded(phrase: str, rng: random.Random) -> str:
    """The phrase with some words exchanged for others of the same meaning."""
    return " ".join(
        rng.choice(_SAME[word])
        if word in _SAME and rng.random() < 0.35 and not (place and word in _DEEDS_ONLY)
        else word
        for place, word in enumerate(phrase.split())
    )


def short(text: str) -> str:
    """The head of a clause; none that ends in a preposition, whose object was cut off."""
    kept = _CUT.sub("", text).split()[:MOST_WORDS]
    while kept and kept[-1].lower() in _PREPOSITIONS:
        kept.pop()
    return " ".join(kept).rstrip(" .,")


def base(word: str) -> str:
    """The base form of a verb; "" for other words."""
    low = word.lower()
    forms = (low, low.removesuffix("s"), low.removesuffix("es"), low.removesuffix("ies") + "y")
    return next((form for form in forms if form in VERBS or form in MORE_VERBS), "")


def _imperative(description: str) -> str:
    """The first sentence as an order; "" where it does not begin with a verb."""
    sentence = re.split(r"(?<=[a-z0-9)])[.!?](?:\s|$)|\n", description.strip(), maxsplit=1)[0]
    first, _, rest = sentence.partition(" ")
    verb = base(first)
    return f"{verb} {rest}" if verb and rest else ""


def _with_article(thing: str, verb: str) -> str:
    if not thing or _ARTICLE.match(thing):
        return thing
    head, _, rest = thing.partition(" ")
    if head in _PREPOSITIONS:
        return f"{head} {_with_article(rest, verb)}"
    plural = thing.endswith("s") and not thing.endswith(("ss", "us", "is"))
    if verb in _MAKERS and not plural:
        return f"{'an' if thing[0].lower() in 'aeiou' else 'a'} {thing}"
    return f"the {thing}"
