"""ToolRAG: which tools does a request need? A trained classifier, calibrated on validation rows.

    rag = ToolRag.load("assets/tinyagent/toolrag")
    rag.search(["Mail Sid the summary of plan.pdf"])[0]      # [ScoredTool("compose_new_email", 0.99), ...]

Paper: Erdogan et al. 2024, section 3.3 (a multi-label classifier, threshold 0.5). Here the set is chosen by weighing
coverage against size (`selection.py`), never empty, and a tool without training can join by its description
(`described.py`). The folder's `toolschool.json` holds tools, calibration and metrics. Limits: 256 tokens of a query are
read; the answer narrows what a planner is offered, so the executor must be given the same list as its allow-list.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ConfigError, ModelError
from toolschool.methods.tinyagent.described import DescribedTools
from toolschool.methods.tinyagent.selection import Calibration, calibrate, choose
from toolschool.records import Tool

if TYPE_CHECKING:
    import numpy as np

    from toolschool.models.classifier import ToolClassifier

MAX_LENGTH = 256
BUDGET = 5.5  # mean tools per query that a calibration aims at by default


@dataclass(frozen=True)
class ScoredTool:
    """A retrieved tool and its calibrated probability of being needed."""

    name: str
    probability: float


@dataclass(frozen=True)
class ToolRag:
    """A loaded retriever; safe to share between threads (it holds no state)."""

    tools: tuple[str, ...]  # the trained tools, in the order of the classifier's labels
    model: ToolClassifier
    tokenizer: Any
    calibration: Calibration = field(default_factory=Calibration)
    described: DescribedTools | None = None

    @classmethod
    def load(cls, folder: str | Path, *, extra: Sequence[Tool] = ()) -> ToolRag:
        """Open a trained folder; `extra` are tools to be found by their description alone.

        Raises ModelError when the folder is incomplete, ConfigError when an extra tool has a trained tool's name.
        """
        from toolschool.models.classifier import ToolClassifier

        model = ToolClassifier.from_pretrained(folder)
        tools = tuple(model.card.get("tools", ()))
        if len(tools) != model.settings["num_labels"]:
            raise ModelError(
                f"{folder} lists {len(tools)} tools for {model.settings['num_labels']} labels; save it again"
            )
        calibration = Calibration.from_json(model.card.get("calibration", {}))
        described = _described(extra, tools, model.card) if extra else None
        return cls(tools, model, model.tokenizer(), calibration, described)

    @property
    def names(self) -> tuple[str, ...]:
        """Every tool that can be found: the trained ones, then those known by description."""
        return self.tools + (self.described.names if self.described else ())

    def logits(self, queries: Sequence[str]) -> np.ndarray:
        """Raw scores (B, trained tools), float32."""
        import numpy as np

        from toolschool.models.classifier import predict_logits

        if not queries:
            return np.zeros((0, len(self.tools)), dtype=np.float32)
        rows = self.tokenizer(list(queries), truncation=True, max_length=MAX_LENGTH)["input_ids"]
        return predict_logits(self.model, rows).numpy()

    def probabilities(self, queries: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities (B, K) in the order of `names`."""
        import numpy as np

        trained = self.calibration.probabilities(self.logits(queries))
        if self.described is None:
            return trained
        return np.concatenate([trained, self.described.probabilities(queries)], axis=1)

    def search(
        self, queries: Sequence[str], *, allowed: Collection[str] | None = None, cap: int | None = None
    ) -> list[list[ScoredTool]]:
        """Tools per query by falling probability: at least one, at most `cap`, only `allowed` ones (default: all).

        Raises ConfigError when `allowed` names a tool that cannot be found, or none at all.
        """
        columns = self._columns(allowed)
        probabilities = self.probabilities(queries)[:, columns]
        chosen = choose(probabilities, self.calibration.price, cap=cap)
        names = [self.names[column] for column in columns]
        return [_ranked(names, row, keep) for row, keep in zip(probabilities, chosen, strict=True)]

    def _columns(self, allowed: Collection[str] | None) -> list[int]:
        if allowed is None:
            return list(range(len(self.names)))
        unknown = sorted(set(allowed) - set(self.names))
        if unknown:
            raise ConfigError(f"ToolRAG cannot find {unknown[0]}: load it with extra=[that tool], or train with it")
        columns = [column for column, name in enumerate(self.names) if name in set(allowed)]
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

    `labels` is (B, K) 0/1 in the order of the folder's tools. With `catalog` (the trained tools with their
    descriptions) the scale for description-only tools is fitted too.
    """
    from toolschool.models.classifier import write_card

    rag = ToolRag.load(folder)
    calibration = calibrate(rag.logits(queries), labels, budget)
    if catalog:
        card["description"] = fit_description(catalog, rag.tools, queries, labels)
    write_card(folder, calibration=calibration.to_json(), **card)
    return calibration


def fit_description(
    catalog: Sequence[Tool], tools: Sequence[str], queries: Sequence[str], labels: np.ndarray
) -> dict[str, Any]:
    """Scale and offset for description-only tools, with the encoder they belong to."""
    from toolschool.methods.tinyagent.described import fit_platt
    from toolschool.models.encoder import MINILM_HUB, SentenceEncoder

    by_name = {tool.name: tool for tool in catalog}
    missing = [name for name in tools if name not in by_name]
    if missing:
        raise ConfigError(f"the catalogue has no {missing[0]}; give all trained tools")
    scorer = DescribedTools.build([by_name[name] for name in tools], SentenceEncoder.load(MINILM_HUB), 1.0, 0.0)
    scale, offset = fit_platt(scorer.similarity(queries), labels)
    return {"encoder": MINILM_HUB, "scale": scale, "offset": offset}


def _described(extra: Sequence[Tool], tools: Sequence[str], card: Mapping[str, Any]) -> DescribedTools:
    from toolschool.models.encoder import SentenceEncoder

    for tool in extra:
        if tool.name in tools:
            raise ConfigError(f"{tool.name} is a trained tool; leave it out of extra")
    if "description" not in card:
        raise ModelError("this ToolRAG folder cannot take new tools: calibrate it with the catalogue of its tools")
    settings = card["description"]
    return DescribedTools.build(extra, SentenceEncoder.load(settings["encoder"]), settings["scale"], settings["offset"])


def _ranked(names: Sequence[str], probabilities: np.ndarray, keep: np.ndarray) -> list[ScoredTool]:
    found = [ScoredTool(name, float(p)) for name, p, k in zip(names, probabilities, keep, strict=True) if k]
    return sorted(found, key=lambda tool: -tool.probability)
