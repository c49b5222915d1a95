"""Tools without train requests take the fallback's places, the others the model's order; nothing is lost or doubled."""

from hypothesis import given
from hypothesis import strategies as st

from toolschool.methods.toolgen.fallback import keep_places

orders = st.integers(0, 12).flatmap(
    lambda size: st.tuples(
        st.permutations(range(size)), st.permutations(range(size)), st.sets(st.integers(0, max(size - 1, 0)))
    )
)


def test_each_ranker_is_heard_about_what_it_knows() -> None:
    assert keep_places([1, 0, 2, 3], [3, 2, 1, 0], asked={0, 1}) == [3, 2, 1, 0]
    assert keep_places([1, 0, 2, 3], [0, 3, 1, 2], asked={0, 1}) == [1, 3, 0, 2]
    assert keep_places([1, 0], [0, 1], asked={0, 1}) == [1, 0]


def test_what_the_model_finds_may_be_none_of_the_fallbacks() -> None:
    assert keep_places([5, 6], [0, 9], asked={0, 5, 6}) == [5, 9]
    assert keep_places([], [0, 9, 1], asked={0, 1}) == [0, 9, 1]


@given(orders)
def test_places_and_orders_are_kept(drawn: tuple[list[int], list[int], set[int]]) -> None:
    model, fallback, asked = drawn
    found = keep_places(model, fallback, asked)
    assert sorted(found) == sorted(fallback)
    assert [tool for tool in found if tool in asked] == [tool for tool in model if tool in asked]
    assert all(found[place] == tool for place, tool in enumerate(fallback) if tool not in asked)
