"""Requests in other manners keep what they want, are marked, and differ in the way that is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.api_docs import ApiDoc
from toolschool.datasets.catalogues import Catalogue, Request
from toolschool.errors import ConfigError
from toolschool.evaluation.toolgen_requests import MANNERS, is_test_only, rephrased

DOC = ApiDoc("Weather", "Open Forecast", "getWeek", "Seven days.")
APIS = Catalogue.of("ours", [DOC, ApiDoc("News", "Papers", "headlines")])


def request(query: str, number: int = 0) -> Request:
    return Request(str(number), query, frozenset([DOC.key]), "G1")


def said(manner: str, query: str, seed: int = 0) -> str:
    (found,) = rephrased([request(query)], manner, APIS, seed)
    return found.query


@given(st.sampled_from(list(MANNERS)), st.text(min_size=1, max_size=80).filter(str.strip), st.integers(0, 3))
def test_any_request_can_be_put_in_any_manner(manner: str, query: str, seed: int) -> None:
    (found,) = rephrased([request(query)], manner, APIS, seed)
    assert found.gold == {DOC.key}
    assert found.query.strip()
    assert is_test_only(found)
    assert not is_test_only(request(query))
    assert (found.id, found.group) == (f"test-only/{manner}/0", f"test-only/{manner}")
    assert rephrased([request(query)], manner, APIS, seed) == [found]


def test_typos_are_slips_within_longer_words() -> None:
    query = "What will the weather in Bonn be on the 14th of December this year, do you think?"
    variants = {said("typos", query, seed) for seed in range(30)}
    assert query not in variants
    assert len(variants) > 10
    for variant in variants:
        changed = [(old, new) for old, new in zip(query.split(" "), variant.split(" "), strict=True) if old != new]
        assert 1 <= len(changed) <= 3
        for old, new in changed:
            assert len(old) > 3
            assert (old[0], old[-1]) == (new[0], new[-1]) or abs(len(old) - len(new)) <= 1
            assert set(new) <= set(old)
        assert "14th" in variant
    assert said("typos", "is it 12?") == "is it 12?"


def test_courtesies_stand_around_the_request() -> None:
    variants = {said("polite", "Rain in Bonn?", seed) for seed in range(30)}
    assert len(variants) > 10
    assert all(" Rain in Bonn? " in variant and not variant.startswith("Rain") for variant in variants)


@pytest.mark.parametrize(
    ("query", "deed"),
    [
        ("Can you please tell me the weather of Bonn?", "tell me the weather of Bonn"),
        ("I need you to find a hotel. It must be cheap.", "find a hotel"),
        ("I'd like to book a table.", "book a table"),
        ("It rains. Could you close the roof?", "close the roof"),
        ("please stop the music", "stop the music"),
    ],
)
def test_orders_become_wishes(query: str, deed: str) -> None:
    variants = {said("indirect", query, seed) for seed in range(20)}
    assert len(variants) > 3
    for variant in variants:
        assert deed in variant
        assert not variant.lower().startswith(("can you", "could you", "please", "i need you", "i'd like"))
    if "cheap" in query:
        assert all(variant.endswith(". It must be cheap.") for variant in variants)


def test_what_is_no_order_is_reported() -> None:
    variants = {said("indirect", "Is it raining in Bonn?", seed) for seed in range(20)}
    assert all(variant.endswith(": Is it raining in Bonn?") for variant in variants)


def test_words_of_names_are_left_out_while_enough_is_left() -> None:
    assert (
        said("no tool words", "Give me the open-forecast of Bonn for the next weeks")
        == "Give me the of Bonn for the next"
    )
    assert said("no tool words", "Get the forecast, week 3 in Bonn today!") == "the 3 in Bonn today!"
    assert said("no tool words", "week forecast Bonn") == "week forecast Bonn"


def test_a_manner_that_is_none() -> None:
    with pytest.raises(ConfigError, match="'rude' is no manner"):
        rephrased([request("x")], "rude", APIS)
