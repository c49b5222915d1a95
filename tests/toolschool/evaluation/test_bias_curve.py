"""The bias that is chosen, and what is shown of the others."""

from toolschool.evaluation.bias_curve import Point, best_of, curve_plot, table_of

CURVE = [Point(-2.0, 3, 1, 1, 10), Point(0.0, 6, 9, 8, 10), Point(1.0, 6, 12, 9, 10), Point(4.0, 2, 40, 11, 10)]


def test_most_right_answers_with_the_fewest_calls() -> None:
    assert best_of(CURVE).bias == 0.0
    assert best_of(CURVE[::-1]).bias == 0.0


def test_table_marks_best_and_before() -> None:
    table = table_of(CURVE, own=1.0)
    assert [row[0] for row in table.rows] == ["-2.00", "0.00 (best)", "1.00 (before)", "4.00"]
    assert table.rows[1][1].startswith("60.0 [")
    assert [row[2] for row in table.rows] == ["0.10", "0.90", "1.20", "4.00"]
    assert "10 questions" in table.note


def test_picture() -> None:
    assert curve_plot(CURVE).startswith(b"\x89PNG")
