"""Rows read back what was written, in the order of their ids whatever the order of files."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from toolschool.errors import DataError
from training.rows import Row, from_lists, from_tables, parquet_files, read_folder, some


def test_round_trip_sorted_by_id(kit: Any, tokenizer: Any, tmp_path: Path) -> None:
    rows = kit.example_rows(tokenizer, 17)
    kit.write_rows(rows, tmp_path / "train", files=5)
    back = read_folder(str(tmp_path / "train"))
    assert back.ids == sorted(rows.ids)
    for i, row in enumerate(back):
        twin = rows[rows.ids.index(row.id)]
        assert np.array_equal(row.input_ids, twin.input_ids)
        assert np.array_equal(row.labels, twin.labels)
        assert back.lengths[i] == len(twin.input_ids)


def test_uri_reads_like_a_path(kit: Any, tokenizer: Any, tmp_path: Path) -> None:
    kit.write_rows(kit.example_rows(tokenizer, 4), tmp_path / "train")
    uri = f"file://{tmp_path}/train"
    assert len(parquet_files(uri)) == 2
    assert read_folder(uri).ids == read_folder(str(tmp_path / "train")).ids


def test_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    assert parquet_files(str(tmp_path / "nothing")) == []
    with pytest.raises(DataError, match="run the prepare job"):
        read_folder(str(tmp_path / "nothing"))


def test_bad_tables_are_refused() -> None:
    with pytest.raises(DataError, match="labels"):
        from_tables([pa.table({"id": ["a"], "input_ids": [[1]]})])
    with pytest.raises(DataError, match="not unique"):
        from_tables([pa.table({"id": ["a", "a"], "input_ids": [[1], [2]], "labels": [[1], [2]]})])
    with pytest.raises(DataError, match="no tokens"):
        from_tables([pa.table({"id": ["a", "b"], "input_ids": [[1], []], "labels": [[1], [1]]})])


def test_some_rows_are_spread_over_all() -> None:
    rows = from_lists(Row(f"{i:02d}", np.array([i]), np.array([i])) for i in range(10))
    assert some(rows, 5).ids == ["00", "02", "04", "06", "08"]
    assert some(rows, None) is rows
