"""Every request written for the project is well formed, for any clock; dates follow the clock."""

from datetime import datetime
from pathlib import Path

import pytest

from toolschool.datasets import written
from toolschool.errors import RowError
from toolschool.plans.graph import validate
from toolschool.tools.desk import DESK_TOOLS, desk_catalog

NOW = datetime(2025, 3, 5, 14, 20)
ROW = {
    "id": "w",
    "query": "Remind me on Friday to mail the tax forms, and book 30 minutes with Ida tomorrow at 3pm.",
    "plan": '1. create_reminder("mail the tax forms", "@on Friday", "", "", 0, True)\n2. get_email_address("Ida")\n'
    '3. create_calendar_event("Ida", "@tomorrow at 3pm", "@+30", "", ["$2"], "", None)',
}


def test_all_rows_are_valid_plans() -> None:
    rows, catalog = list(written.raw_rows()), desk_catalog()
    assert len(rows) > 1000
    assert len({row["query"] for row in rows}) == len(rows)
    for row in rows:
        for now in (NOW, datetime(2024, 12, 31, 23, 50)):
            assert not list(validate(written.to_example(row, now).plan, catalog)), row["query"]
    used = {call.tool for row in rows for call in written.to_example(row, NOW).plan.calls}
    assert used == set(DESK_TOOLS)


def test_dates_follow_the_clock() -> None:
    calls = written.to_example(ROW, NOW).plan.calls
    assert calls[0].args[1] == "2025-03-07"
    assert calls[2].args[1:3] == ("2025-03-06 15:00:00", "2025-03-06 15:30:00")
    later = written.to_example(ROW, datetime(2025, 3, 10)).plan.calls
    assert later[0].args[1] == "2025-03-14"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("@on Friday", "@on Monday", "no time is found"), ("2. get", "4. get", "numbered 1, 2"), ('"", 0, True)', '"", 0, True', "0, True")],
)  # fmt: skip
def test_a_row_that_is_wrong_says_what(old: str, new: str, message: str) -> None:
    with pytest.raises(RowError, match=message):
        written.to_example({**ROW, "plan": ROW["plan"].replace(old, new)}, NOW)


def test_rows_come_again_with_other_clocks() -> None:
    count = len(written.every("train")) * 2
    rows = list(written.generate(0, count, "train"))
    assert len({row.id for row in rows}) == count
    assert len({row.now for row in rows}) > 0.9 * count
    assert rows == list(written.generate(0, count, "train"))


def test_parts_do_not_share_requests() -> None:
    train, validation = ({row.query for row in written.generate(0, 5000, part)} for part in ("train", "validation"))
    assert len(train) > 4 * len(validation) > 100
    assert not train & validation
    assert not list(written.generate(0, 10, "test"))


def test_titles_are_written_one_way(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        'Remind me to read the mail now\n1. create_reminder("Read the Mail", "@now", "", "", 0, True)\n\n'
        'Remind me to "Read the mail" now\n1. create_reminder("Read the mail", "@now", "", "", 0, True)\n\n'
        'Text 555-1234 read the mail\n1. send_sms(["555-1234"], "Read the mail")\n\nPlay jazz\n'
    )
    named, quoted, said, nothing = (written.to_example(row, NOW) for row in written.raw_rows(tmp_path))
    assert named.plan.calls[0].args[0] == "Read Mail"
    assert quoted.plan.calls[0].args[0] == "Read the mail"
    assert said.plan.calls[0].args[1] == "Read the mail"
    assert not nothing.plan.calls
