"""The floor at a tiny size: rates come out, shares are what operations and seconds say, operators find their groups."""

import pytest

from benchmarks import floor, floor_profile
from benchmarks.floor import SQUARE, Beside
from benchmarks.floor_rates import Sizes, memory_rates, product, rates, shapes
from benchmarks.floor_work import CALL, WINDOW, Did, scored_rows, scoring, shape_of
from toolschool.models.backbone import open_model

TINY = Sizes(tokens=32, square=64, memory=2**16, work=1e5, rounds=2)


def test_rates_of_every_shape_and_of_memory() -> None:
    found = rates("cpu", "float32", TINY)
    assert [rate.what for rate in found] == list(shapes(TINY))
    assert all(len(rate.each) == 2 and min(rate.each) > 0 for rate in [*found, *memory_rates("cpu", TINY)])


def test_a_product_counts_a_multiplication_and_an_addition() -> None:
    assert product((2, 3, 5), "cpu", "float32", 600)[1] == 600
    assert product((2, 3, 5), "cpu", "float32", 1)[1] == 60, "once at least"


def test_a_share_is_a_rate_beside_the_products_in_the_same_round() -> None:
    did = {SQUARE: Did(100.0, 0), "stage": Did(50.0, 10, 8.0)}
    stood = Beside(did, {SQUARE: [1.0, 2.0, 1.0], "stage": [1.0, 1.0, 2.0]})
    assert stood.of("stage") == (0.5, 1.0, 0.25)
    assert stood.of(SQUARE) == (1.0, 1.0, 1.0)
    assert stood.table(read=16.0).splitlines()[-1] == "| stage | 10 | 10 | 0.0 | 50% | 25% | 100% | 50% |"


def test_scoring_counts_what_its_layers_multiply() -> None:
    """The profiler's own count of the matrix products, without padding: rows of one length."""
    from torch.profiler import profile

    model, tokenizer = open_model("assets/nano")
    row = min(scored_rows(tokenizer, 4), key=lambda row: len(row.ids))
    assert len(row.wanted) == WINDOW
    assert row.wanted[-1] == len(row.ids) - 1 >= CALL
    run = scoring(model, [row] * 3)
    with profile(with_flops=True) as found:
        did = run()
    products = sum(
        event.flops for event in found.key_averages() if event.key in ("aten::mm", "aten::addmm", "aten::bmm")
    )
    shape, head = shape_of(model)
    attention = 4 * shape.layers * shape.width * len(row.ids) * did.tokens
    assert did.tokens == 3 * len(row.ids)
    assert products <= did.operations * 1.001
    assert did.operations - attention == pytest.approx(2 * (shape.weights - head) * did.tokens + 2 * head * 3 * WINDOW)
    if products > 0.5 * did.operations:  # attention in one kernel, which the profiler does not count
        assert products == pytest.approx(did.operations - attention, rel=0.02)


def test_operators_find_their_groups_and_the_whole_run_is_accounted_for() -> None:
    assert floor_profile.group_of("aten::mm", [[4, 2048], [2048, 8]], 2048) == "matrix products"
    assert floor_profile.group_of("aten::logsumexp", [[5, 2048]], 2048) == floor_profile.VOCABULARY
    assert floor_profile.group_of("aten::mul", [[5, 256], []], 2048) == floor_profile.ELEMENTS
    assert floor_profile.group_of("aten::_scaled_dot_product_flash_attention_for_cpu", [], 2048) == "attention"
    model, tokenizer = open_model("assets/nano")
    spent = floor_profile.profile(scoring(model, scored_rows(tokenizer, 2)), 2048)
    assert spent["matrix products"] > 0
    assert spent["attention"] > 0
    assert floor_profile.table(spent).count("\n") == 1 + len(spent)


def test_the_rates_table_says_threads_and_units() -> None:
    text = floor.rates_table("cpu", ("float32",), TINY)
    assert "| square, 64, float32 | 1 |" in text
    assert "GB/s" in text
