"""Sources to keyed raw rows: the Parquet that the first stage reads, columns key, raw, source.

A JSONL file goes in line by line, unparsed, so that a line that is no JSON can be quarantined instead of ending the
job. What a generator or the registry yields goes in as JSON text. Keys are `<source number>-<line number>`: unique, and
the same whenever the same input is read again. Limits: runs in the driver; lines are streamed, never all in memory.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pipelines import files
from toolschool.config import DataConfig
from toolschool.datasets.splits import Split
from toolschool.errors import DataError, RowError

BATCH_ROWS = 20_000
PARTS: tuple[Split, ...] = ("train", "validation")  # that a model learns from


class Source(NamedTuple):
    """One input: its registry name, and the raw texts of its rows."""

    name: str
    texts: Iterable[str]


def file_source(name: str, uri: str, limit: int | None = None) -> Source:
    """The non-empty lines of a JSONL file. DataError when it is a folder."""
    if not uri.endswith(".jsonl"):
        raise DataError(f"{uri} is no JSON Lines file; set data.path to a .jsonl file")
    lines = (line for line in files.read_lines(uri) if line.strip())
    return Source(name, itertools.islice(lines, limit))


def row_source(name: str, rows: Iterable[Mapping[str, Any]]) -> Source:
    """Rows that are mappings already."""
    return Source(name, (json.dumps(row, ensure_ascii=False, default=str) for row in rows))


def rows_to_learn(data: DataConfig, validation: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Part and raw row of a source's train and validation rows; `validation` per cent of `data.limit` are of the latter, drawn by `data.seed`."""
    from toolschool.datasets import registry

    generated = registry.source_named(data.source).generate is not None
    for part, share, purpose in zip(PARTS, (100 - validation, validation), ("train", "select"), strict=True):
        limit = data.limit * share // 100 if data.limit else None
        asked = limit if generated else None
        rows = registry.load(data.source, path=data.path, split=part, limit=asked, seed=data.seed, purpose=purpose)
        some = rows if generated or limit is None else registry.sampled(rows, limit, data.seed)
        yield from ((part, row) for row in some)


def read_object(raw: str) -> dict[str, Any]:
    """The object that a raw row holds. RowError: broken JSON, no object, half a surrogate pair.

    Such a half is text to json, but neither to Arrow nor to a tokenizer.
    """
    try:
        row = json.loads(raw)
        json.dumps(row, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise RowError(f"broken JSON: {error}") from error
    if not isinstance(row, dict):
        raise RowError(f"wrong type: a row must be an object, not {type(row).__name__}")
    return row


def write_sources(folder: str, sources: Iterable[Source]) -> int:
    """Write all rows to `<folder>/part-*.parquet`, replacing what was there; returns their number."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files.remove_folder(folder)
    place = files.open_uri(folder)
    place.files.create_dir(place.path, recursive=True)
    count = 0
    for number, batch in enumerate(_batches(_keyed(sources))):
        table = pa.Table.from_pylist(batch, schema=pa.schema([(n, pa.string()) for n in ("key", "raw", "source")]))
        pq.write_table(table, f"{place.path}/part-{number:05d}.parquet", filesystem=place.files)
        count += len(batch)
    return count


def _keyed(sources: Iterable[Source]) -> Iterator[dict[str, str]]:
    for number, source in enumerate(sources):
        for line, text in enumerate(source.texts, start=1):
            yield {"key": f"{number:02d}-{line:09d}", "raw": text, "source": source.name}


def _batches(rows: Iterator[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    while batch := list(itertools.islice(rows, BATCH_ROWS)):
        yield batch
