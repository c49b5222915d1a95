"""ToolRAG: which tools does a request need? A trained classifier, calibrated on validation rows.

    rag = ToolRag.load("assets/tinyagent/toolrag")
    rag.search(["Mail Sid the summary of plan.pdf"])[0]      # [ScoredTool("compose_new_email", 0.99), ...]

Paper: Erdogan et al. 2024, section 3.3 (a multi-label classifier, threshold 0.5). Here the set is chosen by weighing
coverage against size (`selection.py`) and is never empty; `finder.py` takes tools without training beside those of the
classifier. The folder's `toolschool.json` holds tools, calibrations and metrics. Limits: 256 tokens of a query are read; the
answer narrows what a planner is offered, so the executor must be given the same list as its allow-list.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ConfigError, ModelError
from toolschool.methods.tinyagent.described import ToolIndex, clauses, describe
from toolschool.methods.tinyagent.selection import Calibration, calibrate, choose
from toolschool.records import Tool

if TYPE_CHECKING:
    import numpy as np

    from toolschool.methods.tinyagent.joint import Joint
    from toolschool.models.classifier import ToolClassifier

MAX_LENGTH = 256
BUDGET = 5.5  # mean tools per query that a calibration aims at by default


@dataclass(frozen=True)
class ScoredTool:
    """A tool, its calibrated probability of being needed, and whether a planner would be offered it.

    `part` is the clause of the request that wants a tool without training, if no likelier tool has a claim to it.
    """

    name: str
    probability: float
    chosen: bool = True
    part: str = ""


@dataclass(frozen=True)
class ToolRag:
    """A loaded retriever; safe to share between threads (it holds no state)."""

    tools: tuple[str, ...]  # the trained tools, in the order of the classifier's labels
    model: ToolClassifier
    tokenizer: Any
    calibration: Calibration = field(default_factory=Calibration)

    @classmethod
    def load(cls, folder: str | Path) -> ToolRag:
        """Open a trained folder. ModelError when it is incomplete."""
        from toolschool.models.classifier import ToolClassifier

        model = ToolClassifier.from_pretrained(folder)
        tools = tuple(model.card.get("tools", ()))
        if len(tools) != model.settings["num_labels"]:
            raise ModelError(
                f"{folder} lists {len(tools)} tools for {model.settings['num_labels']} labels; save it again"
            )
        calibration = Calibration.from_json(model.card.get("calibration", {}))
        return cls(tools, model, model.tokenizer(), calibration)

    def logits(self, queries: Sequence[str]) -> np.ndarray:
        """Raw scores (B, trained tools), float32."""
        import numpy as np

        from toolschool.models.classifier import predict_logits

        if not queries:
            return np.zeros((0, len(self.tools)), dtype=np.float32)
        rows = self.tokenizer(list(queries), truncation=True, max_length=MAX_LENGTH)["input_ids"]
        return predict_logits(self.model, rows).numpy()

    def probabilities(self, queries: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities (B, K) in the order of `tools`."""
        return self.calibration.probabilities(self.logits(queries))

    def search(
        self, queries: Sequence[str], *, allowed: Collection[str] | None = None, cap: int | None = None
    ) -> list[list[ScoredTool]]:
        """Tools per query by falling probability: at least one, at most `cap`, only `allowed` ones (default: all).

        Raises ConfigError when `allowed` names a tool that cannot be found, or none at all.
        """
        columns = self._columns(allowed)
        probabilities = self.probabilities(queries)[:, columns]
        chosen = choose(probabilities, self.calibration.price, cap=cap)
        names = [self.tools[column] for column in columns]
        return [_ranked(names, row, keep) for row, keep in zip(probabilities, chosen, strict=True)]

    def _columns(self, allowed: Collection[str] | None) -> list[int]:
        if allowed is None:
            return list(range(len(self.tools)))
        unknown = sorted(set(allowed) - set(self.tools))
        if unknown:
            raise ConfigError(
                f"ToolRAG cannot find {unknown[0]}: it was not trained with it (`finder.py` takes any tool)"
            )
        columns = [column for column, name in enumerate(self.tools) if name in set(allowed)]
        if not columns:
            raise ConfigError("no tool is allowed; enable at least one")
        return columns


def calibrate_folder(
    folder: str | Path,
    queries: Sequence[str],
    labels: np.ndarray,
    *,
    budget: float = BUDGET,
    catalog: Sequence[Tool] = (),
    **card: Any,
) -> Calibration:
    """Fit the calibration on validation rows and store it in the folder's `toolschool.json`, with `card` beside it.

    `labels` is (B, K) 0/1 in the order of the folder's tools. With `catalog` (the trained tools with their descriptions) the scale on
    which other tools may join is fitted too, by treating each of these as one that was never seen.
    """
    from toolschool.models.classifier import write_card

    rag = ToolRag.load(folder)
    logits = rag.logits(queries)
    calibration = calibrate(logits, labels, budget)
    if catalog:
        card["joint"] = _fit_joint(catalog, rag.tools, queries, labels, logits).to_json()
    write_card(folder, calibration=calibration.to_json(), **card)
    return calibration


def _fit_joint(
    catalog: Sequence[Tool], tools: Sequence[str], queries: Sequence[str], labels: np.ndarray, logits: np.ndarray
) -> Joint:
    from toolschool.methods.tinyagent.joint import Trial, fit_joint
    from toolschool.models.encoder import MINILM_HUB, SentenceEncoder

    by_name = {tool.name: tool for tool in catalog}
    missing = [name for name in tools if name not in by_name]
    if missing:
        raise ConfigError(f"the catalogue has no {missing[0]}; give all trained tools")
    encoder, described = SentenceEncoder.load(MINILM_HUB), [by_name[name] for name in tools]
    index = ToolIndex.build(described, encoder.embed(list(map(describe, described))))
    evidence = (index.evidence(pieces, encoder.embed(pieces)) for pieces in map(clauses, queries))
    return fit_joint(map(Trial, evidence, labels > 0, logits), MINILM_HUB)


def _ranked(names: Sequence[str], probabilities: np.ndarray, keep: np.ndarray) -> list[ScoredTool]:
    found = [ScoredTool(name, float(p)) for name, p, k in zip(names, probabilities, keep, strict=True) if k]
    return sorted(found, key=lambda tool: -tool.probability)
