"""The documented APIs of ToolBench, Seal-Tools and STE, and their gold calls.

    apis = read_apis("sealtools", data_root / "sealtools")
    Counter(note.kind for api in apis for note in api.notes)        # what the documentation left open
    gold = sealtools_gold(row["calling"])                           # a row of dev.jsonl

None of the three publishes what an API really answered: ToolBench's trajectories are cut before the results, the responses of
Seal-Tools' gold calls are labels for later arguments, and what STE's prediction files show after "Observation:" was written by
the model. Recorded answers come from logs of one's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolschool.datasets.json_rows import json_rows
from toolschool.errors import DataError
from toolschool.records import JsonValue
from toolschool.tools.simulated.api import Api, Note, Schema, identifier, uniquely_named
from toolschool.tools.simulated.completion import GoldCall
from toolschool.tools.simulated.schemas import Parameter, parameters_schema
from toolschool.tools.simulated.shapes import answer_schema

_PLAIN_ARGUMENTS = re.compile(r"args json schema\): \{+(.*?)\}+", re.DOTALL)
_PLAIN_ARGUMENT = re.compile(r'"([^"]+)"\s*:\s*(\w+)')


def read_apis(source: str, folder: Path) -> list[Api]:
    """All APIs of `toolbench`, `sealtools` or `ste` with unique names. DataError: another source, or a file that is not there."""
    if source not in _READERS:
        raise DataError(f"no documentation is known of {source}; use one of {', '.join(_READERS)}")
    try:
        return uniquely_named(_READERS[source](folder))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder} does not hold the documentation of {source}: {error!r}") from error


def toolbench_api(row: Mapping[str, Any]) -> Api:
    """A row of `apis.jsonl`."""
    key = (row["category"], row["tool"], row["api"])
    answer, note = answer_schema(row["response_schema"])
    parameters = _rapid(row["required"], row["optional"])
    return _api(key, row["toolbench_name"], row["description"], parameters, answer, [note] if note else [])


def sealtools_api(row: Mapping[str, Any]) -> Api:
    """A row of `tools.jsonl`."""
    key = (row["field"], "", row["api_name"])
    parameters = [
        Parameter(
            name,
            part["type"],
            part["description"],
            name in row["required"],
            part.get("default", ""),
            part.get("choices", ()),
            _several(part.get("example", part.get("examples", part.get("example_values", ())))),
        )
        for name, part in row["parameters"].items()
    ]
    fields = [Parameter(n, p["type"], "", True, values=p.get("values", ())) for n, p in row["responses"].items()]
    return _api(key, row["api_name"], row["api_description"], parameters, *parameters_schema(fields))


def ste_api(name: str, text: str) -> Api:
    """An entry of `API_descriptions.json`: `tool%%endpoint` with a JSON document, or a plain function with a text."""
    tool, _, endpoint = name.rpartition("%%")
    if text.startswith("{"):
        document = json.loads(text)
        parameters = _rapid(document["required_parameters"], document["optional_parameters"])
        said = document["description"].strip() or document["parent_tool_description"]
    else:
        found = _PLAIN_ARGUMENTS.search(text)
        arguments = _PLAIN_ARGUMENT.findall(found[1]) if found else []
        parameters = [Parameter(argument, kind, "", required=True) for argument, kind in arguments]
        said = text.split(" Your input should be a json")[0]
    answer, note = answer_schema(None)
    return _api(("", tool, endpoint), name, said, parameters, answer, [note] if note else [])


def sealtools_gold(calling: Sequence[Mapping[str, Any]]) -> list[GoldCall]:
    """The gold calls of a row of `dev.jsonl`; its `responses` name the fields of the answer, for arguments of later calls."""
    return [GoldCall(identifier(call["api"]), call["parameters"], tuple(call["responses"])) for call in calling]


def _api(
    key: tuple[str, str, str],
    name: str,
    description: str,
    parameters: Sequence[Parameter],
    answer: Schema,
    notes: Sequence[Note],
) -> Api:
    """An answer without documentation repeats the arguments and adds a `result`."""
    schema, said = parameters_schema(parameters)
    if not answer:
        shown = {**schema["properties"], "result": {"type": "string"}}
        answer = {"type": "object", "properties": shown, "required": ["result"]}
    described = description.strip() or " ".join(filter(None, key[1:]))
    return Api(key, identifier(name), described, schema, answer, (*said, *notes))


def _rapid(required: Sequence[Mapping[str, Any]], optional: Sequence[Mapping[str, Any]]) -> list[Parameter]:
    """RapidAPI's parameters, as ToolBench and STE hold them."""
    return [
        Parameter(part["name"].strip(), part["type"], part["description"] or "", needed, part["default"])
        for parts, needed in ((required, True), (optional, False))
        for part in parts
    ]


def _several(value: JsonValue) -> list[JsonValue]:
    """Examples as a list; a text may hold several."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return list(value) if isinstance(value, list | tuple) else [value]


def _toolbench(folder: Path) -> Iterator[Api]:
    return map(toolbench_api, json_rows(folder / "apis.jsonl", "apis"))


def _sealtools(folder: Path) -> Iterator[Api]:
    return map(sealtools_api, json_rows(folder / "tools.jsonl", "tools"))


def _ste(folder: Path) -> Iterator[Api]:
    """The 50 APIs of the experiments, not all 817 that have a description."""
    metadata = folder / "tool_metadata"
    described = json.loads((metadata / "API_descriptions.json").read_text(encoding="utf-8"))
    names = json.loads((metadata / "API_list.json").read_text(encoding="utf-8"))
    return (ste_api(name, described[name]) for name in names)


_READERS: Mapping[str, Callable[[Path], Iterator[Api]]] = {
    "toolbench": _toolbench,
    "sealtools": _sealtools,
    "ste": _ste,
}
