"""How well tools are found for a request: NDCG, MRR, recall, completeness, and the NDCG that ToolGen's paper reports.

    scores = score(rankings, gold)                    # lists of items, best first; sets of items, in the same order
    scores.interval("NDCG@5")                         # mean over the requests with its interval
    show(retrieval_table({"BM25": scores, "ToolGen": other}))
    show(group_table({"BM25": scores, "ToolGen": other}, [request.group for request in requests]))
    paired_test(scores["NDCG@5"], other["NDCG@5"])    # toolschool/evaluation/intervals.py

True metrics come from `ir_measures`; definitions are those of ToolGen's reference, section 2. Lists are cut at 100 for every system.
`legacy NDCG@k` is the upstream's: its ideal has only the relevant items of a list of 5, so that one of three tools found first scores 1.
It is never below the true value; use it to compare with the paper and for nothing else. Limit: an item is relevant or not.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolschool.errors import DataError
from toolschool.evaluation.intervals import Interval, bootstrap_mean, rate
from toolschool.evaluation.tables import Table, percent

if TYPE_CHECKING:
    import numpy as np

DEPTH = 100  # items of a list that count
LEGACY_LENGTH = 5  # of the lists that ToolGen's beam search returns
CUTS = (1, 3, 5)
LEGACY = tuple(f"legacy NDCG@{k}" for k in CUTS)
_IR_MEASURES: Mapping[str, str] = {
    "NDCG@1": "nDCG@1",
    "NDCG@3": "nDCG@3",
    "NDCG@5": "nDCG@5",
    "MRR": "RR",
    "Recall@5": "R@5",
}
METRICS = (*_IR_MEASURES, "Completeness@5")


@dataclass(frozen=True)
class RetrievalScores:
    """A value in 0..1 of every request for each of METRICS and LEGACY, (requests,)."""

    values: Mapping[str, np.ndarray]

    def __getitem__(self, metric: str) -> np.ndarray:
        return self.values[metric]

    def __len__(self) -> int:
        return len(self.values["MRR"])

    def interval(self, metric: str) -> Interval:
        """The mean: with a Wilson interval where a request is right or wrong, else by bootstrap."""
        values = self.values[metric]
        return rate(values.astype(bool).tolist()) if metric == "Completeness@5" else bootstrap_mean(values)

    def part(self, places: Sequence[int]) -> RetrievalScores:
        """The scores of some requests."""
        return RetrievalScores({metric: values[list(places)] for metric, values in self.values.items()})


def score(rankings: Sequence[Sequence[Hashable]], gold: Sequence[AbstractSet[Hashable]]) -> RetrievalScores:
    """Score ranked lists, which may be empty. DataError: other lengths, a request without gold, an item twice in a list."""
    _check(rankings, gold)
    cut = [list(ranking[:DEPTH]) for ranking in rankings]
    return RetrievalScores({**_true(cut, gold), **_legacy(cut, gold)})


def ndcg_legacy(ranking: Sequence[Hashable], gold: AbstractSet[Hashable], k: int, length: int = LEGACY_LENGTH) -> float:
    """NDCG@k of a list of `length` as ToolGen and ToolBench compute it; 0 where nothing is found. Needs k <= length."""
    found = [item in gold for item in ranking[:length]]
    return _dcg(found[:k]) / _dcg([True] * min(k, sum(found))) if any(found) else 0.0


def retrieval_table(systems: Mapping[str, RetrievalScores], title: str = "Retrieval") -> Table:
    """One row per metric, one column per system."""
    rows = [
        (metric, *(percent(scores.interval(metric)) for scores in systems.values())) for metric in (*METRICS, *LEGACY)
    ]
    rows.append(("requests", *(str(len(scores)) for scores in systems.values())))
    note = f"Percent, 95 % intervals; lists of {DEPTH}. Legacy: the upstream's inflated NDCG of {LEGACY_LENGTH} results, for comparison with its paper only."
    return Table(title, ("metric", *systems), tuple(rows), note)


def group_table(
    systems: Mapping[str, RetrievalScores],
    groups: Sequence[str],
    metric: str = "NDCG@5",
    title: str = "Retrieval by group",
) -> Table:
    """One row per group of requests in the order they come, then all; one column per system. `groups` names each request's."""
    if any(len(scores) != len(groups) for scores in systems.values()):
        raise DataError(f"{len(groups)} groups are given; every request needs one, for all systems the same requests")
    members = {group: [place for place, own in enumerate(groups) if own == group] for group in dict.fromkeys(groups)}
    rows = tuple(
        (group, *(percent(scores.part(places).interval(metric)) for scores in systems.values()), str(len(places)))
        for group, places in {**members, "all": range(len(groups))}.items()
    )
    return Table(title, ("group", *systems, "requests"), rows, f"{metric} in percent, 95 % intervals.")


def _true(rankings: Sequence[Sequence[Hashable]], gold: Sequence[AbstractSet[Hashable]]) -> dict[str, np.ndarray]:
    """METRICS by ir_measures, whose items are strings: here their place among all that were seen."""
    import ir_measures
    import numpy as np

    measures = {ir_measures.parse_measure(name): metric for metric, name in _IR_MEASURES.items()}
    ids: dict[Hashable, str] = {}
    run = {str(q): {_id(ids, item): float(-k) for k, item in enumerate(ranking)} for q, ranking in enumerate(rankings)}
    qrels = {str(q): {_id(ids, item): 1 for item in items} for q, items in enumerate(gold)}
    values = {metric: np.zeros(len(gold)) for metric in _IR_MEASURES}
    for found in ir_measures.evaluator(list(measures), qrels).iter_calc(run):
        values[measures[found.measure]][int(found.query_id)] = found.value
    return {**values, "Completeness@5": (values["Recall@5"] == 1.0).astype(float)}


def _legacy(rankings: Sequence[Sequence[Hashable]], gold: Sequence[AbstractSet[Hashable]]) -> dict[str, np.ndarray]:
    import numpy as np

    pairs = list(zip(rankings, gold, strict=True))
    return {
        name: np.array([ndcg_legacy(ranking, items, k) for ranking, items in pairs], dtype=float)
        for name, k in zip(LEGACY, CUTS, strict=True)
    }


def _check(rankings: Sequence[Sequence[Hashable]], gold: Sequence[AbstractSet[Hashable]]) -> None:
    if len(rankings) != len(gold):
        raise DataError(f"{len(rankings)} lists for {len(gold)} requests; they must go together one by one")
    for place, (ranking, items) in enumerate(zip(rankings, gold, strict=True)):
        if not items or not isinstance(items, AbstractSet):
            raise DataError(f"request {place} has no set of relevant items; leave such requests out")
        if len(set(ranking)) != len(ranking):
            raise DataError(f"the list of request {place} has an item twice; a ranking names each item once")


def _dcg(found: Sequence[bool]) -> float:
    return sum(1 / math.log2(place + 2) for place, hit in enumerate(found) if hit)


def _id(ids: dict[Hashable, str], item: Hashable) -> str:
    return ids.setdefault(item, str(len(ids)))
