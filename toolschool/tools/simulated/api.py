"""What the simulator knows of an API: its names, and its arguments and answer as JSON schemas.

    api = Api(("Weather", "Sky", "Forecast"), "forecast_for_sky", "Forecast of a city.", parameters, answer)
    words("getPM2.5Level")                        # ["get", "pm2", "5", "level"]

`sources.py` makes them from documentation; whoever has schemas of his own (OpenAPI, MCP) makes them directly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from toolschool.tools.names import unique_names

Schema = Mapping[str, Any]

_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Note(NamedTuple):
    """Something in the documentation that could not be taken as it is, for a report: `Counter(note.kind ...)`."""

    kind: str  # "type", "default", "enum", "repeated", "answer"
    where: str  # the parameter, or "" for the API
    text: str


@dataclass(frozen=True)
class Api:
    """One API. `parameters` and `answer` are JSON schemas; `parameters` is of type object and lists what is required.

    `key` is (category, tool, api) as the source writes them, "" where it has no such level; it seeds the answers, so that
    they do not depend on which other APIs are loaded. `name` is an identifier, unique among the APIs loaded together.
    """

    key: tuple[str, str, str]
    name: str
    description: str
    parameters: Schema
    answer: Schema
    notes: tuple[Note, ...] = ()


def words(name: str) -> list[str]:
    """The words of a name in any style, in lower case."""
    return re.findall(r"[^\W_]+", _HUMPS.sub(" ", name).lower())


def uniquely_named(apis: Iterable[Api]) -> list[Api]:
    """The APIs in their order; the second of a name becomes `name_2`, and so on."""
    apis = list(apis)
    names = unique_names(api.name for api in apis)
    return [api if name == api.name else replace(api, name=name) for api, name in zip(apis, names, strict=True)]
