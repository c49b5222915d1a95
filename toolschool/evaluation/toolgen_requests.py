"""Requests as people also put them: mistyped, wrapped in courtesies, said indirectly, without the words of the tools' names.

    for manner in MANNERS:
        asked = rephrased(requests, manner, apis)        # the same gold; ids and groups say that they are test-only

A retriever that has learnt the phrasings of its training requests, or matches names, loses here. By rule, so that everybody gets the
same; the same seed and request give the same text. Meant for test requests: `pipelines/toolgen.py` refuses to train on what is so marked.
After ToolSense (arXiv 2606.12451), which asks for realistic phrasings. Limit: English rules; nobody has checked every sentence.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from toolschool.datasets.api_docs import to_ascii
from toolschool.datasets.catalogues import Catalogue, Request
from toolschool.errors import ConfigError
from toolschool.tools.simulated.api import words

TEST_ONLY = "test-only"
FEWEST_WORDS = 3  # that are left of a request without the words of names
MISTYPED = 0.2  # of the words that are long enough
_GREETINGS = (
    "Hi there, I hope you are having a good day!", "Good morning!", "Hello, sorry to bother you.", "Hey, quick one for you.",
    "Dear assistant, I would be grateful for your help.", "Good evening, I hope this is the right place to ask.",
)  # fmt: skip
_THANKS = (
    "Many thanks in advance!", "Thank you ever so much for your time.", "No rush at all, and thanks.", "Cheers, I owe you one.",
    "If that is too much to ask, just let me know.", "I really appreciate any help you can give.",
)  # fmt: skip
_FRAMES = (
    "It would be good if somebody could {}.", "I was told there is somebody here who can {}.", "My boss wants me to {}, and I do not know how.",
    "I have never managed to {} on my own.", "What I am after is somebody to {}.",
)  # fmt: skip
_REPORTS = (
    "Someone asked me the following, and I had no answer: {}", "This has been on my mind for days: {}",
    "My neighbour keeps bringing this up: {}", "There is something I never find out by myself: {}",
)  # fmt: skip
_ORDER = re.compile(
    r"^(?:(?:can|could|would|will) you(?: please| kindly)?|please|(?:i|we)(?:'d like| would like| want| need)(?: you)? to|help (?:me|us)(?: to)?) "
    r"(?P<deed>[^.?!]+)[.?!]?(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def rephrased(requests: Sequence[Request], manner: str, apis: Catalogue, seed: int = 0) -> list[Request]:
    """The same requests in another manner. ConfigError for a manner that is none."""
    if manner not in MANNERS:
        raise ConfigError(f"'{manner}' is no manner of asking; use {', '.join(MANNERS)}")
    change, found = MANNERS[manner], []
    for request in requests:
        rng = random.Random(f"{seed}/{manner}/{request.id}/{request.query}")
        query = change(request.query.strip(), _names(request, apis), rng)
        mark = f"{TEST_ONLY}/{manner}"
        found.append(replace(request, id=f"{mark}/{request.id}", query=query, group=mark))
    return found


def is_test_only(request: Request) -> bool:
    """Whether a request was made here."""
    return request.group.startswith(TEST_ONLY)


def _names(request: Request, apis: Catalogue) -> frozenset[str]:
    """The words of the names of the tools that are wanted."""
    docs = [apis.docs[place] for place in apis.positions(request.gold)]
    return frozenset(word for doc in docs for name in (doc.tool, doc.api) for word in words(to_ascii(name)))


def _mistyped(query: str, names: frozenset[str], rng: random.Random) -> str:
    """Some longer words, one at least, with two letters swapped, one lost or one doubled."""
    parts = query.split(" ")
    long = [place for place, word in enumerate(parts) if len(word) > 3 and word.isalpha()]
    for place in rng.sample(long, min(len(long), max(1, round(MISTYPED * len(long))))):
        parts[place] = _slip(parts[place], rng)
    return " ".join(parts)


def _slip(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    different = [
        text
        for text in (before + after[0] + letter + after[1:], before + after, before + 2 * letter + after)
        if text != word
    ]
    return rng.choice(different)


def _polite(query: str, names: frozenset[str], rng: random.Random) -> str:
    return f"{rng.choice(_GREETINGS)} {query} {rng.choice(_THANKS)}"


def _indirect(query: str, names: frozenset[str], rng: random.Random) -> str:
    """Orders and questions to the assistant become wishes about somebody; where there are none the request is reported."""
    sentences = _SENTENCE.split(query)
    changed = [_wish(sentence, rng) for sentence in sentences]
    return " ".join(changed) if changed != sentences else rng.choice(_REPORTS).format(query)


def _wish(sentence: str, rng: random.Random) -> str:
    found = _ORDER.match(sentence)
    return rng.choice(_FRAMES).format(found["deed"].strip()) + found["rest"] if found else sentence


def _nameless(query: str, names: frozenset[str], rng: random.Random) -> str:
    """Without the words of the names, but for the first ones where too few would be left."""
    parts = query.split()
    kept = [part for part in parts if not _is_name(part, names)]
    return " ".join(kept if len(kept) >= FEWEST_WORDS else parts)


def _is_name(part: str, names: frozenset[str]) -> bool:
    own = words(part)
    return bool(own) and all(word in names or word.removesuffix("s") in names for word in own)


MANNERS: Mapping[str, Callable[[str, frozenset[str], random.Random], str]] = {
    "typos": _mistyped,
    "polite": _polite,
    "indirect": _indirect,
    "no tool words": _nameless,
}
