"""Predictions of trained models on a file of queries with gold plans, by Ray Data; the scores are made elsewhere.

    source/ --stage predictions--> predictions/{train,validation,test}/   (+ quarantine/)

One actor holds both models: ToolRAG finds the tools of a batch of queries, the planner writes their plans. The stage
survives kills and scales out by actors; `read_predictions` gives the rows back for `toolschool.evaluation`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipelines import files
from pipelines.encode import SPLITS, UNKNOWN_NOW
from pipelines.stage import Outputs, Rows, Shape, Stage
from pipelines.tinyagent import check_plan, parse_raw
from toolschool.errors import ConfigError, RowError
from toolschool.records import Example

if TYPE_CHECKING:
    import pyarrow as pa

    from toolschool.methods.tinyagent.toolrag import ToolRag

Offer = Literal["retrieved", "gold", "all"]


@dataclass(frozen=True)
class Prediction:
    """What the models said about one example. `probabilities` are ToolRAG's, by tool; empty where it was not asked."""

    example: Example
    split: str
    offered: tuple[str, ...]  # tools in the planner's prompt
    probabilities: Mapping[str, float]
    retrieved: tuple[str, ...]
    text: str  # the plan, "" where no planner was asked
    truncated: bool
    empty: bool
    seconds: float  # of the batch, divided by its rows


def prediction_schema() -> pa.Schema:
    """Columns of the predictions: those of an example, then what the models said."""
    import pyarrow as pa

    from pipelines.tinyagent import stage_schema

    text, texts = pa.string(), pa.list_(pa.string())
    said = [
        ("offered", texts),
        ("retrieved", texts),
        ("probabilities", text),  # JSON object
        ("text", text),
        ("truncated", pa.bool_()),
        ("empty", pa.bool_()),
        ("seconds", pa.float64()),
    ]
    return pa.schema([*stage_schema(), *(pa.field(name, kind) for name, kind in said)])


class Predict:
    """The transform: raw rows to predictions, of one split or of all. Folders of models, None where one is not asked."""

    def __init__(
        self, toolrag: str | None, planner: str | None, offer: Offer, batch_size: int, split: str | None
    ) -> None:
        from toolschool.tools.desk.specs import desk_catalog

        self.catalog = desk_catalog()
        self.offer, self.batch_size, self.split = offer, batch_size, split
        self.retriever, self.planner = _open_retriever(toolrag), _open_planner(planner, self.catalog)

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        parsed = [self._parse(row) for row in rows]
        good = [item for item in parsed if not isinstance(item, RowError) and self._wanted(item[1])]
        started = time.perf_counter()
        answers = iter(self.predict([example for example, _ in good]))
        seconds = (time.perf_counter() - started) / max(1, len(good))
        results: list[Outputs | RowError] = []
        for row, item in zip(rows, parsed, strict=True):
            if isinstance(item, RowError):
                results.append(item)
                continue
            example, split = item
            if not self._wanted(split):
                results.append({})
                continue
            record = {"key": row["key"], "raw": row["raw"], "split": split, **example.to_row()}
            results.append({f"predictions/{split}": [{**record, **next(answers), "seconds": seconds}]})
        return results

    def _wanted(self, split: str) -> bool:
        return self.split in (None, split)

    def _parse(self, row: dict[str, Any]) -> tuple[Example, str] | RowError:
        try:
            example, split = parse_raw(row["source"], row["raw"])
            check_plan(example, self.catalog)
        except RowError as error:
            return error
        return example, split

    def predict(self, examples: Sequence[Example]) -> list[dict[str, Any]]:
        """What the models say about a batch, in its order."""
        answers = [
            {"retrieved": list(names), "probabilities": json.dumps(scores), "offered": self._offered(names, example)}
            for (names, scores), example in zip(self._retrieve(examples), examples, strict=True)
        ]
        return [answer | plan for answer, plan in zip(answers, self._plans(examples, answers), strict=True)]

    def _retrieve(self, examples: Sequence[Example]) -> list[tuple[list[str], dict[str, float]]]:
        if self.retriever is None or not examples:
            return [([], {}) for _ in examples]
        queries = [example.query for example in examples]
        found = self.retriever.search(queries)
        probabilities = self.retriever.probabilities(queries)
        return [
            ([tool.name for tool in tools], dict(zip(self.retriever.tools, map(float, row), strict=True)))
            for tools, row in zip(found, probabilities, strict=True)
        ]

    def _offered(self, retrieved: Sequence[str], example: Example) -> list[str]:
        """In catalogue order, as planner rows are encoded."""
        chosen = {"retrieved": retrieved, "gold": example.tools, "all": self.catalog.names}[self.offer]
        return [name for name in self.catalog.names if name in set(chosen)]

    def _plans(self, examples: Sequence[Example], answers: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        from toolschool.methods.tinyagent.request import PlanRequest

        if self.planner is None:
            yield from ({"text": "", "truncated": False, "empty": True} for _ in examples)
            return
        requests = [
            PlanRequest(example.query, tuple(answer["offered"]), example.now or UNKNOWN_NOW)
            for example, answer in zip(examples, answers, strict=True)
        ]
        for output in self.planner.plan_many(requests, batch_size=self.batch_size):
            yield {"text": output.text, "truncated": output.truncated, "empty": output.empty}


def _open_retriever(folder: str | None) -> ToolRag | None:
    from toolschool.methods.tinyagent.toolrag import ToolRag

    return ToolRag.load(folder) if folder else None


def _open_planner(folder: str | None, catalog: Any) -> Any:
    from toolschool.methods.tinyagent.planner import Planner

    return Planner.load(folder, catalog) if folder else None


def prediction_stage(
    run: str,
    *,
    toolrag: str | None,
    planner: str | None,
    offer: Offer,
    batch_size: int,
    split: str | None,
    shape: Shape,
) -> Stage:
    """The stage over `<run>/source`. ConfigError when no model is given, or tools are to be retrieved without a ToolRAG."""
    if toolrag is None and planner is None:
        raise ConfigError("nothing to evaluate: set toolrag, planner, or both")
    if toolrag is None and offer == "retrieved":
        raise ConfigError("offer=retrieved needs a ToolRAG; set toolrag, or offer=gold or offer=all")
    kwargs = {"toolrag": toolrag, "planner": planner, "offer": offer, "batch_size": batch_size, "split": split}
    weights = {name: files.model_mark(name) for name in (toolrag, planner) if name}
    return Stage(
        "predictions",
        files.join(run, "source"),
        run,
        Predict,
        {f"predictions/{part}": prediction_schema() for part in SPLITS},
        kwargs,
        {"weights": weights},
        actors=shape.actors,
        cpus=shape.cpus,
        gpus=shape.gpus,
        batch_size=batch_size * 2,
        block_rows=batch_size * 2,
    )


def read_predictions(run: str) -> list[Prediction]:
    """All predictions of a run, part by part, in the order of the source."""
    return [_prediction(row) for part in SPLITS for row in files.read_rows(files.join(run, "predictions", part))]


def _prediction(row: Mapping[str, Any]) -> Prediction:
    return Prediction(
        example=Example.from_row(row),
        split=row["split"],
        offered=tuple(row["offered"]),
        probabilities=json.loads(row["probabilities"]),
        retrieved=tuple(row["retrieved"]),
        text=row["text"],
        truncated=row["truncated"],
        empty=row["empty"],
        seconds=row["seconds"],
    )
