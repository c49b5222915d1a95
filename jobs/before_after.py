"""What adding tools did to a model: requests that an earlier ranking asked, too, before and after, and the requests that came with the new tools.

    earlier = read_rankings("runs/toolgen-add/before")           # what jobs.rank wrote there
    tables, metrics = before_after_results(earlier, requests, scores)

The earlier ranking chose among the tools of then, this one among all: that is what a user of the model sees. BM25, which learns nothing,
shows how much of a difference is due to there being more to choose from. Limit: NDCG@5 is all that the written lists, of ten, are good for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobs.results import flat
from pipelines import files
from toolschool.errors import DataError

if TYPE_CHECKING:
    from jobs.rankings import Results
    from toolschool.datasets.catalogues import Request
    from toolschool.evaluation.retrieval import RetrievalScores

RANKINGS_FILE = "rankings.jsonl"
METRIC = "NDCG@5"
Earlier = Mapping[tuple[str, str], Mapping[str, Any]]  # by the request's id and words: two files may number alike


def read_rankings(folder: str) -> Earlier:
    """The lines that jobs.rank wrote. DataError where there are none."""
    file = files.join(folder, RANKINGS_FILE)
    if not files.exists(file):
        raise DataError(f"{folder} has no {RANKINGS_FILE}: name the folder of an earlier run of jobs.rank")
    rows = map(json.loads, files.read_lines(file))
    return {(row["id"], row["query"]): row for row in rows}


def before_after_results(
    earlier: Earlier, requests: Sequence[Request], scores: Mapping[str, RetrievalScores]
) -> Results:
    """A row for each system that ranked then, too. DataError where no request was ranked then."""
    from toolschool.evaluation.intervals import paired_difference
    from toolschool.evaluation.retrieval import score
    from toolschool.evaluation.tables import Table, percent

    places = [place for place, request in enumerate(requests) if (request.id, request.query) in earlier]
    others = [place for place in range(len(requests)) if place not in set(places)]
    if not places:
        raise DataError(
            "none of these requests was ranked before: rank the same part of the same tools, and new ones beside them"
        )
    then = [earlier[requests[place].id, requests[place].query] for place in places]
    gold = [frozenset(map(tuple, row["gold"])) for row in then]
    rows: list[tuple[str, ...]] = []
    metrics: dict[str, Any] = {}
    for name in (name for name in scores if name in then[0]):
        before = score([[tuple(key) for key in row[name]] for row in then], gold)
        after, new = scores[name].part(places), scores[name].part(others)
        change = paired_difference(after[METRIC], before[METRIC])
        found = {"before": before.interval(METRIC), "after": after.interval(METRIC), "change": change}
        found |= {"new": new.interval(METRIC)} if others else {}
        for label, interval in found.items():
            metrics |= flat(f"{name}.{label}.{METRIC}", interval)
        moved = f"{100 * change.value:+.1f} [{100 * change.low:+.1f}, {100 * change.high:+.1f}]"
        shown = percent(found["new"]) if others else "–"
        rows.append((name, percent(found["before"]), percent(found["after"]), moved, shown))
    note = (
        f"{METRIC} in percent; change in points; 95 % intervals. {len(places)} requests were ranked before, among the tools of then; "
        f"{len(others)} are new."
    )
    header = ("system", "before", "after", "change", "new requests")
    return [Table("Before and after", header, tuple(rows), note)], metrics
