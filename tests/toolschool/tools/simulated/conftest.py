"""A handful of APIs written for these tests: a forecast, a list, a service that answers yes, and events that can be kept."""

from collections.abc import Mapping
from typing import Any

import pytest

from toolschool.datasets.api_docs import Parameter
from toolschool.tools.simulated import Api, SimulatedBackend
from toolschool.tools.simulated.schemas import parameters_schema
from toolschool.tools.simulated.shapes import answer_schema

CITY = Parameter("city", "STRING", "The city.")
EVENT = Parameter("event_id", "STRING")


def api(name: str, required: list[Parameter], shape: Mapping[str, Any], *optional: Parameter) -> Api:
    return Api(
        ("Tests", "Town", name),
        name,
        f"{name} of a town",
        parameters_schema(required, optional)[0],
        answer_schema(shape)[0],
    )


APIS = (
    api(
        "forecast",
        [CITY],
        {"city": "str", "summary": "str", "high": "float", "humidity": "int", "dry": "bool", "from": "str"},
        Parameter("days", "NUMBER", default="3"),
        Parameter("units", "ENUM", "Must be one of: metric, imperial"),
        Parameter("from", "DATE (YYYY-MM-DD)"),
    ),
    api("findStreets", [CITY], {"streets": [{"city": "str", "street_id": "int", "_list_length": 40}], "total": "int"}),
    api("isOpen", [CITY], {"success": "bool"}),
    api("createEvent", [Parameter("event_name", "str"), CITY], {"event_id": "str", "status": "str"}),
    api("getEventDetails", [EVENT], {"event_id": "str", "name": "str", "city": "str", "visitors": "int"}),
    api("listEvents", [], {"events": [{"id": "str", "title": "str", "_list_length": 2}]}, CITY),
    api("updateEvent", [EVENT, Parameter("new_name", "str")], {"success": "bool"}),
    api("cancelEvent", [EVENT], {"success": "bool"}),
)


@pytest.fixture
def backend() -> SimulatedBackend:
    return SimulatedBackend(APIS)
