"""Requests and tools of several sets as ToolRAG's finder reads them, for `any_tools.py` and `any_tools_fit.py`.

    readers = Readers.load()
    desk, meta = tools_of("desk"), tools_of("metatool")
    asked = readers.read(requests("metatool", "validation", "select", 300))
    catalogue = readers.catalogue([*desk, *meta])
    [catalogue.trial(each) for each in asked]

A set's tools are documentation, which any part may know; its requests are read by part, and the registry's guard is asked.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from toolschool.methods.tinyagent.described import ToolIndex, clauses, describe
from toolschool.methods.tinyagent.finder import Reading
from toolschool.methods.tinyagent.joint import Trial
from toolschool.methods.tinyagent.toolrag import ToolRag
from toolschool.models.encoder import MINILM_HUB, SentenceEncoder
from toolschool.records import Tool

SHIPPED = Path("assets/tinyagent/toolrag")
NONE = "none"  # written requests that no tool of the desk can serve

Request = tuple[str, frozenset[str]]  # a query and the names of its tools


@dataclass(frozen=True)
class Asked:
    """A request as the models read it."""

    reading: Reading
    gold: frozenset[str]


@dataclass(frozen=True)
class Catalogue:
    """Tools that requests are tried in."""

    index: ToolIndex
    columns: np.ndarray  # place among the classifier's logits, -1 where it does not know the tool

    def trial(self, asked: Asked) -> Trial:
        """The request in this catalogue."""
        reading = asked.reading
        assert reading.vectors is not None
        assert reading.logits is not None
        wanted = np.array([name in asked.gold for name in self.index.names])
        logits = np.where(self.columns >= 0, reading.logits[self.columns], np.nan)
        return Trial(self.index.evidence(reading.pieces, reading.vectors), wanted, logits)


@dataclass(frozen=True)
class Readers:
    """The shipped classifier and the encoder, which reads every description once."""

    rag: ToolRag
    encoder: SentenceEncoder
    known: dict[str, np.ndarray] = field(default_factory=dict)  # vectors by description

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Readers:
        return cls(ToolRag.load(folder), SentenceEncoder.load(MINILM_HUB))

    def read(self, requests: Sequence[Request]) -> list[Asked]:
        """All requests, in batches."""
        pieces = [clauses(query) for query, _ in requests]
        vectors = self.encoder.embed([piece for some in pieces for piece in some])
        parts = np.split(vectors, np.cumsum([len(some) for some in pieces])[:-1])
        logits = np.concatenate(
            [self.rag.logits([query for query, _ in requests[at : at + 64]]) for at in range(0, len(requests), 64)]
        )
        readings = map(Reading, pieces, parts, logits)
        return [Asked(reading, gold) for reading, (_, gold) in zip(readings, requests, strict=True)]

    def vectors(self, tools: Sequence[Tool]) -> np.ndarray:
        """Of the tools' descriptions (tools, D)."""
        texts = [describe(tool) for tool in tools]
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known.update(zip(new, self.encoder.embed(new), strict=True))
        return np.stack([self.known[text] for text in texts])

    def catalogue(self, tools: Sequence[Tool]) -> Catalogue:
        """Of these tools."""
        places = {name: place for place, name in enumerate(self.rag.tools)}
        columns = np.array([places.get(tool.name, -1) for tool in tools])
        return Catalogue(ToolIndex.build(tools, self.vectors(tools)), columns)


def tools_of(source: str) -> list[Tool]:
    """The tools of `desk`, `metatool`, `toolbench` or `sealtools`, under the names that a toolset gives them."""
    from toolschool.tools.desk import desk_catalog

    if source == "desk":
        return list(desk_catalog())
    return list(_simulated(source).values())


def _simulated(source: str) -> dict[tuple[str, str, str], Tool]:
    from toolschool.datasets.catalogues import load_catalogue
    from toolschool.tools.simulated import SimulatedBackend, read_apis, simulated_api
    from toolschool.tools.simulated.sources import uniquely_named

    described = source == "metatool"
    apis = uniquely_named(map(simulated_api, load_catalogue(source).docs)) if described else read_apis(source)
    backend = SimulatedBackend(apis)
    return {api.key: backend.tool(api.name) for api in apis}


def requests(source: str, part: str, purpose: str, limit: int | None = None) -> list[Request]:
    """Requests of a part, a random `limit` of them (always the same)."""
    found = _requests(source, part, purpose)
    if limit is not None and len(found) > limit:
        found = random.Random(0).sample(found, limit)
    return found


def _requests(source: str, part: str, purpose: str) -> list[Request]:
    from toolschool.datasets import registry, written
    from toolschool.datasets.catalogues import load_catalogue, load_requests
    from toolschool.datasets.splits import guard

    guard("written" if source == NONE else source, part, purpose)
    if source == "tinyagent":
        return [(row.query, frozenset(row.tools)) for row in registry.examples(source, split=part)]
    if source == "written":
        return [(row.query, frozenset(row.tools)) for row in written.every(part)]
    if source == NONE:
        return [(query, frozenset()) for query in written.unserved(part)]
    if source == "desk":
        rows = registry.load(source, split=part, limit=200, purpose=purpose)
        return [(str(row["query"]), frozenset(row["tools"])) for row in rows]
    apis, tools = load_catalogue(source), _simulated(source)
    asked = load_requests(apis, split=part, purpose=purpose)
    return [(one.query, frozenset(tools[key].name for key in one.gold)) for one in asked]
