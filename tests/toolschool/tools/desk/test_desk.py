"""The desk as a whole: transactions, comparing states, the open world, many callers at once."""

import asyncio
import json
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import DataError, StorageError, ToolError
from toolschool.tools.desk import (
    DESK_TOOLS,
    Contact,
    Desk,
    File,
    Mail,
    Note,
    World,
    default_world,
    desk_catalog,
    is_failure,
    seed,
    synthetic_world,
)
from toolschool.tools.run import check_args, run_tool

NOW = datetime(2026, 3, 2, 9, 0)
NO_CHANGES: dict[str, Any] = {"added": {}, "changed": {}, "removed": {}}


def note(name: str, content: str = "text") -> dict[str, str]:
    return {"name": name, "content": content, "folder": ""}


def test_the_catalogue_is_the_planners_with_tools_that_run(desk: Desk) -> None:
    catalog = desk.catalog()
    assert catalog == desk_catalog()  # `run` does not count
    assert catalog.names == DESK_TOOLS
    assert all(tool.run is not None for tool in catalog)


def test_a_fresh_desk_has_no_changes(desk: Desk) -> None:
    assert desk.changes() == NO_CHANGES
    state = desk.state()
    assert len(state["contacts"]) == 14
    assert state["events"] == []
    assert sum(mail["selected"] for mail in state["mails"]) == 1
    assert not any("id" in row for rows in state.values() for row in rows)


def test_states_do_not_depend_on_the_order_of_independent_steps() -> None:
    steps: list[tuple[str, dict[str, Any]]] = [
        ("create_note", note("A")),
        ("create_note", note("B")),
        ("append_note_content", note("Ideas", "one")),
        ("append_note_content", note("Ideas", "two")),
        ("send_sms", {"recipients": ["Mom", "Dad"], "message": "Hi"}),
        ("maps_open_location", {"location": "Oslo"}),
    ]
    forwards, backwards = Desk(NOW, world=default_world()), Desk(NOW, world=default_world())
    for name, args in steps:
        forwards.call(name, args)
    for name, args in reversed(steps):
        flipped = {"recipients": ["Dad", "Mom"], "message": "Hi"} if name == "send_sms" else args
        backwards.call(name, flipped)
    assert forwards.state() == backwards.state()
    assert forwards.changes() == backwards.changes()
    assert set(forwards.changes()["added"]) == {"notes", "messages", "opened"}
    backwards.call("create_note", note("B"))
    assert forwards.state() != backwards.state()


def test_a_call_that_raises_leaves_nothing_behind(desk: Desk) -> None:
    args = {"recipients": ["a@b.org"], "cc": [], "subject": "\ud800", "context": "", "attachments": []}
    with pytest.raises(UnicodeEncodeError):
        desk.call("compose_new_email", args)
    assert desk.changes() == NO_CHANGES
    desk.call("create_note", note("after"))
    assert desk.changes()["added"]["notes"][0]["name"] == "after"


async def test_a_raising_call_is_a_tool_error_through_run_tool(desk: Desk) -> None:
    with pytest.raises(ToolError, match="create_note failed: UnicodeEncodeError"):
        await run_tool(desk.catalog()["create_note"], note("x", "\ud800"))
    with pytest.raises(ToolError, match="create_note needs folder"):
        await run_tool(desk.catalog()["create_note"], {"name": "x", "content": ""})
    assert desk.changes() == NO_CHANGES


