"""Where tasks come from, by name.

    tasks = load_tasks("bfcl", count=100, seed=0, on_bad=lambda row, reason: ...)

Test rows of the registry, and `count` of them drawn for BFCL's categories each and for every other source in all. A source that is not
there is a DataError that says where it is from; of BFCL `missing` says which categories are not.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from toolschool.datasets import registry
from toolschool.datasets.bfcl import CATEGORIES, categories_in
from toolschool.datasets.registry import OnBad, folder_of, source_named
from toolschool.errors import DataError, RowError
from toolschool.evaluation.endpoints.catalogue_tasks import (
    metatool_functions,
    metatool_task,
    sealtools_functions,
    sealtools_task,
)
from toolschool.evaluation.endpoints.desk_tasks import desk_task
from toolschool.evaluation.endpoints.function_tasks import bfcl_task
from toolschool.evaluation.endpoints.number_tasks import number_task
from toolschool.evaluation.endpoints.tasks import Task
from toolschool.records import Example

Row = Mapping[str, Any]
ABOUT: Mapping[str, str] = {
    "bfcl": "calls by BFCL's rules, each category that is there",
    "sealtools": "tools among ten, with their arguments",
    "metatool": "tools among ten, by name",
    "desk": "generated requests, played on the desk: the same rows in the end",
    "tinyagent": "TinyAgent's requests, played on the desk",
    "svamp": "word problems, with a calculator",
    "gsm8k": "word problems of several steps, with a calculator",
    "arithmetic": "generated word problems, with a calculator",
}


def load_tasks(source: str, count: int, seed: int, on_bad: OnBad) -> list[Task]:
    """`count` tasks at most (of BFCL of each category). Malformed rows, and those that cannot be asked, go to `on_bad(row, reason)`."""
    if source not in ABOUT:
        raise DataError(f"no tasks are made of '{source}'; use {', '.join(ABOUT)}")
    convert = _converter(source)
    found = list(_converted(_rows(source, count, seed, on_bad), convert, count, on_bad))
    if not found:
        raise DataError(f"{source} has no task that can be asked")
    return found


def missing(source: str) -> list[str]:
    """Categories of BFCL whose files are not there; [] for every other source."""
    if source != "bfcl":
        return []
    there = categories_in(folder_of(source_named("bfcl"), None))
    return [category for category in CATEGORIES if category not in there]


def _rows(source: str, count: int, seed: int, on_bad: OnBad) -> Iterator[tuple[str, Row]]:
    """Rows in a drawn order, each with the group within which they are counted."""
    generated = source_named(source).generate is not None
    limit = 2 * count if generated else None  # some generated requests want nothing
    rows = list(registry.load(source, split="test", limit=limit, seed=seed, purpose="test", on_bad=on_bad))
    rows = [row for row in rows if row.get("kind", "query") == "query"]
    if not generated:  # files are ordered by origin and difficulty: their first rows are no fair sample
        random.Random(seed).shuffle(rows)
    return ((str(row["category"]) if source == "bfcl" else source, row) for row in rows)


def _converter(source: str) -> Callable[[Row], Task]:
    if source == "bfcl":
        return bfcl_task
    if source == "sealtools":
        seal = sealtools_functions()
        return lambda row: sealtools_task(row, seal)
    if source == "metatool":
        meta = metatool_functions()
        return lambda row: metatool_task(row, meta)
    if source in ("desk", "tinyagent"):
        to_example = source_named(source).to_example or Example.from_row
        return lambda row: desk_task(source, to_example(row))
    return lambda row: number_task(source, row, _key(row))


def _converted(
    rows: Iterable[tuple[str, Row]], convert: Callable[[Row], Task], count: int, on_bad: OnBad
) -> Iterator[Task]:
    had: dict[str, int] = {}
    for group, row in rows:
        if had.get(group, 0) == count:
            continue
        try:
            task = convert(row)
        except RowError as error:
            on_bad(dict(row), str(error))
            continue
        had[group] = had.get(group, 0) + 1
        yield task


def _key(row: Row) -> str:
    """What tells a row from others of its source."""
    return str(row.get("id") or row.get("ID") or row.get("question"))
