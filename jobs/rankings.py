"""What jobs.rank measures: every system's lists, and the tables and numbers that are made of them. No Ray.

setting = Setting(open_tools(source).apis, requests, "runs/toolgen/retrieve/model", "minilm", depth=100)
scores = setting.score(requests, setting.rank(requests))
tables, metrics = retrieval_results(scores, [request.group for request in requests])
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobs.results import flat
from pipelines import files
from pipelines.toolgen_sources import REQUESTS_FILE

if TYPE_CHECKING:
    from toolschool.datasets.api_docs import Key
    from toolschool.datasets.catalogues import Catalogue, Request
    from toolschool.evaluation.retrieval import RetrievalScores
    from toolschool.evaluation.tables import Table
    from toolschool.evaluation.toolgen import ToolGenModel
    from toolschool.methods.toolgen.baselines import Ranker

BM25 = "BM25"
HYBRID = "hybrid"
TOOLGEN = "ToolGen"
WITH_HYBRID = "ToolGen + hybrid"
BESIDE_HYBRID = "ToolGen, hybrid for the unasked"
Results = tuple[list["Table"], dict[str, Any]]


class Setting:
    """What is ranked by whom: `model` is a folder, None for the baselines alone. `on_ranked` is told how many requests a ranker has done."""

    def __init__(
        self,
        apis: Catalogue,
        requests: Sequence[Request],
        model: str | None,
        encoder: str,
        depth: int,
        on_ranked: Callable[[int], None] = lambda count: None,
    ) -> None:
        """ModelError for a model that is none, or knows no tool of the catalogue."""
        from toolschool.evaluation.toolgen import ModelRanker, ToolGenModel
        from toolschool.methods.toolgen.baselines import BiEncoder, Bm25, documents, summaries
        from toolschool.models.encoder import MINILM, SentenceEncoder

        self.apis, self.requests, self.depth = apis, requests, depth
        self.model, self.on_ranked = model, on_ranked
        self.known = ToolGenModel.open(model) if model else None
        self.asked = asked_tools(model, self.known) if model and self.known else frozenset()
        self.encoder_name = "MiniLM" if encoder == MINILM else encoder
        self.encoder = SentenceEncoder.load(encoder)
        self.rankers: dict[str, Ranker] = {
            BM25: Bm25(documents(self.apis)),
            self.encoder_name: BiEncoder(summaries(self.apis), self.encoder),
        }
        if self.known:
            self.rankers[TOOLGEN] = ModelRanker(self.known, self.apis)

    def rank(self, requests: Sequence[Request]) -> dict[str, list[list[int]]]:
        """Lists of positions in the catalogue: each ranker's, fused ones of the two baselines and of all, and, where the model knows
        tools that training never asked for, its own with these in the baselines' places."""
        from toolschool.methods.toolgen.baselines import fuse
        from toolschool.methods.toolgen.fallback import keep_places

        queries = [request.query for request in requests]
        found: dict[str, list[list[int]]] = {}
        for name, ranker in self.rankers.items():
            found[name] = ranker.rank(queries, self.depth)
            self.on_ranked(len(queries))
        parts = list(found.values())
        fused = {HYBRID: parts[:2], **({WITH_HYBRID: parts} if self.known else {})}
        found |= {name: [fuse(lists, self.depth) for lists in zip(*own, strict=True)] for name, own in fused.items()}
        asked = frozenset(place for place, doc in enumerate(self.apis.docs) if doc.key in self.asked)
        if self.known and len(asked) < len(self.apis.docs):
            pairs = zip(found[TOOLGEN], found[HYBRID], strict=True)
            found[BESIDE_HYBRID] = [keep_places(model, fallback, asked) for model, fallback in pairs]
        return found

    def score(self, requests: Sequence[Request], rankings: Mapping[str, list[list[int]]]) -> dict[str, RetrievalScores]:
        from toolschool.evaluation.retrieval import score

        gold = [self.apis.positions(request.gold) for request in requests]
        return {name: score(lists, gold) for name, lists in rankings.items()}


def asked_tools(model: str, known: ToolGenModel) -> frozenset[Key]:
    """Tools that some train request wanted."""
    counts = json.loads(files.read_text(files.join(model, REQUESTS_FILE)))["requests"]
    return frozenset(key for key, count in zip(known.index.tools, counts, strict=True) if count)


