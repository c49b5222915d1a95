"""Where a job's queries come from: a file, a folder of the registry, or a generator, as raw rows for a stage.

path = input_path(config.data)                       # None for a generated source
source = read_source(config.data, path)
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import files
from toolschool.config import DataConfig
from toolschool.errors import DataError

if TYPE_CHECKING:
    from pipelines.ingest import Source


def input_path(data: DataConfig) -> str | None:
    """The .jsonl file of rows, else the source's folder (or "hub"); None for a generated source.

    `data.path` may name the file or its folder; default: `$TOOLSCHOOL_DATA/<source>`. DataError when nothing is there.
    """
    from toolschool.datasets.registry import source_named

    known = source_named(data.source)
    if known.to_example is None:
        raise DataError(f"{data.source} has no plans; use tinyagent, tinyagent_official or desk")
    if known.generate is not None or data.path == "hub":
        return data.path if data.path == "hub" else None
    root = os.environ.get("TOOLSCHOOL_DATA")
    given = data.path or (str(Path(root, known.folder or known.name)) if root else None)
    if given is None:
        raise DataError(
            f"no rows of {data.source}: set data.path, or TOOLSCHOOL_DATA, or data.source=desk for generated rows"
        )
    if not files.exists(given):
        raise DataError(f"{given} does not exist; set data.path to a .jsonl file or its folder")
    inside = files.join(given, "plans.jsonl")
    return inside if files.exists(inside) else given


def read_source(data: DataConfig, path: str) -> Source:
    """Rows that are there: a .jsonl file line by line, anything else through the registry."""
    from pipelines.ingest import file_source, row_source
    from toolschool.datasets import registry

    if path.endswith(".jsonl"):
        return file_source(data.source, path, data.limit)
    return row_source(data.source, registry.load(data.source, path=path, limit=data.limit))


def generated(source: str, limit: int, seed: int, split: str | None) -> Source:
    """Rows of a generator: of one split, or of all in shares of 80, 10 and 10 percent."""
    from pipelines.ingest import row_source
    from toolschool.datasets import registry

    parts = {split: limit} if split else {"train": limit * 8 // 10, "validation": limit // 10, "test": limit // 10}
    rows = (registry.load(source, split=part, limit=count, seed=seed) for part, count in parts.items())
    return row_source(source, itertools.chain.from_iterable(rows))


def hashes(path: str | None) -> dict[str, str]:
    """The input and its sha256 for a manifest; empty for generated rows and for the hub, which its own revision names."""
    return {path: files.sha256(path)} if path and path != "hub" else {}
