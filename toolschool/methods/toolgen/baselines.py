"""What a trained retriever must beat: BM25, a sentence encoder, and both together.

    bm25 = Bm25(documents(apis))
    minilm = BiEncoder(summaries(apis), SentenceEncoder.load())
    rankings = bm25.rank([request.query for request in requests])        # lists of positions in `apis.docs`, best first
    rankings = Hybrid((bm25, minilm)).rank(["weather in Rome"])

BM25 (`models/lexical.py`) does not list APIs that share no word with the request. Hybrid is reciprocal rank fusion (Cormack, Clarke and
Büttcher 2009). Ties are told by position everywhere. Nothing is trained. Limit: scores of all documents are held for a request at a time.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from toolschool.datasets.api_docs import ApiDoc
from toolschool.datasets.catalogues import Catalogue
from toolschool.evaluation.retrieval import DEPTH
from toolschool.models import lexical
from toolschool.models.encoder import SentenceEncoder

if TYPE_CHECKING:
    import numpy as np

Rankings = list[list[int]]

FUSION = 60  # damps the first ranks; the value of the paper
_CAMEL = re.compile("([a-z])([A-Z])")
_BATCH = 512  # requests whose similarities are held at once


class Ranker(Protocol):
    """Anything that orders documents by a request."""

    def rank(self, queries: Sequence[str], depth: int = DEPTH) -> Rankings: ...


def full_document(doc: ApiDoc) -> str:
    """All that is documented, parameters as JSON, as ToolBench's retrievers see it."""
    required, optional = (
        json.dumps([parameter.to_dict() for parameter in part]) for part in (doc.required, doc.optional)
    )
    words = [
        doc.category,
        doc.tool,
        doc.api,
        doc.description,
        f"required_params: {required}",
        f"optional_params: {optional}",
    ]
    return ", ".join(words)


def short_document(doc: ApiDoc) -> str:
    """Names and description."""
    return " ".join((doc.category, doc.tool, doc.api, doc.description)).strip()


def split_document(doc: ApiDoc) -> str:
    """The name of one API in words (`getWeather` is `get Weather`), description, category."""
    return " ".join((_CAMEL.sub(r"\1 \2", doc.api), doc.description, doc.category)).strip()


_DOCUMENTS: Mapping[str, Callable[[ApiDoc], str]] = {"toolbench": full_document, "sealtools": split_document}
_SUMMARIES: Mapping[str, Callable[[ApiDoc], str]] = {"sealtools": split_document}


def documents(apis: Catalogue) -> list[str]:
    """A text of each API for BM25: what the reference's anchors were measured on; names and description of a user's."""
    return list(map(_DOCUMENTS.get(apis.source, short_document), apis.docs))


def summaries(apis: Catalogue) -> list[str]:
    """A text of each API for a sentence encoder: parameters as JSON cost it 5 points of NDCG@5 on ToolBench."""
    return list(map(_SUMMARIES.get(apis.source, short_document), apis.docs))


class Bm25(lexical.Bm25):
    """BM25 as a ranker. DataError where no document has a word."""

    def rank(self, queries: Sequence[str], depth: int = DEPTH) -> Rankings:
        """At most `depth` documents that share a word with each request."""
        return [_best(self.scores(query), depth, above=0.0) for query in queries]


class BiEncoder:
    """Cosine similarity of sentence vectors."""

    def __init__(self, texts: Sequence[str], encoder: SentenceEncoder) -> None:
        self._encoder = encoder
        self._vectors = encoder.embed(texts)

    def rank(self, queries: Sequence[str], depth: int = DEPTH) -> Rankings:
        """The `depth` nearest documents of each request."""
        vectors = self._encoder.embed(queries)
        batches = (vectors[start : start + _BATCH] @ self._vectors.T for start in range(0, len(queries), _BATCH))
        return [_best(scores, depth) for batch in batches for scores in batch]


@dataclass(frozen=True)
class Hybrid:
    """Rankings of the same documents, fused."""

    rankers: tuple[Ranker, ...]

    def rank(self, queries: Sequence[str], depth: int = DEPTH) -> Rankings:
        found = [ranker.rank(queries) for ranker in self.rankers]
        return [fuse(lists, depth) for lists in zip(*found, strict=True)]


def fuse(rankings: Sequence[Sequence[int]], depth: int = DEPTH) -> list[int]:
    """One list of several: a document has 1 / (60 + rank) of each list it is in."""
    scores: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, position in enumerate(ranking, start=1):
            scores[position] += 1 / (FUSION + rank)
    return sorted(scores, key=lambda position: (-scores[position], position))[:depth]


def _best(scores: np.ndarray, depth: int, above: float = -float("inf")) -> list[int]:
    """Positions of the highest scores over `above`, equal ones in order."""
    import numpy as np

    best = np.argsort(-scores, kind="stable")[:depth]
    return best[scores[best] > above].tolist()
