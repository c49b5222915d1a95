"""STE's rows: trials of an exploration in, training rows and held-back requests out.

    explored/ of a run --actors--> exploited/<tool>.json --distinct--> source/ --stage rows--> ste/{train,validation}/  + test.json, train.json

`python -m jobs.prepare` with `ste` runs it. A row is a request and its call, rendered by the template that travels with the model, without any
documentation: what the tools are goes into the weights. Beside them stand rows in normal mode (`methods/ste/general.py`). `test.json` has the
requests that were held back, `train.json` those that are learnt, both as STE publishes requests: for `jobs.predict`, and for its examples.
`tokens.json` is the training's `model.token_words`. With `rounds` the rows also come in rounds of tools (`ste_rounds.py`). Trials, judgements and
paraphrases that are no example go to `quarantine/` with why.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from pipelines import files, ingest
from pipelines.collect import write_quarantine
from pipelines.stage import OnProgress, StageResult, run_stage
from pipelines.ste import NAMES_FILE, refused_rows, teacher_of
from pipelines.ste_encode import calls, placed_in, row_stage, talk, with_tokens, write_beside
from pipelines.ste_examples import Exploiting, Made, make_examples, read_made
from pipelines.ste_items import write_items, write_rounds
from pipelines.ste_rounds import SteRounds, cut
from pipelines.ste_workers import Ended
from toolschool.config import Config
from toolschool.errors import BudgetError, ConfigError, DataError, TeacherError
from toolschool.methods.ste.exploitation import distinct
from toolschool.methods.ste.learnt import TOOLS_FILE
from toolschool.methods.ste.settings import ExploitSettings
from toolschool.methods.ste.teachers.opening import TeacherConfig, check_teacher
from toolschool.methods.ste.template import StePrompt
from toolschool.models.backbone import ModelConfig
from toolschool.records import Tool

if TYPE_CHECKING:
    from pipelines.stage import Shape
    from toolschool.methods.ste.examples import Example


class SteRows(Config):
    """Rows of objective causal_lm from the trials of `jobs.explore`."""

    trials: str
    """Folder of a run of jobs.explore."""
    teacher: TeacherConfig = TeacherConfig()
    """Who judges and paraphrases; nothing set: the embedded teacher."""
    exploit: ExploitSettings = ExploitSettings()
    """How trials become examples."""
    tools_at_once: int = Field(default=4, ge=1)
    """Tools that each actor has judged and paraphrased side by side."""
    names: Literal["explored", "source"] = "explored"
    """What the model calls the tools: the names under which they were explored, or those of their sources."""
    model: ModelConfig = ModelConfig(name="assets/nano")
    """Whose tokenizer is used; the training must name the same model, and with template.tools=token the `token_words` of this run."""
    template: StePrompt = StePrompt()
    """How a request and its call are rendered; it travels with the trained model."""
    general: int = Field(default=500, ge=0)
    """Train rows in normal mode beside the calls, made by the project's generators."""
    general_path: str | None = None
    """JSONL file of rows in normal mode, {"query", "answer"}, to take instead of the generators'."""
    rounds: SteRounds | None = None
    """Also rows for rounds of tools, with and without rehearsal of the earlier ones: {} for four batches."""
    max_length: int = Field(default=512, ge=32)
    """Longest row in tokens; longer ones are quarantined."""


@dataclass(frozen=True)
class Prepared:
    """A finished run."""

    made: Sequence[Made]
    parts: Mapping[str, int]
    rows: StageResult

    def counts(self) -> dict[str, Any]:
        dropped = Counter(reason for made in self.made for reason in made.dropped.values())
        return {
            "tools": len(self.made),
            "tools without examples": sum(not made.examples for made in self.made),
            "examples": dict(self.parts),
            "dropped": dict(dropped.most_common()),
            "rows": self.rows.counts(),
        }


def check_ste(rows: SteRows, storage: str) -> None:
    """ConfigError for what cannot work, before anything starts."""
    check_teacher(rows.teacher)
    if "://" in storage:
        raise ConfigError("tokenizers and transcripts need files: output.storage must be a local or mounted folder")
    if rows.model.token_words or rows.model.name is None:
        raise ConfigError("ste.model must name a model; its token_words are made here")
    if rows.general_path and not Path(rows.general_path).is_file():
        raise ConfigError(f"ste.general_path: {rows.general_path} is no file")


def read_tools(trials: str) -> tuple[Tool, ...]:
    """The tools of an exploration. DataError where there is none."""
    from toolschool.tools.described import tools_from_json

    if not files.exists(files.join(trials, TOOLS_FILE)):
        raise DataError(f"{trials} is no run of jobs.explore; set ste.trials to the folder of one")
    return tuple(tools_from_json(files.read_text(files.join(trials, TOOLS_FILE))))


