"""What a tool head, and a reranker behind it, decide in texts they never saw: calls, spurious calls, flips; at equal recall, too.

    systems = {"head": head_alone(decisions), "head and reranker": with_reranker(decisions)}
    show(calls_table(systems, texts=200)); show(equal_recall_table(systems)); png = spurious_plot(systems)
    show(reranker_table(decisions))

A decision is a position where a call belongs, or where the head's best tool is near enough to the best word to be put to the reranker
(`pipelines/deciding.py` writes them). Source of the counts: Toolken+ (arXiv 2410.12004). Equal recall: each system may only
move its own threshold, the head its bias, the reranker its REJ offset; the fewest spurious calls at which a recall is reached are
compared. Limit: texts are teacher-forced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from toolschool.evaluation import plots
from toolschool.evaluation.firing import FiringCurve, firing_curve
from toolschool.evaluation.intervals import Interval, rate, wilson
from toolschool.evaluation.tables import Table, percent

if TYPE_CHECKING:
    import numpy as np

    from toolschool.methods.toolken.agent import Proposal

RECALLS = (0.5, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Decision:
    """One position of a text.

    `text` tells texts apart. `gold` is the tool that belongs here, None where none does. `proposed` is the head's best tool and `margin` its
    logit (bias included) less the best word's. `chosen` is the reranker's best candidate and `lead` its score less REJ's; None
    where it was not asked.
    """

    text: str
    gold: str | None
    proposed: str
    margin: float
    chosen: str | None = None
    lead: float | None = None


@dataclass(frozen=True)
class System:
    """What one system calls, decision by decision: the tool, and its strength; it is called where that is above 0."""

    tools: tuple[str, ...]
    strength: np.ndarray
    gold: tuple[str | None, ...]
    idle: np.ndarray
    """Where the whole text needs no tool."""

    @property
    def called(self) -> np.ndarray:
        return self.strength > 0

    @property
    def wanted(self) -> np.ndarray:
        """Where a call belongs."""
        import numpy as np

        return np.array([gold is not None for gold in self.gold], dtype=bool)

    @property
    def right(self) -> np.ndarray:
        """Where the tool is the one that belongs there, called or not."""
        import numpy as np

        return np.array([tool == gold for tool, gold in zip(self.tools, self.gold, strict=True)], dtype=bool)

    def counts(self) -> dict[str, int]:
        """Decisions by what became of them: positions that want a call, those whose best tool is the right one, calls, right and spurious ones,
        and spurious ones in texts that need no tool."""
        called, wanted, right = self.called, self.wanted, self.right
        found = {"wanted": wanted, "tool_right": wanted & right, "calls": called, "right": called & right}
        wrong = {"spurious": called & ~wanted, "idle": called & self.idle}
        return {name: int(mask.sum()) for name, mask in {**found, **wrong}.items()}

    def rates(self) -> dict[str, Interval]:
        """How often the best tool is the right one where a call belongs; precision and recall of calls."""
        found = self.counts()
        of = {"tool_right": ("tool_right", "wanted"), "precision": ("right", "calls"), "recall": ("right", "wanted")}
        return {name: wilson(found[part], found[whole]) for name, (part, whole) in of.items()}

    def curves(self) -> tuple[FiringCurve, FiringCurve, FiringCurve]:
        """Right calls, spurious ones, and those in texts that need no tool, at every threshold; the same thresholds in all."""
        import numpy as np

        wanted, asked = self.wanted, np.isfinite(self.strength)
        right, spurious, idle = (
            firing_curve(self.strength[asked], each[asked], wanted[asked]) for each in (self.right, ~wanted, self.idle)
        )
        return replace(right, gold=int(wanted.sum())), spurious, idle

    def spurious_at(self, recall: float) -> tuple[int, int] | None:
        """The fewest spurious calls at which the recall is reached, and those among them in texts that need no tool; None where no threshold
        reaches it."""
        import numpy as np

        right, spurious, idle = self.curves()
        enough = np.flatnonzero(right.recall >= recall)
        return (int(spurious.right[enough[0]]), int(idle.right[enough[0]])) if len(enough) else None


def head_alone(decisions: Sequence[Decision]) -> System:
    """The head calls its best tool where that beats every word."""
    return _system(decisions, [each.proposed for each in decisions], [each.margin for each in decisions])


def with_reranker(decisions: Sequence[Decision]) -> System:
    """The reranker calls its best candidate where that beats REJ; where it was not asked nothing is called."""
    tools = [each.chosen or each.proposed for each in decisions]
    return _system(decisions, tools, [float("-inf") if each.lead is None else each.lead for each in decisions])


def _system(decisions: Sequence[Decision], tools: Sequence[str], strength: Sequence[float]) -> System:
    import numpy as np

    busy = {each.text for each in decisions if each.gold}
    idle = np.array([each.text not in busy for each in decisions], dtype=bool)
    return System(tuple(tools), np.array(strength, dtype=float), tuple(each.gold for each in decisions), idle)


def calls_table(systems: Mapping[str, System], texts: int) -> Table:
    """One row per metric, one column per system."""
    columns = [_calls(system, texts) for system in systems.values()]
    rows = tuple((label, *(column[label] for column in columns)) for label in columns[0])
    note = f"{texts} texts, teacher-forced over every position; percent with 95 % Wilson intervals."
    return Table("Calls, as set up", ("metric", *systems), rows, note)


def _calls(system: System, texts: int) -> dict[str, str]:
    found, rates = system.counts(), system.rates()
    calls, right, spurious = (found[name] for name in ("calls", "right", "spurious"))
    return {
        "tool right where a call belongs": percent(rates["tool_right"]),
        "precision of calls": percent(rates["precision"]),
        "recall of calls": percent(rates["recall"]),
        "calls": str(calls),
        "of these with another tool": str(calls - right - spurious),
        "of these where none belongs": str(spurious),
        "of these in texts that need no tool": str(found["idle"]),
        "spurious calls per 100 texts": f"{100 * spurious / texts:.1f}",
    }


def equal_recall_table(systems: Mapping[str, System], recalls: Sequence[float] = RECALLS) -> Table:
    """The fewest spurious calls of each system at the recall that the first has as set up, and at round ones."""
    first = next(iter(systems.values())).counts()
    own = first["right"] / max(first["wanted"], 1)
    rows = []
    for recall in sorted({*recalls, own}):
        cells = (
            "–" if each is None else f"{each[0]} / {each[1]}"
            for each in (s.spurious_at(recall) for s in systems.values())
        )
        rows.append((f"{100 * recall:.1f}{' (as set up)' if recall == own else ''}", *cells))
    note = "All / those in texts that need no tool. Each system moves its own threshold alone; a dash: it never reaches that recall."
    return Table("Spurious calls at equal recall", ("recall, %", *systems), tuple(rows), note)


def reranker_table(decisions: Sequence[Decision]) -> Table:
    """What became of the head's proposals."""
    asked = [each for each in decisions if each.lead is not None]
    proposed = [each for each in asked if each.margin > 0]
    near = [each for each in asked if each.margin <= 0]
    told = [each for each in asked if each.gold]
    rows = (
        ("proposals of the head", str(len(proposed))),
        ("near proposals, put to the reranker too", str(len(near))),
        ("accepted, of proposals", _share(proposed, _accepted)),
        ("accepted, of near proposals", _share(near, _accepted)),
        ("accepted where no call belongs, of all", _share([each for each in asked if not each.gold], _accepted)),
        ("accepted as proposed, of accepted", _share([e for e in asked if _accepted(e)], lambda e: e.chosen == e.proposed)),
        ("flips that helped", str(sum(e.proposed != e.gold == e.chosen for e in told))),
        ("flips that hurt", str(sum(e.proposed == e.gold != e.chosen for e in told))),
        ("calls that belong, refused", _share(told, lambda each: not _accepted(each))),
    )  # fmt: skip
    return Table("What the reranker did", ("metric", "value"), rows)


