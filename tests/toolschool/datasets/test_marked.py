"""What a marked text must be: its spans in place and in order, nothing left of the calls."""

import pytest

from toolschool.datasets.marked import MarkedText, Span, about, bare, check_marked
from toolschool.errors import RowError

TEXT = "2+3=5 and 5+4=9."


def test_a_good_text_comes_back() -> None:
    marked = MarkedText(TEXT, (Span("add", 4, 5), Span("add", 14, 15)), "sums/1", 2)
    assert check_marked(marked) is marked
    assert check_marked(MarkedText("", ())).spans == ()


@pytest.mark.parametrize(
    ("spans", "start", "reason"),
    [
        ([("add", 4, 40)], 0, "outside of the text's 16 characters"),
        ([("add", -1, 5)], 0, "outside"),
        ([("add", 4, 4)], 0, "is empty"),
        ([("add", 5, 4)], 0, "is empty"),
        ([("add", 4, 5)], 5, "begins before 5, in what is context only"),
        ([("add", 0, 3), ("add", 2, 5)], 0, "overlaps"),
        ([("add", 14, 15), ("add", 4, 5)], 0, "out of order"),
        ([("<add>", 4, 5)], 0, "bare tool name"),
        ([("", 4, 5)], 0, "bare tool name"),
        ([("add", 4, 6)], 0, "blanks at its edges; mark '5' alone"),
        ([], 17, "start 17 is outside"),
        ([], -1, "start -1 is outside"),
    ],
)
def test_a_wrong_span_is_told(spans: list[tuple[str, int, int]], start: int, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        check_marked(MarkedText(TEXT, tuple(Span(*span) for span in spans), "sums/1", start))


@pytest.mark.parametrize("text", ["50-25=<subtract>(50,25)=25.", "262*21=5502<eoe>5502", '<f>P17("x")', "x</f>"])
def test_what_is_left_of_calls_is_told(text: str) -> None:
    with pytest.raises(RowError, match="left-over call markup"):
        check_marked(MarkedText(text, ()))


def test_items_of_plans_are_no_markup() -> None:
    check_marked(MarkedText("[WALK] <desk>\n[END] (a < b)", ()))


def test_names_and_reasons() -> None:
    assert [bare(name) for name in ("<add>", "[WALK]", "<home_office>", "P17")] == ["add", "WALK", "home_office", "P17"]
    with pytest.raises(RowError, match=r"^sums/1: no call$"), about("sums/1"):
        raise RowError("no call")
