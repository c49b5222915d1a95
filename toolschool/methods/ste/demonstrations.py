"""In-context learning: the solved requests that are nearest to each of many new ones, found in one matrix product.

    bank = Demonstrations.of(pool, SentenceEncoder.load(), held_back=queries)     # items of train rows, each request once
    bank.nearest(queries, count=8)                                                # lists of items, nearest first

As published (arXiv 2403.04746, section 4.1; reference 6) the whole pool is searched, whichever APIs a prompt documents; here by MiniLM instead
of paraphrase-mpnet. What is held back, numbers aside, is no demonstration at all: the requests that are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolschool.datasets.splits import skeleton
from toolschool.datasets.ste import ToolItem
from toolschool.errors import DataError
from toolschool.methods.ste.documented import ranked

if TYPE_CHECKING:
    import numpy as np

    from toolschool.models.encoder import SentenceEncoder


@dataclass(frozen=True)
class Demonstrations:
    """Items with the unit vectors of their requests (items, D)."""

    items: tuple[ToolItem, ...]
    vectors: np.ndarray
    encoder: SentenceEncoder

    @classmethod
    def of(cls, pool: Iterable[ToolItem], encoder: SentenceEncoder, held_back: Iterable[str] = ()) -> Demonstrations:
        """Encode each request once; the first of equal ones is kept, and none that is held back. DataError where nothing is left."""
        out = {skeleton(query) for query in held_back}
        distinct: dict[str, ToolItem] = {}
        for item in pool:
            if skeleton(item.query) not in out:
                distinct.setdefault(item.query, item)
        items = tuple(distinct.values())
        if not items:
            raise DataError("no demonstrations: the pool is empty, or all of it is held back; give train rows")
        return cls(items, encoder.embed([item.query for item in items]), encoder)

    def nearest(self, queries: Sequence[str], count: int) -> list[list[ToolItem]]:
        """At most `count` items for each query, nearest by cosine first."""
        places = ranked(self.encoder.embed(queries) @ self.vectors.T, count)
        return [[self.items[place] for place in row] for row in places]
