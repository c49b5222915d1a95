"""An OpenAPI 3.0 or 3.1 document as operations that a model can call: one flat schema each, and where every argument goes.

    document = read_document("api.yaml")                # .json, .yaml, or the address where it is served
    for operation in operations(document):
        operation.name, operation.parameters, operation.places

Arguments of path, query, headers, cookies and the fields of a JSON or form body stand side by side; the second of a name is `name_2`.
A body that is no object of known fields is one argument, `body`. Left out, with a warning: operations whose body is of another
kind (uploads). Never asked of a model: the parameters that `secret` names, and those of the document's security schemes.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

import yaml

from toolschool.errors import ConfigError
from toolschool.tools.names import identifier, unique_names
from toolschool.tools.toolsets.json_schemas import MAX_DEPTH, Schema, plain_schema, resolve

log = logging.getLogger(__name__)

BODY = "body"  # the argument of a body that has no fields of its own
JSON_TYPE, FORM_TYPE = "application/json", "application/x-www-form-urlencoded"

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_IGNORED_HEADERS = ("accept", "content-type", "authorization")  # so says OpenAPI
_TEMPLATE = re.compile(r"\{([^{}]+)\}")


class Place(NamedTuple):
    """Where an argument goes: `kind` is path, query, header, cookie, field (of the body) or body; `name` is its name there."""

    kind: str
    name: str
    style: str = "form"
    explode: bool = True
    as_json: bool = False  # one JSON text


@dataclass(frozen=True)
class Operation:
    """One operation; `places` is by argument, `media` the type of its body, "" where it has none, `bodily` whether it must have one."""

    name: str
    method: str
    path: str
    description: str
    parameters: Schema
    places: Mapping[str, Place]
    media: str = ""
    bodily: bool = False

    @property
    def tool(self) -> str:
        """What a model calls it, for messages."""
        return identifier(self.name)


class _Argument(NamedTuple):
    place: Place
    schema: Schema
    required: bool


class _Unsupported(Exception):
    """An operation that cannot be a tool, and why."""


def read_document(where: str) -> Mapping[str, Any]:
    """The document at a path or address. ConfigError where there is none of OpenAPI 3."""
    try:
        text = _fetched(where) if where.startswith(("http://", "https://")) else Path(where).read_text(encoding="utf-8")
        document = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _Loader)
    except OSError as error:
        raise ConfigError(f"cannot read {where}: {error.strerror or error}; give an OpenAPI document") from error
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{where} is neither JSON nor YAML: {' '.join(str(error).split())}") from error
    version = document.get("openapi") if isinstance(document, Mapping) else None
    if not str(version).startswith("3."):
        raise ConfigError(f"{where} is no OpenAPI 3 document (its openapi is {version}); convert it first")
    return document


def base_url(document: Mapping[str, Any], where: str) -> str:
    """The first server of the document. ConfigError where it does not say which."""
    servers: Any = document.get("servers") or [{"url": "/"}]
    known = {name: str(said.get("default", "")) for name, said in servers[0].get("variables", {}).items()}
    url = _TEMPLATE.sub(lambda found: known.get(found[1], found[0]), servers[0]["url"])
    if where.startswith(("http://", "https://")):
        url = urljoin(where, url)
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"{where} does not say where the API is; give its url")
    return url


def operations(document: Mapping[str, Any], secret: Collection[str] = ()) -> list[Operation]:
    """All operations in the document's order. ConfigError names one that the document describes wrongly."""
    hidden = {name.lower() for name in (*secret, *_credentials(document))}
    described = list(_described(document))
    names = unique_names(operation.get("operationId") or f"{method}{path}" for path, method, _, operation in described)
    found = []
    for name, (path, method, item, operation) in zip(names, described, strict=True):
        try:
            found.append(_operation(name, path, method, item, operation, document, hidden))
        except _Unsupported as reason:
            log.warning("%s is left out: %s", name, reason)
        except (KeyError, TypeError, AttributeError) as error:
            raise ConfigError(f"{method.upper()} {path} is not described as OpenAPI wants it: {error!r}") from error
    return found


