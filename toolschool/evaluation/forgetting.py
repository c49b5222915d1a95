"""What a model keeps of earlier rounds of tools when it learns later ones: the forgetting matrix, as numbers, table and picture.

    with_replay = Forgetting(({0: rate_00}, {0: rate_10, 1: rate_11}))      # by round, by batch of tools: Interval
    with_replay.kept(0), with_replay.backward_transfer
    forgetting_tables({"with replay": with_replay, "no replay": other})
    forgetting_plot({"with replay": with_replay, "no replay": other})       # PNG

A row is a round of training, a column a batch of tools; a batch is first taught in the round of its own number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from toolschool.evaluation import plots
from toolschool.evaluation.intervals import Interval
from toolschool.evaluation.tables import Table, percent


@dataclass(frozen=True)
class Forgetting:
    """Rates of each batch that was taught so far, behind each round. Raises ValueError for a matrix that is not lower triangular."""

    rounds: tuple[Mapping[int, Interval], ...]

    def __post_init__(self) -> None:
        for number, found in enumerate(self.rounds):
            if sorted(found) != list(range(number + 1)):
                raise ValueError(f"round {number} must score batches 0 to {number}, not {sorted(found)}")

    def kept(self, batch: int) -> float:
        """A batch's rate behind the last round, as a share of that behind its own; nan where that was 0."""
        first = self.rounds[batch][batch].value
        return self.rounds[-1][batch].value / first if first else float("nan")

    @property
    def final(self) -> float:
        """Mean rate of all batches behind the last round (average accuracy, Lopez-Paz and Ranzato 2017, eq. 2)."""
        return fmean(found.value for found in self.rounds[-1].values())

    @property
    def backward_transfer(self) -> float:
        """Mean change of each earlier batch's rate from its own round to the last (Lopez-Paz and Ranzato 2017, eq. 3); nan for one round."""
        last = len(self.rounds) - 1
        if not last:
            return float("nan")
        return fmean(self.rounds[last][batch].value - self.rounds[batch][batch].value for batch in range(last))

    def metrics(self) -> dict[str, float | int]:
        """Flat numbers: `round_1.batch_0` (rates) with `.low`, `.high`, `.n`, then `kept.batch_0`, `final`, `backward_transfer`."""
        found: dict[str, float | int] = {}
        for number, rates in enumerate(self.rounds):
            for batch, rate in rates.items():
                name = f"round_{number}.batch_{batch}"
                found |= {name: rate.value, f"{name}.low": rate.low, f"{name}.high": rate.high, f"{name}.n": rate.n}
        found |= {f"kept.batch_{batch}": self.kept(batch) for batch in range(len(self.rounds))}
        return found | {"final": self.final, "backward_transfer": self.backward_transfer}


def forgetting_tables(arms: Mapping[str, Forgetting], measure: str = "correct calls") -> list[Table]:
    """A matrix for each arm, then what the first batch kept, the mean and the backward transfer of all arms."""
    matrices = [_matrix(name, found, measure) for name, found in arms.items()]
    header = ("", "first batch kept (%)", "all batches, last round (%)", "backward transfer (points)")
    rows = tuple(
        (name, f"{100 * found.kept(0):.1f}", f"{100 * found.final:.1f}", f"{100 * found.backward_transfer:+.1f}")
        for name, found in arms.items()
    )
    return [*matrices, Table("Forgetting", header, rows, "Kept: behind the last round, of what it was behind its own.")]


def _matrix(name: str, found: Forgetting, measure: str) -> Table:
    batches = range(len(found.rounds))
    rows = tuple(
        (f"round {number}", *(percent(rates.get(batch)) for batch in batches))
        for number, rates in enumerate(found.rounds)
    )
    note = f"Percent of {measure} on held-back queries of the batch's tools, 95 % Wilson intervals."
    return Table(f"Rounds of tools, {name}", ("behind", *(f"batch {batch}" for batch in batches)), rows, note)


def forgetting_plot(arms: Mapping[str, Forgetting], title: str = "What earlier rounds keep") -> bytes:
    """A heat map for each arm, side by side: rounds downwards, batches to the right, rates in percent."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(arms), 4.6), layout="constrained")
    figure.suptitle(title, fontweight="bold")
    for axes, (name, found) in zip(figure.subplots(1, len(arms), squeeze=False)[0], arms.items(), strict=True):
        size = len(found.rounds)
        axes.imshow([_row(rates, size) for rates in found.rounds], vmin=0, vmax=100, cmap="Blues")
        axes.set_title(name)
        axes.set_xlabel("batch of tools")
        axes.set_ylabel("behind round")
        axes.set_xticks(range(size))
        axes.set_yticks(range(size))
        for number, rates in enumerate(found.rounds):
            for batch, rate in rates.items():
                shade = "white" if rate.value > 0.6 else "black"
                axes.text(batch, number, f"{100 * rate.value:.0f}", ha="center", va="center", color=shade)
    return plots.to_png(figure)


def _row(rates: Mapping[int, Interval], size: int) -> list[float]:
    return [100 * rates[batch].value if batch in rates else float("nan") for batch in range(size)]
