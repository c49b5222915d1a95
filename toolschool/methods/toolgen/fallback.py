"""Tools that a trained model was never asked for, brought back by a ranker that needs no training.

    places = keep_places(model_ranking, hybrid_ranking, asked)        # lists of positions in `apis.docs`, best first

A model puts every tool that some train request wanted before every one that none wanted, whatever the request: fusing ranks cannot
undo that. So it is heard about the former alone. The fallback says which places the latter take; the model fills the others in its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet


def keep_places(model: Sequence[int], fallback: Sequence[int], asked: AbstractSet[int]) -> list[int]:
    """As many positions as the fallback lists: those not in `asked` where it has them, all others in the model's order.

    `asked`: positions of the tools that some train request wanted. Where the model lists too few, the fallback's own fill up.
    """
    own = [position for position in model if position in asked]
    left = iter(dict.fromkeys([*own, *(position for position in fallback if position in asked)]))
    return [next(left) if position in asked else position for position in fallback]
