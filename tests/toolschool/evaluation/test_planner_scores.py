"""From predictions to one dataclass, to metrics.json and to tables: every kind of failure counted once and apart."""

import io
import json
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from toolschool.errors import ConfigError, DataError
from toolschool.evaluation.metrics import planner_metrics, toolrag_metrics, write_metrics
from toolschool.evaluation.planner import PlannerScores, PlanRow, score_plans
from toolschool.evaluation.state import same_effects
from toolschool.evaluation.tables import planner_table, show, to_markdown, tool_recall_table, toolrag_table
from toolschool.evaluation.toolrag import score_sets
from toolschool.plans.grammar import parse_plan
from toolschool.records import Plan
from toolschool.tools.desk import desk_catalog

CATALOG = desk_catalog()
NOW = datetime(2026, 3, 2, 9, 0)
GOLD = '1. get_phone_number("Sid")\n2. send_sms(["$1"], "Lunch at noon?")\n3. join()<END_OF_PLAN>\n'


def row(name: str, prediction: str, **fields: object) -> PlanRow:
    return PlanRow(name, "Text Sid about lunch at noon.", prediction, parse_plan(GOLD), GOLD, now=NOW, **fields)


ROWS = [
    row("right", GOLD),
    row("other person", GOLD.replace("Sid", "Emma")),
    row("not parallel", GOLD.replace("3. join", '3. open_note("a", "")\n4. join')),
    row("unreadable", "I would text Sid."),
    row("cut off", GOLD[:50], truncated=True),
    row("nothing", "", empty=True),
    row("out of range", GOLD.replace("$1", "$7")),
    row("not offered", GOLD, offered=("get_phone_number", "open_note")),
]


@pytest.fixture(scope="module")
def scores() -> PlannerScores:
    return score_plans(ROWS, CATALOG, same_effect=same_effects)


def test_rates(scores: PlannerScores) -> None:
    assert scores.rows == 8
    assert scores.success_published.value == 3 / 8  # right, other person, not offered
    assert scores.dag_strict.value == 3 / 8
    assert scores.args_strict.value == 2 / 8
    assert scores.state is not None
    assert scores.state.value == 1 / 8  # a tool that was not offered is not run
    assert scores.parse_failures.value == 3 / 8  # cut off and nothing are counted by themselves
    assert scores.truncated.value == scores.empty.value == 1 / 8
    assert scores.published_errors.value == 1 / 8
    assert 0 < scores.args_strict.low < 2 / 8 < scores.args_strict.high < 1


def test_verdicts_say_what_is_wrong(scores: PlannerScores) -> None:
    found = {verdict.id: verdict for verdict in scores.verdicts}
    assert found["right"].parse_problem is None
    assert "line 1" in str(found["unreadable"].parse_problem)
    assert found["nothing"].parse_problem == "nothing was generated"
    assert "out of range" in str(found["out of range"].published_error)
    assert "send_sms" in str(found["not offered"].parse_problem)
    assert found["unreadable"].state is False


def test_without_running_there_is_no_state() -> None:
    assert score_plans(ROWS[:2], CATALOG).state is None


def test_the_gold_plan_stands_in_for_a_missing_gold_text() -> None:
    without_text = PlanRow("1", "q", GOLD, parse_plan(GOLD))
    assert score_plans([without_text], CATALOG).success_published.value == 1.0


@pytest.mark.parametrize(
    ("prediction", "empty", "right"),
    [("", True, True), ("1. join()", False, True), (GOLD, False, False), ("?", False, False)],
)
def test_where_nothing_can_be_done_the_empty_plan_is_right(prediction: str, empty: bool, right: bool) -> None:
    found = score_plans([PlanRow("1", "q", prediction, Plan(()), "1. join()", now=NOW, empty=empty)], desk_catalog())
    assert (found.success_published.value, found.args_strict.value) == (right, right)


def test_wrong_input() -> None:
    with pytest.raises(DataError, match="at least one row"):
        score_plans([], CATALOG)
    with pytest.raises(ConfigError, match="fax"):
        score_plans([row("x", GOLD, offered=("fax",))], CATALOG)


def test_metrics_file_has_the_flat_keys(scores: PlannerScores, tmp_path: Path) -> None:
    retrieval = score_sets([{"send_sms"}], [{"send_sms", "open_note"}], CATALOG.names)
    write_metrics(tmp_path / "metrics.json", {**toolrag_metrics(retrieval), **planner_metrics(scores)})
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["toolrag.set_coverage"] == 0.0
    assert metrics["toolrag.mean_tools"] == 1.0
    assert metrics["toolrag.recall.send_sms"] == 1.0
    assert metrics["toolrag.recall.create_note"] is None  # nan is not JSON
    rates = {
        "success_published": 0.375,
        "dag_strict": 0.375,
        "args_strict": 0.25,
        "state": 0.125,
        "parse_failures": 0.375,
        "truncated": 0.125,
    }
    assert {name: metrics[f"planner.{name}"] for name in rates} == rates
    assert metrics["planner.args_strict.low"] < 0.25 < metrics["planner.args_strict.high"]
    assert metrics["planner.args_strict.n"] == 8


def test_tables_show_the_same_numbers_everywhere(scores: PlannerScores) -> None:
    table = planner_table({"nano": scores, "without state": score_plans(ROWS[:1], CATALOG)})
    markdown = to_markdown(table)
    assert "| arguments strict | 25.0 [7.1, 59.1] | 100.0 [20.7, 100.0] |" in markdown
    assert "| same state | 12.5 [2.2, 47.1] | – |" in markdown
    screen = io.StringIO()
    show(table, Console(file=screen, width=100))
    assert "25.0 [7.1, 59.1]" in screen.getvalue()
    assert "arguments strict" in screen.getvalue()


def test_retrieval_tables() -> None:
    gold = [{"send_sms"}, {"send_sms", "open_note"}]
    one, other = score_sets(gold, gold, CATALOG.names), score_sets([{"send_sms"}] * 2, gold, CATALOG.names)
    assert "| tools per query | 1.50 [1.00, 2.00] | 1.00 [1.00, 1.00] |" in to_markdown(
        toolrag_table({"a": one, "b": other})
    )
    recall = tool_recall_table({"b": other, "a": one})
    assert recall.rows[0] == ("open_note", "0.0", "100.0")  # the hardest first
    assert recall.rows[-1][1] == "–"
