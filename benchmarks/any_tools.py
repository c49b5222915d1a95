"""Tools that ToolRAG was never trained with: found among 4,076, as fast as among 16, and beside the desk's own.

    export TOOLSCHOOL_DATA=../shared/data
    python -m benchmarks any_tools

No request here was read by the fit of the scale (`any_tools_fit.py`), and no Seal-Tools at all. *Unseen* is a tool that has only its
description. A set covers a request if all its tools are in it. Times are of a whole retrieval in a warm process with one thread:
reading the request by the models, evidence, probabilities, choice; the arms take turns, request by request.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.any_tools_rows import Asked, Readers, Request, requests, tools_of
from benchmarks.results import Claim, Measured
from benchmarks.timing import ROUNDS
from toolschool.evaluation.intervals import paired_difference
from toolschool.evaluation.retrieval import DEPTH, score
from toolschool.evaluation.toolrag import score_sets
from toolschool.methods.tinyagent.described import clauses
from toolschool.methods.tinyagent.finder import FinderCard, Reading, ToolFinder
from toolschool.methods.toolgen.baselines import Bm25, documents, fuse
from toolschool.records import Tool

PARTS = ("train", "validation", "test")  # of Seal-Tools' dev.jsonl: all of it, for nothing was fitted on any
FOREIGN = 600  # requests for MetaTool's tools
JOINED = 200  # requests made of one for the desk and one for another tool
TIMED = 100  # requests in every arm
FEW, MANY = "16 of Seal-Tools", "4,076 of Seal-Tools"


def report() -> Measured:
    import torch

    torch.set_num_threads(1)
    readers = Readers.load()
    card = FinderCard.from_json(readers.rag.model.card)
    seal = tools_of("sealtools")
    seconds = taken(readers, card, seal)
    parts = {
        "Seal-Tools: 700 requests, 4,076 tools": ranking(readers, card, seal),
        "The desk's tools, each treated as unseen in turn": unseen(readers, card),
        "The desk beside MetaTool's 199 tools": together(readers, card),
        "Time of a retrieval": times(seconds, readers, card, seal),
    }
    text = "\n\n".join(f"### {title}\n\n{table}" for title, table in parts.items())
    return Measured(text, (Claim("any_tools/4,076", medians(seconds[MANY], seconds[FEW])),))


def finder_of(readers: Readers, card: FinderCard, tools: Sequence[Tool]) -> ToolFinder:
    trained = all(tool.name in card.trained for tool in tools)
    return ToolFinder.of(tools, None if trained else readers.vectors(tools), card)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ranking(readers: Readers, card: FinderCard, tools: Sequence[Tool]) -> str:
    """NDCG and recall of BM25, MiniLM, both fused, and the finder; the finder's recall minus that of the better BM25."""
    from toolschool.datasets.catalogues import load_catalogue

    asked = readers.read([one for part in PARTS for one in requests("sealtools", part, "test")])
    finder = finder_of(readers, card, tools)
    index, places = finder.index, {name: place for place, name in enumerate(finder.names)}
    assert index is not None
    gold = [frozenset(places[name] for name in one.gold) for one in asked]
    short = Bm25(documents(load_catalogue("sealtools")))
    whole = [[one.reading.pieces[0], one.reading.vectors[0]] for one in asked]
    rankings = {
        "BM25, names and descriptions": [_best(short.scores(text)) for text, _ in whole],
        "BM25, parameters too": [_best(index.bm25.scores(text)) for text, _ in whole],
        "MiniLM": [_best(index.vectors @ vector) for _, vector in whole],
    }
    pairs = zip(rankings["BM25, parameters too"], rankings["MiniLM"], strict=True)
    rankings["both by reciprocal ranks"] = [fuse(lists) for lists in pairs]
    rankings["the finder"] = [_best(finder.probabilities(one.reading)) for one in asked]
    scores = {name: score(lists, gold) for name, lists in rankings.items()}
    rows = [[name, *(str(found.interval(metric)) for metric in _METRICS)] for name, found in scores.items()]
    gain = paired_difference(scores["the finder"]["Recall@5"], scores["BM25, parameters too"]["Recall@5"])
    return f"{markdown(['', *_METRICS], rows)}\n\nRecall@5 of the finder minus that of BM25 with parameters, paired: {gain}."


_METRICS = ("NDCG@1", "NDCG@5", "Recall@5", "Completeness@5")


def _best(scores: np.ndarray) -> list[int]:
    return np.argsort(-scores, kind="stable")[:DEPTH].tolist()


def unseen(readers: Readers, card: FinderCard) -> str:
    """Recall and precision of every desk tool: without training (the other 15 are trained), and with it."""
    desk, asked = tools_of("desk"), readers.read(requests("tinyagent", "test", "test"))
    plain, rows, sums = finder_of(readers, card, desk), [], np.zeros((2, 3))
    for tool in desk:
        others = tuple("" if name == tool.name else name for name in card.trained)
        without = ToolFinder.of(desk, readers.vectors(desk), replace(card, trained=others))
        counts = np.array([_counts(finder, asked, tool.name) for finder in (without, plain)])
        sums += counts
        rows.append([tool.name, *_shares(counts)])
    rows.append(["**all**", *_shares(sums)])
    return markdown(("tool", "recall, unseen", "precision, unseen", "recall, trained", "precision, trained"), rows)


