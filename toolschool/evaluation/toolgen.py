"""What a ToolGen model knows and finds: documentation known by heart, tools ranked for requests, and what it writes unheld.

    known = ToolGenModel.open("runs/toolgen/retrieve/model")
    show(memorized_table({"ToolGen": memorized(known, apis.docs)}))
    ranker = ModelRanker(known, apis)                            # a `Ranker`, like those of baselines.py
    ranker.rank(["Is it going to rain in Rome?"], depth=5)       # positions in apis.docs
    hallucinated(known, queries)                                 # share of requests behind which the likeliest text is no tool

Definitions are those of ToolGen's reference, section 2. Unheld means over the whole vocabulary: where tools are one token each, the likeliest
token; else what greedy decoding writes. Limit: lists of beams as long as a ranking, where tools are several tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.config import build
from toolschool.errors import ModelError
from toolschool.evaluation import plots
from toolschool.evaluation.intervals import Interval, rate
from toolschool.evaluation.retrieval import DEPTH, RetrievalScores
from toolschool.evaluation.tables import Table, percent
from toolschool.methods.toolgen.indexing import ToolIndex
from toolschool.methods.toolgen.stages import StageTemplate

if TYPE_CHECKING:
    from toolschool.datasets.api_docs import ApiDoc, Key
    from toolschool.datasets.catalogues import Catalogue
    from toolschool.methods.toolgen.baselines import Rankings


@dataclass(frozen=True)
class ToolGenModel:
    """A trained model with its tokenizer, index and template."""

    model: Any
    tokenizer: Any
    index: ToolIndex
    template: StageTemplate

    @classmethod
    def open(cls, folder: str | Path) -> ToolGenModel:
        """Open what training wrote, on a GPU if there is one. ModelError where it is no model of ToolGen."""
        import torch

        from toolschool.models.backbone import open_model, read_artifact
        from toolschool.models.hub import whole

        folder = whole(folder)
        card = read_artifact(folder)
        if card.get("method") != "toolgen":
            raise ModelError(f"{folder} was not trained on ToolGen's rows; name the model/ folder of such a training")
        model, tokenizer = open_model(folder)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return cls(model.to(device), tokenizer, ToolIndex.load(folder), build(StageTemplate, card["template"]))


@dataclass(frozen=True)
class Memorized:
    """Documentation prompts behind which the right tool is written: `free` over the whole vocabulary, `held` among the tools.

    `f1` is the macro-F1 over tools of `free`, `hallucinated` the share that writes no tool, `apart` the share of different prompts: what says
    the same cannot be told apart, so `free` and `held` end there.
    """

    free: Interval
    held: Interval
    f1: float
    hallucinated: Interval
    apart: float


def memorized(known: ToolGenModel, docs: Sequence[ApiDoc]) -> Memorized:
    """Ask for every one of the tools, which the index must hold."""
    from sklearn.metrics import f1_score

    from toolschool.methods.toolgen.choosing import ToolChooser

    chooser = ToolChooser(known.model, known.tokenizer, known.index, known.index.keys)
    prompts = [known.template.memorize(doc, known.tokenizer) for doc in docs]
    wanted = [known.index.texts[doc.key] for doc in docs]
    free = [_text(known.index, key) for key in chooser.write_freely(prompts)]
    held = [_text(known.index, key) for key in chooser.choose(prompts)]
    return Memorized(
        free=rate([text == own for text, own in zip(free, wanted, strict=True)]),
        held=rate([text == own for text, own in zip(held, wanted, strict=True)]),
        f1=float(f1_score(wanted, free, labels=sorted(set(wanted)), average="macro", zero_division=0)),
        hallucinated=rate([not text for text in free]),
        apart=len(set(prompts)) / len(prompts),
    )


def hallucinated(known: ToolGenModel, queries: Sequence[str]) -> Interval:
    """The share of requests behind which the model, unheld, writes no tool."""
    from toolschool.methods.toolgen.choosing import ToolChooser

    chooser = ToolChooser(known.model, known.tokenizer, known.index, known.index.keys)
    prompts = [known.template.retrieve(query, known.tokenizer) for query in queries]
    return rate([key is None for key in chooser.write_freely(prompts)])


class ModelRanker:
    """Ranks those tools of a catalogue that the model's index holds."""

    def __init__(self, known: ToolGenModel, apis: Catalogue) -> None:
        """ModelError where it holds none of them."""
        from toolschool.methods.toolgen.choosing import ToolChooser

        self.known = known
        self.places = {doc.key: place for place, doc in enumerate(apis.docs)}
        keys = [key for key in known.index.tools if key in self.places]
        if not keys:
            raise ModelError(f"the model knows no tool of {apis.source}; name the catalogue that it was trained on")
        self.chooser = ToolChooser(known.model, known.tokenizer, known.index, keys)

    def rank(self, queries: Sequence[str], depth: int = DEPTH) -> Rankings:
        """The `depth` best tools for each request, by positions in the catalogue."""
        prompts = [self.known.template.retrieve(query, self.known.tokenizer) for query in queries]
        return [[self.places[key] for key in ranked] for ranked in self.chooser.rank(prompts, depth)]


def memorized_table(systems: Mapping[str, Memorized], title: str = "Memorization") -> Table:
    """One row per metric, one column per model."""
    columns = [
        {
            "accuracy, unconstrained": percent(each.free),
            "accuracy, constrained": percent(each.held),
            "macro-F1, unconstrained": f"{100 * each.f1:.1f}",
            "hallucination (no tool)": percent(each.hallucinated),
            "can be told apart": f"{100 * each.apart:.1f}",
            "tools": str(each.free.n),
        }
        for each in systems.values()
    ]
    rows = tuple((label, *(column[label] for column in columns)) for label in columns[0])
    return Table(title, ("metric", *systems), rows, "Percent, 95 % Wilson intervals.")


def difference_table(first: str, second: str, systems: Mapping[str, RetrievalScores], groups: Sequence[str]) -> Table:
    """How far the first system is ahead of the second in NDCG@5, request by request, for each group and for all."""
    from toolschool.evaluation.intervals import paired_difference

    one, two = (systems[name]["NDCG@5"] for name in (first, second))
    members = {group: [place for place, own in enumerate(groups) if own == group] for group in dict.fromkeys(groups)}
    rows = []
    for group, places in {**members, "all": list(range(len(groups)))}.items():
        found = paired_difference(one[places], two[places])
        rows.append(
            (group, f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]", str(found.n))
        )
    note = "Points of NDCG@5 with 95 % intervals of a bootstrap over requests."
    return Table(f"{first} less {second}", ("group", "difference", "requests"), tuple(rows), note)


def ndcg_plot(systems: Mapping[str, RetrievalScores], groups: Sequence[str]) -> bytes:
    """Bars of NDCG@5 by group, a colour per system."""
    names = list(dict.fromkeys(groups))
    figure, axes = plots.new_figure("Retrieval", "", "NDCG@5 (%)", width=max(7.0, 1.1 * len(names)))
    width = 0.8 / len(systems)
    for k, (system, scores) in enumerate(systems.items()):
        values = [
            100 * scores.part([place for place, own in enumerate(groups) if own == name]).interval("NDCG@5").value
            for name in names
        ]
        axes.bar(
            [n + (k + 0.5) * width - 0.4 for n in range(len(names))],
            values,
            width,
            color=plots.colour_of(k),
            label=system,
        )
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.legend(frameon=False)
    return plots.to_png(figure)


def _text(index: ToolIndex, key: Key | None) -> str:
    return "" if key is None else index.texts[key]
