"""From tool probabilities to a tool set: calibrate on validation rows, then weigh coverage against size.

    calibration = calibrate(logits, labels, budget=5.5)     # validation rows
    chosen = choose(calibration.probabilities(logits), calibration.price)

A planner cannot call what it is not offered, so a set is worth its probability of holding *all* needed tools, and each
tool in it costs `price`. Taking tools as independent given the query, the best set of every size is a prefix of the
tools by falling probability, and P(prefix holds all) = product of (1 - p) over the rest. The size that maximises
P - price * size is taken per query: clear queries get short lists, doubtful ones longer lists, hopeless ones no
padding. Tools that are more likely needed than not are kept in any case. One global price then fixes the mean size.
Numpy only. Limits: needs probabilities that mean something, hence the temperature (Guo et al. 2017, section 4.2);
dependence between tools is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from toolschool.errors import DataError

if TYPE_CHECKING:
    import numpy as np


LIKELY = 0.5  # a tool at least this probable is never left out to save its price


@dataclass(frozen=True)
class Calibration:
    """What validation rows fix. `price` is in units of coverage: 0.03 means a tool must add 3 points to be kept."""

    temperature: float = 1.0
    price: float = 0.03
    budget: float | None = None  # the mean number of tools the price was chosen for

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probabilities (B, K) of logits (B, K)."""
        return sigmoid(logits / self.temperature)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calibration:
        return cls(**value)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Logistic function in float64, without overflow."""
    import numpy as np

    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(logits, dtype=np.float64)))


def choose(probabilities: np.ndarray, price: float, *, cap: int | None = None) -> np.ndarray:
    """Chosen tools as a bool array (B, K): at least one and at most `cap` per row (the most probable ones)."""
    import numpy as np

    rows, tools = probabilities.shape
    largest = tools if cap is None else max(1, min(cap, tools))
    order = np.argsort(-probabilities, axis=1, kind="stable")
    ranked = np.take_along_axis(probabilities, order, axis=1)
    absent = np.log1p(-np.clip(ranked, 0.0, 1.0 - 1e-9))
    rest = np.cumsum(absent[:, ::-1], axis=1)[:, ::-1]  # log P(nothing needed from rank k on)
    after = np.concatenate([rest[:, 1:], np.zeros((rows, 1))], axis=1)  # ... once k + 1 tools are taken
    worth = np.exp(after) - price * np.arange(1, tools + 1)
    likely = (ranked >= LIKELY).sum(axis=1)
    size = np.minimum(np.maximum(worth.argmax(axis=1) + 1, likely), largest)
    chosen = np.zeros((rows, tools), dtype=bool)
    np.put_along_axis(chosen, order, np.arange(tools)[None, :] < size[:, None], axis=1)
    return chosen


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature in 0.25..8 with the lowest binary cross-entropy on these rows (both arrays (B, K))."""
    import numpy as np
    from scipy.optimize import minimize_scalar

    wanted = np.asarray(labels, dtype=np.float64)

    def loss(log_temperature: float) -> float:
        scaled = np.asarray(logits, dtype=np.float64) / np.exp(log_temperature)
        return float((np.logaddexp(0.0, scaled) - wanted * scaled).mean())

    result = minimize_scalar(loss, bounds=(np.log(0.25), np.log(8.0)), method="bounded")
    return float(np.exp(result.x))


def pick_price(probabilities: np.ndarray, budget: float) -> float:
    """The lowest price at which these rows get at most `budget` tools on average (sizes only: labels are not used).

    DataError when the budget is below one tool, which is the least any query gets.
    """
    import numpy as np

    if budget < 1:
        raise DataError(f"a budget of {budget} tools is below 1, the least a query gets; raise it")
    prices = np.geomspace(1e-5, 1.0, 400)
    sizes = np.array([choose(probabilities, price).sum(axis=1).mean() for price in prices])
    within = sizes <= budget
    return float(prices[within.argmax()]) if within.any() else 1.0


def calibrate(logits: np.ndarray, labels: np.ndarray, budget: float) -> Calibration:
    """Temperature and price from validation rows: logits and 0/1 labels (B, K), `budget` in mean tools per query."""
    temperature = fit_temperature(logits, labels)
    probabilities = Calibration(temperature).probabilities(logits)
    return Calibration(temperature, pick_price(probabilities, budget), budget)
