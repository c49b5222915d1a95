"""Names made of a key follow ToolBench's rule, and documentation in other fields becomes the same record."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.api_docs import (
    NAME_LENGTH,
    ApiDoc,
    Parameter,
    from_sealtools,
    from_tool,
    standardized,
    to_ascii,
    to_doc,
    toolbench_name,
)
from toolschool.errors import RowError
from toolschool.tools.calculator import calculator_tool

ROW = {
    "category": "Weather",
    "tool": "Open Forecast",
    "api": "Get Week",
    "description": None,
    "required": [{"name": "city", "type": "STRING", "description": "where", "default": "Rome"}],
    "optional": [{"name": "days", "default": 7}],
    "method": "GET",
}


def test_a_row_becomes_a_doc() -> None:
    doc = to_doc(ROW)
    assert doc.key == ("Weather", "Open Forecast", "Get Week")
    assert doc.description == ""
    assert doc.required == (Parameter("city", "STRING", "where", "Rome"),)
    assert doc.optional == (Parameter("days", default=7),)
    assert doc.token == "<<Open Forecast&&Get Week>>"
    assert doc.toolbench_name == "get_week_for_open_forecast"


def test_an_api_without_a_tool_stands_alone() -> None:
    doc = ApiDoc("", "", "getWeek")
    assert (doc.token, doc.toolbench_name) == ("<<getWeek>>", "getweek")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"api": None}, "no 'api'"),
        ({"tool": 3}, "'tool' must be text, not int"),
        ({"required": {"city": {}}}, "'required' must be a list"),
        ({"optional": ["city"]}, "'optional' must be a list of objects"),
        ({"optional": [{"type": "STRING"}]}, "with a 'name'"),
        ({"optional": [{"name": "x", "type": ["STRING"]}]}, "'type' must be text"),
    ],
)
def test_a_malformed_row_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RowError, match=message):
        to_doc({**ROW, **changes})


def test_seal_tools_fields() -> None:
    about = {"city": {"type": "str", "description": "where"}, "days": {"type": "int", "default": 7, "unit": "d"}}
    row = {"api_name": "getWeek", "api_description": "Seven days", "field": "Weather/Forecast", "parameters": about}
    doc = from_sealtools({**row, "required": ["city"]})
    assert doc.key == ("Weather/Forecast", "", "getWeek")
    assert doc.required == (Parameter("city", "str", "where"),)
    assert doc.optional == (Parameter("days", "int", "", 7),)
    with pytest.raises(RowError, match="'parameters'"):
        from_sealtools({**row, "parameters": ["city"]})
    with pytest.raises(RowError, match="'parameters'"):
        from_sealtools({"raw": "{broken"})


def test_our_own_tools_are_documented_by_their_schema() -> None:
    doc = from_tool(calculator_tool(), "Arithmetic")
    assert doc.key == ("Arithmetic", "", "calculator")
    assert [(p.name, p.type) for p in doc.required] == [("expression", "string")]
    assert doc.optional == ()


@pytest.mark.parametrize(
    ("tool", "api", "name"),
    [
        ("Suivi--Colis!", "/v1/ Latest", "v1_latest_for_suivi_colis"),
        ("2024 news", "7 days", "get_7_days_for_get_2024_news"),
        ("Files", "ID", "is_id_for_files"),
        ("", "from", "is_from"),
        ("天气", "été^2", "t_^2_for_天气"),
    ],
)
def test_toolbench_names(tool: str, api: str, name: str) -> None:
    assert toolbench_name(tool, api) == name


def test_a_long_name_keeps_its_end() -> None:
    name = toolbench_name("a tool", "x" * 100)
    assert len(name) == NAME_LENGTH
    assert name.endswith("xx_for_a_tool")


@given(st.text(), st.text())
def test_names_have_only_what_the_rule_allows(tool: str, api: str) -> None:
    name = toolbench_name(tool, api)
    assert len(name) <= NAME_LENGTH
    assert "__" not in standardized(api)
    assert re.fullmatch("[a-z0-9_^\u4e00-\u9fa5]*", name)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a  b\n", "a  b\n"),
        ("👋 Demo Project", "Demo Project"),
        ("Endereço através do CEP", "Endereco atraves do CEP"),
        ("Sonuç ıö", "Sonuc io"),
        ("Øre – Жар", "Ore ZHEaer"),
        ("天气", "59296c14"),
        ("½ ﬁ", "12 fi"),
    ],
)
def test_transliteration(text: str, plain: str) -> None:
    assert to_ascii(text) == plain


@given(st.text())
def test_transliteration_is_ascii_and_done_once(text: str) -> None:
    assert to_ascii(text).isascii()
    assert to_ascii(to_ascii(text)) == to_ascii(text)


@pytest.mark.data
def test_names_of_all_toolbench_apis_are_the_published_ones(data_root: Path) -> None:
    lines = (data_root / "toolbench" / "apis.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 2569
    for row in rows:
        doc = to_doc(row)
        assert doc.toolbench_name == row["toolbench_name"]
        assert doc.token.isascii()
        assert doc.token == row["token"] or not row["token"].isascii()
