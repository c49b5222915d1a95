"""Pictures over models: every answer is one outcome, shares add up, and the drawings hold what they were given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.evaluation.intervals import rate, wilson
from toolschool.evaluation.plots import curve_plot
from toolschool.evaluation.toolken_plots import OUTCOMES, outcome, shares, shares_of, stacked_plot

PNG = b"\x89PNG"


@pytest.mark.parametrize(
    ("right", "called", "name"),
    [
        (True, True, "right, by a call"),
        (True, False, "right, without one"),
        (False, True, "wrong, in spite of a call"),
        (False, False, "wrong, without one"),
    ],
)
def test_an_answer_is_one_outcome(right: bool, called: bool, name: str) -> None:
    assert outcome(right, called) == name


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_shares_add_up(answers: list[tuple[bool, bool]]) -> None:
    found = shares(outcome(right, called) for right, called in answers)
    assert sum(found.values()) == pytest.approx(1)
    by_a_call, without = found[OUTCOMES[0]], found[OUTCOMES[1]]
    assert by_a_call + without == pytest.approx(sum(right for right, _ in answers) / len(answers))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_shares_from_rates_are_those_of_the_answers(answers: list[tuple[bool, bool]]) -> None:
    accuracy = rate([right for right, _ in answers])
    given_call = rate([right for right, called in answers if called])
    assert shares_of(accuracy, given_call) == pytest.approx(shares(outcome(*each) for each in answers))


def test_no_answers_are_no_crash() -> None:
    assert set(shares([]).values()) == {0.0}


def test_pictures() -> None:
    found = shares([OUTCOMES[0], OUTCOMES[3]])
    assert stacked_plot({"operations": {"head": found, "disabled": found}, "funcqa": {"head": found}}).startswith(PNG)
    lines = {"tool right": [(5.3e6, wilson(9, 10)), (1.1e6, wilson(5, 10))]}
    assert curve_plot(lines, "parameters", "Against size").startswith(PNG)
