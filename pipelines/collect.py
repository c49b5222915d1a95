"""The end of a stage: from the blocks Ray Data wrote to output folders in the order of the source.

A block row holds one source row's key and, for every output, the list of rows it became. Blocks come in any order, and a
worker that outlived a killed driver may have written a row twice; here rows are sorted by key, repeats dropped, and a
missing row is an error, so whatever happened on the way the result is the same. Shards of `SHARD_ROWS` source rows are
held in memory. No Ray.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines import files
from toolschool.errors import DataError
from toolschool.records import quarantine_schema

if TYPE_CHECKING:
    import pyarrow as pa

QUARANTINE = "quarantine"
SHARD_ROWS = 50_000  # source rows of one output file


def block_schema(outputs: Mapping[str, pa.Schema]) -> pa.Schema:
    """Column key, then a list of structs for every output and for the quarantine."""
    import pyarrow as pa

    named = {**outputs, QUARANTINE: quarantine_schema()}
    lists = [(name, pa.list_(pa.struct(list(schema)))) for name, schema in named.items()]
    return pa.schema([("key", pa.string()), *lists])


def collect(stage: str, run: str, outputs: Mapping[str, pa.Schema], blocks: str, keys: Sequence[str]) -> dict[str, int]:
    """Write `<run>/<output>/part-*.parquet` and the quarantine; returns rows per output. Safe to repeat after a kill.

    `keys` are those of the source, sorted. DataError when the blocks lack one of them.
    """
    import pyarrow.dataset as ds

    place = files.open_uri(blocks)
    table = ds.dataset(place.path, schema=block_schema(outputs), filesystem=place.files, format="parquet")
    folders = {name: files.join(run, name) for name in (*outputs, QUARANTINE)}
    counts = dict.fromkeys(folders, 0)
    _clear(stage, folders)
    for number, start in enumerate(range(0, len(keys), SHARD_ROWS)):
        wanted = keys[start : start + SHARD_ROWS]
        shard = _unique(table.to_table(filter=(ds.field("key") >= wanted[0]) & (ds.field("key") <= wanted[-1])))
        if shard["key"].to_pylist() != list(wanted):
            raise DataError(f"stage {stage} lost rows up to {wanted[-1]}; delete {run}/stages/{stage} and run it again")
        for name, folder in folders.items():
            file = f"{stage}-{number:05d}.parquet" if name == QUARANTINE else f"part-{number:05d}.parquet"
            counts[name] += _write_shard(shard[name], files.join(folder, file))
    return counts


def write_quarantine(run: str, name: str, rows: Sequence[Mapping[str, str]]) -> None:
    """`<run>/quarantine/<name>.parquet`, rows {id, reason, raw}; what an earlier run left there is gone."""
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    uri = files.join(run, QUARANTINE, f"{name}.parquet")
    if not rows:
        files.remove_file(uri)
        return
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=quarantine_schema()), content)
    files.write_bytes(uri, content.getvalue())


def _clear(stage: str, folders: Mapping[str, str]) -> None:
    """Remove what an earlier run of this stage wrote; the quarantine folder belongs to all stages."""
    for name, folder in folders.items():
        if name != QUARANTINE:
            files.remove_folder(folder)
    place = files.open_uri(folders[QUARANTINE])
    for path in files.list_files(folders[QUARANTINE], ".parquet"):
        if posixpath.basename(path).startswith(f"{stage}-"):
            place.files.delete_file(path)


def _unique(table: pa.Table) -> pa.Table:
    """Sorted by key, the first of equal keys kept (a worker that outlived a killed driver may have written twice)."""
    import numpy as np
    import pyarrow as pa

    table = table.sort_by("key")
    keys = np.asarray(table["key"].to_pylist(), dtype=object)
    first = np.ones(len(keys), dtype=bool)
    first[1:] = keys[1:] != keys[:-1]
    return table.filter(pa.array(first))


def _write_shard(column: pa.ChunkedArray, uri: str) -> int:
    """Explode a column of lists of structs into a Parquet file and count its rows; an empty file has its schema."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = column.type.value_type
    schema = pa.schema([fields.field(i) for i in range(fields.num_fields)])
    flat = [chunk.flatten() for chunk in column.chunks]
    batches = [pa.RecordBatch.from_struct_array(part) for part in flat if len(part)]
    table = pa.Table.from_batches(batches).cast(schema) if batches else schema.empty_table()
    place = files.open_uri(uri)
    place.files.create_dir(posixpath.dirname(place.path), recursive=True)
    pq.write_table(table, place.path, filesystem=place.files)
    return table.num_rows
