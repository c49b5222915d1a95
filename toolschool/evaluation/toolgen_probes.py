"""Does a model know its tools, or only recognise requests? Which of four tools has this parameter, category or description.

    asked = make_probes(apis, each=200, seed=0)
    found = {"ToolGen": by_likelihood(known, asked), "MiniLM": by_similarity(encoder, apis, asked)}
    show(probes_table(asked, found))                           # accuracy by kind; a guess is right in 25 of 100

One of the four is right by documentation and the others are not. A model answers with the tool whose text, and the end behind it, it holds
likeliest; an encoder with the nearest documentation, which it may read. After ToolSense (arXiv 2606.12451). Limit: what differs in words
alone ("lat", "latitude") counts as different.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolschool.datasets.api_docs import ApiDoc, Key
from toolschool.evaluation.intervals import rate
from toolschool.evaluation.tables import Table, percent

if TYPE_CHECKING:
    from toolschool.datasets.catalogues import Catalogue
    from toolschool.evaluation.toolgen import ToolGenModel
    from toolschool.models.encoder import SentenceEncoder

CHOICES = 4
TRIES = 50  # draws for the wrong ones
MAX_DESCRIPTION = 300  # characters of a description in a question


@dataclass(frozen=True)
class Probe:
    """A question with four tools; `choices[right]` is the answer."""

    kind: str
    question: str
    choices: tuple[Key, ...]
    right: int


def make_probes(apis: Catalogue, each: int, seed: int = 0) -> list[Probe]:
    """At most `each` questions of a kind, fewer where the documentation does not have as many."""
    return [probe for kind in _KINDS for probe in _of_kind(apis.docs, kind, each, seed)]


def by_likelihood(known: ToolGenModel, probes: Sequence[Probe]) -> list[bool]:
    """Whether the right tool's text is the likeliest behind each question."""
    from toolschool.models.scoring import Row, Scorer

    codes = dict(zip(known.index.keys, known.index.codes(known.tokenizer), strict=True))
    rows = []
    for probe in probes:
        prompt = known.template.retrieve(probe.question, known.tokenizer)
        ids = known.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        for key in probe.choices:
            whole = [*ids, *codes[key], known.tokenizer.eos_token_id]
            rows.append(Row(whole, tuple(range(len(ids), len(whole)))))
    scores = [float(logs.sum()) for logs in Scorer(known.model).score(rows)]
    return _answers(probes, scores)


def by_similarity(encoder: SentenceEncoder, apis: Catalogue, probes: Sequence[Probe]) -> list[bool]:
    """Whether the right tool's documentation is the nearest to each question."""
    from toolschool.methods.toolgen.baselines import summaries

    texts = dict(zip((doc.key for doc in apis.docs), summaries(apis), strict=True))
    wanted = list(dict.fromkeys(key for probe in probes for key in probe.choices))
    places = {key: place for place, key in enumerate(wanted)}
    vectors = encoder.embed([texts[key] for key in wanted])
    questions = encoder.embed([probe.question for probe in probes])
    scores = [
        float(question @ vectors[places[key]])
        for question, probe in zip(questions, probes, strict=True)
        for key in probe.choices
    ]
    return _answers(probes, scores)


def probes_table(probes: Sequence[Probe], found: Mapping[str, Sequence[bool]]) -> Table:
    """One row per kind, one column per system."""
    rows = []
    for kind in dict.fromkeys(probe.kind for probe in probes):
        places = [place for place, probe in enumerate(probes) if probe.kind == kind]
        cells = (percent(rate([answers[place] for place in places])) for answers in found.values())
        rows.append((kind, *cells, str(len(places))))
    note = f"Percent of questions with {CHOICES} tools, 95 % Wilson intervals; a guess is right in {100 // CHOICES} of 100."
    return Table("Which tool is it?", ("known by", *found, "questions"), tuple(rows), note)


def _answers(probes: Sequence[Probe], scores: Sequence[float]) -> list[bool]:
    """`scores` of all choices in their order."""
    found = []
    for number, probe in enumerate(probes):
        own = scores[number * CHOICES : (number + 1) * CHOICES]
        found.append(max(range(CHOICES), key=own.__getitem__) == probe.right)
    return found


def _of_kind(docs: Sequence[ApiDoc], kind: str, each: int, seed: int) -> list[Probe]:
    rng = random.Random(f"{seed}/{kind}")
    found = (_probe(docs, doc, kind, rng) for doc in rng.sample(docs, len(docs)))
    return list(itertools.islice(filter(None, found), each))


def _probe(docs: Sequence[ApiDoc], doc: ApiDoc, kind: str, rng: random.Random) -> Probe | None:
    """A question whose answer is `doc`, if something is known of it that three others lack."""
    facts, ask, has = _KINDS[kind]
    known = facts(doc)
    for fact in rng.sample(known, len(known)):
        wrong = _without(docs, fact, has, rng)
        if len(wrong) == CHOICES - 1:
            choices = rng.sample([doc.key, *wrong], CHOICES)
            return Probe(kind, ask.format(fact), tuple(choices), choices.index(doc.key))
    return None


def _without(docs: Sequence[ApiDoc], fact: str, has: Callable[[ApiDoc, str], bool], rng: random.Random) -> list[Key]:
    """Three tools of which the fact does not hold."""
    drawn = (rng.choice(docs) for _ in range(TRIES))
    return list({doc.key: None for doc in drawn if not has(doc, fact)})[: CHOICES - 1]


def _parameters(doc: ApiDoc) -> list[str]:
    return [parameter.name for parameter in (*doc.required, *doc.optional)]


def _description(doc: ApiDoc) -> str:
    return doc.description.strip()[:MAX_DESCRIPTION]


Kind = tuple[Callable[[ApiDoc], list[str]], str, Callable[[ApiDoc, str], bool]]
# What is known of a tool, how it is asked for, and of which tools it holds, too.
_KINDS: Mapping[str, Kind] = {
    "parameter": (
        _parameters,
        "Which tool has the parameter {}?",
        lambda doc, fact: fact.lower() in (name.lower() for name in _parameters(doc)),
    ),
    "category": (
        lambda doc: list(filter(None, [doc.category])),
        "Which tool belongs to the category {}?",
        lambda doc, fact: doc.category == fact,
    ),
    "description": (
        lambda doc: list(filter(None, [_description(doc)])),
        "Which tool does this? {}",
        lambda doc, fact: _description(doc) == fact,
    ),
}