def prepare_ste(
    run: str, rows: SteRows, shape: Shape, on_progress: Callable[[str], OnProgress | None] = lambda stage: None
) -> Prepared:
    """Write rows and files into the folder `run`. Needs a connected Ray; can be repeated after a kill.

    Raises BudgetError where the teacher's budget ends first, TeacherError where no tool could be judged, DataError where no example is left.
    """
    tools = read_tools(rows.trials)
    made = examples_of(run, rows, tools, shape, on_progress("tools"))
    tools, called = renamed(rows, tools)
    chosen = [replace(example, tool=called[example.tool]) for example in apart(run, made)]
    parts: Counter[str] = Counter(example.part for example in chosen)
    if not parts["train"]:
        raise DataError(f"{rows.trials} gives no example to learn from; {_commonest(made)}")
    source = files.join(run, "source")
    batches = cut(rows.rounds, [tool.name for tool in tools], rows.exploit.seed) if rows.rounds else []
    texts = placed_in([*calls(chosen, tools), *talk(rows)], rows, batches)
    ingest.write_sources(source, [ingest.row_source("ste", texts)])
    placed = with_tokens(run, rows, tools)
    result = run_stage(row_stage(run, placed, shape), on_progress("rows"))
    write_items(run, chosen, tools)
    write_rounds(run, chosen, tools, batches)
    write_beside(run, placed, tools, files.sha256(source))
    return Prepared(made, parts, result)


def apart(run: str, made: Sequence[Made]) -> list[Example]:
    """Examples whose requests no other tool serves; the others go to the quarantine."""
    every = [example for each in made for example in each.examples]
    kept = distinct(every)
    ids = {example.id for example in kept}
    shared = [example for example in every if example.id not in ids]
    rows = [{"id": each.id, "reason": "several tools serve this request", "raw": each.to_json()} for each in shared]
    write_quarantine(run, "shared", rows)
    return kept


def renamed(rows: SteRows, tools: Sequence[Tool]) -> tuple[tuple[Tool, ...], dict[str, str]]:
    """The tools by the names that the model uses, and these by the explored ones. ConfigError where two sources share a name."""
    called = {tool.name: tool.name for tool in tools}
    if rows.names == "source":
        called = json.loads(files.read_text(files.join(rows.trials, NAMES_FILE)))
    if len(set(called.values())) < len(called):
        raise ConfigError("two tools have the same name at their sources; leave ste.names=explored")
    return tuple(replace(tool, name=called[tool.name]) for tool in tools), called


def examples_of(
    run: str, rows: SteRows, tools: Sequence[Tool], shape: Shape, on_progress: OnProgress | None
) -> list[Made]:
    """Judge and paraphrase what is missing; the examples of all tools, and the quarantine of what is none."""
    speaker = rows.teacher.name
    exploiting = Exploiting(run, rows.trials, tuple(tools), speaker, rows.exploit, screened=has_test_requests())
    gpus = shape.gpus if rows.teacher.kind == "local" else 0.0
    done: list[str] = []

    def hear(said: Made | Ended) -> None:
        if isinstance(said, Ended) and on_progress:
            done.append(said.tool)
            on_progress(len(done), len(tools))

    ended = make_examples(
        exploiting,
        lambda left, workers: teacher_of(run, rows.teacher, left, workers),
        replace(shape, gpus=gpus),
        rows.tools_at_once,
        hear,
    )
    made = [read_made(run, tool.name) for tool in tools]
    refused = {name: each for name, each in ended.items() if each.how == "refused"}
    dropped = [{"id": id, "reason": why, "raw": ""} for each in made for id, why in each.dropped.items()]
    write_quarantine(run, "examples", [*refused_rows(refused), *dropped])
    if unpaid := [each for each in ended.values() if each.how == "budget"]:
        raise BudgetError(f"{len(unpaid)} of {len(tools)} tools are not judged to their end: {unpaid[0].reason}")
    if len(refused) == len(tools):
        raise TeacherError(f"no tool could be judged: {next(iter(refused.values())).reason}")
    return [each for each in made if each.tool not in refused]


def has_test_requests() -> bool:
    """Whether STE's published test requests are at hand."""
    from toolschool.datasets.ste import TEST_FILE, folder

    try:
        return (folder() / TEST_FILE).is_file()
    except DataError:
        return False


def _commonest(made: Sequence[Made]) -> str:
    """Why there are no examples, in words."""
    reasons = Counter(reason for each in made for reason in each.dropped.values()).most_common(1)
    return f"most trials are dropped because: {reasons[0][0]}" if reasons else "it has no trials"
