"""The order of rows is a function of (seed, epoch, step), drops nothing and does not depend on the workers."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.order import Order, bucket, pack, padded_length, rows_of, single_units


def order(count: int, *, batch_size: int = 2, world: int = 1, accumulation: int = 1, seed: int = 0) -> Order:
    return Order(single_units(count), batch_size=batch_size, world=world, accumulation=accumulation, seed=seed)


@given(count=st.integers(1, 40), batch=st.integers(1, 5), seed=st.integers(0, 3))
def test_every_row_is_seen_once_per_epoch(count: int, batch: int, seed: int) -> None:
    stream = order(count, batch_size=batch, seed=seed)
    seen = [row for step in range(stream.steps(2) + 1) for unit in stream.step(step) for row in unit]
    assert Counter(seen[:count]) == Counter(range(count))
    assert Counter(seen[count : 2 * count]) == Counter(range(count))


@given(st.lists(st.integers(1, 20), min_size=1, max_size=60), st.integers(20, 50), st.integers(0, 3))
def test_packs_hold_every_row_once_and_never_overflow(lengths: list[int], capacity: int, seed: int) -> None:
    packs = pack(lengths, capacity, seed, window=4)
    assert sorted(row for unit in packs for row in unit) == list(range(len(lengths)))
    assert all(sum(lengths[row] for row in unit) <= capacity for unit in packs)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=80), st.integers(64, 4096), st.integers(0, 3))
def test_buckets_hold_every_row_once_with_rows_of_one_padded_length(lengths: list[int], tokens: int, seed: int) -> None:
    units = bucket(lengths, tokens, seed)
    assert sorted(row for unit in units for row in unit) == list(range(len(lengths)))
    for unit in units:
        widths = {padded_length(lengths[row]) for row in unit}
        assert len(widths) == 1
        assert len(unit) <= rows_of(widths.pop(), tokens)


@given(st.integers(1, 5000))
def test_padding_to_few_lengths_wastes_little(length: int) -> None:
    width = padded_length(length)
    assert length <= width < length * 4 / 3 + 32
    assert padded_length(width) == width


def test_packing_wastes_little() -> None:
    lengths = [5 + i % 37 for i in range(2000)]
    packs = pack(lengths, 128, seed=0)
    assert sum(lengths) / (128 * len(packs)) > 0.95


@pytest.mark.parametrize(("world", "accumulation"), [(1, 4), (2, 2), (4, 1)])
def test_a_step_is_the_same_rows_however_it_is_cut(world: int, accumulation: int) -> None:
    whole, cut = order(50, batch_size=8), order(50, batch_size=2, world=world, accumulation=accumulation)
    for step in range(15):
        parts = [u for rank in range(world) for micro in cut.micro_batches(step, rank) for u in micro]
        assert sorted(parts) == sorted(whole.step(step))


def test_order_depends_on_seed_and_epoch_only() -> None:
    first, again, other = order(30), order(30), order(30, seed=1)
    far = first.step(40)
    assert far == again.step(40)  # asked for directly, without the 40 steps before it
    assert [first.step(i) for i in range(15)] != [other.step(i) for i in range(15)]
    assert [first.step(i) for i in range(15)] != [first.step(i) for i in range(15, 30)]


def test_steps_cover_the_epochs() -> None:
    assert order(10, batch_size=4).steps(1) == 3
    assert order(10, batch_size=4).steps(2) == 5
    assert order(10, batch_size=64).steps(0.1) == 1
