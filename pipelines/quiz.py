"""Questions to answers, with tools and without, by Ray Data; the scores are made elsewhere (`jobs/quiz.py`).

    questions --ingest--> source/ --stage answers--> answers/

Every question is answered twice by the same model: calling tools, and with calls disabled, which is the ablation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pipelines import files, ingest
from pipelines.stage import OnProgress, Outputs, Rows, Shape, Stage, StageResult, each, run_stage
from toolschool.config import Config
from toolschool.errors import RowError
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import ToolUse, load_tools
from toolschool.methods.toolken.prompts import Prompts

if TYPE_CHECKING:
    import pyarrow as pa

    from toolschool.evaluation.math_tasks import MathTask
    from toolschool.evaluation.worked_answers import WorkedAnswer
    from toolschool.methods.toolformer.inference import Answer
    from toolschool.methods.toolken.agent import Proposal, Reply

MODES = ("enabled", "disabled")


class Answering(Config):
    """Who answers, and how."""

    model: str = "assets/nano"
    """Folder or hub id of the model."""
    tools: tuple[ToolUse, ...] = Field(default=(ToolUse(use="calculator"),), min_length=1)
    """Tools it may call."""
    markers: Markers = Markers()
    """How calls are written; those it was taught."""
    top_k: int = Field(default=10, ge=0)
    """A call starts when its marker is among so many likeliest tokens (the paper: 10); 1 is plain greedy decoding."""
    max_calls: int = Field(default=1, ge=0)
    """Calls per answer (the paper: 1)."""
    max_new_tokens: int = Field(default=96, ge=1)
    """Longest answer, results included."""
    batch_size: int = Field(default=32, ge=1)
    """Questions answered side by side."""


class HeadAnswering(Config):
    """A frozen model with a tool head (Toolken), and perhaps a reranker (Toolken+)."""

    head: str
    """model/ folder of a training with objective tool_head; it names its frozen model."""
    reranker: str | None = None
    """model/ folder of a training with objective reranker."""
    prompts: Prompts = Prompts()
    """What stands round a question; `context` is that of the features."""
    bias: float | None = None
    """Added to every tool's logit instead of what training found best for the texts it was validated on."""
    max_calls: int = Field(default=10, ge=0)
    """Calls per answer."""
    max_new_tokens: int = Field(default=128, ge=1)
    """Longest answer, results included."""
    batch_size: int = Field(default=8, ge=1)
    """Questions per block; they are answered one after the other."""


def answers_schema() -> pa.Schema:
    """A question, its gold answer (and as published), what a tool head proposed (JSON), and for both modes what was written, the calls (JSON) and whether
    the model ended it."""
    import pyarrow as pa

    text = pa.string()
    said = [
        (f"{mode}_{name}", kind)
        for mode in MODES
        for name, kind in (("text", text), ("calls", text), ("finished", pa.bool_()))
    ]
    about = [(name, text) for name in ("id", "task", "prompt", "gold", "published", "proposals")]
    return pa.schema([*about, *said])


class ReplyInline:
    """The transform: questions to answers in both modes."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        from toolschool.methods.toolformer.inference import InlineAgent
        from toolschool.models.backbone import open_model

        settings = Answering.model_validate(config)
        model, tokenizer = open_model(settings.model)
        self.agent = InlineAgent(
            model,
            tokenizer,
            list(load_tools(settings.tools).values()),
            settings.markers,
            top_k=settings.top_k,
            max_calls=settings.max_calls,
            max_new_tokens=settings.max_new_tokens,
        )

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        asked = [json.loads(row["raw"]) for row in rows]
        prompts = [question["prompt"] for question in asked]
        dates = [datetime.fromisoformat(question["date"]) if question["date"] else None for question in asked]
        modes = [self.agent.answer(prompts, disabled=mode == "disabled", dates=dates) for mode in MODES]
        return [
            _output(row["key"], question, dict(zip(MODES, answers, strict=True)))
            for row, question, *answers in zip(rows, asked, *modes, strict=True)
        ]


class ReplyWithHead:
    """The transform for a frozen model with a tool head."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        from toolschool.methods.toolken.answering import open_agent

        settings = HeadAnswering.model_validate(config)
        self.agent = open_agent(
            settings.head,
            settings.reranker,
            settings.prompts,
            settings.bias,
            max_calls=settings.max_calls,
            max_new_tokens=settings.max_new_tokens,
        )

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.answer, rows)

    def answer(self, row: dict[str, Any]) -> Outputs:
        question = json.loads(row["raw"])
        modes = {mode: self.agent.answer(question["prompt"], disabled=mode == "disabled") for mode in MODES}
        proposals = json.dumps([each.__dict__ for each in modes["enabled"].proposals])
        return _output(row["key"], {**question, "proposals": proposals}, modes)


