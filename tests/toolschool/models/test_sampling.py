"""A row of a batch is drawn by its own seed and ends where its own stop is."""

import math
from collections import Counter
from typing import Any

import torch

from toolschool.models.sampling import RowDraws, RowEnds


def test_draws_follow_the_softmax_at_the_row_s_temperature() -> None:
    logits = torch.tensor([[2.0, 1.0, 0.0, -math.inf]])
    for heat in (0.5, 1.0, 2.0):
        draw = RowDraws([3], [heat])
        drawn = Counter(int(draw(torch.zeros(1, 1), logits).argmax()) for _ in range(4000))
        for token, share in enumerate((logits[0] / heat).softmax(0).tolist()):
            assert abs(drawn[token] / 4000 - share) < 0.03
        assert drawn[3] == 0


def test_a_row_s_draws_do_not_depend_on_the_rows_beside_it() -> None:
    torch.manual_seed(0)
    steps = [torch.randn(5, 50) for _ in range(30)]
    seeds, heats = [9, 8, 7, 6, 5], [1.0, 0.0, 0.7, 1.3, 1.0]
    together = RowDraws(seeds, heats)
    batch = [together(torch.zeros(5, 1), step).argmax(1).tolist() for step in steps]
    for row in range(5):
        alone = RowDraws([seeds[row]], [heats[row]])
        assert [int(alone(torch.zeros(1, 1), step[row : row + 1]).argmax()) for step in steps] == [
            drawn[row] for drawn in batch
        ]
    assert [drawn[1] for drawn in batch] == [int(step[1].argmax()) for step in steps]


def test_at_a_temperature_near_zero_the_best_token_is_drawn() -> None:
    logits = torch.randn(4, 1000, generator=torch.Generator().manual_seed(1)).half()
    assert RowDraws([1, 2, 3, 4], [1e-4] * 4)(torch.zeros(4, 1), logits).argmax(1).tolist() == logits.argmax(1).tolist()


def test_rows_end_by_end_token_limit_or_stop_string(nano_tokenizer: Any) -> None:
    said = nano_tokenizer("one Observation: two", add_special_tokens=False)["input_ids"]
    length = len(said)
    rows = [said, said, [said[0], 2, *said[2:]]]
    ends = RowEnds(nano_tokenizer, 3, [length, 4, 99], [("Observation:",), (), ("never",)], {2})
    for step in range(1, length + 1):
        ended = ends(torch.tensor([[0, 0, 0, *row[:step]] for row in rows]), None)
        assert ended.tolist() == [length_ is not None for length_ in ends.lengths]
    assert ends.lengths[1:] == [4, 2]
    stopped = ends.lengths[0]
    assert stopped is not None
    assert stopped < length
    assert "Observation:" in nano_tokenizer.decode(said[:stopped])
    assert "Observation:" not in nano_tokenizer.decode(said[: stopped - 1])
