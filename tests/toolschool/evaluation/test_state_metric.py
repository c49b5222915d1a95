"""Plans are judged by what they leave on a desk."""

from datetime import datetime

import pytest

from toolschool.evaluation.planner import PlanRow
from toolschool.evaluation.state import same_effect, same_effects, same_row, same_text
from toolschool.plans.grammar import parse_plan
from toolschool.tools.desk import default_world

NOW = datetime(2026, 3, 2, 9, 0)
GOLD = """1. get_email_address("Sid")
2. open_and_get_file_path("Budget 2026.pdf")
3. summarize_pdf("$2")
4. compose_new_email(["$1"], [], "Budget", "$3", ["$2"])
5. create_reminder("Call Emma", "2026-03-03 10:00:00", "about the budget of the workshop", "", 0, False)
6. join()"""


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        pytest.param("", "", True, id="itself"),
        pytest.param('"Call Emma"', '"call emma"', True, id="case"),
        pytest.param('["$1"], []', '"$1", ""', True, id="a bare recipient"),
        pytest.param("about the budget of the workshop", "about the workshop budget", True, id="wording"),
        pytest.param("about the budget of the workshop", "buy milk", False, id="other words"),
        pytest.param('"Sid"', '"Emma"', False, id="another person"),
        pytest.param('["$1"], []', '[], ["$1"]', False, id="cc instead of to"),
        pytest.param("2026-03-03", "2026-03-04", False, id="another day"),
        pytest.param('"$3", ["$2"]', '"$3", []', False, id="attachment missing"),
        pytest.param('"$3", ["$2"]', '"", ["$2"]', False, id="summary missing"),
        pytest.param("6. join()", '6. open_note("No such note", "")\n7. join()', False, id="a step that fails"),
        pytest.param("6. join()", '6. get_phone_number("Sid")\n7. join()', True, id="a spare look-up"),
        pytest.param("6. join()", '6. send_sms(["1"], "x")\n7. join()', False, id="a spare message"),
    ],
)
async def test_on_a_known_world(old: str, new: str, same: bool) -> None:
    prediction = parse_plan(GOLD.replace(old, new, 1) if old else GOLD)
    assert old in GOLD
    found = await same_effect(prediction, parse_plan(GOLD), now=NOW, world=default_world(), open_world=False)
    assert found is same


async def test_independent_steps_in_another_order_have_the_same_effect() -> None:
    other = parse_plan(
        '1. create_reminder("Call Emma", "2026-03-03 10:00:00", "about the budget of the workshop", "", 0, False)\n'
        '2. open_and_get_file_path("Budget 2026.pdf")\n3. get_email_address("Sid")\n4. summarize_pdf("$2")\n'
        '5. compose_new_email(["$3"], [], "Budget", "$4", ["$2"])\n6. join()'
    )
    assert await same_effect(other, parse_plan(GOLD), now=NOW, world=default_world(), open_world=False)


async def test_an_open_world_tells_people_apart() -> None:
    gold = '1. get_phone_number("Zoltan")\n2. send_sms(["$1"], "Hi")\n3. join()'
    assert await same_effect(parse_plan(gold), parse_plan(gold), now=None)
    assert not await same_effect(parse_plan(gold.replace("Zoltan", "Zora")), parse_plan(gold), now=None)


async def test_dates_count_only_where_today_is_known() -> None:
    gold = '1. create_reminder("Water the fern", "2020-05-05 09:00:00", "", "", 0, False)\n2. join()'
    other = gold.replace("2020-05-05", "2023-01-01")
    assert await same_effect(parse_plan(other), parse_plan(gold), now=None)
    assert not await same_effect(parse_plan(other), parse_plan(gold), now=NOW)


async def test_rows_are_judged_inside_a_running_loop_too() -> None:
    plan = parse_plan(GOLD)
    rows = [PlanRow("1", "q", GOLD, plan, now=NOW), PlanRow("2", "q", GOLD, plan, now=NOW)]
    wrong = parse_plan(GOLD.replace('"Sid"', '"Emma"'))
    assert same_effects([(plan, rows[0]), (wrong, rows[1])]) == [True, False]


def test_rows_and_texts() -> None:
    assert same_row(
        {"title": "Team  Sync", "invitees": ["b@x", "a@x"]}, {"title": "team sync", "invitees": ["a@x", "b@x"]}
    )
    assert not same_row({"title": "Team Sync"}, {"title": "Team Lunch"})
    assert same_text("see https://zoom.us/j/12, please", "please see https://zoom.us/j/12")
    assert not same_text("see you at room 12 today", "see you at room 13 today")
