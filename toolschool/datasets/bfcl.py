"""BFCL, the Berkeley Function Calling Leaderboard: requests with functions, and the calls that are accepted (Python, single turn).

A folder has a file per category, in the published format and under any of its names: `BFCL_v4_multiple.json` with its answers in
`possible_answer/BFCL_v4_multiple.json`, the same with `v3` (whose simple_python is `simple`), or `multiple.json` and `multiple_answers.json`.
Raw rows are `{id, category, question, function, ground_truth}`; the relevance categories have no answers. What is not there is left out.

    for row in raw_rows(folder): check_row(row); messages(row); list(map(as_tool, row["function"]))

Only read to report. Limits: no Java, JavaScript, several turns, memory or web search; those need other checkers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolschool.datasets.json_rows import json_rows
from toolschool.errors import DataError, RowError

Row = dict[str, Any]

CATEGORIES = (
    "simple_python", "multiple", "parallel", "parallel_multiple", "irrelevance",
    "live_simple", "live_multiple", "live_parallel", "live_parallel_multiple", "live_irrelevance", "live_relevance",
)  # fmt: skip
PYTHON_TYPES: Mapping[str, type] = {
    "string": str,
    "integer": int,
    "float": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
    "any": str,
}
# BFCL's words for types, in those of JSON Schema; as its own conversion for function-calling models has them.
_TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": "string"}
_JSON_TYPES = ("string", "integer", "number", "boolean", "array", "object")
_WORDS = ("type", "description", "enum", "default", "format", "required", "minimum", "maximum", "pattern")


def is_relevance(category: str) -> bool:
    """Whether only the presence of calls counts."""
    return category.endswith("relevance")


def files_of(folder: Path, category: str) -> tuple[Path, Path] | None:
    """Where requests and answers of a category are (relevance categories have no answers); None where they are not there."""
    older = "simple" if category == "simple_python" else category
    places = [(f"BFCL_v4_{category}.json", f"possible_answer/BFCL_v4_{category}.json")]
    places += [(f"BFCL_v3_{older}.json", f"possible_answer/BFCL_v3_{older}.json")]
    places += [(f"{category}.json", f"{category}_answers.json")]
    for asked, answered in places:
        if (folder / asked).is_file():
            return folder / asked, folder / answered
    return None


def categories_in(folder: Path) -> list[str]:
    """The categories whose files are there."""
    return [category for category in CATEGORIES if files_of(folder, category)]


def raw_rows(folder: Path) -> Iterator[Row]:
    """Rows of every category that is there. DataError where none is."""
    found = categories_in(folder)
    if not found:
        raise DataError(f"{folder} has no category of BFCL; get BFCL_v4_*.json from ShishirPatil/gorilla")
    for category in found:
        yield from _rows(folder, category)


def _rows(folder: Path, category: str) -> Iterator[Row]:
    asked, answered = files_of(folder, category) or (folder, folder)
    answers: dict[Any, Any] = {}
    if not is_relevance(category):
        answers = {row.get("id"): row.get("ground_truth") for row in json_rows(answered, category)}
    for row in json_rows(asked, category):
        known = {} if is_relevance(category) else {"ground_truth": answers.get(row.get("id"))}
        yield {**row, "category": category, **known}


def check_row(row: Mapping[str, Any]) -> None:
    """RowError that says what is wrong with a raw row."""
    question, functions, gold = row.get("question"), row.get("function"), row.get("ground_truth")
    if not isinstance(question, list) or len(question) != 1 or not isinstance(question[0], list) or not question[0]:
        raise RowError("a row of BFCL wants a `question` of one turn, a list of messages")
    if not isinstance(functions, list) or not functions:
        raise RowError("a row of BFCL wants a list `function`")
    _check_functions(functions)
    if is_relevance(str(row.get("category"))):
        return
    if not isinstance(gold, list) or not all(isinstance(answer, dict) and len(answer) == 1 for answer in gold):
        raise RowError(f"the row {row.get('id')} has no accepted calls; is its file of answers whole?")
    if len(gold) != 1 and "parallel" not in str(row.get("category")):
        raise RowError(f"the row {row.get('id')} accepts {len(gold)} calls where its category has one")
    names = {function["name"] for function in functions}
    if unknown := [name for answer in gold for name in answer if name not in names]:
        raise RowError(f"the answer calls {unknown[0]}, which is none of the row's functions")


def _check_functions(functions: list[Mapping[str, Any]]) -> None:
    """RowError for functions that these rules cannot be applied to."""
    for function in functions:
        try:
            for schema in function["parameters"]["properties"].values():
                _check_type(schema["type"])
                if isinstance(schema.get("items"), Mapping) and schema["type"] in ("array", "tuple"):
                    _check_type(schema["items"]["type"])
        except (KeyError, TypeError, AttributeError) as error:
            raise RowError(f"a function of BFCL has name and parameters.properties with types: {error!r}") from None


def _check_type(word: Any) -> None:
    if word not in PYTHON_TYPES:
        raise RowError(f"'{word}' is none of BFCL's Python types: {', '.join(PYTHON_TYPES)}")


def messages(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """The conversation up to where the model speaks."""
    return [{"role": said["role"], "content": said["content"]} for said in row["question"][0]]


def as_tool(function: Mapping[str, Any]) -> dict[str, Any]:
    """A function with a JSON schema instead of BFCL's own: {"name", "description", "parameters"}."""
    about = {"name": function["name"], "description": function.get("description", "")}
    return {**about, "parameters": _schema(function["parameters"])}


def _schema(node: Mapping[str, Any]) -> dict[str, Any]:
    kind = _TYPES.get(node.get("type", "string"), node.get("type", "string"))
    schema = {word: node[word] for word in _WORDS if word in node}
    schema["type"] = kind if kind in _JSON_TYPES else "string"
    if isinstance(node.get("properties"), Mapping):
        schema["properties"] = {name: _schema(part) for name, part in node["properties"].items()}
    if isinstance(node.get("items"), Mapping):
        schema["items"] = _schema(node["items"])
    return schema
