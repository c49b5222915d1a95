"""One scale for trained tools and for tools known by their description, so that probabilities of both may be compared.

    joint = fit_joint(trials, encoder)                      # rows that may select, never test rows
    joint.probabilities(evidence, logits)                   # (tools, EVIDENCE), (tools,) with nan -> (tools,)

Two logistic regressions (Platt 1999). The one for described tools is fitted on requests in which every tool, the trained ones too, is
treated as one that was never seen: it has only its description, among those of all others. The one for trained tools sees the
classifier's logit beside that evidence, and the highest logit of the request: it is low where none of the classifier's tools is meant,
which the classifier was never trained to say. So requests for other tools belong into the fit. Limit: what a request of another kind
than the fitted ones makes of the scale is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolschool.errors import DataError
from toolschool.methods.tinyagent.selection import sigmoid

if TYPE_CHECKING:
    import numpy as np

NEAREST, OTHERS = (
    32,
    32,
)  # tools of a large catalogue that a fit looks at: the likeliest wrong ones, and a sample of the rest
_STRENGTH = 100.0  # inverse of the L2 penalty: hardly any
_PLACES = 4  # of the weights that are kept


@dataclass(frozen=True)
class Logistic:
    """A fitted logistic regression."""

    weights: tuple[float, ...]
    offset: float

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """(rows, features) -> (rows,)."""
        import numpy as np

        return sigmoid(features @ np.array(self.weights) + self.offset)

    @classmethod
    def fit(cls, features: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> Logistic:
        """Of rows that stand for `counts` rows each. DataError unless some are wanted and some are not."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        if wanted.all() or not wanted.any():
            raise DataError("a scale needs tools that are wanted and tools that are not; give more requests")
        model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=1000))
        model.fit(features, wanted, logisticregression__sample_weight=counts)
        scaler, line = model[0], model[1]
        weights = line.coef_[0] / scaler.scale_
        offset = float(line.intercept_[0] - weights @ scaler.mean_)
        return cls(tuple(round(float(weight), _PLACES) for weight in weights), round(offset, _PLACES))


@dataclass(frozen=True)
class Joint:
    """The two regressions, and the encoder whose cosines they read."""

    encoder: str
    described: Logistic
    trained: Logistic

    def probabilities(
        self, evidence: np.ndarray, logits: np.ndarray | None, highest: float | None = None
    ) -> np.ndarray:
        """Of all tools of a catalogue (tools,). `logits` are nan for tools that the classifier does not know, None where it was not asked.

        `highest` is the highest logit of the request, by default that of these tools.
        """
        import numpy as np

        found = self.described.probabilities(evidence)
        if logits is not None and not np.isnan(logits).all():
            there = ~np.isnan(logits)
            top = float(np.nanmax(logits)) if highest is None else highest
            found[there] = self.trained.probabilities(with_logits(logits[there], top, evidence[there]))
        return found

    def to_json(self) -> dict[str, Any]:
        kinds = {"described": self.described, "trained": self.trained}
        return {"encoder": self.encoder, **{name: vars(line).copy() for name, line in kinds.items()}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Joint:
        described, trained = (
            Logistic(tuple(value[name]["weights"]), value[name]["offset"]) for name in ("described", "trained")
        )
        return cls(value["encoder"], described, trained)


@dataclass(frozen=True)
class Trial:
    """A request in a catalogue: evidence of every tool (tools, EVIDENCE), which of them are wanted, and the classifier's logits.

    A tool that the classifier does not know has nan for a logit.
    """

    evidence: np.ndarray
    wanted: np.ndarray
    logits: np.ndarray


def with_logits(logits: np.ndarray, highest: float, evidence: np.ndarray) -> np.ndarray:
    """What the regression of trained tools reads: (tools, 2 + EVIDENCE), the logit and the request's highest one first."""
    import numpy as np

    return np.column_stack([logits, np.full(len(logits), highest), evidence])


def fit_joint(trials: Iterable[Trial], encoder: str, seed: int = 0) -> Joint:
    """Both regressions from requests that may select. DataError where there are too few."""
    import numpy as np

    rng = np.random.default_rng(seed)
    sampled = [(trial, *sample(trial, rng)) for trial in trials]
    if not sampled:
        raise DataError("a scale needs requests to be fitted on; give validation rows")
    described = Logistic.fit(
        np.concatenate([trial.evidence[kept] for trial, kept, _ in sampled]),
        np.concatenate([trial.wanted[kept] for trial, kept, _ in sampled]),
        np.concatenate([counts for *_, counts in sampled]),
    )
    known = [_trained_rows(trial) for trial, *_ in sampled if not np.isnan(trial.logits).all()]
    features, wanted = (np.concatenate(parts) for parts in zip(*known, strict=True))
    return Joint(encoder, described, Logistic.fit(features, wanted, np.ones(len(wanted))))


def _trained_rows(trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels of the tools that the classifier knows."""
    import numpy as np

    there = ~np.isnan(trial.logits)
    return with_logits(trial.logits[there], np.nanmax(trial.logits), trial.evidence[there]), trial.wanted[there]


def sample(trial: Trial, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Places of the tools that a fit looks at, and how many tools each stands for: those that are wanted, the nearest, some others."""
    import numpy as np

    certain = trial.wanted.copy()
    certain[np.argsort(-trial.evidence[:, 0], kind="stable")[:NEAREST]] = True
    rest = np.flatnonzero(~certain)
    drawn = rng.choice(rest, min(OTHERS, len(rest)), replace=False)
    kept = np.concatenate([np.flatnonzero(certain), drawn])
    weight = len(rest) / max(1, len(drawn))
    return kept, np.concatenate([np.ones(certain.sum()), np.full(len(drawn), weight)])


def expected_error(probabilities: Sequence[float], wanted: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error: mean distance between probability and share of wanted tools, over bins of equal width."""
    import numpy as np

    given, there = np.asarray(probabilities, dtype=float), np.asarray(wanted, dtype=float)
    place = np.minimum((given * bins).astype(int), bins - 1)
    gaps = [abs(given[place == b].mean() - there[place == b].mean()) * (place == b).mean() for b in np.unique(place)]
    return float(sum(gaps))
