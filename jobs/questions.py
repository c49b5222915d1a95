"""The questions of jobs that answer some, and the models that answer them, looked at before Ray starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from toolschool.errors import DataError

if TYPE_CHECKING:
    from pipelines.quiz import Answering, HeadAnswering
    from toolschool.evaluation.math_tasks import MathTask


def check_tasks(tasks: Mapping[str, int]) -> None:
    """DataError for a task without questions, or none at all."""
    from toolschool.evaluation.math_tasks import READERS

    unknown = [name for name in tasks if name not in READERS]
    if unknown or not tasks:
        raise DataError(f"tasks: no questions in {', '.join(unknown) or 'nothing'}; use {', '.join(READERS)}")


def questions(tasks: Mapping[str, int], split: str, seed: int) -> list[MathTask]:
    """So many questions of each task; rows that have none are counted on screen and left out."""
    from toolschool.evaluation.math_tasks import math_questions

    found: list[MathTask] = []
    for name, count in tasks.items():
        bad: list[str] = []
        found += math_questions(name, split, count, seed, on_bad=_noting(bad))
        if bad:
            print(f"{name}: {len(bad)} rows have no question with one number as answer (first: {bad[0]})", flush=True)
    return found


def _noting(reasons: list[str]) -> Callable[[dict[str, Any], str], None]:
    return lambda raw, why: reasons.append(why)


def check_answering(settings: Answering | HeadAnswering) -> None:
    """ModelError where a model is not there, or head and reranker do not fit together."""
    from pipelines.quiz import Answering
    from toolschool.methods.toolken.answering import open_heads
    from toolschool.models.backbone import ModelConfig, load_tokenizer

    if isinstance(settings, Answering):
        load_tokenizer(ModelConfig(name=settings.model))
    else:
        open_heads(settings.head, settings.reranker)
