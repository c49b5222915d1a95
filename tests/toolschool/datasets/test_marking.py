"""The three forms in which marked mathematics is published, on rows written for this test."""

from typing import Any

import pytest

from toolschool.datasets.marked import MarkedText
from toolschool.datasets.marking import marked_row
from toolschool.errors import RowError

TEXT = "Q: 5572 apples in boxes of 3241?\nA: 5572 mod 3241= 2331 are left."
CALL = {"call_tool": "<remainder>", "call_param": ["5572", "3241"], "return": ["2331"]}


def covered(marked: MarkedText) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(span.tool, marked.text[span.start : span.end], span.arguments) for span in marked.spans]


def offsets(**changes: Any) -> dict[str, Any]:
    return {"text": TEXT, "start_str_idx": [TEXT.index(" 2331")], "tool_calling": [CALL], "result": ["2331"], **changes}


EXPECTED = [("remainder", "2331", ("5572", "3241"))]


def test_offsets_may_point_at_the_blank() -> None:
    assert covered(marked_row(offsets())) == EXPECTED
    assert covered(marked_row(offsets(start_str_idx=[TEXT.index("2331")]))) == EXPECTED


def test_a_number_is_marked_to_its_last_digit() -> None:
    call = {**CALL, "return": ["22500"]}
    marked = marked_row({"text": "4500*5=$22,500.", "start_str_idx": [8], "tool_calling": [call]})
    assert covered(marked)[0][1] == "22,500"


def test_words_are_marked_literally() -> None:
    call = {"call_tool": "P17", "call_param": ["Oslo"], "return": ["Norway"]}
    assert (
        covered(marked_row({"text": "It is Norway.", "start_str_idx": [6], "tool_calling": [call]}))[0][1] == "Norway"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"start_str_idx": [3]}, "'2331' does not stand at character 3, there is '5572 apples '"),
        ({"start_str_idx": [-5]}, "does not stand"),
        ({"start_str_idx": [900]}, "does not stand"),
        ({"start_str_idx": []}, "0 offsets for 1 calls"),
        ({"start_str_idx": ["3"]}, "whole number"),
        ({"start_str_idx": None}, "wants text, start_str_idx"),
        ({"tool_calling": ["<add>"]}, "whole number as offset and a call"),
        ({"tool_calling": [{"call_tool": "<add>"}]}, "`return` and `call_param`"),
        ({"text": 7}, "wants text"),
    ],
)
def test_offsets_that_fit_nothing_are_told(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        marked_row(offsets(**changes))


def test_calls_are_found_in_the_answer_whatever_their_token_indices() -> None:
    row = {"text": TEXT, "start_token_idx": [1], "end_token_idx": [2], "tar_eq": ["<remainder>(5572,3241)=2331<eoe>"]}
    assert covered(marked_row(row)) == EXPECTED
    row = {"text": "Q: 7 or 4?\nA: 4+3=7.", "tar_eq": ["<add>(4,3)=7<eoe>"]}
    assert marked_row(row, "x").spans[0].start == 18


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": TEXT, "tar_eq": []}, "no call, so nothing to mark"),
        ({"text": "A: 262*21=5502<eoe>5502", "tar_eq": []}, "left-over call markup"),
        ({"text": TEXT, "tar_eq": ["<add>(1,2)=3<eoe>"]}, "the result 3 of add does not stand"),
        ({"text": TEXT, "tar_eq": "<add>(1,2)=3<eoe>"}, "list of its calls"),
        ({"text": TEXT, "tar_eq": ["2331"]}, "cannot read the call"),
        ({"text": TEXT}, "wants a row with start_str_idx, tar_eq"),
        ({"question": "q", "answer": 4}, "text `answer`"),
        ({"question": "q", "answer": "no call"}, "no call, so nothing to mark"),
        ({"question": "q", "answer": "1+2=<add>(1,2)=3<eoe>4"}, "the result 3 does not follow its call"),
        ({"question": "q", "answer": "1+2=<add>(1,2)=3<eoe>3 and <add>("}, "left-over call markup"),
    ],
)
def test_rows_that_cannot_be_marked_are_told(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        marked_row(row)


def test_inline_calls_are_taken_out() -> None:
    answer = "2 * 3 =<multiply>(2, 3)=6<eoe>6, and 6+1=<add>(6,1) = 7<eoe>7."
    marked = marked_row({"question": "How many?", "answer": answer}, "x")
    assert marked.text == "Q: How many?\nA: 2 * 3 =6, and 6+1=7."
    assert covered(marked) == [("multiply", "6", ("2", "3")), ("add", "7", ("6", "1"))]
