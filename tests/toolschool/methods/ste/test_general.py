"""Rows in normal mode: every other a right sum, every other talk with a reply to its topic; parts share no request."""

import itertools

from toolschool.datasets.no_tool import KINDS, generate
from toolschool.methods.ste.general import REPLIES, general_completion, general_rows
from toolschool.methods.ste.parsing import FinalAnswer, read_strict


def test_the_first_rows_are_the_same_whatever_the_count() -> None:
    rows = list(general_rows(40, 0, "train"))
    assert list(general_rows(7, 0, "train")) == rows[:7]
    assert len(rows) == 40
    assert list(general_rows(0, 0, "train")) == []
    assert list(general_rows(40, 1, "train")) != rows


def test_sums_are_right_and_talk_is_answered_by_its_topic() -> None:
    rows = list(general_rows(60, 3, "train"))
    topics = {row["query"]: row["topic"] for row in itertools.islice(generate(3, 10_000, "train"), 400)}
    for request, answer in rows[1::2]:
        assert answer in REPLIES[topics[request]]
    assert all(request.startswith("What is") and request.endswith("?") for request, _ in rows[::2])
    plus = [(request, answer) for request, answer in rows[::2] if " plus " in request and request.count("plus") == 1]
    assert plus
    for request, answer in plus:
        left, right = request.removeprefix("What is ").removesuffix("?").split(" plus ")
        assert int(left) + int(right) == int(answer)


def test_parts_share_no_request_and_topics_exist() -> None:
    train, validation = ({request for request, _ in general_rows(200, 0, part)} for part in ("train", "validation"))
    assert not train & validation
    assert set(REPLIES) <= set(KINDS)


def test_a_completion_is_a_final_answer() -> None:
    assert read_strict(general_completion("You are welcome."), ["f"]) == FinalAnswer("You are welcome.")