def _output(key: str, question: Mapping[str, Any], modes: Mapping[str, Answer | Reply]) -> Outputs:
    said = {name: value for mode, answer in modes.items() for name, value in _said(mode, answer).items()}
    about = {"id": key, "task": question["name"], "gold": question["answer"]}
    about |= {name: question.get(name) for name in ("prompt", "published", "proposals")}
    return {"answers": [about | said]}


def _said(mode: str, answer: Answer | Reply) -> dict[str, Any]:
    calls = json.dumps([call.__dict__ for call in answer.calls], ensure_ascii=False)
    return {f"{mode}_text": answer.text, f"{mode}_calls": calls, f"{mode}_finished": answer.finished}


def answer_questions(
    run: str,
    questions: Iterable[MathTask],
    settings: Answering | HeadAnswering,
    shape: Shape,
    on_progress: OnProgress | None = None,
) -> StageResult:
    """Write `<run>/answers/`. Needs a connected Ray; can be repeated after a kill."""
    reply = ReplyWithHead if isinstance(settings, HeadAnswering) else ReplyInline
    return put_questions(run, "quiz", questions, reply, {"answers": answers_schema()}, settings, shape, on_progress)


def put_questions(
    run: str,
    source: str,
    questions: Iterable[MathTask],
    reply: type,
    outputs: Mapping[str, pa.Schema],
    settings: Answering | HeadAnswering,
    shape: Shape,
    on_progress: OnProgress | None,
    **more: Any,
) -> StageResult:
    """The stage of `reply(config=settings, **more)` over questions; `source` is what its rows are said to come from."""
    folder = files.join(run, "source")
    ingest.write_sources(folder, [ingest.row_source(source, (question._asdict() for question in questions))])
    return run_stage(
        Stage(
            "answers",
            folder,
            run,
            reply,
            outputs,
            kwargs={"config": settings.model_dump(mode="json"), **more},
            settings=_marks(settings),
            actors=shape.actors,
            cpus=shape.cpus,
            gpus=shape.gpus,
            batch_size=settings.batch_size,
            block_rows=settings.batch_size * 4,
        ),
        on_progress,
    )


def _marks(settings: Answering | HeadAnswering) -> dict[str, Any]:
    """What answers depend on beside the settings: weights and the code of tools."""
    if isinstance(settings, HeadAnswering):
        return {"weights": [files.sha256(folder) for folder in (settings.head, settings.reranker) if folder]}
    return {"weights": files.model_mark(settings.model), "tools": [use.fingerprint() for use in settings.tools]}


def read_answers(run: str) -> dict[str, list[tuple[str, str, Answer]]]:
    """By mode: task, gold and answer of every question, in the order of the source."""
    from toolschool.methods.toolformer.calling import CallRecord
    from toolschool.methods.toolformer.inference import Answer

    found: dict[str, list[tuple[str, str, Answer]]] = {mode: [] for mode in MODES}
    for row in files.read_rows(files.join(run, "answers")):
        for mode in MODES:
            calls = tuple(CallRecord(**call) for call in json.loads(row[f"{mode}_calls"]))
            answer = Answer(row[f"{mode}_text"], calls, row[f"{mode}_finished"])
            found[mode].append((row["task"], row["gold"], answer))
    return found


def read_worked(run: str) -> dict[str, list[WorkedAnswer]]:
    """By mode: the answers to questions that have a published gold number."""
    from toolschool.evaluation.worked_answers import WorkedAnswer

    rows = [row for row in files.read_rows(files.join(run, "answers")) if row["published"] is not None]
    return {
        mode: [WorkedAnswer(row["task"], row[f"{mode}_text"], row["published"], row["gold"]) for row in rows]
        for mode in MODES
    }


def read_proposals(run: str) -> list[Proposal]:
    """What a tool head proposed while it answered."""
    from toolschool.methods.toolken.agent import Proposal

    rows = files.read_rows(files.join(run, "answers"))
    return [Proposal(**each) for row in rows for each in json.loads(row["proposals"] or "[]")]
