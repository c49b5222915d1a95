"""What a trained tool head, and a reranker behind it, decide in texts they never saw: the rows of the decision report.

    rows of one split --ingest--> source/ --decide--> decisions/      (+ quarantine/)

`python -m jobs.decide` runs it. Positions are chosen as for mining: where a call belongs, and where the head's best tool is at most `slack` nats behind the
best word. Limits: texts are teacher-forced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipelines import files, ingest
from pipelines.mining import MineDecisions
from pipelines.stage import OnProgress, Outputs, Shape, Stage, StageResult, run_stage
from pipelines.toolken import ToolkenRows
from toolschool.models.backbone import ModelConfig

if TYPE_CHECKING:
    import pyarrow as pa

    from toolschool.evaluation.decisions import Decision
    from toolschool.methods.toolken.labels import Labelled
    from toolschool.models.features import Features


class Decide(MineDecisions):
    """The transform: raw rows to decisions. `reranker` is a folder, or None to judge the head alone; it is asked where it was trained to be."""

    most = None  # all are counted

    def __init__(
        self,
        config: Mapping[str, Any],
        head: str,
        reranker: str | None,
        documentation: Mapping[str, str],
        k: int,
        slack: float,
    ) -> None:
        from toolschool.models.reranker import Reranker

        super().__init__(config, [head], documentation, k, slack)
        self.reranker = Reranker.from_pretrained(reranker) if reranker else None

    def _output(self, key: str, part: str, labelled: Labelled, features: Features) -> Outputs:
        found = self._decisions(key, labelled, features, self.heads[0])
        second = self._chosen(found)
        tools = self.heads[0].tools
        rows = []
        for each in found:
            chosen, lead = second.get(each["id"], (None, None))
            proposed = tools[each["candidates"][0]]
            told = {name: each[name] for name in ("id", "gold", "margin", "prompt")}
            rows.append({**told, "text": key, "proposed": proposed, "chosen": chosen, "lead": lead})
        return {"decisions": rows}

    def _chosen(self, found: list[dict[str, Any]]) -> dict[str, tuple[str, float]]:
        """By id the reranker's best candidate and its lead over REJ, where it is asked."""
        import numpy as np
        import torch

        near = [each for each in found if self.reranker and each["margin"] + self.reranker.card["slack"] > 0]
        if not self.reranker or not near:
            return {}
        states = torch.from_numpy(np.stack(self._states(near)))
        candidates = torch.tensor([each["candidates"] for each in near])
        with torch.inference_mode():
            scores = self.reranker(states, candidates)
        best = scores[:, :-1].max(-1)
        numbers = candidates.gather(1, best.indices[:, None])[:, 0].tolist()
        leads = (best.values - scores[:, -1]).tolist()
        chosen = [self.reranker.tools[number] for number in numbers]
        return {each["id"]: said for each, said in zip(near, zip(chosen, leads, strict=True), strict=True)}


def decisions_schema() -> pa.Schema:
    """A decision as `toolschool.evaluation.decisions.Decision` has it, with the prompt of the reranker, which ends with the text so far."""
    import pyarrow as pa

    text, number = pa.string(), pa.float32()
    return pa.schema(
        [
            ("id", text), ("text", text), ("gold", text), ("proposed", text), ("margin", number), ("chosen", text), ("lead", number),
            ("prompt", text),
        ]
    )  # fmt: skip


def decide(
    run: str,
    sources: Iterable[ingest.Source],
    head: str,
    reranker: str | None,
    documentation: Mapping[str, str],
    shape: Shape,
    *,
    slack: float,
    on_progress: OnProgress | None = None,
) -> StageResult:
    """Write `<run>/decisions/` from raw rows. Needs a connected Ray; can be repeated after a kill."""
    from toolschool.models.reranker import Reranker
    from toolschool.models.tool_head import ToolHead

    card = ToolHead.from_pretrained(head).card
    rows = ToolkenRows(
        model=ModelConfig(name=card["base"]), layer=card["layer"], context=card["context"], max_length=10**6
    )
    source = files.join(run, "source")
    ingest.write_sources(source, sources)
    second = Reranker.from_pretrained(reranker).card if reranker else {"k": 1, "slack": 0.0}
    k, slack = second["k"], max(slack, second["slack"])
    made_by = {"config": rows.model_dump(mode="json"), "k": k, "slack": slack}
    return run_stage(
        Stage(
            "decide",
            source,
            run,
            Decide,
            {"decisions": decisions_schema()},
            kwargs={**made_by, "head": head, "reranker": reranker, "documentation": dict(documentation)},
            settings={"weights": [files.sha256(folder) for folder in (head, reranker) if folder]},
            actors=shape.actors,
            cpus=shape.cpus,
            gpus=shape.gpus,
        ),
        on_progress,
    )


def read_decisions(run: str) -> Iterator[Decision]:
    """All decisions of a run."""
    from dataclasses import fields

    from toolschool.evaluation.decisions import Decision

    for row in files.read_rows(files.join(run, "decisions")):
        yield Decision(**{each.name: row[each.name] for each in fields(Decision)})
