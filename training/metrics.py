"""A run's progress as Prometheus gauges, for a dashboard over many runs (cluster/monitoring). Only for Ray workers.

Ray exports them as `ray_<name>` with the tag `run`; they vanish with the worker. metrics.jsonl keeps what has been.
"""

from __future__ import annotations

from collections.abc import Mapping

GAUGES = {
    "step": ("toolschool_train_step", "Optimiser steps done."),
    "loss": ("toolschool_train_loss", "Training loss, mean since the last line of the log."),
    "tokens_per_s": ("toolschool_train_tokens_per_second", "Real tokens per second over all workers."),
    "mfu": ("toolschool_train_mfu", "Share of the devices' peak that the model's own arithmetic reaches, 0 to 1."),
}  # key of a line in metrics.jsonl -> name, description


class RunGauges:
    """Call it with every line of metrics.jsonl."""

    def __init__(self, run: str) -> None:
        from ray.util.metrics import Gauge

        self._gauges = {
            key: Gauge(name, description, tag_keys=("run",)).set_default_tags({"run": run})
            for key, (name, description) in GAUGES.items()
        }

    def __call__(self, line: Mapping[str, float]) -> None:
        for key, gauge in self._gauges.items():
            if key in line:
                gauge.set(line[key])

    def close(self) -> None:
        """Nothing: Ray takes them away with the worker."""
