"""BM25 over texts, by bm25s: an index, the scores of all texts for a query, and what part of a query's weight a text covers.

    bm25 = Bm25(["Sends a text message.", "Books a plane ticket."])
    bm25.scores("send a message")           # (2,) float64
    bm25.bound("send a message")            # no text can score more

ToolGen's reference, section 4: words `[a-z0-9]+`, k1 1.5, b .75, idf ln(1 + (N - df + .5) / (df + .5)); repeated words of a query count
repeatedly. Nothing is trained, and no text is looped over when a query comes. Limit: words of other scripts are not seen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolschool.errors import DataError

if TYPE_CHECKING:
    import numpy as np

_K1, _B = 1.5, 0.75


def words(text: str) -> list[str]:
    """Lower-case runs of ASCII letters and digits."""
    return re.findall("[a-z0-9]+", text.lower())


class Bm25:
    """A BM25 index. DataError where no text has a word."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s
        import numpy as np

        # float64, and the numerator's (k1 + 1) that bm25s leaves out by default: it only changes how sums are rounded, and that decides
        # between texts whose scores are equal on paper. So the order is that of the plain loop, which the anchors were measured with.
        self._index = bm25s.BM25(k1=_K1, b=_B, method="atire", idf_method="lucene", dtype="float64")
        corpus = [words(text) for text in texts]
        if not any(corpus):
            raise DataError("nothing to search: give at least one document with a word")
        self._index.index(corpus, show_progress=False)
        self._found_in = np.diff(self._index.scores["indptr"])  # documents with a word, by its id
        self._size = len(corpus)

    def scores(self, query: str) -> np.ndarray:
        """The score of every text, (texts,)."""
        scores: np.ndarray = self._index.get_scores_from_ids(self._index.get_tokens_ids(words(query)))
        return scores

    def bound(self, query: str) -> float:
        """What a text would score that is full of every word of the query; words that no text has weigh most. 0 without words."""
        return sum(map(self._weight, words(query)))

    def _weight(self, word: str) -> float:
        place = self._index.vocab_dict.get(word)
        count = 0 if place is None else float(self._found_in[place])
        return (_K1 + 1) * math.log(1 + (self._size - count + 0.5) / (count + 0.5))
