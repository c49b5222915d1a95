"""The forgetting matrix: its numbers by hand, its table, its picture."""

import math

import pytest

from toolschool.evaluation.forgetting import Forgetting, forgetting_plot, forgetting_tables
from toolschool.evaluation.intervals import wilson

KEPT = Forgetting(
    (
        {0: wilson(80, 100)},
        {0: wilson(76, 100), 1: wilson(90, 100)},
        {0: wilson(72, 100), 1: wilson(84, 100), 2: wilson(60, 100)},
    )
)
LOST = Forgetting(({0: wilson(80, 100)}, {0: wilson(0, 100), 1: wilson(90, 100)}))


def test_numbers_are_those_of_the_definitions() -> None:
    assert KEPT.kept(0) == pytest.approx(0.9)
    assert KEPT.final == pytest.approx((0.72 + 0.84 + 0.60) / 3)
    assert KEPT.backward_transfer == pytest.approx(((0.72 - 0.80) + (0.84 - 0.90)) / 2)
    assert LOST.kept(0) == 0
    assert LOST.backward_transfer == pytest.approx(-0.8)


def test_one_round_has_nothing_to_forget() -> None:
    once = Forgetting(({0: wilson(5, 10)},))
    assert math.isnan(once.backward_transfer)
    assert once.kept(0) == 1


def test_a_batch_that_was_never_right_keeps_no_share() -> None:
    assert math.isnan(Forgetting(({0: wilson(0, 10)},)).kept(0))


@pytest.mark.parametrize("rounds", [({1: wilson(1, 2)},), ({0: wilson(1, 2)}, {0: wilson(1, 2)})])
def test_a_round_scores_every_batch_up_to_its_own(rounds: tuple[dict, ...]) -> None:
    with pytest.raises(ValueError, match="must score batches"):
        Forgetting(rounds)


def test_metrics_are_flat() -> None:
    found = LOST.metrics()
    assert found["round_1.batch_0"] == 0
    assert found["round_1.batch_1.n"] == 100
    assert found["round_1.batch_0.low"] == 0 < found["round_1.batch_0.high"]
    assert found["kept.batch_1"] == 1


def test_tables_show_a_matrix_for_each_arm_and_compare_them() -> None:
    with_replay, without, summary = forgetting_tables({"with replay": KEPT, "no replay": LOST})
    assert with_replay.rows[1][1].startswith("76.0 [")
    assert with_replay.rows[0][2] == "–"
    assert without.title.endswith("no replay")
    assert [row[:2] for row in summary.rows] == [("with replay", "90.0"), ("no replay", "0.0")]
    assert summary.rows[1][3] == "-80.0"


def test_the_picture_is_a_png() -> None:
    assert forgetting_plot({"with replay": KEPT, "no replay": LOST}).startswith(b"\x89PNG")
