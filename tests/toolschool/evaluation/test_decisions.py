"""Decisions of heads and rerankers: counts by hand, thresholds at equal recall, flips."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from toolschool.evaluation.decisions import (
    Decision,
    calls_table,
    equal_recall_table,
    head_alone,
    recall_of,
    reranker_table,
    spurious_plot,
    with_reranker,
)
from toolschool.evaluation.tables import Table

# text, gold, proposed, margin, chosen, lead
BY_HAND = [
    Decision("a", "add", "add", 2.0, "add", 1.0),  # right twice
    Decision("b", "add", "divide", 1.0, "add", 0.5),  # a flip that helped
    Decision("c", "divide", "divide", 0.5, "add", 2.0),  # a flip that hurt
    Decision("d", "add", "add", -1.0, "add", 0.3),  # near: the reranker finds it
    Decision("d", "add", "add", -9.0),  # too far off to be asked
    Decision("e", None, "add", 3.0, "add", -1.0),  # spurious, refused
    Decision("a", None, "add", 0.1, "divide", 0.1),  # spurious, accepted
    Decision("f", None, "add", -0.5, "add", -2.0),  # near, refused
]


def cells(table: Table, label: str) -> list[str]:
    return next(list(row[1:]) for row in table.rows if row[0] == label)


def test_calls_by_hand() -> None:
    systems = {"head": head_alone(BY_HAND), "both": with_reranker(BY_HAND)}
    table = calls_table(systems, texts=4)
    assert [cell.split()[0] for cell in cells(table, "tool right where a call belongs")] == ["80.0", "80.0"]
    assert [cell.split()[0] for cell in cells(table, "precision of calls")] == ["40.0", "60.0"]
    assert [cell.split()[0] for cell in cells(table, "recall of calls")] == ["40.0", "60.0"]
    assert cells(table, "calls") == ["5", "5"]
    assert cells(table, "of these with another tool") == ["1", "1"]
    assert cells(table, "of these where none belongs") == ["2", "1"]
    assert cells(table, "of these in texts that need no tool") == ["1", "0"]
    assert cells(table, "spurious calls per 100 texts") == ["50.0", "25.0"]


def test_what_the_reranker_did_by_hand() -> None:
    table = reranker_table(BY_HAND)
    assert cells(table, "proposals of the head") == ["5"]
    assert cells(table, "near proposals, put to the reranker too") == ["2"]
    assert cells(table, "accepted, of proposals")[0].startswith("80.0")
    assert cells(table, "accepted where no call belongs, of all")[0].startswith("33.3")
    assert cells(table, "flips that helped") == ["1"]
    assert cells(table, "flips that hurt") == ["1"]
    assert cells(table, "calls that belong, refused")[0].startswith("0.0")


def test_equal_recall_moves_one_threshold_each() -> None:
    systems = {"head": head_alone(BY_HAND), "both": with_reranker(BY_HAND)}
    table = equal_recall_table(systems, recalls=(0.6, 0.8))
    assert table.rows == (("40.0 (as set up)", "1 / 1", "0 / 0"), ("60.0", "3 / 2", "0 / 0"), ("80.0", "3 / 2", "–"))


def test_nothing_called_and_nothing_wanted_are_no_crash() -> None:
    quiet = [Decision("t", None, "add", -3.0)]
    systems = {"head": head_alone(quiet), "both": with_reranker(quiet)}
    assert cells(calls_table(systems, 1), "recall of calls") == ["–", "–"]
    assert equal_recall_table(systems).rows[0][0] == "0.0 (as set up)"
    assert spurious_plot(systems, 1).startswith(b"\x89PNG")


DECISIONS = st.lists(
    st.builds(
        Decision,
        st.sampled_from("xyz"),
        st.sampled_from([None, "a", "b"]),
        st.sampled_from("ab"),
        st.integers(-3, 3).map(float),
        st.sampled_from("ab"),
        st.one_of(st.none(), st.integers(-3, 3).map(float)),
    ),
    min_size=1,
    max_size=30,
)


@given(DECISIONS, st.floats(0.01, 1))
def test_equal_recall_is_the_least_over_all_thresholds(decisions: list[Decision], recall: float) -> None:
    for system in (head_alone(decisions), with_reranker(decisions)):
        wanted = sum(system.wanted)
        found = []
        for threshold in [float("inf"), *{each for each in system.strength if each > float("-inf")}]:
            called = system.strength >= threshold
            if wanted and sum(called & system.right) / wanted >= recall:
                found.append((int(sum(called & ~system.wanted)), int(sum(called & system.idle))))
        assert system.spurious_at(recall) == (min(found) if found else None)


@given(DECISIONS)
def test_as_set_up_lies_on_the_curve(decisions: list[Decision]) -> None:
    system = head_alone(decisions)
    own = recall_of(system)
    if own.n and own.value > 0:
        least = system.spurious_at(own.value)
        assert least is not None
        assert least[0] <= sum(system.called & ~system.wanted)
