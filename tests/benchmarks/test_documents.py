"""Generated parts of documents: put in, found again, and refused where the marks are not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.documents import part, put

PAGE = "# Page\n\n<!-- one: begin -->\nold\n<!-- one: end -->\n\nby hand <!-- two: begin --><!-- two: end -->\n"


@given(st.text().filter(lambda text: "<!--" not in text))
def test_what_was_put_in_stands_there_and_nothing_else_changes(content: str) -> None:
    made = put(PAGE, "one", content)
    assert part(made, "one") == content.strip()
    assert put(made, "one", "old") == PAGE
    assert part(made, "two") == part(PAGE, "two") == ""


@pytest.mark.parametrize("name", ["three", "one: begin -->\n<!-- one"])
def test_a_document_without_the_marks_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="the document wants"):
        put(PAGE, name, "new")
    with pytest.raises(ValueError, match="the document wants"):
        put(PAGE * 2, "one", "new")
