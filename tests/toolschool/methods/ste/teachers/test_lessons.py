"""What descriptions and errors say of values, and what earlier trials teach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.methods.ste.teachers.invention.leaves import Leaf, read_leaves
from toolschool.methods.ste.teachers.invention.lessons import Failure, learnt
from toolschool.methods.ste.teachers.invention.listings import (
    bounds_by_error,
    exemplified,
    permitted,
    permitted_by_error,
)
from toolschool.records import Tool


@pytest.mark.parametrize(
    ("about", "values"),
    [
        ("Size of the pizza: small, medium or large.", "small medium large"),
        ("Either celsius or fahrenheit.", "celsius fahrenheit"),
        ("one of a, b, c", "a b c"),
        ("Unit (celsius/fahrenheit).", "celsius fahrenheit"),
        ("'fast', 'slow' or \"idle\"", "fast slow idle"),
        ("Must be asc or desc", "asc desc"),
        ("Sort order - asc or desc", "asc desc"),
        ('"d" for driving, "w" for walking', "d w"),
        ("City, region or country.", ""),
        ("Street and house number.", ""),
        ("Kind of pizza, such as margherita or funghi.", ""),
        ("Date as DD/MM/YYYY.", ""),
        ("Title: what it is called, in short", ""),
        ("Colors, separated by commas: red, green or blue", ""),
        ("", ""),
    ],
)
def test_permitted_values_are_those_of_a_complete_list(about: str, values: str) -> None:
    assert permitted(about, {"city", "region", "country"}) == tuple(values.split())


@pytest.mark.parametrize(
    ("about", "values"),
    [
        ("such as USD.", ["USD"]),
        ("Kind, e.g. margherita, funghi (or such).", ["margherita", "funghi"]),
        ("The sample (e.g., DNA, blood)", ["DNA", "blood"]),
        ("Number of the order, for example A-1042.", ["A-1042"]),
        ("What it looks like.", []),
    ],
)
def test_examples(about: str, values: list[str]) -> None:
    assert exemplified(about) == tuple(values)


@pytest.mark.parametrize(
    ("error", "values"),
    [
        ("Error: unknown currency; known are USD, EUR, GBP", "USD EUR GBP"),
        ("must be one of ['a','b']", "a b"),
        ("expected one of: a, b", "a b"),
        ("'x' is not a valid size. Choose from small, medium, large.", "small medium large"),
        ("no song named 'Foo', try 'Yesterday'", "Yesterday"),
        ("size must be small, medium or large", "small medium large"),
        ("Supported languages: French, German, Italian.", "French German Italian"),
        ("book has no argument the_day; it takes day, people", ""),
        ("unknown city 'Foo'", ""),
        ("out of order", ""),
        ("KeyError: 'BRL'", ""),
        ("the shop is closed on Monday", ""),
    ],
)
def test_permitted_values_of_errors(error: str, values: str) -> None:
    assert permitted_by_error(error) == tuple(values.split())


@pytest.mark.parametrize(
    ("error", "bounds"),
    [
        ("days must be from 1 to 14", (1, 14)),
        ("people must be between 2 and 8", (2, 8)),
        ("at most 8 guests", (None, 8)),
        ("the amount must be at least 0.5", (0.5, None)),
        ("no table on 2026-03-05", (None, None)),
    ],
)
def test_bounds_of_errors(error: str, bounds: tuple[float | None, float | None]) -> None:
    assert bounds_by_error(error) == bounds


@given(st.text(max_size=120))
def test_any_text_is_read(text: str) -> None:
    bounds_by_error(text)
    for values in (permitted(text), exemplified(text), permitted_by_error(text)):
        assert all(value and len(value) <= 40 for value in values)


def booking() -> list[Leaf]:
    properties = {
        "restaurant": {"type": "string", "description": "Name of the restaurant."},
        "city": {"type": "string"},
        "people": {"type": "integer"},
    }
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return read_leaves(Tool("book_table", "Book a table.", schema))


def by_name(leaves: list[Leaf]) -> dict[str, Leaf]:
    return {leaf.name: leaf for leaf in leaves}


def test_an_error_teaches_the_argument_that_it_speaks_of() -> None:
    call = {"restaurant": "Lupo", "city": "Bonn", "people": 4}
    found = by_name(learnt(booking(), [], [Failure(call, "Error: no such city; known are Rome, Paris")]))
    assert found["city"].known == ("Rome", "Paris")
    assert found["restaurant"].known == ()
    quoted = by_name(learnt(booking(), [], [Failure(call, "Error: there is no restaurant 'Lupo' in Bonn")]))
    assert "Lupo" in quoted["restaurant"].avoided
    assert quoted["restaurant"].known == ()
    bounded = by_name(learnt(booking(), [], [Failure(call | {"people": 11}, "Error: at most 8 guests")]))
    assert bounded["people"].takes(8)
    assert not bounded["people"].takes(9)


def test_names_of_arguments_are_no_values() -> None:
    call = {"the_city": "Bonn"}
    found = learnt(booking(), [], [Failure(call, "Error: arguments must be one of restaurant, city, people")])
    assert all(leaf.known == () for leaf in found)


def request(restaurant: str, city: str, people: int) -> str:
    return f"Book a table at {restaurant} for {people} people in {city}."


def test_from_requests_it_learns_which_values_ran_well() -> None:
    places = ("Lupo", "Fuji", "Zorba", "Otto", "Xin", "Nami", "Elysium", "Saffron")
    tried = [(request(place, "Rome", 4), True) for place in places]
    tried += [(request(place, city, 4), False) for place, city in (("Harvest Table", "Bonn"), ("Blue Door", "Lyon"))]
    found = by_name(learnt(booking(), tried))
    assert found["city"].known == ("Rome",)
    assert found["city"].avoided == {"Bonn", "Lyon"}
    assert found["restaurant"].known == (), "any restaurant is taken"
    assert by_name(learnt(booking(), tried[:8]))["city"].known == (), "nothing has failed"


def test_from_requests_it_learns_bounds_and_blames_no_text_for_them() -> None:
    tried = [(request("Lupo", "Rome", people), people <= 6) for people in (2, 3, 4, 6, 8, 9, 11, 12)]
    found = by_name(learnt(booking(), tried))
    assert found["people"].takes(6)
    assert not found["people"].takes(7)
    assert found["city"].avoided == found["restaurant"].avoided == frozenset()
