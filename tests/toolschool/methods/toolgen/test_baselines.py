"""BM25 is the reference's to the last printed digit on every set; MiniLM and the hybrid do what they say."""

import math
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.api_docs import ApiDoc, Parameter
from toolschool.datasets.catalogues import Catalogue, Request, load_catalogue, load_requests
from toolschool.errors import DataError
from toolschool.evaluation.retrieval import RetrievalScores, ndcg_legacy, score
from toolschool.methods.toolgen.baselines import (
    BiEncoder,
    Bm25,
    Hybrid,
    documents,
    full_document,
    fuse,
    short_document,
    split_document,
    summaries,
)
from toolschool.models.encoder import SentenceEncoder
from toolschool.models.lexical import words

DOC = ApiDoc("Weather", "Open", "getWeekV2", "Seven days.", (Parameter("city", "STRING", "é", "Rome"),))


def test_documents() -> None:
    parameters = '[{"name": "city", "type": "STRING", "description": "\\u00e9", "default": "Rome"}]'
    assert full_document(DOC) == (
        f"Weather, Open, getWeekV2, Seven days., required_params: {parameters}, optional_params: []"
    )
    assert short_document(DOC) == "Weather Open getWeekV2 Seven days."
    assert split_document(DOC) == "get Week V2 Seven days. Weather"
    assert documents(Catalogue.of("ours", [DOC])) == summaries(Catalogue.of("ours", [DOC])) == [short_document(DOC)]
    assert documents(Catalogue.of("toolbench", [DOC])) == [full_document(DOC)]
    assert summaries(Catalogue.of("toolbench", [DOC])) == [short_document(DOC)]


def test_words_are_ascii_letters_and_digits() -> None:
    assert words("Get_Data-v2 (über)") == ["get", "data", "v2", "ber"]


def plain_scores(texts: list[str], query: str) -> list[float]:
    """The reference's formula, term by term."""
    corpus = [words(text) for text in texts]
    mean = sum(map(len, corpus)) / len(corpus)
    scores = []
    for document in corpus:
        counts, score = Counter(document), 0.0
        for word in words(query):
            df = sum(word in other for other in corpus)
            idf = math.log(1 + (len(corpus) - df + 0.5) / (df + 0.5))
            tf = counts[word]
            score += idf * (tf * 2.5 / (tf + 1.5 * (0.25 + 0.75 * len(document) / mean))) if tf else 0.0
        scores.append(score)
    return scores


text = st.lists(st.sampled_from("a b c d e".split()), max_size=6).map(" ".join)


@given(st.lists(text, min_size=1, max_size=8).filter(any), text, st.integers(1, 8))
def test_bm25_is_its_formula_and_ties_are_told_by_place(texts: list[str], query: str, depth: int) -> None:
    scores = plain_scores(texts, query)
    [ranking] = Bm25(texts).rank([query], depth)
    assert len(ranking) == min(depth, sum(value > 0 for value in scores))
    kept = [scores[place] for place in ranking]
    assert all(first >= second - 1e-9 for first, second in pairwise(kept))
    left = [scores[place] for place in set(range(len(texts))) - set(ranking)]
    assert max(left, default=0.0) <= min(kept, default=math.inf) + 1e-9
    for first, second in pairwise(ranking):
        assert Counter(texts[first].split()) != Counter(texts[second].split()) or first < second


def test_nothing_in_common_is_an_empty_list() -> None:
    assert Bm25(["", "rain tomorrow"]).rank(["", "snow", "Rain, rain!"]) == [[], [], [1]]
    with pytest.raises(DataError, match="at least one document"):
        Bm25(["", "…"])


def test_fusion() -> None:
    assert fuse([[3, 1], [1, 2]]) == [1, 3, 2]  # in both; then first and second of one
    assert fuse([[5], [4]]) == [4, 5]  # ties by place
    assert fuse([[3, 1], [1, 2]], depth=1) == [1]
    assert fuse([[], []]) == []


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_fusion_keeps_what_both_agree_on(first: list[int], second: list[int]) -> None:
    fused = fuse([first, second])
    assert sorted(fused) == list(range(6))
    assert fused == fuse([second, first])
    for a in range(6):
        for b in range(6):
            if first.index(a) < first.index(b) and second.index(a) < second.index(b):
                assert fused.index(a) < fused.index(b)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder.load()


def test_the_encoder_finds_by_meaning_and_the_hybrid_by_both(encoder: SentenceEncoder) -> None:
    texts = ["Currency exchange rates", "Weather forecast by city", "Ticker of the XK9 index"]
    queries = ["How many dollars is a euro worth?", "Will it rain?", "XK9"]
    nearest = BiEncoder(texts, encoder)
    assert [ranking[0] for ranking in nearest.rank(queries)] == [0, 1, 2]
    assert all(sorted(ranking) == [0, 1, 2] for ranking in nearest.rank(queries))
    assert [len(ranking) for ranking in nearest.rank(queries, depth=2)] == [2, 2, 2]
    assert nearest.rank([]) == []
    hybrid = Hybrid((Bm25(texts), nearest))
    assert [ranking[0] for ranking in hybrid.rank(queries, depth=1)] == [0, 1, 2]


