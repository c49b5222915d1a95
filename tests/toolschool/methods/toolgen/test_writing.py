"""What a language model writes is taken as lines of requests, and as nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.api_docs import ApiDoc, Parameter
from toolschool.errors import RowError
from toolschool.methods.toolgen.writing import LONGEST, SHORTEST, asking, written

DOC = ApiDoc("Weather", "Open Forecast", "Get Week", "Seven days.", (Parameter("city", "STRING"),))


def test_the_writer_is_shown_the_documentation() -> None:
    prompt = asking(DOC, 7)
    assert '"description": "Seven days."' in prompt
    assert '"name": "city"' in prompt
    assert "Write 7 different requests" in prompt


def test_lines_are_requests() -> None:
    answer = (
        """1. Will it rain in Bonn?
(2) "Do I need a coat tomorrow?"

- will it rain in bonn?
short
* <<Open Forecast&&Get Week>> for Bonn
"""
        + "x" * 401
    )
    assert written(answer, DOC, 9) == ["will it rain in bonn?", "Do I need a coat tomorrow?"]
    assert written(answer, DOC, 1) == ["will it rain in bonn?"]
    with pytest.raises(RowError, match="wrote no request for Get Week"):
        written("\n- no\n", DOC, 3)


@given(st.text(), st.integers(1, 5))
def test_any_answer_gives_fitting_lines_or_none(answer: str, count: int) -> None:
    try:
        found = written(answer, DOC, count)
    except RowError:
        return
    assert 1 <= len(found) <= count
    assert len({line.lower() for line in found}) == len(found)
    assert all(SHORTEST <= len(line) <= LONGEST and "\n" not in line and line == line.strip() for line in found)
