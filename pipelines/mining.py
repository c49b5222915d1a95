"""Toolken+'s flow: what tool heads propose in texts they were not trained on, as a reranker's rows.

    source/ of a prepared run --mine--> mined/  reranker/{train,validation}/      (+ quarantine/)

`python -m jobs.mine` runs it. The frozen model reads each text once more behind the very context of the features, and each prompt of a decision
once. A decision is mined where a call belongs, and where the head calls or nearly does. Limits: texts are teacher-forced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines import files, ingest
from pipelines.cards import write_cards
from pipelines.stage import OnProgress, Outputs, Shape, Stage, StageResult, run_stage
from pipelines.toolken import ReadFeatures, ToolkenRows

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from toolschool.methods.toolken.labels import Labelled
    from toolschool.models.features import Features


class MineDecisions(ReadFeatures):
    """The transform of mining: raw rows to a reranker's rows, by heads that never saw the text.

    `heads` are folders: a train row is read by the head of its fold, a validation row by the last one. `documentation` is a line per tool.
    """

    most: int | None = 16
    """Refusals of a text, the nearest ones: a head that fires everywhere would teach nothing else."""

    def __init__(
        self,
        config: Mapping[str, Any],
        heads: list[str],
        documentation: Mapping[str, str],
        k: int,
        slack: float,
    ) -> None:
        from toolschool.models.features import FeatureReader
        from toolschool.models.tool_head import ToolHead

        self.heads = [ToolHead.from_pretrained(folder) for folder in heads]
        super().__init__(config, list(self.heads[0].tools))
        self.documentation, self.k, self.slack = documentation, k, slack
        self.second = FeatureReader(self.reader.model)

    def _output(self, key: str, part: str, labelled: Labelled, features: Features) -> Outputs:
        head = self.heads[fold_of(key, len(self.heads) - 1) if part == "train" else -1]
        mined = self._decisions(key, labelled, features, head)
        states = self._states(mined)
        return {
            "mined": [{"part": part, **each} for each in mined],
            f"reranker/{part}": [
                {"id": each["id"], "input_ids": each["candidates"], "labels": [each["place"]], "features": state}
                for each, state in zip(mined, states, strict=True)
                if each["place"] >= 0
            ],
        }

    def _states(self, decisions: Sequence[Mapping[str, Any]]) -> list[np.ndarray]:
        """What the frozen model says behind the prompt of each decision, (H,)."""
        prompts = [self.tokenizer(each["prompt"])["input_ids"] for each in decisions]
        return [end.states[0] for end in self.second.ends(prompts)]

    def _decisions(self, key: str, labelled: Labelled, features: Features, head: Any) -> list[dict[str, Any]]:
        """Every position where a call belongs, or where the head calls, or nearly does."""
        import numpy as np
        import torch

        from toolschool.methods.toolken.reranking import render

        with torch.inference_mode():
            logits = head(torch.from_numpy(features.states)).numpy()
        golds = np.array(labelled.targets)[features.at] - self.vocabulary
        margins = logits.max(-1) - features.top
        found = []
        near = np.flatnonzero((golds < 0) & (margins + self.slack > 0))
        kept = near[np.argsort(-margins[near], kind="stable")][: self.most]
        for i in sorted([*np.flatnonzero(golds >= 0), *kept]):
            candidates = np.argsort(-logits[i], kind="stable")[: self.k].tolist()
            said = self.tokenizer.decode(list(labelled.ids[: features.at[i] + 1]), skip_special_tokens=True)
            text = f"{self.config.context}{said}"
            gold = int(golds[i])
            place = self.k if gold < 0 else candidates.index(gold) if gold in candidates else -1
            names = [head.tools[number] for number in candidates]
            found.append(
                {
                    "id": f"{key}-{features.at[i]:05d}",
                    "candidates": candidates + [-1] * (self.k - len(candidates)),
                    "place": place,
                    "gold": head.tools[gold] if gold >= 0 else None,
                    "margin": float(margins[i]),
                    "prompt": render(names, self.documentation, text),
                }
            )
        return found


def fold_of(key: str, folds: int) -> int:
    """The fold of a text, the same on every machine."""
    from toolschool.datasets.splits import hash_percent

    return hash_percent(key) * folds // 100


def mined_schema() -> pa.Schema:
    """A decision as people look at it: `place` is the gold candidate's, k where no call belongs, -1 where it is no candidate."""
    import pyarrow as pa

    text, number = pa.string(), pa.int32()
    return pa.schema(
        [
            ("part", text), ("id", text), ("candidates", pa.list_(number)), ("place", number), ("gold", text),
            ("margin", pa.float32()), ("prompt", text),
        ]
    )  # fmt: skip


def mine(
    run: str,
    source: str,
    heads: list[str],
    documentation: Mapping[str, str],
    rows: ToolkenRows,
    shape: Shape,
    *,
    k: int,
    slack: float,
    on_progress: OnProgress | None = None,
) -> StageResult:
    """Write `<run>/mined/` and `<run>/reranker/` from the source of a prepared run. Needs a connected Ray; can be repeated after a kill."""
    from toolschool.models.backbone import fingerprint, load_tokenizer
    from toolschool.models.tool_head import ToolHead
    from toolschool.records import feature_schema

    made_by = {"config": rows.model_dump(mode="json"), "k": k, "slack": slack}
    result = run_stage(
        Stage(
            "mine",
            source,
            run,
            MineDecisions,
            {"mined": mined_schema()} | {f"reranker/{part}": feature_schema() for part in ingest.PARTS},
            kwargs={**made_by, "heads": heads, "documentation": dict(documentation)},
            settings={"heads": [files.sha256(head) for head in heads]},
            actors=shape.actors,
            cpus=shape.cpus,
            gpus=shape.gpus,
        ),
        on_progress,
    )
    head = ToolHead.from_pretrained(heads[-1])
    card = {
        "method": "toolken+",
        "base": head.card["base"],
        "tools": list(head.tools),
        "hidden": head.weight.shape[1],
        "k": k,
        "slack": slack,
    }
    target = files.join(run, "reranker")
    write_cards(target, card, fingerprint(load_tokenizer(rows.model)), made_by, files.sha256(source))
    return result
