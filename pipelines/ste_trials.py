"""Trials on disk: a small file for each, written the moment it ends, and a table for each tool when nobody explores it any more.

    store = TrialStore(run)
    store.write(trial)                        # <run>/trials/add_date/3-1.json: episode 3, trial 1
    store.read("add_date")                    # what was written, in order, after a kill, too
    store.compact("add_date")                 # <run>/explored/add_date.parquet

`explored/` is the source of the stages that make rows of trials: key (the trial's id), raw (its JSON), and columns for those who
only count. Storage is any pyarrow.fs URI. The files in `trials/` are what counts: the tables can be made of them again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines import files
from toolschool.errors import DataError
from toolschool.methods.ste.trials import Trial

if TYPE_CHECKING:
    import pyarrow as pa

TRIALS, EXPLORED = "trials", "explored"
_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]{0,99}", re.ASCII)  # Arrow overlooks files that begin with "_" or "."
_OTHER = re.compile(r"[^\w.-]+", re.ASCII)


def folder_name(tool: str) -> str:
    """A tool's name where it may name a file everywhere, else what is left of it and a hash."""
    if _PLAIN.fullmatch(tool):
        return tool
    kept = _OTHER.sub("_", tool).strip("_.-")[:80] or "tool"
    return f"{kept}-{hashlib.sha256(tool.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class TrialStore:
    """The trials of a run."""

    run: str

    def write(self, trial: Trial) -> None:
        """A reader finds the whole trial or none."""
        name = f"{trial.episode}-{trial.number}.json"
        files.write_text(files.join(self.run, TRIALS, folder_name(trial.tool), name), trial.to_json() + "\n")

    def read(self, tool: str) -> list[Trial]:
        """A tool's trials by episode and number. DataError for a file that is none."""
        found = []
        for path, text in files.read_texts(files.join(self.run, TRIALS, folder_name(tool)), ".json"):
            try:
                found.append(Trial.from_json(text))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise DataError(f"{path} holds no trial ({error}); remove it, and it is tried again") from error
        return sorted(found, key=lambda trial: (trial.episode, trial.number))

    def compact(self, tool: str) -> int:
        """Write the tool's table and return the number of its trials; no table without a trial."""
        import io

        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = [trial_row(trial) for trial in self.read(tool)]
        if rows:
            content = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(rows, schema=trial_schema()), content)
            files.write_bytes(self._table(tool), content.getvalue())
        return len(rows)

    def compacted(self, tool: str) -> int:
        """Trials in the tool's table; 0 where there is none."""
        import pyarrow.parquet as pq

        place = files.open_uri(self._table(tool))
        return pq.read_metadata(place.path, filesystem=place.files).num_rows if files.exists(self._table(tool)) else 0

    def rows(self, tool: str) -> Iterator[dict[str, Any]]:
        """The tool's table without the trials' texts, for those who count; nothing where there is none."""
        yield from self._columns(tool, [name for name in trial_schema().names if name != "raw"])

    def raw(self, tool: str) -> list[str]:
        """The trials of the tool's table, as JSON."""
        return [row["raw"] for row in self._columns(tool, ["raw"])]

    def _columns(self, tool: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        import pyarrow.parquet as pq

        if not files.exists(self._table(tool)):
            return []
        place = files.open_uri(self._table(tool))
        return list(pq.read_table(place.path, filesystem=place.files, columns=list(columns)).to_pylist())

    def _table(self, tool: str) -> str:
        return files.join(self.run, EXPLORED, f"{folder_name(tool)}.parquet")


def trial_schema() -> pa.Schema:
    """Of `explored/`: the trial, and what is counted of it."""
    import pyarrow as pa

    text, number = pa.string(), pa.int32()
    return pa.schema(
        [
            pa.field("key", text, nullable=False),
            pa.field("raw", text, nullable=False),
            pa.field("tool", text, nullable=False),
            pa.field("episode", number, nullable=False),
            pa.field("number", number, nullable=False),
            pa.field("query", text, nullable=False),
            pa.field("solved", pa.bool_(), nullable=False),
            pa.field("steps", number, nullable=False),
            pa.field("calls_ok", number, nullable=False),
            pa.field("prompt_tokens", pa.int64(), nullable=False),
            pa.field("completion_tokens", pa.int64(), nullable=False),
        ]
    )


def trial_row(trial: Trial) -> dict[str, Any]:
    """A row of `trial_schema()`."""
    return {
        "key": trial.id,
        "raw": trial.to_json(),
        "tool": trial.tool,
        "episode": trial.episode,
        "number": trial.number,
        "query": trial.query,
        "solved": trial.solved,
        "steps": len(trial.steps),
        "calls_ok": sum(step.ok for step in trial.steps),
        "prompt_tokens": trial.prompt_tokens,
        "completion_tokens": trial.completion_tokens,
    }
