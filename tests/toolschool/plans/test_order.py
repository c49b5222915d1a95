"""One order for plans that mean the same."""

from hypothesis import given
from hypothesis import strategies as st

from toolschool.plans.order import canonical
from toolschool.plans.references import dependencies
from toolschool.records import Call, Plan


def test_lookups_move_to_their_first_use() -> None:
    plan = Plan(
        (
            Call(1, "get_email_address", ("Ann",)),
            Call(2, "open_note", ("A", "")),
            Call(3, "compose_new_email", (["$1"], [], "s", "see $2 and $$5 for ${2}0", [])),
            Call(4, "maps_open_location", ("Rome",)),
        )
    )
    assert canonical(plan).calls[2].args[3] == "see ${2} and $$5 for ${2}0"
    assert [call.id for call in canonical(plan).calls] == [1, 2, 3, 4]
    mixed = Plan(
        (
            Call(1, "get_email_address", ("Ann",)),
            Call(2, "maps_open_location", ("Rome",)),
            Call(3, "compose_new_email", (["$1"], [], "s", "", [])),
        )
    )
    assert [call.tool for call in canonical(mixed).calls] == [
        "maps_open_location", "get_email_address", "compose_new_email",
    ]  # fmt: skip
    assert canonical(mixed).calls[2].args[0] == ["$2"]


def test_a_cycle_loses_no_step() -> None:
    plan = Plan((Call(1, "a", ("$2",)), Call(2, "b", ("$1",)), Call(3, "c", ("$3",))))
    assert sorted(call.tool for call in canonical(plan).calls) == ["a", "b", "c"]


@given(st.lists(st.lists(st.integers(1, 12), max_size=3), min_size=1, max_size=8))
def test_order_keeps_the_graph_and_is_stable(needs: list[list[int]]) -> None:
    calls = [Call(i, f"t{i}", (f"arg{i}", [f"${n}" for n in need if n < i])) for i, need in enumerate(needs, 1)]
    plan = Plan(tuple(calls))
    ordered = canonical(plan)
    name = {call.id: call.tool for call in ordered.calls}
    edges = {(name[d], call.tool) for call in ordered.calls for d in dependencies(call)}
    assert edges == {(f"t{d}", call.tool) for call in calls for d in dependencies(call)}
    assert all(d < call.id for call in ordered.calls for d in dependencies(call))
    assert canonical(ordered) == ordered
