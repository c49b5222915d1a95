"""Questions answered at many biases of a tool head: what the bias does to whole answers.

    questions --ingest--> source/ --answers--> biases/

`python -m jobs.bias` runs it. A question is decoded anew only where a bias changes a decision of its answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.quiz import HeadAnswering, ReplyWithHead, put_questions
from pipelines.stage import OnProgress, Outputs, Shape, StageResult

if TYPE_CHECKING:
    import pyarrow as pa

    from toolschool.evaluation.math_tasks import MathTask


class ReplyAtBiases(ReplyWithHead):
    """The transform: a question to a row per bias."""

    def __init__(self, config: Mapping[str, Any], biases: Sequence[float]) -> None:
        super().__init__(config)
        self.biases = biases

    def answer(self, row: dict[str, Any]) -> Outputs:
        from toolschool.methods.toolken.calibration import replies_over

        question = json.loads(row["raw"])
        about = {"id": row["key"], "task": question["name"], "gold": question["answer"]}
        return {
            "biases": [
                {
                    **about,
                    "bias": bias,
                    "text": reply.text,
                    "calls": len(reply.calls),
                    "worked": sum(call.result is not None for call in reply.calls),
                }
                for bias, reply in replies_over(self.agent, question["prompt"], self.biases)
            ]
        }


def biases_schema() -> pa.Schema:
    """A question's answer at one bias, with its calls and those that gave a result."""
    import pyarrow as pa

    text, number = pa.string(), pa.int32()
    return pa.schema(
        [("id", text), ("task", text), ("gold", text), ("bias", pa.float64()), ("text", text), ("calls", number), ("worked", number)]
    )  # fmt: skip


def answer_at_biases(
    run: str,
    questions: Iterable[MathTask],
    settings: HeadAnswering,
    biases: Sequence[float],
    shape: Shape,
    on_progress: OnProgress | None = None,
) -> StageResult:
    """Write `<run>/biases/`. Needs a connected Ray; can be repeated after a kill."""
    schema = {"biases": biases_schema()}
    return put_questions(
        run, "bias", questions, ReplyAtBiases, schema, settings, shape, on_progress, biases=list(biases)
    )
