"""Worked examples for the planner's prompt: those whose tools were all retrieved, nearest to the query first.

    bank = ExampleBank.build(train_examples, SentenceEncoder.load())
    bank.nearest("Mail Sid the plan", tools={"compose_new_email", "get_email_address"}, k=6)

As in TinyAgent (Erdogan et al. 2024, section 3.3): keep examples whose tool set is a subset of the retrieved tools,
then the top k by cosine; with k or fewer left, all of them, and the query is not even encoded. Only train rows may go
in: a bank that knows test rows would write the answer into the prompt. On disk: Parquet and a float16 array, no pickle.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolschool.datasets.splits import SPLITTERS, guard, split_of
from toolschool.errors import DataError
from toolschool.records import Example, example_schema

if TYPE_CHECKING:
    import numpy as np

    from toolschool.models.encoder import SentenceEncoder

EXAMPLES = "examples.parquet"
VECTORS = "vectors.npy"
TOP_K = 6


@dataclass(frozen=True)
class ExampleBank:
    """Examples and the unit vectors of their queries (examples, D)."""

    examples: tuple[Example, ...]
    vectors: np.ndarray
    encoder: SentenceEncoder

    @classmethod
    def build(cls, examples: Sequence[Example], encoder: SentenceEncoder, *, split: str = "train") -> ExampleBank:
        """Encode the queries. DataError unless all of them are train rows; `split` is what the caller says they are."""
        for example in examples:
            guard(example.source, _part(example, split), "train")
        return cls(tuple(examples), encoder.embed([example.query for example in examples]), encoder)

    def nearest(
        self, query: str, tools: Collection[str], k: int = TOP_K, *, exclude: Collection[str] = ()
    ) -> list[Example]:
        """At most `k` examples that use only `tools`, nearest first; `exclude` are ids (a training row's own)."""
        positions = self.fitting(tools, exclude=exclude)
        if len(positions) <= k:
            return [self.examples[i] for i in positions]
        similarity = self.vectors[positions].astype("float32") @ self.encoder.embed([query])[0]
        best = sorted(range(len(positions)), key=lambda i: (-similarity[i], positions[i]))[:k]
        return [self.examples[positions[i]] for i in best]

    def fitting(self, tools: Collection[str], *, exclude: Collection[str] = ()) -> list[int]:
        """Positions of the examples whose tools are all among `tools`."""
        offered, left_out = frozenset(tools), frozenset(exclude)
        return [
            i
            for i, example in enumerate(self.examples)
            if offered.issuperset(example.tools) and example.id not in left_out
        ]

    def save(self, folder: str | Path) -> Path:
        """Write `examples.parquet` and `vectors.npy` (float16); returns the folder."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq

        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        rows = [example.to_row() for example in self.examples]
        pq.write_table(pa.Table.from_pylist(rows, schema=example_schema()), target / EXAMPLES)
        np.save(target / VECTORS, self.vectors.astype(np.float16), allow_pickle=False)
        return target

    @classmethod
    def load(cls, folder: str | Path, encoder: SentenceEncoder) -> ExampleBank:
        """Open a saved bank. DataError when a file is missing or the two do not belong together."""
        import numpy as np
        import pyarrow.parquet as pq

        source = Path(folder)
        for name in (EXAMPLES, VECTORS):
            if not (source / name).is_file():
                raise DataError(f"no {name} in {folder}: build the example bank with the prepare job")
        examples = tuple(Example.from_row(row) for row in pq.read_table(source / EXAMPLES).to_pylist())
        vectors = np.load(source / VECTORS, allow_pickle=False)
        if vectors.shape != (len(examples), encoder.dimension):
            raise DataError(
                f"{folder} has {len(examples)} examples but vectors of shape {vectors.shape} for an encoder of "
                f"{encoder.dimension} dimensions; build it again"
            )
        return cls(examples, vectors, encoder)


def _part(example: Example, said: str) -> str:
    """The split by the source's own rule where it depends on the tools alone, else what the caller says."""
    by_rule = example.source.startswith("tinyagent") and example.source in SPLITTERS
    return split_of(example.source, {"tools": example.tools}) if by_rule else said
