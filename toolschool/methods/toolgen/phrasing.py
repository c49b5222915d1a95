"""What an API is for, in words that a request can be made of: deeds ("get media for a rugby team") and topics ("media for a rugby team").

    deeds(doc), topics(doc)        # from the description where there is one, and from the names
    keywords(doc, rng)             # a few of the words of its documentation
    reworded("get the list", rng)  # some words exchanged or left out

English, by rule: a description whose first words are no verb of VERBS is a topic. Where there is no description, names and parameters
stand for it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence

from toolschool.datasets.api_docs import ApiDoc, to_ascii
from toolschool.tools.simulated.api import words

MAX_WORDS = 16  # of a description that a request repeats
VERBS = frozenset(
    """access add adjust analyze apply ask assess assign book build calculate calibrate call cancel change check classify collect compare compute conduct
    configure connect convert count create delete deploy design detect determine discover display donate download edit enroll establish estimate evaluate
    execute explore extract fetch filter find format generate get give identify initiate inspect learn list locate log look make manage measure modify
    monitor move obtain optimize parse perform place plan play post predict process provide publish query read recognize recommend record redirect register
    remove report request reset resolve retrieve return run save scan schedule scrape search see select send set share show simulate sort start
    stop submit subscribe suggest summarize test toggle track train transform translate update upload validate verify view write""".split()
)
_SAME = {
    "get": ("fetch", "find", "look up", "pull up"),
    "retrieve": ("get", "fetch", "find", "bring up"),
    "return": ("get", "show", "give me"),
    "fetch": ("get", "find", "load"),
    "search": ("look", "hunt"),
    "calculate": ("work out", "compute"),
    "create": ("make", "set up"),
    "check": ("verify", "find out"),
    "generate": ("make", "produce"),
    "delete": ("remove", "get rid of"),
    "update": ("change", "refresh"),
    "list": ("overview", "set", "collection"),
    "information": ("details", "info", "data", "facts"),
    "details": ("information", "specifics", "data"),
    "data": ("information", "figures", "details"),
    "all": ("every one of the", "all the"),
    "specific": ("certain", "particular", "given"),
    "given": ("certain", "particular"),
    "available": ("existing", "possible"),
    "latest": ("newest", "most recent"),
    "current": ("present", "up-to-date"),
    "user": ("member", "person"),
    "find": ("locate", "look up"),
    "image": ("picture", "photo"),
    "price": ("cost", "rate"),
}
_SMALL = frozenset("a an and are as at be by for from in is it its of on or that the this to with you your".split())
_LEAD = re.compile(
    r"^(?:(?:this|the|an?|our)\s+)?(?:(?:api|endpoint|tool|function|method|service|route|call|request)s?\s+)?"
    r"(?:(?:will|can|is|are|be|you|that|which|to|used|allows?|lets?|enables?|helps?|users?|developers?|us)\s+)*",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<[^>]*>|[*_`#«»]+|https?://\S+")
_END = re.compile(r"[.;:!?(\n]\s|[.;:!?(\n]$|\n|\s-\s")


def deeds(doc: ApiDoc) -> tuple[str, ...]:
    """What it does as an order, by its description and by its name; () where neither begins with a verb."""
    return tuple(dict.fromkeys(filter(None, map(_deed, (_said(doc), _named(doc))))))


def topics(doc: ApiDoc) -> tuple[str, ...]:
    """What it is about; never empty."""
    found = [_without_verb(text) for text in (_said(doc), _named(doc))]
    return tuple(dict.fromkeys(filter(None, found))) or (name_words(doc.tool) or "something",)


def keywords(doc: ApiDoc, rng: random.Random) -> str:
    """Three to six words of its names, description and parameters, in the order in which they stand there."""
    parameters = " ".join(parameter.name for parameter in (*doc.required, *doc.optional))
    texts = (doc.tool, doc.api, _said(doc), parameters)
    found = list(dict.fromkeys(word for text in texts for word in words(to_ascii(text)) if word not in _SMALL))
    chosen = sorted(rng.sample(range(len(found)), min(len(found), rng.randint(3, 6))))
    return " ".join(found[place] for place in chosen)


def reworded(phrase: str, rng: random.Random) -> str:
    """The phrase with some words exchanged for others of the same meaning and, at times, small words left out."""
    drop = rng.random() < 0.25
    return " ".join(_reword(phrase.split(), drop, rng))


def name_words(name: str) -> str:
    """The words of a name in any style, without what is no letter or digit."""
    return " ".join(words(to_ascii(name)))


def _reword(phrase: Sequence[str], drop: bool, rng: random.Random) -> Iterator[str]:
    for place, word in enumerate(phrase):
        if drop and place and word.lower() in _SMALL and rng.random() < 0.5:
            continue
        yield rng.choice(_SAME[word]) if word in _SAME and rng.random() < 0.35 else word


def _said(doc: ApiDoc) -> str:
    """The first sentence of the description, without its lead ("This endpoint allows you to") and without markup."""
    plain = " ".join(_MARKUP.sub(" ", doc.description).split())
    first = _END.split(_LEAD.sub("", plain), maxsplit=1)[0].strip(" .,\"'")
    return " ".join(first.split()[:MAX_WORDS])


def _named(doc: ApiDoc) -> str:
    """The names in words; parameters where there is little else ("suggest" of "Cities" takes "country")."""
    api, tool = name_words(doc.api), name_words(doc.tool)
    if len(api.split()) < 3 and not doc.description.strip() and doc.required:
        api = f"{api} by {_listed(name_words(parameter.name) for parameter in doc.required[:2])}"
    return f"{api} of {tool}" if tool and len(api.split()) < 3 else api


def _deed(text: str) -> str:
    verb, _, rest = text.partition(" ")
    base = _base(verb)
    return f"{base} {_lowered(rest)}" if base and rest else ""


def _without_verb(text: str) -> str:
    verb, _, rest = text.partition(" ")
    return _lowered(rest if _base(verb) and rest else text)


def _base(word: str) -> str:
    """The base form of a verb of VERBS; "" for other words."""
    word = word.lower()
    forms = (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("ies") + "y")
    return next((form for form in forms if form in VERBS), "")


def _lowered(text: str) -> str:
    """In lower case where only the first letter is a capital: a name or an abbreviation stays."""
    first, _, rest = text.partition(" ")
    return f"{first.lower()} {rest}".strip() if first[1:].islower() or len(first) == 1 else text


def _listed(parts: Iterable[str]) -> str:
    return " and ".join(parts)
