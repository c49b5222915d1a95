"""The training loop, written once: steps, evaluation, best and latest checkpoint, early stop, notice of preemption. No Ray, no DeepSpeed.

    outcome = run(config, objective, make_engine, rows, validation, world, reporter, run_dir)

Ray Train workers (`worker.py`), the loop without Ray (`plain.py`) and the tests call the same function. Everything that
happens in step s follows from the configuration, the rows and s; after a crash the loop goes on from the latest
checkpoint as if nothing had been.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from toolschool.errors import ToolschoolError, TrainError
from training import flops
from training.checkpoints import Reporter, State
from training.logs import Clock, OpenListener, RunLog
from training.objectives.base import higher_is_better
from training.order import Order
from training.schedule import learning_rate

if TYPE_CHECKING:
    import torch

    from training.config import TrainConfig
    from training.engines import Engine
    from training.objectives.base import Objective
    from training.rows import Rows
    from training.world import World

NOTICE_S = 5.0  # seconds of steps between looks for a notice of preemption; a look is a barrier over all workers

MakeEngine = Callable[["torch.nn.Module"], "Engine"]


@dataclass
class Session:
    """What stays the same during a run."""

    config: TrainConfig
    objective: Objective
    engine: Engine
    order: Order
    rows: Rows
    validation: Rows | None
    weights: Sequence[float]  # of each row's loss
    world: World
    reporter: Reporter
    total: int  # steps
    ideal_s: float | None = None  # per token, all devices at their peak; None where that is not known (CPUs)

    @property
    def metric(self) -> str:
        """What names the best step; without validation rows the training loss."""
        if self.validation is None:
            return "loss"
        return self.config.train.metric or self.objective.metric


@dataclass(frozen=True)
class StepResult:
    loss: float  # mean per term over all workers
    grad_norm: float
    tokens: float  # over all workers
    seconds: float  # mean over the workers, so that all of them decide alike by it


def run(
    config: TrainConfig,
    objective: Objective,
    make_engine: MakeEngine,
    rows: Rows,
    validation: Rows | None,
    world: World,
    reporter: Reporter,
    run_dir: str,
    listeners: Sequence[OpenListener] = (),
) -> dict[str, Any]:
    """Train to the end or the early stop; returns the last metrics. PreflightError, TrainError on all workers alike.

    `listeners` hear every line of metrics.jsonl, on rank 0.
    """
    session = prepare(config, objective, make_engine, rows, validation, world, reporter)
    state = resume(session)
    log = RunLog(run_dir, state.step, active=world.rank == 0, listeners=listeners)
    try:
        state = loop(session, state, log)
    finally:
        log.close()
    return {"step": state.step, "steps": session.total, "metrics": dict(state.metrics)}


def prepare(
    config: TrainConfig,
    objective: Objective,
    make_engine: MakeEngine,
    rows: Rows,
    validation: Rows | None,
    world: World,
    reporter: Reporter,
) -> Session:
    """Build the model, check everything once, put the engine around it. An error on one worker is raised on all."""
    import torch

    options = config.train
    torch.manual_seed(options.seed)
    failure: ToolschoolError | None = None
    model: Any = None
    try:
        model = objective.build()
        samples = objective.preflight(model, rows)
    except ToolschoolError as error:
        failure = error
    for other in world.gather(failure):
        if other is not None:
            raise other
    if world.rank == 0:
        print("preflight passed; supervised text of the first rows:")
        print("\n".join(f"  [{i}] {text!r}" for i, text in enumerate(samples)), flush=True)
    order = Order(
        objective.units(rows),
        batch_size=1 if options.batch_tokens else options.batch_size,
        world=world.size,
        accumulation=options.grad_accumulation,
        seed=options.seed,
    )
    shape = flops.model_shape(model)
    engine = make_engine(model)
    return Session(
        config=config,
        objective=objective,
        engine=engine,
        order=order,
        rows=rows,
        validation=validation,
        weights=[objective.weight(row) for row in rows],
        world=world,
        reporter=reporter,
        total=options.max_steps or order.steps(options.epochs),
        ideal_s=_ideal_seconds(shape, rows, engine, world),
    )


def _ideal_seconds(shape: flops.ModelShape | None, rows: Rows, engine: Engine, world: World) -> float | None:
    import torch

    if shape is None or engine.device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(engine.device)
    return flops.ideal_seconds(shape, flops.typical_length(rows.lengths.tolist()), name, world.size)


def resume(session: Session) -> State:
    """The state to start from: that of the latest checkpoint, or a fresh one."""
    fresh = State(group=session.order.group, units=len(session.order.units), workers=session.world.size)
    folder = session.reporter.latest()
    if folder is None:
        return fresh
    state = State.read(folder)
    state.check(fresh)
    session.engine.load(folder)
    return state


def loop(session: Session, state: State, log: RunLog) -> State:
    """All steps that are left. Whether to evaluate, save and stop depends on values that all workers share."""
    options = session.config.train
    epoch = max(1, len(session.order.units) // session.order.group)
    eval_every = options.eval_every or epoch
    save_every = options.checkpoint_every or eval_every
    clock = Clock()
    losses: list[float] = []
    quiet, warned = 0.0, False
    while state.step < session.total and not state.stopped:
        rate = learning_rate(state.step, session.total, options.lr, options.warmup_ratio, options.schedule)
        result = train_step(session, state.step, rate)
        clock.tick(result.tokens)
        losses.append(result.loss)
        state = replace(state, step=state.step + 1, tokens=state.tokens + result.tokens)
        last = state.step == session.total
        line = {"step": state.step, "epoch": state.step * session.order.group / len(session.order.units)}
        line |= {"loss": sum(losses) / len(losses), "lr": rate, "grad_norm": result.grad_norm}
        line |= clock.speed(session.total - state.step)
        if session.ideal_s is not None and "tokens_per_s" in line:
            line["mfu"] = line["tokens_per_s"] * session.ideal_s
        if last or state.step % options.log_every == 0:
            log.write(line)
            log.say(line, session.total)
            losses = losses[-1:] if last else []
        save = last or state.step % save_every == 0
        if save or state.step % eval_every == 0:
            line["loss"] = result.loss if session.validation is None else line["loss"]
            state = evaluate(session, state, line, save, log)
        quiet += result.seconds
        if quiet >= NOTICE_S and not warned:
            quiet, warned = 0.0, session.reporter.warned()
            if warned and not save:
                keep(session, state, line)
    return state


def train_step(session: Session, step: int, rate: float) -> StepResult:
    """One optimiser step over all workers. Raises TrainError before the update when the loss is not finite."""
    import torch

    objective, engine = session.objective, session.engine
    began = time.perf_counter()
    torch.manual_seed(_dropout_seed(session, step))
    engine.training(True)
    weight = sum(session.weights[i] for unit in session.order.step(step) for i in unit)
    micros = session.order.micro_batches(step, session.world.rank)
    loss_sum, tokens = 0.0, 0
    for number, units in enumerate(micros):
        batch = objective.collate([[session.rows[i] for i in unit] for unit in units]).to(engine.device)
        loss = objective.loss(engine.model, batch)
        loss_sum += float(loss.detach())
        tokens += batch.tokens
        engine.backward(loss / weight, last=number == len(micros) - 1)
    seconds = time.perf_counter() - began
    total_loss, total_tokens, total_seconds = session.world.sum([loss_sum, tokens, seconds])
    if not math.isfinite(total_loss):
        raise TrainError(f"the loss of step {step + 1} is {total_loss}; lower train.lr or use float32, then run again")
    return StepResult(total_loss / weight, engine.step(rate), total_tokens, total_seconds / session.world.size)


def evaluate(session: Session, state: State, line: dict[str, Any], save: bool, log: RunLog) -> State:
    """Measure, decide whether this is the best and whether to stop, report, and save if due or best."""
    options, metric = session.config.train, session.metric
    metrics = {**line, **validate(session)}
    if metric not in metrics:
        known = ", ".join(name for name in metrics if name.startswith("val_"))
        raise TrainError(f"train.metric={metric} is not measured by this objective; known: {known}")
    value = metrics[metric]
    if session.validation is not None and not math.isfinite(value):
        raise TrainError(f"{metric} at step {state.step} is {value}; lower train.lr, then run again")
    better = state.best is None or (value > state.best if higher_is_better(metric) else value < state.best)
    stale = 0 if better else state.stale + 1
    stopped = options.patience is not None and stale >= options.patience
    state = replace(state, best=value if better else state.best, stale=stale, stopped=stopped, metrics=metrics)
    measured = {k: v for k, v in metrics.items() if k == "step" or k.startswith("val_")}
    if session.validation is not None:
        log.write(measured)
        log.say(measured, session.total)
    log.publish()
    session.reporter.report(metrics, _writer(session, state) if save or better or stopped else None)
    return state


def keep(session: Session, state: State, line: Mapping[str, float]) -> None:
    """A checkpoint out of turn, before a machine goes. There is no time to evaluate it, so it is never the best one."""
    worst = -sys.float_info.max if higher_is_better(session.metric) else sys.float_info.max
    session.reporter.report({**line, session.metric: worst}, _writer(session, state))


def validate(session: Session) -> dict[str, float]:
    """Validation metrics, the same on all workers; {} without validation rows."""
    if session.validation is None:
        return {}
    session.engine.training(False)
    return session.objective.evaluate(
        session.engine.model,
        session.validation,
        batch_size=session.config.train.batch_size,
        world=session.world,
        device=session.engine.device,
    )


def _writer(session: Session, state: State) -> Callable[[Any], None]:
    def write(folder: Any) -> None:
        session.engine.save(folder)
        if session.world.rank == 0:
            state.write(folder)

    return write


def _dropout_seed(session: Session, step: int) -> int:
    """Differs by seed, step and worker; being a function of them it needs no saving."""
    return ((session.config.train.seed * 1_000_003 + step) * 4096 + session.world.rank) % 2**63