def retrieval_results(scores: Mapping[str, RetrievalScores], groups: Sequence[str]) -> Results:
    """All metrics, NDCG@5 by group and, where there is a model, how far it is ahead of BM25."""
    from toolschool.evaluation.retrieval import LEGACY, METRICS, group_table, retrieval_table
    from toolschool.evaluation.toolgen import difference_table

    tables = [retrieval_table(scores), group_table(scores, groups)]
    if TOOLGEN in scores:
        tables.append(difference_table(TOOLGEN, BM25, scores, groups))
    metrics: dict[str, Any] = {}
    for name, found in scores.items():
        for metric in (*METRICS, *LEGACY):
            metrics |= flat(f"{name}.{metric}", found.interval(metric))
        for group, places in members(groups):
            metrics |= flat(f"{name}.{group}.NDCG@5", found.part(places).interval("NDCG@5"))
    return tables, metrics


def seen_results(setting: Setting, scores: Mapping[str, RetrievalScores]) -> Results:
    """Requests that want a tool which no train request wanted, apart from the others."""
    from toolschool.evaluation.retrieval import group_table

    if setting.known is None:
        return [], {}
    groups = ["seen tools" if request.gold <= setting.asked else "unseen tools" for request in setting.requests]
    metrics: dict[str, Any] = {"unseen.requests": groups.count("unseen tools")}
    for name, found in scores.items():
        for group, places in members(groups):
            metrics |= flat(f"{name}.{group}.NDCG@5", found.part(places).interval("NDCG@5"))
    return [group_table(scores, groups, title="Tools that train requests wanted, and others")], metrics


def rephrased_results(setting: Setting, scores: Mapping[str, RetrievalScores]) -> Results:
    """NDCG@5 of the same requests in other manners, a row per manner."""
    from toolschool.evaluation.tables import Table, percent
    from toolschool.evaluation.toolgen_requests import MANNERS, rephrased

    rows = [("as they are", *(percent(found.interval("NDCG@5")) for found in scores.values()))]
    metrics: dict[str, Any] = {}
    for manner in MANNERS:
        asked = rephrased(setting.requests, manner, setting.apis)
        found = {name: each.interval("NDCG@5") for name, each in setting.score(asked, setting.rank(asked)).items()}
        rows.append((manner, *map(percent, found.values())))
        for name, interval in found.items():
            metrics |= flat(f"{name}.{manner}.NDCG@5", interval)
    note = "NDCG@5 in percent, 95 % intervals; by rule, see toolschool/evaluation/toolgen_requests.py."
    return [Table("The same requests in other manners", ("manner", *scores), tuple(rows), note)], metrics


def knowledge_results(setting: Setting, count: int) -> Results:
    """Documentation known by heart, what is no tool, and `count` questions of each kind about the tools."""
    from toolschool.evaluation.tables import Table, percent
    from toolschool.evaluation.toolgen import hallucinated, memorized, memorized_table
    from toolschool.evaluation.toolgen_probes import by_likelihood, by_similarity, make_probes, probes_table

    known = setting.known
    if known is None:
        return [], {}
    docs = [doc for doc in setting.apis.docs if doc.key in known.index.texts]
    heart, none = memorized(known, docs), hallucinated(known, [request.query for request in setting.requests])
    metrics = {
        **flat("memorized.unconstrained", heart.free),
        **flat("memorized.constrained", heart.held),
        "memorized.f1": heart.f1,
        **flat("memorized.hallucination", heart.hallucinated),
        "memorized.apart": heart.apart,
        **flat("requests.hallucination", none),
    }
    note = "Requests behind which the likeliest text, unconstrained, is no tool; 95 % Wilson interval."
    tables = [
        memorized_table({TOOLGEN: heart}),
        Table("Hallucination", ("behind", TOOLGEN), (("requests", percent(none)),), note),
    ]
    probes = [probe for probe in make_probes(setting.apis, count) if all(k in known.index.texts for k in probe.choices)]
    if probes:
        found = {
            TOOLGEN: by_likelihood(known, probes),
            setting.encoder_name: by_similarity(setting.encoder, setting.apis, probes),
        }
        tables.append(probes_table(probes, found))
        for name, answers in found.items():
            metrics |= probe_metrics(name, [probe.kind for probe in probes], answers)
    return tables, metrics


def probe_metrics(name: str, kinds: Sequence[str], answers: Sequence[bool]) -> dict[str, Any]:
    from toolschool.evaluation.intervals import rate

    found: dict[str, Any] = {}
    for kind, places in members(kinds):
        found |= flat(f"{name}.probes.{kind}", rate([answers[place] for place in places]))
    return found


def members(groups: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """Each group with the places of its members."""
    for group in dict.fromkeys(groups):
        yield group, [place for place, own in enumerate(groups) if own == group]