async def test_a_request_may_bring_its_own_clock(desk: Desk) -> None:
    later = datetime(2027, 1, 1, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    args = {
        "title": "Sync",
        "start_date": "soon",
        "end_date": "2027-01-01 12:30:00",
        "location": "",
        "invitees": [],
        "notes": "",
        "calendar": "",
    }
    await run_tool(desk.catalog(later)["create_calendar_event"], args)
    await run_tool(desk.catalog()["create_calendar_event"], args)
    starts = [event["start"] for event in desk.changes()["added"]["events"]]
    assert sorted(starts) == ["2026-03-02 09:00:00", "2027-01-01 12:00:00"]


async def test_single_values_and_absent_ones_fit_the_schema(desk: Desk) -> None:
    args = {"recipients": "Sid", "cc": None, "subject": "Hi", "context": None, "attachments": ""}
    answer = await run_tool(desk.catalog()["compose_new_email"], args)
    assert not is_failure(answer)
    with pytest.raises(ToolError, match="transport"):
        await run_tool(
            desk.catalog()["maps_show_directions"],
            {"start_location": "", "end_location": "Oslo", "transport": "teleport"},
        )


async def test_concurrent_calls_all_take_effect_in_a_fixed_order() -> None:
    async def texts() -> str:
        desk = Desk(NOW, world=default_world())
        append = desk.catalog()["append_note_content"]
        await asyncio.gather(*(run_tool(append, note("Ideas", f"<{i}>")) for i in range(100)))
        text = desk.call("open_note", {"name": "Ideas", "folder": ""})
        desk.close()
        return text

    first = await texts()
    assert first == await texts()
    assert first.endswith("\n".join(f"<{i}>" for i in range(100)))


def test_threads_may_share_a_desk(desk: Desk) -> None:
    def work(worker: int) -> None:
        for i in range(20):
            desk.call("append_note_content", note("Ideas", f"{worker}:{i}"))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = desk.changes()["changed"]["notes"]
    assert sorted(row["appended"]) == sorted(f"{w}:{i}" for w in range(8) for i in range(20))


def test_two_desks_share_nothing(desk: Desk) -> None:
    other = Desk(NOW, world=default_world())
    other.call("create_note", note("mine"))
    assert desk.changes() == NO_CHANGES
    other.close()


def test_a_closed_desk_says_so() -> None:
    desk = Desk(NOW)
    desk.close()
    with pytest.raises(ToolError, match="closed"):
        desk.call("create_note", note("x"))


def test_a_desk_in_a_file_is_opened_again_as_it_was(tmp_path: Path) -> None:
    path = str(tmp_path / "desk.sqlite")
    first = Desk(NOW, path, world=default_world())
    first.call("create_note", note("kept"))
    state = first.state()
    first.close()
    again = Desk(NOW, path, world=default_world())  # not filled a second time
    assert again.state() == state
    assert again.changes() == NO_CHANGES
    again.close()


def test_an_unusable_path_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="another path"):
        Desk(NOW, str(tmp_path / "missing" / "desk.sqlite"))
    (tmp_path / "text").write_text("not a database, and long enough to be sure of it")
    with pytest.raises(StorageError):
        Desk(NOW, str(tmp_path / "text"))


def test_seed_adds_to_the_start_not_to_the_changes() -> None:
    desk = Desk(NOW)
    seed(
        desk,
        contacts=[Contact("Ann", "ann@b.org")],
        files=[File("/f/a.pdf", "One. Two.")],
        notes=[Note("N", "n")],
        mails=[Mail("Ann", "Tea?")],
        selected=0,
        places={"Gym": "1 Gym Street"},
    )
    assert desk.changes() == NO_CHANGES
    desk.call("reply_to_email", {"cc": [], "context": "", "attachments": ["a"]})
    (draft,) = desk.changes()["added"]["mails"]
    assert (draft["recipients"], draft["attachments"]) == (["ann@b.org"], ["/f/a.pdf"])
    with pytest.raises(DataError, match="1 mails"):
        World(mails=(Mail("a", "b"),), selected=1)


def look_ups(desk: Desk, name: str) -> list[str]:
    return [
        desk.call("get_email_address", {"name": name}),
        desk.call("get_phone_number", {"name": name}),
        desk.call("open_and_get_file_path", {"file_name": name}),
        desk.call("summarize_pdf", {"pdf_path": name}),
        desk.call("open_note", {"name": name, "folder": ""}),
    ]


names = st.text("abcXYZ019 -_,'", min_size=1, max_size=20).filter(lambda name: any(c.isalpha() for c in name))


@given(names)
def test_in_an_open_world_every_name_is_found_and_means_the_same(name: str) -> None:
    desk = Desk(NOW, open_world=True)
    closed = Desk(NOW)
    found = look_ups(desk, name)
    assert not any(is_failure(answer) for answer in found)
    assert found == look_ups(desk, f"  {name.swapcase()} ")
    assert all(is_failure(answer) for answer in look_ups(closed, name))
    desk.close()
    closed.close()


