"""The documented APIs of ToolBench, Seal-Tools and STE as simulated ones, those of any catalogue, and gold calls.

    apis = read_apis("sealtools")                                   # or: uniquely_named(map(simulated_api, catalogue.docs))
    apis = uniquely_named(catalogue_apis(CatalogueSource(apis="our_apis.jsonl"), catalogue))
    Counter(note.kind for api in apis for note in api.notes)        # what the documentation left open
    gold = sealtools_gold(row["gold"]["calls"])                     # a request of registry.load("sealtools")

`read_apis("practice")` gives the tools that ship (`practice.py`).

None of the three publishes what an API really answered: ToolBench's trajectories are cut before the results, the responses of
Seal-Tools' gold calls are labels for later arguments, and what STE's prediction files show after "Observation:" was written by
the model. Recorded answers come from logs of one's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolschool.datasets import queries, registry
from toolschool.datasets.api_docs import ApiDoc, Key, Parameter, from_sealtools, to_doc
from toolschool.datasets.catalogues import DESK, Catalogue
from toolschool.datasets.tool_sources import CatalogueSource
from toolschool.errors import DataError, RowError
from toolschool.records import JsonValue
from toolschool.tools.names import identifier
from toolschool.tools.simulated.api import Api, Note, Schema, uniquely_named
from toolschool.tools.simulated.completion import GoldCall
from toolschool.tools.simulated.practice import PRACTICE, practice_apis
from toolschool.tools.simulated.schemas import DATE, Listed, parameters_schema
from toolschool.tools.simulated.shapes import answer_schema

# What STE's documentation says in words, or leaves to the reader, of arguments that count (`computed.py`).
_STE_ARGUMENTS: Mapping[tuple[str, str], Schema] = {
    ("add_date", "date"): {"pattern": DATE},
    ("add_date", "days"): {"examples": [-45, 7, 90]},
    ("forecast_weather", "days"): {"examples": [1, 3, 7]},
    ("Numbers Translator", "text"): {"examples": ["365", "1048576", "6371000"]},
    ("Password of length 50", "length"): {"examples": ["12", "20", "32"]},
}
# What STE's plain texts say to a model that writes calls in its format, behind the description.
_PLAIN_FORMAT = re.compile(r"\.*\s+(?:Your input should be a json|The Action to trigger this API).*", re.DOTALL)
_PLAIN_ARGUMENTS = re.compile(r"args json schema\): \{(.*?)\}", re.DOTALL)
_PLAIN_ARGUMENT = re.compile(r'"([^"]+)"\s*:\s*(\w+)')


def read_apis(source: str, path: str | Path | None = None) -> list[Api]:
    """All APIs of `toolbench`, `sealtools` or `ste` with unique names, through the registry; of STE the 50 of its experiments.

    `practice` ships, and has no path. DataError for another source, or where it is not; RowError for an API whose documentation is no such thing.
    """
    if source == PRACTICE:
        return practice_apis()
    if source not in _READERS:
        raise DataError(f"no documentation is known of {source}; use one of {', '.join((*_READERS, PRACTICE))}")
    rows = list(registry.load(source, path=path))
    asked = {row["tools"][0] for row in rows if row["kind"] == "query"} if source == "ste" else None
    entries = [row["entry"] for row in rows if row["kind"] == "tool"]
    return uniquely_named(_READERS[source](entry) for entry in entries if asked is None or entry["api"] in asked)


def catalogue_apis(source: CatalogueSource, catalogue: Catalogue, on_bad: registry.OnBad | None = None) -> list[Api]:
    """The APIs of a source that are in the catalogue; none of the desk's tools, which really run. Their names may repeat.

    An API whose documented answer is none goes to `on_bad`; without it the first one raises RowError.
    """
    if source.source == DESK:
        return []
    rows = (
        registry.load(source.source, path=source.path, split="train", on_bad=on_bad)
        if source.source
        else queries.api_rows(Path(str(source.apis)), str(source.apis))
    )
    convert = _READERS.get(str(source.source), toolbench_api)
    found: dict[Key, Api] = {}
    for row in rows:
        if row["kind"] != "tool":
            continue
        try:
            api = convert(row["entry"])
        except RowError as error:
            if on_bad is None:
                raise
            on_bad(row, str(error))
            continue
        if api.key in catalogue:
            found.setdefault(api.key, api)
    return list(found.values())


def simulated_api(doc: ApiDoc, shape: JsonValue = None) -> Api:
    """An API of any catalogue; `shape` is its documented answer (`shapes.py`), None where there is none."""
    answer, note = answer_schema(shape)
    schema, notes = parameters_schema(doc.required, doc.optional)
    return _api(doc, schema, answer, [*notes, *([note] if note else [])])


def toolbench_api(entry: Mapping[str, Any]) -> Api:
    """A line of `apis.jsonl`."""
    return simulated_api(to_doc(entry), entry.get("response_schema"))


def sealtools_api(entry: Mapping[str, Any]) -> Api:
    """A line of `tools.jsonl`."""
    doc, responses = from_sealtools(entry), entry.get("responses")
    if not isinstance(responses, Mapping) or not all(isinstance(said, Mapping) for said in responses.values()):
        raise RowError("'responses' must be an object with an object for each name")
    schema, notes = parameters_schema(doc.required, doc.optional, _listed(entry["parameters"]))
    fields = [Parameter(name, str(said.get("type"))) for name, said in responses.items()]
    answer, said_of_answer = parameters_schema(fields, listed=_listed(responses))
    return _api(doc, schema, answer, [*notes, *said_of_answer])


def ste_api(entry: Mapping[str, Any]) -> Api:
    """An entry of `API_descriptions.json`: `tool%%endpoint` with a JSON document, or a plain function with a text."""
    tool, _, endpoint = entry["api"].rpartition("%%")
    text = entry["documentation"]
    if text.startswith("{"):
        document = json.loads(text)
        said = " ".join(filter(None, (document[part].strip() for part in ("description", "parent_tool_description"))))
        required, optional = document["required_parameters"], document["optional_parameters"]
    else:
        text = text.replace("{{", "{").replace("}}", "}")  # doubled for Python's str.format
        found = _PLAIN_ARGUMENTS.search(text)
        said, optional = _PLAIN_FORMAT.sub(".", text), []
        required = [{"name": name, "type": kind} for name, kind in _PLAIN_ARGUMENT.findall(found[1] if found else "")]
    api = simulated_api(
        to_doc({"tool": tool, "api": endpoint, "description": said, "required": required, "optional": optional})
    )
    for name, schema in api.parameters["properties"].items():
        schema |= _STE_ARGUMENTS.get((endpoint, name), {})
    return api


def sealtools_gold(calls: Sequence[Mapping[str, Any]]) -> list[GoldCall]:
    """The gold calls of a request; their `responses` name the fields of the answer, for arguments of later calls."""
    return [GoldCall(identifier(call["api"]), call["parameters"], tuple(call["responses"])) for call in calls]


def _api(doc: ApiDoc, schema: Schema, answer: Schema, notes: Sequence[Note]) -> Api:
    """An answer without documentation repeats the arguments and adds a `result`."""
    if not answer:
        shown = {**schema["properties"], "result": {"type": "string"}}
        answer = {"type": "object", "properties": shown, "required": ["result"]}
    name = identifier(doc.toolbench_name if doc.tool else doc.api)
    described = doc.description.strip() or " ".join(filter(None, (doc.tool, doc.api)))
    return Api(doc.key, name, described, schema, answer, tuple(notes))


def _listed(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Listed]:
    """Values and examples as Seal-Tools has them, in one of several fields."""
    return {
        name: Listed(
            part.get("choices", part.get("values", ())),
            _several(part.get("example", part.get("examples", part.get("example_values", ())))),
        )
        for name, part in parts.items()
    }


def _several(value: JsonValue) -> list[JsonValue]:
    """Examples as a list; a text may hold several."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return list(value) if isinstance(value, list | tuple) else [value]


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Api]] = {
    "toolbench": toolbench_api,
    "sealtools": sealtools_api,
    "ste": ste_api,
}