def _described(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    for path, written in document.get("paths", {}).items():
        item = _there(written, document)
        for method in item:
            if method in _METHODS:
                yield path, method, item, item[method]


def _operation(
    name: str,
    path: str,
    method: str,
    item: Mapping[str, Any],
    operation: Mapping[str, Any],
    document: Mapping[str, Any],
    hidden: Collection[str],
) -> Operation:
    # A parameter of the operation counts before one of the same name and place that all of the path's operations have.
    written = [_there(part, document) for part in (*item.get("parameters", ()), *operation.get("parameters", ()))]
    latest = {(part["name"], part["in"]): part for part in written}
    arguments = [_parameter(part, document) for part in latest.values() if not _is_hidden(part, hidden)]
    body = _there(operation.get("requestBody", {}), document)
    media, fields = _body(body, document)
    arguments += fields
    for part in _TEMPLATE.findall(path):
        if part not in [argument.place.name for argument in arguments if argument.place.kind == "path"]:
            raise ConfigError(f"{method.upper()} {path}: no parameter describes {{{part}}}; add it to the document")
    names = unique_names(argument.place.name for argument in arguments)
    named = dict(zip(names, arguments, strict=True))
    parts = [" ".join(str(operation.get(word) or "").split()) for word in ("summary", "description")]
    said = " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)
    return Operation(
        name,
        method.upper(),
        path,
        said or f"{method.upper()} {path}",
        {
            "type": "object",
            "properties": {name: argument.schema for name, argument in named.items()},
            "required": [name for name, argument in named.items() if argument.required],
            "additionalProperties": False,
        },
        {name: argument.place for name, argument in named.items()},
        media,
        body.get("required") is True,
    )


def _parameter(part: Mapping[str, Any], document: Mapping[str, Any]) -> _Argument:
    as_json = "content" in part
    written = next(iter(part["content"].values())).get("schema", {}) if as_json else part.get("schema", {})
    schema = plain_schema(written, document)
    if part.get("description"):
        schema["description"] = " ".join(part["description"].split())
    if "example" in part:
        schema["examples"] = [part["example"]]
    style = part.get("style") or ("form" if part["in"] in ("query", "cookie") else "simple")
    place = Place(part["in"], part["name"], style, part.get("explode", style == "form"), as_json)
    return _Argument(place, schema, part["in"] == "path" or part.get("required") is True)


def _body(body: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[str, list[_Argument]]:
    """The type of the body and its fields as arguments."""
    if not body:
        return "", []
    written = body.get("content", {})
    media = next((kind for kind in written if _simple(kind) in (JSON_TYPE, FORM_TYPE, "text/plain")), None)
    if media is None:
        raise _Unsupported(f"its body is {' or '.join(written) or 'nothing known'}, not JSON or a form")
    schema = _merged(plain_schema(written[media].get("schema", {}), document))
    needed = body.get("required") is True
    if _simple(media) == "text/plain" or not schema.get("properties"):
        return _simple(media), [_Argument(Place("body", BODY), schema, needed)]
    required: Sequence[str] = schema.get("required", ()) if needed else ()
    return _simple(media), [
        _Argument(Place("field", name), part, name in required) for name, part in schema["properties"].items()
    ]


def _merged(schema: Schema) -> Schema:
    """Objects that `allOf` joins, as one."""
    parts = [_merged(part) for part in schema.get("allOf", ())]
    if not parts or not all("properties" in part for part in parts):
        return schema
    outer = {word: value for word, value in schema.items() if word != "allOf"}
    properties: Schema = {}
    required: list[str] = []
    for part in (*parts, outer):
        properties |= part.get("properties", {})
        required += part.get("required", ())
    return {**outer, "type": "object", "properties": properties, "required": list(dict.fromkeys(required))}


def _is_hidden(part: Mapping[str, Any], hidden: Collection[str]) -> bool:
    name = part["name"].lower()
    return part["in"] != "path" and (name in hidden or (part["in"] == "header" and name in _IGNORED_HEADERS))


def _credentials(document: Mapping[str, Any]) -> list[str]:
    """Names of the parameters by which the document's security schemes send keys."""
    written = document.get("components", {}).get("securitySchemes", {}).values()
    schemes = [_there(scheme, document) for scheme in written]
    return [scheme["name"] for scheme in schemes if "name" in scheme]


def _there(part: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """The part itself, or what it refers to."""
    for _ in range(MAX_DEPTH):
        if "$ref" not in part:
            return part
        part = resolve(part["$ref"], document)
    raise ConfigError(f"$ref {part['$ref']} leads round in a circle; correct it")


def _simple(media: str) -> str:
    """A media type without parameters; every kind of JSON is JSON."""
    kind = media.split(";")[0].strip().lower()
    return JSON_TYPE if kind.endswith(("/json", "+json")) else kind


def _fetched(where: str) -> str:
    import httpx

    try:
        response = httpx.get(where, timeout=30.0, follow_redirects=True)
        response.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConfigError(f"cannot fetch {where}: {error}; does it run?") from error
    return response.text


class _Loader(yaml.SafeLoader):
    """YAML whose dates stay texts, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