def proposals_table(proposals: Sequence[Proposal], questions: int) -> Table:
    """What an agent's reranker did while it answered."""
    refused = [each.chosen is None for each in proposals]
    changed = [each.chosen not in (None, each.tool) for each in proposals]
    rows = (
        ("proposals per question", f"{len(proposals) / questions:.2f}"),
        ("refused, of proposals", percent(rate(refused))),
        ("another tool, of proposals", percent(rate(changed))),
    )
    return Table("Proposals while answering", ("metric", "value"), rows)


def _accepted(decision: Decision) -> bool:
    return decision.lead is not None and decision.lead > 0


def _share(decisions: Sequence[Decision], holds: Callable[[Decision], bool]) -> str:
    return percent(rate([holds(each) for each in decisions]))


def recall_of(system: System) -> Interval:
    """Recall as set up."""
    found = system.counts()
    return wilson(found["right"], found["wanted"])


def spurious_plot(systems: Mapping[str, System], texts: int) -> bytes:
    """Spurious calls per 100 texts against recall, a line per system; a star marks each as set up."""
    figure, axes = plots.new_figure("Spurious calls", "recall of calls (%)", "spurious calls per 100 texts")
    for k, (name, system) in enumerate(systems.items()):
        right, spurious, _ = system.curves()
        axes.plot(100 * right.recall, 100 * spurious.right / texts, color=plots.colour_of(k), label=name)
        own = 100 * recall_of(system).value, 100 * system.counts()["spurious"] / texts
        axes.plot(
            *own,
            marker="*",
            markersize=16,
            color=plots.colour_of(k),
            markeredgecolor="black",
            linestyle="none",
            label=f"{name}, as set up",
        )
    axes.set_xlim(0, 101)
    axes.legend(frameon=False, loc="upper left")
    return plots.to_png(figure)
