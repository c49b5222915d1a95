"""Requests made up from documentation: about the right tool, the same every time, and none that a data set keeps for testing."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from toolschool.datasets.api_docs import ApiDoc, Parameter
from toolschool.datasets.catalogues import load_catalogue, load_requests
from toolschool.datasets.splits import skeleton
from toolschool.methods.toolgen.baselines import Bm25, documents
from toolschool.methods.toolgen.phrasing import deeds, keywords, name_words, reworded, topics
from toolschool.methods.toolgen.synthesis import MAX_VALUE, companions, made_up

CITY = Parameter("cityName", "STRING", "The city.", "Bonn")
WEEK = ApiDoc(
    "Weather", "Open Forecast", "getWeek", "This endpoint returns the forecast of seven days. Max 10 calls.", (CITY,)
)
DAY = ApiDoc("Weather", "Open Forecast", "Day", "", (Parameter("station_id", "NUMBER"),))
NEWS = ApiDoc("News", "Daily Papers", "headlines", "All headlines of a paper")
TRACK = ApiDoc("Music", "", "findTrack", "Find a track by its title")
DOCS = (WEEK, DAY, NEWS, TRACK)


def test_what_an_api_is_for() -> None:
    assert deeds(WEEK) == ("return the forecast of seven days", "get week of open forecast")
    assert topics(WEEK) == ("the forecast of seven days", "week of open forecast")
    assert (deeds(DAY), topics(DAY)) == ((), ("day by station id",))
    assert (deeds(NEWS), topics(NEWS)) == ((), ("all headlines of a paper", "headlines of daily papers"))
    assert deeds(TRACK) == ("find a track by its title", "find track")
    assert topics(ApiDoc("", "", "???")) == ("something",)
    assert name_words("getPM2.5Level") == "get pm2 5 level"


def test_other_words_and_words_left_out() -> None:
    variants = {reworded("get the list of all users", random.Random(seed)) for seed in range(60)}
    assert "get the list of all users" in variants
    assert any(variant.startswith("fetch") for variant in variants)
    assert any(" the " not in variant for variant in variants)
    assert all("users" in variant for variant in variants)


def test_keywords_are_words_of_the_documentation() -> None:
    known = {"open", "forecast", "get", "week", "returns", "seven", "days", "city", "name"}
    for seed in range(20):
        found = keywords(WEEK, random.Random(seed)).split()
        assert 3 <= len(found) <= 6
        assert set(found) <= known


def test_requests_want_the_tool_and_say_their_values() -> None:
    near = companions(DOCS)
    for doc, others in zip(DOCS, near, strict=True):
        found = made_up(doc, others, 40, seed=1)
        assert len({made.query.lower() for made in found}) == len(found) == 40
        assert {len(made.gold) for made in found} == {1, 2, 3}
        for made in found:
            assert doc.key in made.gold
            assert set(made.gold) <= {doc.key, *(other.key for other in others)}
            assert len(made.gold) == len(set(made.gold)) == len(made.arguments)
            said = [value for values in made.arguments for value in values.values()]
            assert all(str(value) in made.query and len(str(value)) <= MAX_VALUE for value in said)
    said = [made.arguments[0]["cityName"] for made in made_up(WEEK, (), 40, seed=1) if made.arguments[0]]
    assert {"Bonn"} < set(said), "documented values and others"


def test_the_same_seed_gives_the_same_requests_whatever_the_number() -> None:
    few, many = (made_up(WEEK, (NEWS,), count, seed=3) for count in (5, 30))
    assert many[:5] == few
    assert made_up(WEEK, (NEWS,), 5, seed=4) != few
    assert all(len(made.gold) == 1 for made in made_up(WEEK, (NEWS,), 20, seed=3, together=0.0))
    assert made_up(WEEK, (NEWS,), 0, seed=3) == []


def test_companions_are_of_the_tool_first() -> None:
    docs = [ApiDoc(f"C{n // 20}", f"T{n // 5}", str(n)) for n in range(60)]
    for doc, near in zip(docs, companions(docs), strict=True):
        assert doc not in near
        assert len(near) == len(set(near)) >= 6
        assert sum(other.tool == doc.tool for other in near) >= 4
        assert sum(other.category == doc.category for other in near) >= 4
    assert companions(docs) == companions(docs)
    assert companions(docs[:1]) == [()]


text = st.text(max_size=40)
parameters = st.lists(
    st.builds(
        Parameter,
        st.text(min_size=1, max_size=10),
        st.sampled_from(["STRING", "NUMBER", "ENUM", "?", "BOOLEAN"]),
        text,
        text,
    ),
    max_size=3,
).map(tuple)


@example(ApiDoc("", "", "?¦", "", (), ()), 0)
@given(st.builds(ApiDoc, text, text, st.text(min_size=1, max_size=40), text, parameters, parameters), st.integers(0, 9))
def test_any_documentation_gives_requests(doc: ApiDoc, seed: int) -> None:
    found = made_up(doc, (WEEK,), 3, seed)
    assert found
    for made in found:
        assert made.query.strip()
        assert doc.key in made.gold


@pytest.mark.data
@pytest.mark.parametrize(("source", "least"), [("toolbench", 0.7), ("sealtools", 0.8), ("metatool", 0.8)])
def test_requests_are_about_their_tool(source: str, least: float, data_root: Path) -> None:
    """BM25 finds the tool of a request for one tool among all: not always first, for several say the same."""
    apis = load_catalogue(source, data_root / source)
    some: list[Any] = [(doc, made) for doc in apis.docs[::40] for made in made_up(doc, (), 2, seed=0)]
    ranked = Bm25(documents(apis)).rank([made.query for _, made in some], depth=20)
    found = [next(iter(apis.positions([doc.key]))) in ranking for (doc, _), ranking in zip(some, ranked, strict=True)]
    assert sum(found) / len(found) > least
    tested = {
        skeleton(request.query)
        for request in load_requests(apis, path=data_root / source, split="test", purpose="test")
    }
    assert not tested & {skeleton(made.query) for _, made in some}