def _counts(finder: ToolFinder, asked: Sequence[Asked], name: str) -> tuple[int, int, int]:
    """How often the tool is found rightly, found, and wanted."""
    found = [name in {tool.name for tool in finder.search(one.reading)} for one in asked]
    right = sum(there and name in one.gold for there, one in zip(found, asked, strict=True))
    return right, sum(found), sum(name in one.gold for one in asked)


def _shares(counts: np.ndarray) -> list[str]:
    return [f"{share:.2f}" for right, found, wanted in counts for share in (right / wanted, right / max(1, found))]


def together(readers: Readers, card: FinderCard) -> str:
    """What is found in the desk alone, in MetaTool alone, and in both together."""
    desk, meta = tools_of("desk"), tools_of("metatool")
    finders = {
        "the desk": finder_of(readers, card, desk),
        "MetaTool": finder_of(readers, card, meta),
        "both": finder_of(readers, card, [*desk, *meta]),
    }
    plans, made = requests("tinyagent", "test", "test"), requests("desk", "test", "test")
    foreign = requests("metatool", "test", "test", FOREIGN)
    groups: Mapping[str, tuple[list[Request], tuple[str, ...]]] = {
        "for the desk (TinyAgent)": (plans, ("the desk", "both")),
        "for the desk (generated)": (made, ("the desk", "both")),
        "for MetaTool": (foreign, ("MetaTool", "both")),
        "for both at once": (list(map(_joined, made[:JOINED], foreign[:JOINED])), ("both",)),
    }
    rows = []
    for title, (some, where) in groups.items():
        asked = readers.read(some)
        rows += [[title, name, *_set_scores(finders[name], asked, set(card.trained))] for name in where]
    return markdown(
        ("requests", "tools", "set coverage", "recall", "precision", "tools per request", "desk tools"), rows
    )


def _joined(first: Request, second: Request) -> Request:
    """One request that wants the tools of two."""
    return f"{first[0].rstrip('.')}. Then: {second[0]}", first[1] | second[1]


def _set_scores(finder: ToolFinder, asked: Sequence[Asked], desk: set[str]) -> list[str]:
    found = [{tool.name for tool in finder.search(one.reading)} for one in asked]
    scores = score_sets(found, [one.gold for one in asked], finder.names)
    sizes = (scores.mean_tools.value, statistics.mean(len(names & desk) for names in found))
    return [
        str(scores.set_coverage),
        str(scores.mean_recall),
        f"{scores.precision:.3f}",
        *(f"{size:.2f}" for size in sizes),
    ]


def taken(readers: Readers, card: FinderCard, tools: Sequence[Tool]) -> dict[str, list[float]]:
    """Seconds of every retrieval among each catalogue."""
    desk = tools_of("desk")
    arms = {
        "the desk's 16, trained": finder_of(readers, card, desk),
        FEW: finder_of(readers, card, tools[:16]),
        MANY: finder_of(readers, card, tools),
        "the desk and 4,076": finder_of(readers, card, [*desk, *tools]),
    }
    seconds: dict[str, list[float]] = {name: [] for name in arms}
    for number, (query, _) in enumerate(requests("sealtools", "train", "test", TIMED + 5)):
        for name, finder in arms.items():
            began = time.perf_counter()
            retrieve(readers, finder, query)
            if number >= 5:  # the first ones warm up
                seconds[name].append(time.perf_counter() - began)
    return seconds


def medians(above: Sequence[float], below: Sequence[float]) -> tuple[float, ...]:
    """Ratios of the medians of ROUNDS stretches of requests."""
    size = len(above) // ROUNDS
    starts = range(0, ROUNDS * size, size)
    return tuple(statistics.median(above[at : at + size]) / statistics.median(below[at : at + size]) for at in starts)


def times(seconds: Mapping[str, list[float]], readers: Readers, card: FinderCard, tools: Sequence[Tool]) -> str:
    """Milliseconds of a retrieval, and seconds to make the catalogue ready when a tool is added to it."""
    base = statistics.median(seconds[FEW])
    rows = []
    for name, spent in seconds.items():
        p50, p95 = statistics.median(spent), statistics.quantiles(spent, n=20)[-1]
        rows.append([name, f"{1e3 * p50:.1f}", f"{1e3 * p95:.1f}", f"{p50 / base:.2f}"])
    began = time.perf_counter()
    finder_of(readers, card, [*tools, replace(tools[0], name="added", description="A tool that nobody has seen yet.")])
    table = markdown(("tools", "p50 ms", "p95 ms", "p50 / that of 16"), rows)
    return f"{table}\n\nOne tool more on 4,076, until it is found: {time.perf_counter() - began:.2f} s."


def retrieve(readers: Readers, finder: ToolFinder, query: str) -> object:
    """What a server does for a request."""
    pieces = clauses(query)
    vectors = readers.encoder.embed(pieces) if finder.wants_vectors else None
    logits = readers.rag.logits([query])[0] if finder.wants_logits else None
    return finder.search(Reading(pieces, vectors, logits))
