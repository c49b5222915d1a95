"""An API as ToolGen knows it: its key, its documentation, and the names that are made of the key.

    doc = to_doc({"category": "Weather", "tool": "Open Forecast", "api": "Get Week", "description": "Seven days."})
    doc.key, doc.token, doc.toolbench_name
    # ("Weather", "Open Forecast", "Get Week"), "<<Open Forecast&&Get Week>>", "get_week_for_open_forecast"

Only the key (category, tool, api) tells APIs apart: tokens and ToolBench names of two APIs may be equal
(`catalogues.collisions`). `tool` is a collection of APIs; where a source has none it is "", and the name is `api`.
Sources: ToolBench's JSON fields; reference 1.1 of ToolGen for the names. Limit: transliteration knows accents and the names that
Unicode has for letters, not languages ("é" is "e", "ж" is "zhe", "天" is "5929"); emoji and other signs are dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from toolschool.errors import RowError
from toolschool.records import JsonValue, Tool

Key = tuple[str, str, str]  # category, tool, api

NAME_LENGTH = 64  # characters that ToolBench keeps of a name, the last ones
_RESERVED = frozenset(("from", "class", "return", "false", "true", "id", "and"))
_OUTSIDE = re.compile("[^a-zA-Z0-9_^\u4e00-\u9fa5]+")


@dataclass(frozen=True)
class Parameter:
    """A documented parameter; its type in the source's own words, `default` "" where none is documented."""

    name: str
    type: str = ""
    description: str = ""
    default: JsonValue = ""

    def to_dict(self) -> dict[str, JsonValue]:
        return asdict(self)


@dataclass(frozen=True)
class ApiDoc:
    """One API and what its documentation says."""

    category: str
    tool: str
    api: str
    description: str = ""
    required: tuple[Parameter, ...] = ()
    optional: tuple[Parameter, ...] = ()

    @property
    def key(self) -> Key:
        return self.category, self.tool, self.api

    @property
    def token(self) -> str:
        """The text of its token in ASCII; `<<api>>` where there is no tool."""
        return f"<<{'&&'.join(map(to_ascii, filter(None, (self.tool, self.api))))}>>"

    @property
    def toolbench_name(self) -> str:
        """Its name in ToolBench's data; the api alone where there is no tool."""
        return toolbench_name(self.tool, self.api)


def to_doc(row: Mapping[str, Any]) -> ApiDoc:
    """An API from ToolBench's fields; what is missing or null but `api` is "". RowError names what is wrong."""
    if not _text(row, "api"):
        raise RowError("the row has no 'api'; give category, tool and api by name")
    required, optional = (_parameters(row.get(part) or (), part) for part in ("required", "optional"))
    named = {name: _text(row, name) for name in ("category", "tool", "api", "description")}
    return ApiDoc(**named, required=required, optional=optional)


def from_sealtools(row: Mapping[str, Any]) -> ApiDoc:
    """An API from Seal-Tools' fields; its field is the category. RowError names what is wrong."""
    about = row.get("parameters")
    if not isinstance(about, Mapping) or not all(isinstance(said, Mapping) for said in about.values()):
        raise RowError("'parameters' must be an object with an object for each name")
    required = row.get("required") or ()
    parameters = [{**said, "name": name} for name, said in about.items()]
    return to_doc(
        {
            "category": row.get("field"),
            "api": row.get("api_name"),
            "description": row.get("api_description"),
            "required": [parameter for parameter in parameters if parameter["name"] in required],
            "optional": [parameter for parameter in parameters if parameter["name"] not in required],
        }
    )


def from_tool(tool: Tool, category: str = "") -> ApiDoc:
    """The documentation of one of the project's own tools, from its JSON schema."""
    required = tool.parameters.get("required", ())
    parameters = [
        (
            Parameter(name, str(said.get("type", "")), said.get("description", ""), said.get("default", "")),
            name in required,
        )
        for name, said in tool.parameters.get("properties", {}).items()
    ]
    needed, free = (tuple(parameter for parameter, must in parameters if must is part) for part in (True, False))
    return ApiDoc(category, "", tool.name, tool.description, needed, free)


def toolbench_name(tool: str, api: str) -> str:
    """ToolBench's name of an API: `{api}_for_{tool}` in letters, digits and `_`, its last 64 characters. Not unique."""
    name = standardized(api)
    name = f"is_{name}" if name in _RESERVED else name
    return (f"{name}_for_{standardized(tool)}" if tool else name)[-NAME_LENGTH:]


def standardized(text: str) -> str:
    """Lower case, with one `_` for all between letters, digits, `^` and CJK characters; `get_` before a digit."""
    text = re.sub("_+", "_", _OUTSIDE.sub("_", text)).lower().strip("_")
    return f"get_{text}" if text[:1].isdigit() else text


def to_ascii(text: str) -> str:
    """Accents go, other letters become the last word of their Unicode name, signs become a space. ASCII stays as it is."""
    if text.isascii():
        return text
    return " ".join("".join(map(_plain, text)).split())


def _plain(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if plain or unicodedata.category(character).startswith("M"):  # marks stand on the letter before them
        return plain
    if not character.isalpha():
        return " "
    # "LATIN SMALL LETTER O WITH STROKE", "CYRILLIC CAPITAL LETTER ZHE", "CJK UNIFIED IDEOGRAPH-5929"
    word = re.split("[ -]", unicodedata.name(character, " ").partition(" WITH ")[0])[-1]
    return word if character.isupper() else word.lower()


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise RowError(f"'{name}' must be text, not {type(value).__name__}")
    return value or ""


def _parameters(rows: Any, part: str) -> tuple[Parameter, ...]:
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) and row.get("name") for row in rows):
        raise RowError(f"'{part}' must be a list of objects with a 'name'")
    return tuple(
        Parameter(_text(row, "name"), _text(row, "type"), _text(row, "description"), row.get("default", ""))
        for row in rows
    )
