"""Toolformer's filter: does a call with its result make the text behind it more likely? Exact, in few forwards.

    plain = plain_losses(scorer, text_ids, places)                 # L_i(ε) by place
    losses = call_losses(scorer, text_ids, calls, plain, tau=0.5)  # a CallLosses per call
    losses[0].gain, losses[0].kept

With w = [5, 4, 3, 2, 1] / 15 and z put before the whole text (arXiv 2302.04761, section 2, footnote 3)

    L_i(z) = - sum_t w_t log p(x_{i+t} | z, x_{<i+t})        L+ = L_i(e(c, r))       L- = min(L_i(ε), L_i(e(c, ε)))

and a call is kept if L- - L+ >= tau. What is saved, all of it exact: texts are cut behind the last token that counts; one row
serves every position at which a call was sampled; L_i(ε) of all positions is one row; since L+ >= 0 a call can only pass if
L_i(ε) >= tau, and e(c, ε) is scored only where L_i(ε) - L+ >= tau. A loss that was not needed is None. A `Screen` may look
first, in lower precision; what it lets through is scored exactly. The weights are not renormalised at the end of a text. Without a
begin token the first token has no probability: no call may stand before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from toolschool.models.scoring import Row

if TYPE_CHECKING:
    from toolschool.models.scoring import Scoring

WEIGHTS = tuple(weight / 15 for weight in (5, 4, 3, 2, 1))  # max(0, 1 - 0.2 t), normalised


Prefix = tuple[int, ...]


class CallIds(NamedTuple):
    """A call at a place of a text: token ids of e(c, ε) and e(c, r), encoded apart from the text."""

    place: int
    empty: tuple[int, ...]
    done: tuple[int, ...]


@dataclass(frozen=True)
class CallLosses:
    """L_i(ε), L_i(e(c, ε)) and L+ in nats; None where they could not change the decision."""

    plain: float
    empty: float | None
    done: float | None
    tau: float

    @property
    def gain(self) -> float | None:
        """L- - L+; None for a call that was dropped before all three were known."""
        return None if self.empty is None or self.done is None else min(self.plain, self.empty) - self.done

    @property
    def kept(self) -> bool:
        return self.gain is not None and self.gain >= self.tau


class Screen(NamedTuple):
    """A cheaper scorer (the model in bfloat16) that drops calls whose gain it finds `margin` nats below tau: the one step that is not exact."""

    scorer: Scoring
    margin: float


def call_losses(
    scorer: Scoring,
    text: Sequence[int],
    calls: Sequence[CallIds],
    plain: Mapping[int, float],
    tau: float,
    begin: Sequence[int] = (),
    screen: Screen | None = None,
) -> list[CallLosses]:
    """The losses of every call of one text; `plain` are those of `plain_losses`, at the calls' places at least.

    `begin` is what the model wants before every text (its begin token). With a `screen` the calls it drops have no L+.
    """
    hopeful = [call for call in calls if plain[call.place] >= tau]
    if screen:
        rough = _done(screen.scorer, text, hopeful, begin)
        hopeful = [c for c in hopeful if plain[c.place] - rough[c.done, c.place] >= tau - screen.margin]
    done = _done(scorer, text, hopeful, begin)
    close = [call for call in hopeful if plain[call.place] - done[call.done, call.place] >= tau]
    empty = prefixed_losses(scorer, text, {(call.empty, call.place) for call in close}, begin)
    return [CallLosses(plain[c.place], empty.get((c.empty, c.place)), done.get((c.done, c.place)), tau) for c in calls]


def _done(
    scorer: Scoring, text: Sequence[int], calls: Sequence[CallIds], begin: Sequence[int]
) -> dict[tuple[Prefix, int], float]:
    return prefixed_losses(scorer, text, {(call.done, call.place) for call in calls}, begin)


def plain_losses(
    scorer: Scoring, text: Sequence[int], places: Sequence[int], begin: Sequence[int] = ()
) -> Mapping[int, float]:
    """L_i(ε) by place, from one forward of the text."""
    found = prefixed_losses(scorer, text, {((), place) for place in places}, begin)
    return {place: loss for (_, place), loss in found.items()}


def prefixed_losses(
    scorer: Scoring, text: Sequence[int], wanted: set[tuple[Prefix, int]], begin: Sequence[int] = ()
) -> dict[tuple[Prefix, int], float]:
    """L_i(z) of every (z, i), z as token ids: a row for each z, up to the last token that counts."""
    places: dict[Prefix, list[int]] = {}
    for prefix, place in sorted(wanted):
        places.setdefault(prefix, []).append(place)
    tokens = {z: sorted({t for i in where for t in _window(i, len(text))}) for z, where in places.items()}
    rows = [
        Row([*begin, *z, *text[: where[-1] + len(WEIGHTS)]], [len(begin) + len(z) + t for t in tokens[z]])
        for z, where in places.items()
    ]
    logs = {
        z: dict(zip(tokens[z], map(float, values), strict=True))
        for z, values in zip(places, scorer.score(rows), strict=True)
    }
    return {
        (z, i): -sum(w * logs[z][t] for w, t in zip(WEIGHTS, _window(i, len(text)), strict=False))
        for z, where in places.items()
        for i in where
    }


def _window(place: int, length: int) -> range:
    """The tokens whose loss counts for a call at `place`."""
    return range(place, min(place + len(WEIGHTS), length))
