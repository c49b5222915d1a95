"""Tools as a file come back equal, and without anything that runs."""

import pytest

from toolschool.errors import DataError
from toolschool.tools.described import tools_from_json, tools_to_json
from toolschool.tools.desk import desk_catalog


def test_all_that_is_known_of_a_tool_comes_back() -> None:
    tools = desk_catalog().tools
    assert tools_from_json(tools_to_json(tools)) == list(tools)
    assert tools_to_json([]).split() == ["[", "]"]
    assert tools_from_json(tools_to_json([])) == []


@pytest.mark.parametrize("text", ["{", "[1]", '[{"name": "a"}]', '[{"name": "a", "rules": [], "colour": 1}]'])
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"no tools as jobs\.explore describes them"):
        tools_from_json(text)
