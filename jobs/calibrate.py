"""After a tool classifier is trained: fit its calibration on validation rows, so that ToolRAG can choose tool sets.

The rows come from `<prepare run>/examples/validation`, beside the encoded rows the classifier was trained on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines import files
from toolschool.errors import DataError
from toolschool.records import Example


def validation_examples(rows: str) -> list[Example]:
    """Validation examples of the run that made `rows` (`<run>/toolrag`). DataError when there are none."""
    folder = files.join(files.absolute(rows).rsplit("/", 1)[0], "examples", "validation")
    found = [Example.from_row(row) for row in files.read_rows(folder)]
    if not found:
        raise DataError(f"no validation examples in {folder} to calibrate on; run jobs.prepare on more rows")
    return found


def calibrate(model_dir: str, rows: str, budget: float) -> dict[str, float]:
    """Calibrate a saved classifier for `budget` tools per query (mean); returns validation metrics of the chosen sets."""
    from toolschool.evaluation.toolrag import label_matrix, score_sets
    from toolschool.methods.tinyagent.toolrag import ToolRag, calibrate_folder
    from toolschool.tools.desk.specs import desk_catalog

    examples = validation_examples(rows)
    queries = [example.query for example in examples]
    with local_copy(model_dir) as folder:
        tools = ToolRag.load(folder).tools
        labels = label_matrix([example.tools for example in examples], tools)
        calibrate_folder(folder, queries, labels, budget=budget, catalog=[desk_catalog()[name] for name in tools])
        found = ToolRag.load(folder).search(queries)
        scores = score_sets([[tool.name for tool in row] for row in found], [e.tools for e in examples], tools)
    return {"calibrated_coverage": scores.set_coverage.value, "calibrated_mean_tools": scores.mean_tools.value}


@contextmanager
def local_copy(uri: str) -> Iterator[Path]:
    """A folder as a local path: itself, or a copy of a remote one that is written back at the end."""
    if "://" not in uri:
        yield Path(uri)
        return
    from pyarrow import fs

    place, local = files.open_uri(uri), fs.LocalFileSystem()
    with tempfile.TemporaryDirectory() as folder:
        fs.copy_files(place.path, folder, source_filesystem=place.files, destination_filesystem=local)
        yield Path(folder)
        fs.copy_files(folder, place.path, source_filesystem=local, destination_filesystem=place.files)
