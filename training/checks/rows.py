"""Rows by themselves, before any model is built: lengths, what is supervised, leaks into validation, template.

Rows that were too long are counted where prepare left a `quarantine/` beside the rows' folder. Whether a prompt is
rendered alike for training and for serving rests on there being one template object; what can differ is the template
that a recipe's `artifact` puts into the model folder, and that is compared with the one the rows were rendered with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from toolschool.models.backbone import read_artifact
from toolschool.models.templates import IGNORED
from training import storage
from training.checks import Finding
from training.config import TrainConfig
from training.preflight import FINGERPRINT_FILE
from training.rows import Rows, parquet_files, read_tables

TOO_LONG = 0.05  # share of rows that may be lost for their length
THINLY_TAUGHT = 0.01  # share of supervised tokens below which nearly all work goes into prompts


def lengths(rows: Rows, config: TrainConfig) -> Finding:
    """How the rows' lengths stand to train.max_length, and how many rows were too long to be here."""
    import numpy as np

    half, most, longest = np.percentile(rows.lengths, [50, 95, 100]).astype(int)
    text = f"{len(rows)} rows, half up to {half} tokens, 95 % up to {most}, the longest {longest}; "
    text += f"train.max_length={config.train.max_length}"
    lost = _too_long(config.rows)
    if not lost:
        return Finding("lengths", "ok", text)
    share = lost / (lost + len(rows))
    text += f"; {lost} more ({share:.1%}) were quarantined as too long"
    if share <= TOO_LONG:
        return Finding("lengths", "ok", text)
    return Finding("lengths", "warning", f"{text}: raise max_length in prepare and train.max_length")


def supervised(rows: Rows) -> Finding:
    """Share of tokens that carry loss (causal_lm)."""
    taught = sum(int((row.labels[1:] != IGNORED).sum()) for row in rows)
    share = taught / int(rows.lengths.sum())
    text = f"{share:.1%} of tokens, {taught / len(rows):.1f} a row"
    if share >= THINLY_TAUGHT:
        return Finding("supervised tokens", "ok", text)
    return Finding("supervised tokens", "warning", f"{text}: nearly all work goes into prompts; shorten them")


def duplicates(rows: Rows, validation: Rows | None) -> Finding:
    """Validation rows that are also train rows: their score says nothing about new ones."""
    if validation is None:
        return Finding("duplicates", "warning", "there are no validation rows: nothing tells learning from memorising")
    known = {hash(row.input_ids.tobytes()) for row in rows}
    same = [row.id for row in validation if hash(row.input_ids.tobytes()) in known]
    if not same:
        return Finding("duplicates", "ok", f"none of {len(validation)} validation rows is a train row")
    text = f"{len(same)} of {len(validation)} validation rows are train rows too (first: {same[0]})"
    return Finding("duplicates", "warning", f"{text}: split by content and prepare again")


def template(config: TrainConfig) -> Finding:
    """The template that serving will read from the model folder against the one the rows were rendered with."""
    if storage.is_uri(config.rows):
        return Finding("template", "ok", "not compared: the rows are at a URI")
    card = read_artifact(config.rows)
    rendered = _encoding(config.rows).get("settings", {}).get("template", card.get("template"))
    served = {**card, **config.artifact}.get("template")
    if rendered == served:
        return Finding("template", "ok", "serving will render as the rows were" if served else "the rows name none")
    text = f"the rows were rendered with {rendered}, serving would render with {served}"
    return Finding("template", "error", f"{text}: leave artifact.template out, or prepare again with it")


def _encoding(folder: str) -> dict[str, Any]:
    path = Path(folder) / FINGERPRINT_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _too_long(folder: str) -> int:
    """Quarantined rows of this kind whose reason is their length."""
    run, _, kind = storage.absolute(folder).rstrip("/").rpartition("/")
    if not parquet_files(f"{run}/quarantine"):
        return 0
    reasons = [reason for table in read_tables(f"{run}/quarantine") for reason in table["reason"].to_pylist()]
    return sum(reason.startswith(f"{kind}: ") and "max_length" in reason for reason in reasons)
