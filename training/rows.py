"""Encoded rows in memory: flat arrays and offsets, sorted by id, so that every worker numbers them alike.

    rows = read_folder("runs/prepare/planner/train")          # pyarrow; no Ray
    rows = from_tables(shard.iter_batches(batch_format="pyarrow"))

Ray Data promises which rows arrive, not in which order; sorting makes the order a function of the rows alone, which is
what exact resuming needs (docs/decisions/training-order.md). Limit: a worker holds all rows, 8 bytes per token with its
label; a hundred million tokens are 0.8 GB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from toolschool.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from training.config import TrainConfig

COLUMNS = ("id", "input_ids", "labels", "features")


def _no_features() -> np.ndarray:
    import numpy as np

    return np.empty(0, dtype=np.float32)


@dataclass(frozen=True)
class Row:
    """One encoded row: token ids, and labels per token (causal_lm), per tool (tool_classifier) or per position (tool_head).

    `features` is what a frozen model says of them, flat float32, laid out as the objective says; empty where there is none.
    """

    id: str
    input_ids: np.ndarray
    labels: np.ndarray
    features: np.ndarray = field(default_factory=_no_features)


class Rows:
    """Immutable sequence of `Row`; `lengths` counts input tokens."""

    def __init__(self, table: pa.Table) -> None:
        """From a table with columns id, input_ids, labels and perhaps features. DataError: a column is missing, a row empty."""
        import numpy as np

        missing = {"id", "input_ids", "labels"} - set(table.column_names)
        if missing:
            raise DataError(f"encoded rows lack {', '.join(sorted(missing))}; run the prepare job again")
        ids = np.array(table["id"].to_pylist(), dtype=object)
        order = np.argsort(ids.astype(str), kind="stable")
        if len(set(ids)) != len(ids):
            raise DataError("row ids are not unique; the order of training would not be defined")
        table = table.take(order)
        self.ids: list[str] = [str(i) for i in ids[order]]
        self._inputs, self._input_ends = _flat(table["input_ids"])
        self._labels, self._label_ends = _flat(table["labels"])
        self._features = _flat(table["features"]) if "features" in table.column_names else None
        self.lengths: np.ndarray = np.diff(self._input_ends)
        if len(self.lengths) and self.lengths.min() == 0:
            raise DataError(f"row {self.ids[int(self.lengths.argmin())]} has no tokens; run the prepare job again")

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Row:
        a, b = self._input_ends[index], self._input_ends[index + 1]
        c, d = self._label_ends[index], self._label_ends[index + 1]
        row = Row(self.ids[index], self._inputs[a:b], self._labels[c:d])
        if self._features is None:
            return row
        values, ends = self._features
        return replace(row, features=values[ends[index] : ends[index + 1]])

    def __iter__(self) -> Iterator[Row]:
        return (self[i] for i in range(len(self)))


def from_tables(tables: Iterable[pa.Table]) -> Rows:
    """Rows of all tables; raises DataError when there are none."""
    import pyarrow as pa

    parts = [t.select([c for c in COLUMNS if c in t.column_names]) for t in tables]
    if not sum(part.num_rows for part in parts):
        raise DataError("no encoded rows; run the prepare job first and point `rows` at its output")
    return Rows(pa.concat_tables(parts, promote_options="permissive"))


def from_lists(rows: Iterable[Row]) -> Rows:
    """Rows from `Row` values, for tests and notebooks."""
    import pyarrow as pa

    rows = list(rows)
    columns: dict[str, list[Any]] = {
        "id": [r.id for r in rows],
        "input_ids": [list(r.input_ids) for r in rows],
        "labels": [list(r.labels) for r in rows],
    }
    if any(len(r.features) for r in rows):
        columns["features"] = [r.features for r in rows]
    return from_tables([pa.table(columns)])


def parquet_files(uri: str) -> list[str]:
    """Parquet files that hold rows in a folder or under a pyarrow.fs URI, sorted; [] where the folder does not exist."""
    import pyarrow.parquet as pq
    from pyarrow import fs

    system, path = fs.FileSystem.from_uri(uri) if "://" in uri else (fs.LocalFileSystem(), uri)
    found = system.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
    prefix = uri[: len(uri) - len(path)] if "://" in uri and uri.endswith(path) else ""
    files = (f.path for f in found if f.is_file and f.path.endswith(".parquet"))
    return sorted(prefix + path for path in files if pq.read_metadata(path, filesystem=system).num_rows)


def read_folder(uri: str) -> Rows:
    """All Parquet files of a folder, without Ray; raises DataError when there are none."""
    return from_tables(read_tables(uri))


def read_tables(uri: str) -> list[pa.Table]:
    """A table per Parquet file; raises DataError when there are none."""
    import pyarrow.parquet as pq
    from pyarrow import fs

    system = fs.FileSystem.from_uri(uri)[0] if "://" in uri else None
    paths = [p.split("://", 1)[1] if system else p for p in parquet_files(uri)]
    if not paths:
        raise DataError(f"no Parquet files in {uri}; run the prepare job first and point `rows` at its output")
    return [pq.read_table(path, filesystem=system) for path in paths]


def _flat(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Values of a list column and the offsets of its rows, n + 1 of them."""
    import numpy as np
    import pyarrow.compute as pc

    lengths = pc.list_value_length(column).fill_null(0).to_numpy()
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return pc.list_flatten(column).to_numpy(), ends


def read_validation(config: TrainConfig) -> Rows | None:
    """The run's validation rows, at most `train.eval_rows` spread evenly over all; None where there are none."""
    folder = f"{config.rows.rstrip('/')}/validation"
    return some(read_folder(folder), config.train.eval_rows) if parquet_files(folder) else None


def some(rows: Rows, count: int | None) -> Rows:
    """At most `count` rows, spread evenly over all."""
    if count is None or count >= len(rows):
        return rows
    return from_lists(rows[i * len(rows) // count] for i in range(count))