Loaded = tuple[Catalogue, list[Request], list[frozenset[int]]]


def loaded(source: str, data_root: Path) -> Loaded:
    apis = load_catalogue(source, data_root / source)
    requests = load_requests(apis, path=data_root / source)
    return apis, requests, [apis.positions(request.gold) for request in requests]


COLUMNS = ("NDCG@1", "NDCG@3", "NDCG@5", "MRR", "Recall@5", "Completeness@5", "legacy NDCG@5")


def is_anchor(scores: RetrievalScores, numbers: str) -> None:
    means = {metric: 100 * scores[metric].mean() for metric in COLUMNS}
    anchors = dict(zip(COLUMNS, map(float, numbers.split()), strict=True))
    assert means == pytest.approx(anchors, abs=0.0051)  # to the two decimals that are printed


# Reference section 4: group -> its row
TOOLBENCH = {
    "": "51.69 46.17 49.54 61.78 51.96 31.36 62.99",
    "G1_instruction": "61.86 57.57 61.64 71.18 65.18 48.31 72.15",
    "G1_tool": "61.32 56.12 60.31 70.12 63.38 44.34 71.48",
    "G1_category": "47.17 44.16 48.69 55.86 53.08 38.68 56.72",
    "G2_instruction": "57.14 48.86 52.08 68.39 53.81 25.71 69.61",
    "G2_category": "40.28 34.83 38.36 52.93 40.14 19.44 53.33",
    "G3_instruction": "52.27 42.22 42.99 67.42 43.83 6.82 71.46",
}
TOOLBENCH_SHORT = "53.39 47.12 50.46 63.06 52.54 31.02 64.07"
METATOOL = {
    "single": "25.92 32.03 34.26 33.94 41.83 41.83 34.26",
    "two-tool": "15.09 16.49 20.10 29.10 25.05 5.84 29.80",
}
SEALTOOLS = "79.57 67.61 71.79 86.94 72.70 41.71 87.27"


@pytest.fixture(scope="module")
def toolbench(data_root: Path) -> Loaded:
    return loaded("toolbench", data_root)


@pytest.mark.data
def test_anchors_of_toolbench(toolbench: Loaded) -> None:
    apis, requests, gold = toolbench
    scores = score(Bm25(documents(apis)).rank([request.query for request in requests]), gold)
    for group, numbers in TOOLBENCH.items():
        places = [place for place, request in enumerate(requests) if request.group.startswith(group)]
        is_anchor(scores.part(places), numbers)


@pytest.mark.data
def test_anchors_of_toolbench_short_and_of_longer_legacy_lists(toolbench: Loaded) -> None:
    apis, requests, gold = toolbench
    queries = [request.query for request in requests]
    is_anchor(score(Bm25(list(map(short_document, apis.docs))).rank(queries), gold), TOOLBENCH_SHORT)
    rankings = Bm25(documents(apis)).rank(queries)
    longer = [ndcg_legacy(ranking, items, 5, length=100) for ranking, items in zip(rankings, gold, strict=True)]
    assert 100 * np.mean(longer) == pytest.approx(53.0, abs=0.05)


@pytest.mark.data
@pytest.mark.timeout(60)  # all of MetaTool must stay cheap
def test_anchors_of_metatool(data_root: Path) -> None:
    apis, requests, gold = loaded("metatool", data_root)
    scores = score(Bm25(documents(apis)).rank([request.query for request in requests]), gold)
    for group, numbers in METATOOL.items():
        is_anchor(scores.part([place for place, r in enumerate(requests) if r.group == group]), numbers)


@pytest.mark.data
def test_anchors_of_sealtools(data_root: Path) -> None:
    apis, requests, gold = loaded("sealtools", data_root)
    is_anchor(score(Bm25(documents(apis)).rank([request.query for request in requests]), gold), SEALTOOLS)


@pytest.mark.data
def test_the_encoder_is_far_ahead_of_words_on_metatool(data_root: Path, encoder: SentenceEncoder) -> None:
    """As measured; another version of torch may move single requests."""
    apis, requests, gold = loaded("metatool", data_root)
    places = [place for place, request in enumerate(requests) if request.group == "two-tool"]
    rankings = BiEncoder(summaries(apis), encoder).rank([requests[place].query for place in places])
    scores = score(rankings, [gold[place] for place in places])
    assert 100 * scores["NDCG@5"].mean() == pytest.approx(49.56, abs=0.5)
    assert 100 * scores["legacy NDCG@5"].mean() == pytest.approx(64.61, abs=0.5)
