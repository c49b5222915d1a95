"""Catalogues of APIs, and the requests that are to find APIs in them.

    apis = load_catalogue("toolbench")                                    # or read_catalogue("our_apis.jsonl")
    requests = load_requests(apis, split="test", purpose="test")          # or read_requests("our_requests.jsonl", apis)
    gold = [apis.positions(request.gold) for request in requests]         # sets of positions, one for each request
    collisions(apis.docs).tokens                                          # token texts that several APIs would share

Sources are toolbench, sealtools and metatool, through the registry and its splits, and desk: the project's own tools with generated
requests. A file of the user's has ToolBench's fields (`queries.api_rows`, `queries.request_rows`).
An API is known by its key (category, tool, api); a key that comes again is counted and left out. A malformed row goes to `on_bad(row,
reason)`; without it the first one raises RowError. Limit: catalogues are held in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from toolschool.datasets import queries, registry
from toolschool.datasets.api_docs import ApiDoc, Key, from_sealtools, from_tool, to_doc
from toolschool.datasets.registry import OnBad
from toolschool.errors import DataError, RowError

Row = Mapping[str, Any]
Converted = TypeVar("Converted")
_TO_DOC: Mapping[str, Callable[[Row], ApiDoc]] = {
    "toolbench": to_doc,
    "sealtools": from_sealtools,
    "metatool": to_doc,
}
DESK = "desk"
DESK_REQUESTS = {"train": 2000, "validation": 200, "test": 400}  # of its generator, which has no end


@dataclass(frozen=True)
class Catalogue:
    """APIs with keys of their own, in the order of the source. `repeated` rows had a key that was there already."""

    source: str
    docs: tuple[ApiDoc, ...]
    repeated: int = 0

    @classmethod
    def of(cls, source: str, docs: Iterable[ApiDoc]) -> Catalogue:
        """The first API of each key. DataError where there is none."""
        found = list(docs)
        first = {doc.key: doc for doc in reversed(found)}
        kept = tuple(doc for doc in found if first[doc.key] is doc)
        if not kept:
            raise DataError(f"the catalogue of {source} has no APIs; give at least one")
        return cls(source, kept, len(found) - len(kept))

    @cached_property
    def _places(self) -> Mapping[Key, int]:
        return {doc.key: place for place, doc in enumerate(self.docs)}

    @cached_property
    def _named(self) -> Mapping[str, list[Key]]:
        return _grouped((doc.api, doc.key) for doc in self.docs)

    def __contains__(self, key: Key) -> bool:
        return key in self._places

    def positions(self, keys: Iterable[Key]) -> frozenset[int]:
        """Where the APIs stand in `docs`. DataError for a key that is not there."""
        try:
            return frozenset(self._places[key] for key in keys)
        except KeyError as error:
            raise DataError(
                f"{error} is not in the catalogue of {self.source}; load requests and APIs together"
            ) from None

    def key_named(self, api: str) -> Key:
        """The key of the only API with this name. RowError where there is none, or several."""
        keys = self._named.get(api, ())
        if len(keys) != 1:
            raise RowError(f"{len(keys)} APIs of {self.source} are named '{api}'; name category, tool and api")
        return keys[0]


@dataclass(frozen=True)
class Request:
    """What a user asks for, and the keys of the APIs that serve it."""

    id: str
    query: str
    gold: frozenset[Key]
    group: str = ""


@dataclass(frozen=True)
class Collisions:
    """Texts that stand for more than one API, each with their keys."""

    tokens: Mapping[str, tuple[Key, ...]]
    toolbench_names: Mapping[str, tuple[Key, ...]]


def load_catalogue(source: str, path: str | Path | None = None, on_bad: OnBad | None = None) -> Catalogue:
    """The APIs of a source of the registry. DataError for a source without documentation of APIs."""
    if source == DESK:
        from toolschool.tools.desk import desk_catalog

        return Catalogue.of(DESK, map(from_tool, desk_catalog()))
    if source not in _TO_DOC:
        raise DataError(f"{source} is no catalogue of APIs; use {', '.join(_TO_DOC)}, {DESK} or a file of APIs")
    rows = registry.load(source, path=path, split="train", on_bad=on_bad)  # documentation is train
    docs = _docs(rows, _TO_DOC[source], on_bad)
    # MetaTool's tools are one JSON object, which has no order: it is put in that of the names, for rules that break ties by place.
    return Catalogue.of(source, sorted(docs, key=lambda doc: doc.key) if source == "metatool" else docs)


def read_catalogue(file: str | Path, on_bad: OnBad | None = None) -> Catalogue:
    """The APIs of a JSONL file with ToolBench's fields, under the file's name. DataError or RowError says what is wrong with it."""
    return Catalogue.of(str(file), _docs(_read(queries.api_rows, file), to_doc, on_bad))


def load_requests(
    apis: Catalogue,
    *,
    path: str | Path | None = None,
    split: str | None = None,
    purpose: str | None = None,
    on_bad: OnBad | None = None,
) -> list[Request]:
    """Requests of the catalogue's source; `split` and `purpose` are those of `registry.load`."""
    if apis.source == DESK:
        rows = _desk_rows([split] if split else list(DESK_REQUESTS), purpose)
    else:
        rows = registry.load(apis.source, path=path, split=split, purpose=purpose, on_bad=on_bad)
    return _requests(rows, apis, on_bad)