def test_the_open_world_tells_names_apart() -> None:
    desk = Desk(NOW, open_world=True)
    for ann, bob in zip(look_ups(desk, "Ann Lee"), look_ups(desk, "Bob Lee"), strict=True):
        assert ann != bob
    path = desk.call("open_and_get_file_path", {"file_name": "Annual Report.docx"})
    assert path == "/files/annualreport.docx"
    assert desk.call("open_and_get_file_path", {"file_name": path}) == path
    assert desk.call("summarize_pdf", {"pdf_path": path}) == desk.call("summarize_pdf", {"pdf_path": "annual report"})
    desk.close()


def test_open_world_effects_can_be_compared() -> None:
    def run(*steps: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        desk = Desk(NOW, open_world=True)
        for name, args in steps:
            assert not is_failure(desk.call(name, args))
        changes = desk.changes()
        desk.close()
        return changes

    reply = {"cc": ["Ann"], "context": "ok", "attachments": ["Plan.pdf"]}
    lookup = ("get_email_address", {"name": "Ann"})
    assert run(("reply_to_email", reply)) == run(lookup, ("reply_to_email", reply))  # reading is no effect
    assert run(("append_note_content", note("N", "a"))) != run(("append_note_content", note("N", "b")))
    assert run(("reply_to_email", reply)) != run(("reply_to_email", reply | {"cc": ["Bob"]}))


def test_an_open_world_finds_what_a_plan_wrote() -> None:
    desk = Desk(NOW, open_world=True)
    desk.call("create_note", note("Trip plan", "pack"))
    desk.call("append_note_content", note("trip  Plan", "go"))
    assert desk.call("open_note", {"name": "Trip Plan", "folder": ""}) == "pack\ngo"
    # Near matches would depend on the order of steps, so another name is another note.
    assert desk.call("open_note", {"name": "Trip", "folder": ""}) != "pack\ngo"
    desk.close()


def test_a_synthetic_world_agrees_with_the_open_one() -> None:
    closed = Desk(NOW, world=synthetic_world(names=["Ann Lee"], files=["Plan.pdf"], notes=["N"]))
    opened = Desk(NOW, open_world=True)
    checks: list[Callable[[Desk], str]] = [
        lambda desk: desk.call("get_email_address", {"name": "Ann Lee"}),
        lambda desk: desk.call("get_phone_number", {"name": "ann lee"}),
        lambda desk: desk.call("open_and_get_file_path", {"file_name": "plan"}),
        lambda desk: desk.call("open_note", {"name": "N", "folder": ""}),
        lambda desk: desk.call("reply_to_email", {"cc": [], "context": "", "attachments": []}),
    ]
    for check in checks:
        assert check(closed) == check(opened)
    assert is_failure(closed.call("get_email_address", {"name": "Bob"}))


def run_plan(plan: list[dict[str, Any]]) -> tuple[list[str], dict[str, Any]]:
    """Answers and changes of a gold plan, its steps one after another, references pasted in as text."""
    desk = Desk(NOW, open_world=True)
    answers: dict[int, str] = {}

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(item) for item in value]
        if not isinstance(value, str):
            return value
        return re.sub(r"\$(\d+)", lambda found: answers.get(int(found[1]), found[0]), value)

    for step in plan:
        tool = desk_catalog()[step["tool"]]
        args = tool.named(tuple(filled(step["args"])))
        check_args(tool, args)
        answers[step["id"]] = desk.call(tool.name, args)
    changes = desk.changes()
    desk.close()
    return list(answers.values()), changes


@pytest.mark.data
def test_gold_plans_of_tinyagent_run_in_the_open_world(data_root: Path) -> None:
    """Nearly all fit the schemas and succeed, and each has the same effect twice."""
    lines = (data_root / "tinyagent" / "plans.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if not row["flags"]]
    refused, failed = [], []
    for row in rows:
        try:
            answers, changes = run_plan(row["plan"])
        except ToolError:
            refused.append(row["id"])
            continue
        if any(is_failure(answer) for answer in answers):
            failed.append(row["id"])
        assert run_plan(row["plan"]) == (answers, changes)
    assert len(rows) > 1_000
    assert len(refused) + len(failed) <= 0.01 * len(rows)


def test_is_failure() -> None:
    assert is_failure("Not done: no file found for 'x'.")
    assert not is_failure("Note 'Not done: x' created.")
    assert not is_failure(None)
    assert not is_failure(3)
