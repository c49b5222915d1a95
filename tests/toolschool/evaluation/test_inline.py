"""Scores of answers with calls: by hand, with what must not count as an answer."""

import math

import pytest

from toolschool.errors import DataError
from toolschool.evaluation.inline import accuracy_plot, inline_table, score_answers
from toolschool.evaluation.tables import to_markdown
from toolschool.methods.toolformer.calling import CallRecord
from toolschool.methods.toolformer.inference import Answer
from toolschool.methods.toolformer.markers import Markers

RAN = CallRecord("Calculator", "3 + 4", "7", None)
FAILED = CallRecord("Calculator", "3 / 0", None, "division by zero")
ANSWERS = (
    Answer(" [Calculator(3 + 4)->7] 7 apples.", (RAN,), True),
    Answer(" [Calculator(3 / 0)->] 7 [Calculator(3 + 4)->7]", (FAILED, RAN), False),
    Answer(" [Calculator(3 / 0)->] ", (FAILED,), True),
    Answer(" 8", (), True),
)
GOLDS = ("7", "9", "3", "8")


def first_word(text: str, gold: str) -> bool:
    return text.split()[:1] == [gold]


def test_scores_by_hand() -> None:
    scores = score_answers(ANSWERS, GOLDS, correct=first_word, markers=Markers())
    assert scores.items == 4
    assert (scores.accuracy.value, scores.accuracy.n) == (2 / 4, 4)
    assert scores.called.value == 3 / 4
    assert (scores.executed.value, scores.executed.n) == (2 / 4, 4)
    assert (scores.accuracy_given_call.value, scores.accuracy_given_call.n) == (1 / 2, 2)
    assert scores.empty.value == 1 / 4
    assert scores.cut_off.value == 1 / 4


def test_without_calls_rates_over_calls_have_no_value() -> None:
    scores = score_answers(ANSWERS[3:], GOLDS[3:], correct=first_word, markers=Markers())
    assert math.isnan(scores.executed.value)
    assert scores.executed.n == scores.accuracy_given_call.n == 0
    assert "| executed, of calls | – |" in to_markdown(inline_table({"disabled": scores}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is [Calculator(3 + 4)->7] 7.", "It is 7."),
        ("[Calculator(3)] 7", " 7"),
        ("7 [Calculator(3 +\n4", "7"),
        ("no call", "no call"),
    ],
)
def test_calls_are_taken_out(text: str, expected: str) -> None:
    assert Markers().without_calls(text) == expected
    other = Markers(start="<API>", end="</API>")
    assert other.without_calls(text.replace("[", "<API>").replace("]", "</API>")) == expected


def test_a_table_has_a_column_a_system() -> None:
    scores = score_answers(ANSWERS, GOLDS, correct=first_word, markers=Markers())
    table = inline_table({"enabled": scores, "again": scores})
    assert table.header == ("metric", "enabled", "again")
    assert table.rows[0][:2] == ("accuracy", "50.0 [15.0, 85.0]")
    assert table.rows[-1] == ("items", "4", "4")


def test_what_cannot_be_scored_is_refused() -> None:
    for answers, golds in ((ANSWERS, ("7",)), ((), ())):
        with pytest.raises(DataError, match="one by one"):
            score_answers(answers, golds, correct=first_word, markers=Markers())


def test_the_picture_has_a_bar_for_every_task_and_system() -> None:
    answers = [Answer(" 4", (), True), Answer(" 5", (), True)]
    scores = score_answers(answers, ["4", "4"], correct=lambda text, gold: text.strip() == gold, markers=Markers())
    picture = accuracy_plot({"sums": {"enabled": scores, "disabled": scores}})
    assert picture.startswith(b"\x89PNG")
