"""The model before training, on validation rows: finite logits, more than one answer, and the score to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolschool.models.templates import IGNORED
from training.checks import Finding
from training.objectives.causal_lm import CausalLM, collate, supervised_logits
from training.rows import Rows, some
from training.world import World

if TYPE_CHECKING:
    import torch

    from training.loop import Session

SCORED = 128  # rows
LOOKED_AT = 8  # rows whose logits are looked at
STUCK = 0.9  # share of one token among the likeliest


def score(session: Session) -> list[Finding]:
    """Findings "logits" and "base score"; no score where logits are not finite."""
    import torch

    rows = session.validation or session.rows
    session.engine.training(False)
    with torch.no_grad():
        logits = _logits(session, some(rows, LOOKED_AT))
    found = _look(session, logits)
    if found.verdict == "error":
        return [found]
    metrics = session.objective.evaluate(
        session.engine.model,
        some(rows, SCORED),
        batch_size=session.config.train.batch_size,
        world=World(),
        device=session.engine.device,
    )
    text = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
    return [found, Finding("base score", "ok", f"before training, to be beaten: {text}")]


def _logits(session: Session, rows: Rows) -> torch.Tensor:
    """Logits (positions, classes) where something is supervised."""
    objective, engine = session.objective, session.engine
    if not isinstance(objective, CausalLM):
        batch = objective.collate([[row] for row in rows]).to(engine.device)
        logits: torch.Tensor = engine.model(**batch.inputs)
        return logits.float()
    batch = collate([[row] for row in rows], objective.pad_id, packed=False).to(engine.device)
    logits, targets = supervised_logits(engine.model, batch)
    return logits[targets != IGNORED]


def _look(session: Session, logits: torch.Tensor) -> Finding:
    broken = int((~logits.isfinite()).any(dim=-1).sum())
    if broken:
        text = f"NaN or infinite at {broken} of {len(logits)} positions: generation would repeat token 0"
        return Finding("logits", "error", f"{text}; load model.dtype=float32 or another checkpoint")
    if isinstance(session.objective, CausalLM):
        likeliest = logits.argmax(-1)
        token = int(likeliest.mode().values)
        share = float((likeliest == token).float().mean())
        if share > STUCK:
            shown = repr(session.objective.tokenizer.decode([token]))
            text = f"{shown} (id {token}) is the likeliest at {share:.0%} of positions, whatever stands before them"
            return Finding("logits", "warning", f"{text}: look whether the model's weights are trained ones")
    return Finding("logits", "ok", f"finite at all {len(logits)} positions looked at, and not all alike")
