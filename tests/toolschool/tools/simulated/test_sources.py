"""The three documented sets: rows written for this test, then every API and every gold call of the real ones."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from toolschool.datasets import registry
from toolschool.datasets.api_docs import ApiDoc, Parameter
from toolschool.datasets.catalogues import Catalogue
from toolschool.datasets.tool_sources import CatalogueSource, open_tools
from toolschool.errors import DataError, RowError
from toolschool.tools.simulated import (
    Exchange,
    SimulatedBackend,
    call_text,
    example_arguments,
    filled,
    labelled,
    read_apis,
    sealtools_gold,
    simulated_api,
    unmet,
    unrepaired,
)
from toolschool.tools.simulated.schemas import DATE
from toolschool.tools.simulated.sources import catalogue_apis, sealtools_api, ste_api, toolbench_api

TOOLBENCH = {
    "category": "Travel",
    "tool": "Bus Lines",
    "api": "stops",
    "description": "",
    "required": [{"name": "line\t", "type": "NUMBER", "description": None, "default": "66"}],
    "optional": [{"name": "lang", "type": "ENUM", "description": "Must be one of: en, de", "default": ""}],
    "response_schema": {"stops": ["list of str with length 9"], "line": "int"},
}
SEALTOOLS = {
    "api_name": "getPM2.5 Level",
    "api_description": "Measures dust",
    "field": "Environment/Air",
    "parameters": {
        "city": {"type": "str", "description": "The city (e.g., Bonn, Porto)"},
        "hours": {"type": "int", "description": "How long", "default": 8, "examples": "12, 24"},
        "method": {"type": "str", "description": "", "choices": ["laser", "filter"]},
    },
    "required": ["city"],
    "responses": {
        "level": {"type": "float", "description": ""},
        "alarm": {"type": "str", "description": "", "values": ["on", "off"]},
    },
}
STE = {
    "api": "Pics%%Get one",
    "documentation": json.dumps(
        {
            "description": " ",
            "required_parameters": [],
            "optional_parameters": [],
            "parent_tool_description": "Pictures.",
        }
    ),
}
PLAIN = {
    "api": "add_date",
    "documentation": "Add days to a date.. Your input should be a json (args json schema): "
    '{{"date" : string, "days" : integer, }} The Action',
}


def test_a_toolbench_row() -> None:
    api = toolbench_api(TOOLBENCH)
    assert (api.key, api.name, api.description) == (
        ("Travel", "Bus Lines", "stops"),
        "stops_for_bus_lines",
        "Bus Lines stops",
    )
    assert api.parameters["properties"] == {
        "line": {"type": "number", "examples": [66]},
        "lang": {"type": "string", "description": "Must be one of: en, de", "enum": ["en", "de"]},
    }
    assert api.parameters["required"] == ["line"]
    assert api.answer["required"] == ["stops", "line"]
    assert api.notes == ()


def test_a_toolbench_row_without_an_answer_repeats_the_arguments() -> None:
    api = toolbench_api({**TOOLBENCH, "response_schema": None})
    assert list(api.answer["properties"]) == ["line", "lang", "result"]
    assert api.answer["required"] == ["result"]
    assert [note.kind for note in api.notes] == ["answer"]


def test_a_sealtools_row() -> None:
    api = sealtools_api(SEALTOOLS)
    assert api.name == "getPM2_5_Level"
    city, hours, method = api.parameters["properties"].values()
    assert city["examples"] == ["Bonn", "Porto"]
    assert (hours["default"], hours["examples"]) == (8, [12, 24])
    assert method["enum"] == ["laser", "filter"]
    assert api.parameters["required"] == ["city"]
    assert api.answer["properties"] == {"level": {"type": "number"}, "alarm": {"type": "string", "enum": ["on", "off"]}}


def test_ste_descriptions() -> None:
    api = ste_api(STE)
    assert (api.key, api.name, api.description) == (("", "Pics", "Get one"), "get_one_for_pics", "Pictures.")
    plain = ste_api(PLAIN)
    assert (plain.key, plain.description) == (("", "", "add_date"), "Add days to a date.")
    date, days = plain.parameters["properties"].values()
    assert (date["type"], date["pattern"], days["type"]) == ("string", DATE, "integer")
    assert plain.parameters["required"] == ["date", "days"]


def test_names_are_made_unique(tmp_path: Path) -> None:
    rows = [TOOLBENCH, {**TOOLBENCH, "category": "Maps"}, {**TOOLBENCH, "category": "Work"}]
    (tmp_path / "apis.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "queries.jsonl").touch()
    names = [api.name for api in read_apis("toolbench", tmp_path)]
    assert names == ["stops_for_bus_lines", "stops_for_bus_lines_2", "stops_for_bus_lines_3"]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="use one of toolbench, sealtools, ste"):
        read_apis("metatool", tmp_path)
    with pytest.raises(DataError, match=str(tmp_path)):
        read_apis("ste", tmp_path)
    with pytest.raises(RowError, match="'responses' must be an object"):
        sealtools_api({**SEALTOOLS, "responses": None})


async def test_an_api_of_any_catalogue_can_be_simulated() -> None:
    backend = SimulatedBackend([simulated_api(ApiDoc("Work", "", "send memo", required=(Parameter("to", "person"),)))])
    api = backend.apis["send_memo"]
    assert (api.description, [note.kind for note in api.notes]) == ("send memo", ["type", "answer"])
    for anything in ("Ada", 5, ["Ada", {"cc": None}]):
        assert (await backend.call("send_memo", {"to": anything})).ok


# --- the real sets


def test_the_apis_of_a_users_file(tmp_path: Path) -> None:
    """Those of the catalogue, each once, with the answers that are documented; malformed lines are told."""
    file = tmp_path / "apis.jsonl"
    plain = {"category": "Travel", "tool": "Bus Lines", "api": "fares"}
    lines = [TOOLBENCH, plain, {"tool": "no api"}, {**TOOLBENCH, "description": "again"}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    source = CatalogueSource(apis=str(file))
    told: list[str] = []

    def tell(row: dict[str, Any], reason: str) -> None:
        told.append(reason)

    apis = catalogue_apis(source, open_tools(source, lambda row, reason: None).apis, tell)
    assert [(api.key[2], api.description) for api in apis] == [
        ("stops", "Bus Lines stops"),
        ("fares", "Bus Lines fares"),
    ]
    assert list(apis[0].answer["properties"]) == ["stops", "line"]
    assert [reason.split(";")[0] for reason in told] == ["the row has no 'api'"]
    with pytest.raises(RowError, match="no 'api'"):
        catalogue_apis(source, Catalogue.of("x", [ApiDoc("Travel", "Bus Lines", "stops")]))
    one = CatalogueSource(apis=str(file), limit=1)
    assert len(catalogue_apis(one, open_tools(one, lambda row, reason: None).apis, tell)) == 1
    desk = CatalogueSource(source="desk")
    assert catalogue_apis(desk, open_tools(desk).apis) == [], "they really run"


@pytest.mark.data
@pytest.mark.parametrize(
    ("source", "count", "notes"),
    [
        ("toolbench", 2569, {"answer": 918 + 150, "enum": 88, "default": 8, "repeated": 2}),
        ("sealtools", 4076, {}),
        ("ste", 50, {"answer": 50, "enum": 1}),
    ],
)
async def test_every_api_answers_within_its_documentation(
    source: str, count: int, notes: dict[str, int], data_root: Path
) -> None:
    apis = read_apis(source, data_root / source)
    assert len(apis) == len({api.key for api in apis}) == count
    assert Counter(note.kind for api in apis for note in api.notes) == notes
    backend = SimulatedBackend(apis)
    assert len(backend.catalog()) == count
    for api in apis:
        arguments = example_arguments(api, random.Random(f"example of {api.key}"))
        exchange = await backend.call(api.name, arguments)
        assert exchange.ok, exchange.error
        jsonschema.Draft202012Validator(api.answer).validate(exchange.answer)
        assert len(exchange.text) < 10_000
        assert json.loads(exchange.text) == exchange.answer
        wrong = await backend.call(api.name, {**arguments, "no such argument": 1})
        assert (wrong.status, "no such argument" in str(wrong.error)) == (400, True)


@pytest.mark.data
async def test_gold_calls_of_sealtools_but_for_errors_in_the_data(data_root: Path) -> None:
    """Of 1,804 gold calls 54 break their own documentation; the other 1,750 are answered, and 646 of 700 requests are done.

    Wrong: 46 numbers written as text; 2 words, 2 points and 4 labels of texts in place of a number.
    """
    world = SimulatedBackend(read_apis("sealtools", data_root / "sealtools"))
    refused: list[Exchange] = []
    done = total = 0
    for row in registry.load("sealtools", path=data_root / "sealtools"):
        if row["kind"] != "query":
            continue
        backend, values = world.fresh(), dict[str, Any]()
        gold = sealtools_gold(row["gold"]["calls"])
        for call in gold:
            exchange = await backend.call(call.api, filled(call, backend.apis[call.api], values))
            values |= labelled(call, exchange.answer)
        failed = [exchange for exchange in backend.log if not exchange.ok]
        missed = unmet(gold, backend.log, backend.apis)
        assert [exchange.api for exchange in failed] == [call.api for call in missed]
        refused += failed
        total += len(gold)
        done += not missed and not unrepaired(backend.log)
    assert (total, len(refused), done) == (1804, 54, 646)
    assert {exchange.status for exchange in refused} == {400}
    assert Counter(map(_why, refused)) == {"number as text": 46, "word": 2, "list": 2, "label": 4}


def _why(exchange: Exchange) -> str:
    value = str(exchange.error).split(": ", 2)[2].split(" is not of type")[0]
    if value.startswith("["):
        return "list"
    return (
        "label" if "API_call" in value else "number as text" if value.strip("'").replace(".", "").isdigit() else "word"
    )


@pytest.mark.data
async def test_gold_calls_of_ste_but_for_errors_in_the_data(data_root: Path) -> None:
    """Of 750 test calls 3 break the documentation: twice no argument where three are required, once true in place of a text."""
    backend = SimulatedBackend(read_apis("ste", data_root / "ste"))
    names = {"%%".join(filter(None, api.key)): api.name for api in backend.apis.values()}
    for row in registry.load("ste", path=data_root / "ste"):
        if row["kind"] == "query":
            await backend.call(names[row["gold"]["action"]], json.loads(row["gold"]["action_input"]))
    assert len(backend.log) == 750
    assert sorted(exchange.error or "" for exchange in backend.log if not exchange.ok) == [
        "get_math_fact_for_numbers: json: True is not of type 'string'",
        "update_for_ptl needs info3; give all of info3, info1, info2",
        "update_for_ptl needs info3; give all of info3, info1, info2",
    ]


@pytest.mark.data
@pytest.mark.parametrize(("source", "distinct"), [("toolbench", 0.98), ("sealtools", 0.88), ("ste", 1.0)])
async def test_another_call_has_another_answer(source: str, distinct: float, data_root: Path) -> None:
    """But for answers of nothing but flags, a tenth of Seal-Tools."""
    backend = SimulatedBackend(read_apis(source, data_root / source))
    told = []
    for api in backend.apis.values():
        first, second = (example_arguments(api, random.Random(f"{n} of {api.key}")) for n in range(2))
        if call_text(api, first) != call_text(api, second):
            answers = [(await backend.fresh().call(api.name, arguments)).answer for arguments in (first, second)]
            told.append(answers[0] != answers[1])
    assert sum(told) / len(told) >= distinct
