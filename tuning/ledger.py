"""What a sweep knows of its trials, on disk the moment it is known: a killed sweep goes on from here. No Ray.

    sweep.json               what the trials depend on; another configuration under the same name is refused
    ledger/trial-001.json    a trial: its values before it begins, every evaluation, how it ended

Tune's own snapshots are not used to go on (docs/decisions/sweep-ledger.md). A trial keeps its name, so its training resumes from its own checkpoint.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from pipelines import files
from pipelines.begun import differences, refuse_others
from tuning.config import Sweep

MARKS = "sweep.json"
FOLDER = "ledger"
MAY_CHANGE = ("trials", "concurrent")  # of the search, when a sweep is run again
End = Literal["", "finished", "stopped early", "failed"]


@dataclass(frozen=True)
class Trial:
    """One trial: what was varied, what it measured, how it ended."""

    name: str
    values: Mapping[str, Any]  # by dotted key
    metrics: Mapping[str, float] = field(default_factory=dict)  # of the evaluation that counts, see `counts`
    history: Sequence[Mapping[str, float]] = ()  # every evaluation, by step
    end: End = ""  # nothing: it runs, or was cut off
    error: str = ""

    @property
    def finished(self) -> bool:
        return self.end == "finished"

    @property
    def is_done(self) -> bool:
        """Whether it is not to run again. A failed one is tried again: a node may have been lost."""
        return self.end in ("finished", "stopped early")

    @property
    def is_ranked(self) -> bool:
        """Whether it can be the best: it measured something, and its settings did not fail later."""
        return bool(self.metrics) and self.end != "failed"


class Ledger:
    """The trials of a sweep's folder, which may be any storage."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def read(self) -> list[Trial]:
        """All trials in the order in which they were proposed."""
        place = files.join(self.folder, FOLDER)
        return (
            [Trial(**json.loads(text)) for _, text in files.read_texts(place, ".json")] if files.exists(place) else []
        )

    def write(self, trial: Trial) -> None:
        """The trial as it is now, whole or not at all."""
        uri = files.join(self.folder, FOLDER, f"{trial.name}.json")
        files.write_text(uri, json.dumps(asdict(trial), indent=1) + "\n")

    def check(self, config: Sweep) -> dict[str, Any]:
        """What trials depend on now. ConfigError says what differs from what the sweep was begun with."""
        uri = files.join(self.folder, MARKS)
        now = marks(config)
        before = json.loads(files.read_text(uri)) if files.exists(uri) else now
        refuse_others(self.folder, list(differences(before, now)))
        return now

    def begin(self, config: Sweep) -> None:
        """Check, and write down what trials depend on."""
        now = self.check(config)
        files.write_text(files.join(self.folder, MARKS), json.dumps(now, indent=1) + "\n")


def marks(config: Sweep) -> dict[str, Any]:
    """What the trials depend on: base, space, search, and the content of what they read."""
    plain = config.model_dump(mode="json", include={"space", "search"})
    for key in MAY_CHANGE:
        del plain["search"][key]
    return {**config.base, **plain, "content": content(config)}


def content(config: Sweep) -> dict[str, str]:
    """The hash of what the trials read, by place."""
    return {place: files.sha256(place) for place in config.inputs if files.exists(place)}


def to_run(known: Sequence[Trial], wanted: int) -> tuple[list[Trial], list[str]]:
    """Trials to go on with, and the names of new ones, so that there are `wanted` in all. What is done is not run again."""
    again = [replace(trial, end="", error="") for trial in known if not trial.is_done]
    return again, [f"trial-{number:03d}" for number in range(len(known) + 1, wanted + 1)]


def heard(trial: Trial, row: Mapping[str, Any], config: Sweep) -> Trial:
    """The trial with one more evaluation; one of a step it knows already replaces it."""
    new = numbers(row, config)
    history = {each["step"]: each for each in [*trial.history, new]}
    rows = [history[step] for step in sorted(history)]
    return replace(trial, history=rows, metrics=counts(rows, config))


def numbers(row: Mapping[str, Any], config: Sweep) -> dict[str, float]:
    """What a trial measured, without Tune's own bookkeeping and what is missing."""
    wanted = {key: value for key, value in row.items() if key == "step" or config.is_metric(key)}
    return {key: float(value) for key, value in wanted.items() if value is not None and value == value}


def counts(history: Sequence[Mapping[str, float]], config: Sweep) -> Mapping[str, float]:
    """The evaluation by which a trial is compared; {} where none measured everything."""
    metric, mode = config.counts_by
    sign = 1 if mode == "max" else -1
    rows = measured(history, config.search.objectives)
    return max(rows, key=lambda row: sign * row.get(metric, float("nan")), default={})


def measured(history: Sequence[Mapping[str, float]], objectives: Iterable[str]) -> list[Mapping[str, float]]:
    """The evaluations that measured everything."""
    return [row for row in history if all(name in row for name in objectives)]


def reached_its_end(trial: Trial, config: Sweep) -> bool:
    """Whether its last evaluation is the last there is."""
    return bool(trial.history) and config.is_last(trial.values, trial.history[-1])


def dominates(one: Mapping[str, float], other: Mapping[str, float], objectives: Mapping[str, str]) -> bool:
    """Whether one is at least as good in every objective and better in some."""
    gains = [(one[name] - other[name]) * (1 if mode == "max" else -1) for name, mode in objectives.items()]
    return min(gains) >= 0 and max(gains) > 0


def front(trials: Sequence[Trial], objectives: Mapping[str, str]) -> list[Trial]:
    """Trials that no other one dominates, in their order; with one objective the best ones."""
    measured = [trial for trial in trials if trial.is_ranked]
    return [
        trial
        for trial in measured
        if not any(dominates(other.metrics, trial.metrics, objectives) for other in measured)
    ]


def ranked(trials: Sequence[Trial], objectives: Mapping[str, str]) -> list[Trial]:
    """Best first by the first objective, with several objectives the front before the rest; last who failed or measured nothing."""
    first, mode = next(iter(objectives.items()))
    leading = {trial.name for trial in front(trials, objectives)} if len(objectives) > 1 else set()
    sign = -1 if mode == "max" else 1
    measured = [trial for trial in trials if trial.is_ranked]
    best = sorted(measured, key=lambda trial: (trial.name not in leading, sign * trial.metrics[first]))
    return [*best, *(trial for trial in trials if not trial.is_ranked)]
