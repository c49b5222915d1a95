"""Sampling at many places of a text from one cache: the same as reading the text again for every place."""

from typing import Any

import numpy as np
import pytest
import torch

from toolschool.models.branches import Reader

HEAD, MIDDLE, TEXT = [5, 6, 7, 8], [9, 10], [11, 12, 13, 14, 15, 16]
START = 20


def after(model: Any, ids: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0, -1].float()


def before(place: int) -> list[int]:
    return [*HEAD, *MIDDLE, *TEXT[:place]]


def test_probabilities_are_those_of_whole_forwards(tiny: Any) -> None:
    reading = Reader(tiny, HEAD).read(MIDDLE, TEXT)
    expected = [float(after(tiny, before(i)).softmax(-1)[[20, 21]].sum()) for i in range(len(TEXT))]
    assert reading.probabilities([20, 21]) == pytest.approx(np.array(expected), abs=1e-5)


def greedy(model: Any, place: int, length: int) -> list[int]:
    ids = [*before(place), START]
    for _ in range(length):
        ids.append(int(after(model, ids).argmax()))
    return ids[len(before(place)) :]


@pytest.mark.parametrize("length", [1, 3, 6])
def test_almost_cold_samples_are_greedy_continuations_of_their_own_text(tiny: Any, length: int) -> None:
    paths = {place: greedy(tiny, place, length) for place in (1, 4, 5)}
    ends = {path[-1] for path in paths.values()}
    expected = {}
    for place, path in paths.items():
        cut = next(i for i in range(1, len(path)) if path[i] in ends)
        expected[place] = {tuple(path[: cut + 1]): 3}
    reader = Reader(tiny, HEAD)
    for _ in range(2):  # the second reading finds the head's cache as the first one did
        found = reader.read(MIDDLE, TEXT).sample(
            dict.fromkeys(paths, 3), [START], ends, set(), length + 1, 0, temperature=1e-4
        )
        assert found == expected


def test_samples_come_as_often_as_they_are_likely(tiny: Any) -> None:
    every = set(range(tiny.config.vocab_size))
    found = Reader(tiny, HEAD).read(MIDDLE, TEXT).sample({2: 20_000}, [START], every, set(), 5, 0)[2]
    assert found.total() == 20_000
    expected = after(tiny, [*before(2), START]).softmax(-1)
    for token in expected.topk(5).indices.tolist():
        share, p = found[START, token] / 20_000, float(expected[token])
        assert abs(share - p) < 5 * (p * (1 - p) / 20_000) ** 0.5


def test_what_stops_or_never_ends_is_not_returned(tiny: Any) -> None:
    every = set(range(tiny.config.vocab_size))
    reading = Reader(tiny, HEAD).read(MIDDLE, TEXT)
    assert reading.sample({2: 7}, [START], set(), every, 5, 0) == {2: {}}
    assert reading.sample({2: 7}, [START], set(), set(), 5, 0) == {2: {}}
    assert reading.sample({2: 7}, [START], every, set(), 5, 0)[2].total() == 7  # the cache is as before
