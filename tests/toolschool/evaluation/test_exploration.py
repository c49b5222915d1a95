"""What an exploration found, counted by hand."""

from typing import Any

import pytest

from toolschool.evaluation.exploration import (
    by_episode,
    episodes_plot,
    exploration_metrics,
    exploration_table,
    summaries,
    tools_plot,
)

PNG = b"\x89PNG"


def row(tool: str, episode: int, number: int, query: str, solved: bool) -> dict[str, Any]:
    counts = {"steps": 2, "calls_ok": 1, "prompt_tokens": 100, "completion_tokens": 10}
    return {"tool": tool, "episode": episode, "number": number, "query": query, "solved": solved, **counts}


ROWS = [
    row("add", 1, 1, "Add 2 and 3", True),
    row("add", 1, 2, "add 4  and 5", True),
    row("add", 2, 1, "What is the sum of 4 and 5?", False),
    row("day", 1, 1, "Which day is it?", False),
]


def test_counts_by_tool_and_of_all() -> None:
    found = summaries(ROWS)
    assert [each.trials for each in found.values()] == [3, 1]
    assert len(found["add"].queries) == 2, "numbers, capitals and spaces do not make a query another"
    table = exploration_table(found)
    assert table.rows[0] == ("add", "3", "66.7", "66.7", "2.00", "50.0", "330")
    assert table.rows[-1] == ("all", "4", "50.0", "75.0", "2.00", "50.0", "440")
    metrics = exploration_metrics(found)
    assert metrics["solved"] == 0.5
    assert metrics["add.solved"] == pytest.approx(2 / 3)
    assert metrics["add.distinct"] == 2
    assert metrics["prompt_tokens"] == 400


def test_success_over_the_episodes_is_that_of_all_tools() -> None:
    rates = by_episode(summaries(ROWS[::-1]))
    assert list(rates) == [1, 2]
    assert [(each.value, each.n) for each in rates.values()] == [(pytest.approx(2 / 3), 3), (0.0, 1)]


def test_pictures_of_few_and_of_many_tools() -> None:
    many = summaries(row(f"tool_{k}", 1, 1, "do it", k % 2 == 0) for k in range(60))
    for found in (summaries(ROWS), many):
        assert tools_plot(found).startswith(PNG)
        assert episodes_plot(found).startswith(PNG)


def test_nothing_explored() -> None:
    assert exploration_table({}).rows == (("all", "0", "–", "–", "–", "–", "0"),)
    assert exploration_metrics({})["solved"] is None