def read_requests(file: str | Path, apis: Catalogue, on_bad: OnBad | None = None) -> list[Request]:
    """Requests of a JSONL file with ToolBench's fields for APIs of the catalogue."""
    return _requests(_read(queries.request_rows, file), apis, on_bad)


def to_request(row: Row, apis: Catalogue) -> Request:
    """A row of `queries` as a request. RowError where it is empty or wants nothing, or what the catalogue does not have."""
    query, names = row.get("query"), row.get("gold", {}).get("relevant") or row.get("tools")
    if not isinstance(query, str) or not query.strip() or not names:
        raise RowError("a request needs a query and at least one relevant API")
    return Request(str(row["id"]), query, frozenset(_key(name, apis) for name in names), str(row.get("group") or ""))


def collisions(docs: Iterable[ApiDoc]) -> Collisions:
    """Token texts and ToolBench names that two or more of the APIs have."""
    found = list(docs)
    tokens = _grouped((doc.token, doc.key) for doc in found)
    names = _grouped((doc.toolbench_name, doc.key) for doc in found)
    return Collisions(_shared(tokens), _shared(names))


def surplus(shared: Mapping[str, tuple[Key, ...]]) -> int:
    """APIs beyond the first of each text: rows that would be lost if the text were the key."""
    return sum(len(keys) - 1 for keys in shared.values())


def _key(name: Any, apis: Catalogue) -> Key:
    """A key by itself or by its API's name."""
    if isinstance(name, str):
        return apis.key_named(name)
    if not isinstance(name, list | tuple) or len(name) != 3:
        raise RowError(f"a relevant API is [category, tool, api], not {name!r}")
    key = (str(name[0]), str(name[1]), str(name[2]))
    if key not in apis:
        raise RowError(f"{key} is not in the catalogue of {apis.source}; give requests of the same catalogue")
    return key


def _desk_rows(splits: Iterable[str], purpose: str | None) -> Iterator[Row]:
    """Generated requests that want a tool."""
    for split in splits:
        rows = registry.load(DESK, split=split, limit=DESK_REQUESTS[split], purpose=purpose)
        yield from ({**row, "kind": "query"} for row in rows if row["tools"])


def _docs(rows: Iterable[Row], convert: Callable[[Row], ApiDoc], on_bad: OnBad | None) -> Iterator[ApiDoc]:
    return _converted((row["entry"] for row in rows if row["kind"] == "tool"), convert, on_bad)


def _requests(rows: Iterable[Row], apis: Catalogue, on_bad: OnBad | None) -> list[Request]:
    asked = (row for row in rows if row["kind"] == "query")
    return list(_converted(asked, lambda row: to_request(row, apis), on_bad))


def _converted(rows: Iterable[Row], convert: Callable[[Row], Converted], on_bad: OnBad | None) -> Iterator[Converted]:
    for row in rows:
        try:
            yield convert(row)
        except RowError as error:
            if on_bad is None:
                raise
            on_bad(dict(row), str(error))


def _read(reader: Callable[[Path, str], Iterator[Row]], file: str | Path) -> Iterator[Row]:
    try:
        yield from reader(Path(file), Path(file).stem)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {file}: {error}") from None


def _grouped(pairs: Iterable[tuple[str, Key]]) -> dict[str, list[Key]]:
    groups: dict[str, list[Key]] = defaultdict(list)
    for text, key in pairs:
        groups[text].append(key)
    return groups


def _shared(groups: Mapping[str, list[Key]]) -> dict[str, tuple[Key, ...]]:
    return {text: tuple(keys) for text, keys in groups.items() if len(keys) > 1}
