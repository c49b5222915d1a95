"""Codes from a tree of clusters: APIs with like documentation share their first digits.

    cluster_codes(encoder.embed(texts))       # [(3, 1, 4), (3, 1, 5), (9,), ...], one for each vector

Ten clusters, each split again until at most ten members are left, which get a digit each (DSI, arXiv 2202.06991, section 3.2; ToolGen's
hierarchical indexing). No code is the beginning of another. The same vectors give the same codes on any number of cores. Limit: clusters
are made of all vectors together, so a vector more may change every code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

BRANCHES = 10


def cluster_codes(vectors: np.ndarray, seed: int = 0) -> list[tuple[int, ...]]:
    """The code of each of the vectors (n, D), digits 0 to 9."""
    import numpy as np

    codes: list[tuple[int, ...]] = [()] * len(vectors)
    waiting: list[tuple[tuple[int, ...], np.ndarray]] = [((), np.arange(len(vectors)))]
    while waiting:
        prefix, members = waiting.pop()
        groups = np.split(members, len(members)) if len(members) <= BRANCHES else _split(vectors, members, seed)
        for digit, group in enumerate(groups):
            code = (*prefix, digit)
            if len(group) == 1:
                codes[group[0]] = code
            else:
                waiting.append((code, group))
    return codes


def _split(vectors: np.ndarray, members: np.ndarray, seed: int) -> list[np.ndarray]:
    """Members in two to ten groups, ordered by their first; by order where the vectors are all the same."""
    import numpy as np
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    chosen = vectors[members]
    different = len(np.unique(chosen, axis=0))
    if different == 1:
        return np.array_split(members, BRANCHES)
    with threadpool_limits(1):  # sums over several threads are rounded in another order
        labels = KMeans(min(BRANCHES, different), n_init=1, random_state=seed).fit_predict(chosen)
    return [members[labels == label] for label in dict.fromkeys(labels.tolist())]
