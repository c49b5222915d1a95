"""Rows through a stage as a Prometheus counter, for a dashboard (cluster/monitoring). Counted where the rows are: in the actors.

Ray exports it as `ray_toolschool_stage_rows_total`. It counts work, not results: rows that are done again after a kill
count again. What a stage left behind stands in its manifest.
"""

from __future__ import annotations

ROWS = "toolschool_stage_rows"


class StageRows:
    """Call it with every batch."""

    def __init__(self, stage: str) -> None:
        from ray.util.metrics import Counter

        about = "Source rows that a stage has handled; outcome is kept or quarantined."
        self._rows = Counter(ROWS, about, tag_keys=("stage", "outcome")).set_default_tags({"stage": stage})

    def __call__(self, rows: int, quarantined: int) -> None:
        for outcome, count in (("kept", rows - quarantined), ("quarantined", quarantined)):
            if count:
                self._rows.inc(count, tags={"outcome": outcome})
