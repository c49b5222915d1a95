"""A handful of APIs written for these tests: a forecast, a list, a service that answers yes, and events that can be kept."""

from collections.abc import Mapping
from typing import Any

import pytest

from toolschool.tools.simulated import Api, SimulatedBackend
from toolschool.tools.simulated.schemas import Parameter, parameters_schema
from toolschool.tools.simulated.shapes import answer_schema

CITY = Parameter("city", "STRING", "The city.", required=True)
EVENT = Parameter("event_id", "STRING", "", required=True)


def api(name: str, parameters: list[Parameter], shape: Mapping[str, Any]) -> Api:
    return Api(
        ("Tests", "Town", name), name, f"{name} of a town", parameters_schema(parameters)[0], answer_schema(shape)[0]
    )


APIS = (
    api(
        "forecast",
        [
            CITY,
            Parameter("days", "NUMBER", "", required=False, default="3"),
            Parameter("units", "ENUM", "Must be one of: metric, imperial", required=False),
            Parameter("from", "DATE (YYYY-MM-DD)", "", required=False),
        ],
        {"city": "str", "summary": "str", "high": "float", "humidity": "int", "dry": "bool", "from": "str"},
    ),
    api("findStreets", [CITY], {"streets": [{"city": "str", "street_id": "int", "_list_length": 40}], "total": "int"}),
    api("isOpen", [CITY], {"success": "bool"}),
    api("createEvent", [Parameter("event_name", "str", "", True), CITY], {"event_id": "str", "status": "str"}),
    api("getEventDetails", [EVENT], {"event_id": "str", "name": "str", "city": "str", "visitors": "int"}),
    api("listEvents", [CITY._replace(required=False)], {"events": [{"id": "str", "title": "str", "_list_length": 2}]}),
    api("updateEvent", [EVENT, Parameter("new_name", "str", "", True)], {"success": "bool"}),
    api("cancelEvent", [EVENT], {"success": "bool"}),
)


@pytest.fixture
def backend() -> SimulatedBackend:
    return SimulatedBackend(APIS)
