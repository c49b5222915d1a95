"""A recipe's rows, template and model looked over before money is spent: a list of findings, the worst in no doubt.

    for finding in examine(config): print(finding.name, finding.verdict, finding.text)

Cheap checks first: rows, then preflight (the same as in training), then the model's logits and base score, the time the
run will take, and whether 20 rows can be learnt by heart. What needs a sound model and sound rows is left out where
preflight objects. One process, torch alone, no Ray: what DeepSpeed and a network add is not seen. The seed's two trainers
with two results need no check, for there is one training path; and prompts are rendered by one template object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from toolschool.errors import PreflightError, TrainError
from training import loop, objectives, storage
from training.checks import Finding, markers, rules, score, speed
from training.checks import rows as of_rows
from training.checks.overfit import Scores, overfit
from training.config import TrainConfig
from training.engines import PlainEngine
from training.objectives.causal_lm import CausalLM
from training.rows import Rows, read_folder, read_validation
from training.world import World

if TYPE_CHECKING:
    from training.objectives.base import Objective

OVERFIT_ROWS = 20
Say = Callable[[str], None]


def examine(config: TrainConfig, steps: int = 200, say: Say = lambda text: None) -> list[Finding]:
    """All findings; `steps` is the overfit test's patience, `say` hears what is being looked at.

    Raises what opening can raise: ModelError for tokenizer or model, DataError for rows, ConfigError.
    """
    config = _measurable(config)
    say("rows")
    objective = objectives.make(config)
    train, validation = read_folder(storage.join(config.rows, "train")), read_validation(config)
    findings = _rows(config, objective, train, validation)
    say("preflight")
    try:
        session = _session(config, objective, train, validation)
    except PreflightError as error:
        return [*findings, *rules.named(error), _left_out("preflight objects")]
    findings.append(Finding("preflight", "ok", f"training would accept all {len(train)} rows"))
    return findings + _model(session, steps, say)


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict == "error"]


def _measurable(config: TrainConfig) -> TrainConfig:
    """The recipe for torch alone: no compilation, and autocast over float32 for DeepSpeed's 16 bits with their masters."""
    changes: dict[str, object] = {"train": config.train.model_copy(update={"compile": False})}
    if config.deepspeed.precision != "float32" and config.engine == "deepspeed":
        changes["train"] = config.train.model_copy(update={"compile": False, "autocast": True})
        changes["model"] = config.model.model_copy(update={"dtype": "float32"})
    return config.model_copy(update=changes)


def _rows(config: TrainConfig, objective: Objective, train: Rows, validation: Rows | None) -> list[Finding]:
    findings = [
        of_rows.lengths(train, config),
        of_rows.duplicates(train, validation),
        of_rows.template(config),
        speed.padding(objective, train, config),
    ]
    if isinstance(objective, CausalLM):
        findings += [of_rows.supervised(train), markers.decoding(train, objective.tokenizer)]
    return findings


def _session(config: TrainConfig, objective: Objective, train: Rows, validation: Rows | None) -> loop.Session:
    """Model built and preflight passed, as the first of the run's workers does it."""
    return loop.prepare(
        config,
        objective,
        lambda model: PlainEngine(model, config.train, World()),
        train,
        validation,
        speed.OneOf(config.workers.count),
        Scores(),
    )


def _model(session: loop.Session, steps: int, say: Say) -> list[Finding]:
    """What only the model can show."""
    findings = []
    if isinstance(session.objective, CausalLM):
        findings += markers.training(session.engine.model.module, session.rows, session.objective.tokenizer)
    say("base score")
    findings += score.score(session)
    if errors(findings):
        return [*findings, _left_out("the model is not sound")]
    say("run time")
    findings.append(speed.run_time(session))
    return [*findings, _learns(session.config, steps, say)]


def _learns(config: TrainConfig, steps: int, say: Say) -> Finding:
    say("overfit test")
    try:
        metrics = overfit(config, OVERFIT_ROWS, steps, say)
    except TrainError as error:
        return Finding("overfit test", "error", str(error))
    shown = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items() if name.startswith("val_"))
    return Finding("overfit test", "ok", f"learnt by heart within {metrics['step']:.0f} steps: {shown}")


def _left_out(why: str) -> Finding:
    return Finding("overfit test", "warning", f"not tried, as {why}: put that right first")
