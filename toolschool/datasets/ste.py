"""STE's published files as data: its 50 APIs, its test requests, its continual-learning batches, and prediction files.

    names, said = api_names(folder()), descriptions(folder())
    items = read_items(folder() / "tool_test.json")                # {API: [ToolItem, ...]}
    predictions = read_items("mistral_FT.json", predicted=True)    # items with what a model wrote
    is_test_request("What is the date 90 days from 2022-10-14?")   # nothing may train on it, nor on a copy with other numbers

`folder()` is `$TOOLSCHOOL_DATA/ste`. A file of items is `{API: [item, ...]}`; fields are those of the source (arXiv 2403.04746, data of its
repository). A malformed item goes to `on_bad(raw, reason)`; without it the first one raises RowError. The test requests are a TEST split
(docs/splits.md). Limit: whole files are read, sources are small.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from toolschool.datasets import registry
from toolschool.datasets.registry import OnBad
from toolschool.datasets.splits import skeleton
from toolschool.errors import DataError, RowError

TEST_FILE = "tool_test.json"
BATCHES_FILE = "tool_metadata/CL_batches.json"
NEIGHBOURS_FILE = "api2neighbors.json"
PROMPT_FILE = "prompts/prompt_template.txt"
_FIELDS = ("query", "API_name_list", "api_descriptions", "action", "action_input")


@dataclass(frozen=True)
class ToolItem:
    """A request and the one call that serves it; `output` is what a model wrote, None in a file without predictions.

    `judged` is the cached flag `args_correct`, None where there is none: many published ones come from a language model. `documentation` is
    the API's, as prompts show it; `raw` is the row itself.
    """

    query: str
    api: str
    arguments: Mapping[str, Any]
    documentation: str
    output: str | None
    judged: bool | None
    raw: Mapping[str, Any] = field(repr=False)


def folder(path: str | Path | None = None) -> Path:
    """Where the published files are; DataError when they are nowhere."""
    return registry.folder_of(registry.source_named("ste"), path)


def api_names(at: Path) -> list[str]:
    """The 50 APIs of the experiments, in the source's order."""
    return list(_json(at / "tool_metadata" / "API_list.json", list))


def descriptions(at: Path) -> dict[str, str]:
    """Documentation by name, of many more APIs than the 50; a JSON document for endpoints, plain text for functions."""
    return dict(_json(at / "tool_metadata" / "API_descriptions.json", dict))


def read_neighbours(file: str | Path) -> dict[str, list[str]]:
    """The names that a prompt offers for a request of each API, itself among them ("oracle retrieval"). DataError: not that."""
    found = _json(Path(file), dict)
    if not all(isinstance(names, list) and name in names for name, names in found.items()):
        raise DataError(f"{file} must map every API to a list of names with itself among them")
    return dict(found)


def read_batches(file: str | Path) -> list[list[str]]:
    """Lists of names, as APIs come in continual learning. DataError for anything else."""
    found = _json(Path(file), list)
    if not all(isinstance(batch, list) and all(isinstance(name, str) for name in batch) for batch in found):
        raise DataError(f"{file} must be a list of lists of API names")
    return found


def read_items(file: str | Path, *, predicted: bool = False, on_bad: OnBad | None = None) -> dict[str, list[ToolItem]]:
    """Items by API, in the file's order; an API whose items are all malformed keeps its name. `predicted`: each must have an output.

    DataError when the file as a whole is none of that kind.
    """
    found = _json(Path(file), dict)
    if not found:
        raise DataError(f"{file} has no API; it must hold {{API: [item, ...]}}")
    try:
        check_unicode(list(found))
    except RowError as error:
        raise DataError(f"an API's name in {file}: {error}") from None
    return {name: list(_items(name, entries, predicted, on_bad)) for name, entries in found.items()}


def to_item(api: str, row: Any, *, predicted: bool = False) -> ToolItem:
    """One item of the file, under its API. RowError names what is wrong with it."""
    if not isinstance(row, Mapping):
        raise RowError(f"an item must be an object, not {type(row).__name__}")
    check_unicode(row)
    query, output = _text(row, "query"), _text(row, "model_output") if predicted else row.get("model_output")
    if not query.strip():
        raise RowError("'query' is empty")
    if _text(row, "action") != api:
        raise RowError(f"'action' is {row['action']!r}, but the item stands under {api!r}")
    said = str(row.get("api_descriptions") or "")
    return ToolItem(query, api, _arguments(row), said, output, _judged(row), dict(row))


def check_unicode(value: Any) -> None:
    """RowError for half a surrogate pair, which JSON can hold and no file can."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise RowError(f"no Unicode text: {error}") from None


def item_row(query: str, api: str, arguments: Mapping[str, Any], documentation: str) -> dict[str, Any]:
    """An item as the published files have it, for files of one's own. `documentation` is what prompts show: `queries.documentation(name, text)`."""
    return {
        "query": query,
        "API_name_list": [api],
        "api_descriptions": documentation,
        "action": api,
        "action_input": json.dumps(dict(arguments), ensure_ascii=False),
    }


def predicted_row(item: ToolItem, output: str) -> dict[str, Any]:
    """An item with what a model wrote; flags of earlier outputs are left out."""
    return {name: item.raw[name] for name in _FIELDS if name in item.raw} | {"model_output": output}


def is_test_request(query: str, path: str | Path | None = None) -> bool:
    """Whether a query is one of the published test requests, case, spaces and numbers aside. DataError where they are not to be found."""
    return skeleton(query) in _test_requests(folder(path))


@lru_cache(maxsize=4)
def _test_requests(at: Path) -> frozenset[str]:
    return frozenset(skeleton(item.query) for item in every(read_items(at / TEST_FILE)))


def every(items: Mapping[str, Iterable[ToolItem]]) -> Iterator[ToolItem]:
    """All items, API after API."""
    return (item for group in items.values() for item in group)


def _items(api: str, entries: Any, predicted: bool, on_bad: OnBad | None) -> Iterator[ToolItem]:
    if not isinstance(entries, list):
        _refuse({"api": api, "items": entries}, f"the items of {api!r} must be a list", on_bad)
        return
    for number, row in enumerate(entries):
        try:
            yield to_item(api, row, predicted=predicted)
        except RowError as error:
            _refuse({"api": api, "number": number, "item": row}, str(error), on_bad)


def _refuse(raw: dict[str, Any], reason: str, on_bad: OnBad | None) -> None:
    if on_bad is None:
        raise RowError(f"{raw['api']}: {reason}")
    on_bad(raw, reason)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise RowError(f"'{name}' must be text" + ("" if name in row else "; it is missing"))
    return value


def _arguments(row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found = json.loads(_text(row, "action_input"))
    except (ValueError, RecursionError) as error:
        raise RowError(f"'action_input' is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise RowError("'action_input' must be a JSON string of an object, such as '{}'")
    return found


def _judged(row: Mapping[str, Any]) -> bool | None:
    value = row.get("args_correct")
    if value not in (None, 0, 1):
        raise RowError(f"'args_correct' must be 0 or 1, not {value!r}")
    return None if value is None else bool(value)


def _json(path: Path, kind: type) -> Any:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {error}") from None
    if not isinstance(found, kind):
        raise DataError(f"{path} must hold a JSON {'object' if kind is dict else 'list'} at its top")
    return found
