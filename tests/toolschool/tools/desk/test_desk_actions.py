"""What each of the 16 tools answers and which rows it leaves; soft failures leave none."""

from datetime import datetime
from typing import Any

import pytest

from toolschool.tools.desk import Desk, is_failure

EVENT = {
    "title": "Sync",
    "start_date": "2026-03-03 14:00:00",
    "end_date": "2026-03-03 15:00:00",
    "location": "",
    "invitees": [],
    "notes": None,
    "calendar": None,
}
MAIL = {"recipients": [], "cc": [], "subject": "Hello", "context": "", "attachments": []}
REMINDER = {
    "name": "Submit essay",
    "due_date": "2026-03-05 12:00:00",
    "notes": "",
    "list_name": "",
    "priority": 0,
    "all_day": False,
}
MEETING = {"topic": "Review", "start_time": "2026-03-04T10:00:00", "duration": 60, "meeting_invitees": []}
LINK = "https://zoom.us/j/"


def added(desk: Desk, table: str) -> list[dict[str, Any]]:
    """The rows of a table that are new; nothing else may have changed."""
    changes = desk.changes()
    assert set(changes["added"]) == {table}
    assert not changes["changed"]
    assert not changes["removed"]
    return changes["added"][table]


def unchanged(desk: Desk) -> bool:
    return desk.changes() == {"added": {}, "changed": {}, "removed": {}}


def test_create_calendar_event(desk: Desk) -> None:
    args = EVENT | {"invitees": ["Sid", "x@y.org", "x@y.org"], "location": " Room  4 ", "notes": "bring $5"}
    assert desk.call("create_calendar_event", args) == (
        "Event 'Sync' created from 2026-03-03 14:00:00 to 2026-03-03 15:00:00."
    )
    assert added(desk, "events") == [
        {
            "title": "Sync",
            "start": "2026-03-03 14:00:00",
            "end": "2026-03-03 15:00:00",
            "location": "Room 4",
            "invitees": ["sid.sharma@example.com", "x@y.org"],
            "notes": "bring $5",
            "calendar": "Calendar",
        }
    ]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("soon", "later", ("2026-03-02 09:00:00", "2026-03-02 10:00:00")),
        ("2026-03-03T14:00", "", ("2026-03-03 14:00:00", "2026-03-03 15:00:00")),
        ("2026-03-03", "2026-03-04", ("2026-03-03 00:00:00", "2026-03-04 00:00:00")),
        ("2026-03-03 14:00", "2026-03-03 14:30", ("2026-03-03 14:00:00", "2026-03-03 14:30:00")),
    ],
)
def test_event_dates(desk: Desk, start: str, end: str, expected: tuple[str, str]) -> None:
    answer = desk.call("create_calendar_event", EVENT | {"start_date": start, "end_date": end})
    (row,) = added(desk, "events")
    assert (row["start"], row["end"]) == expected
    assert ("was replaced" in answer) == (start == "soon" or end == "")


def test_an_event_that_ends_before_it_starts_is_not_created(desk: Desk) -> None:
    assert is_failure(desk.call("create_calendar_event", EVENT | {"end_date": "2026-03-03 13:00:00"}))
    assert unchanged(desk)


@pytest.mark.parametrize("name", ["Sid Sharma", "sid", "SHARMA", "Shar", "sid.sharma@example.com"])
def test_contacts_are_found_by_any_part_of_the_name(desk: Desk, name: str) -> None:
    assert desk.call("get_phone_number", {"name": name}) == "+15550100101"
    assert desk.call("get_email_address", {"name": name}) == "sid.sharma@example.com"
    assert unchanged(desk)


def test_numbers_and_addresses_stand_for_themselves(desk: Desk) -> None:
    assert desk.call("get_phone_number", {"name": "(555) 123-4567"}) == "(555) 123-4567"
    assert desk.call("get_email_address", {"name": "Ann <ann@b.org>"}) == "ann@b.org"


@pytest.mark.parametrize(
    ("tool", "name", "reason"),
    [
        ("get_phone_number", "Zoe", "no contact found for 'Zoe'"),
        ("get_email_address", "Zoe", "no contact found for 'Zoe'"),
        ("get_email_address", "Jon Doe", "no contact found"),
        ("get_email_address", "  ", "no name of a contact was given"),
        ("get_email_address", "Nadia", "'Nadia Haddad' has no e-mail address"),
        ("get_phone_number", "Oscar", "'Oscar Lind' has no phone number"),
    ],
)
def test_contact_failures(desk: Desk, tool: str, name: str, reason: str) -> None:
    answer = desk.call(tool, {"name": name})
    assert is_failure(answer)
    assert reason in answer


@pytest.mark.parametrize(
    "name",
    ["Project Proposal.pdf", "project proposal", "projectProposal", "the project proposal document", "PROPOSAL"],
)
def test_files_are_found_by_name_and_marked_as_opened(desk: Desk, name: str) -> None:
    for _ in range(2):  # opening twice is opening once
        assert desk.call("open_and_get_file_path", {"file_name": name}) == "/files/Project Proposal.pdf"
    assert added(desk, "opened") == [{"kind": "file", "target": "/files/Project Proposal.pdf", "detail": ""}]


def test_an_unknown_file_is_a_soft_failure(desk: Desk) -> None:
    assert desk.call("open_and_get_file_path", {"file_name": "x.pdf"}) == "Not done: no file found for 'x.pdf'."
    assert unchanged(desk)


def test_summarize_pdf_extracts_the_first_sentences(desk: Desk) -> None:
    expected = (
        "Sales rose by 7 percent in the last quarter. Returns fell for the third time in a row. "
        "The new warehouse opens in May."
    )
    assert desk.call("summarize_pdf", {"pdf_path": "/files/Quarterly Report.pdf"}) == expected
    assert desk.call("summarize_pdf", {"pdf_path": "/home/me/quarterly report.pdf"}) == expected
    assert is_failure(desk.call("summarize_pdf", {"pdf_path": "/files/Team Photo.jpg"}))
    assert is_failure(desk.call("summarize_pdf", {"pdf_path": ""}))


def test_compose_new_email(desk: Desk) -> None:
    args = MAIL | {
        "recipients": "mom, Tom",
        "cc": ["Priya Nair"],
        "context": "See https://zoom.us/j/1",
        "attachments": ["budget", "/files/Budget 2026.pdf"],
    }
    assert desk.call("compose_new_email", args) == (
        "E-mail draft 'Hello' composed to mom@example.com, tom.becker@example.com."
    )
    assert added(desk, "mails") == [
        {
            "box": "drafts",
            "mode": "new",
            "sender": "",
            "recipients": ["mom@example.com", "tom.becker@example.com"],
            "cc": ["priya.nair@example.com"],
            "subject": "Hello",
            "body": "See https://zoom.us/j/1",
            "attachments": ["/files/Budget 2026.pdf"],
            "about": "",
            "selected": False,
        }
    ]


def test_reply_and_forward_refer_to_the_selected_mail(desk: Desk) -> None:
    desk.call("reply_to_email", {"cc": ["Alex"], "context": "Gladly.", "attachments": []})
    desk.call("forward_email", {"recipients": ["David"], "cc": [], "context": None, "attachments": "travel"})
    forward, reply = added(desk, "mails")
    assert (reply["mode"], reply["subject"], reply["about"]) == (
        "reply",
        "Re: Plan for the workshop",
        "Plan for the workshop",
    )
    assert (reply["recipients"], reply["cc"], reply["body"]) == (
        ["emma.larsen@example.com"],
        ["alex.moreau@example.com"],
        "Gladly.",
    )
    assert (forward["mode"], forward["subject"]) == ("forward", "Fwd: Plan for the workshop")
    assert (forward["recipients"], forward["attachments"]) == (
        ["david.chen@example.com"],
        ["/files/Travel Itinerary.pdf"],
    )


@pytest.mark.parametrize(
    "change", [{"recipients": ["Mom", "Zoe"]}, {"cc": ["Nadia"]}, {"attachments": ["nowhere.pdf"]}]
)
def test_a_mail_that_names_the_unknown_is_not_drafted(desk: Desk, change: dict[str, Any]) -> None:
    assert is_failure(desk.call("compose_new_email", MAIL | change))
    assert unchanged(desk)


def test_maps_open_location(desk: Desk) -> None:
    url = desk.call("maps_open_location", {"location": "Café & Bar, Paris"})
    assert url == "https://maps.apple.com/?q=Caf%C3%A9+%26+Bar%2C+Paris"
    assert desk.call("maps_open_location", {"location": url}) == url
    assert added(desk, "opened") == [{"kind": "location", "target": "Café & Bar, Paris", "detail": url}]
    assert desk.call("maps_open_location", {"location": "37.33, -122.03"}).endswith("?ll=37.33%2C-122.03")
    assert desk.call("maps_open_location", {"location": "home"}).endswith("?q=12+Elm+Street%2C+Springfield")
    assert is_failure(desk.call("maps_open_location", {"location": " "}))


@pytest.mark.parametrize(
    ("start", "transport", "query"),
    [
        ("", "d", "daddr=Oslo&dirflg=d"),
        (None, "", "daddr=Oslo&dirflg=d"),
        ("Work", "w", "saddr=400+Harbor+Road%2C+Springfield&daddr=Oslo&dirflg=w"),
        ("Bergen", "r", "saddr=Bergen&daddr=Oslo&dirflg=r"),
    ],
)
def test_maps_show_directions(desk: Desk, start: str | None, transport: str, query: str) -> None:
    args = {"start_location": start, "end_location": "Oslo", "transport": transport}
    url = desk.call("maps_show_directions", args)
    assert url == f"https://maps.apple.com/?{query}"
    assert added(desk, "opened") == [{"kind": "directions", "target": "Oslo", "detail": url}]


def test_directions_need_a_destination(desk: Desk) -> None:
    args = {"start_location": "Home", "end_location": "", "transport": "d"}
    assert is_failure(desk.call("maps_show_directions", args))
    assert unchanged(desk)


def test_create_note(desk: Desk) -> None:
    assert desk.call("create_note", {"name": "Plan", "content": "a\nb", "folder": ""}) == (
        "Note 'Plan' created in folder 'Notes'."
    )
    assert added(desk, "notes") == [{"name": "Plan", "folder": "Notes", "body": "a\nb", "appended": []}]
    assert is_failure(desk.call("create_note", {"name": "", "content": "a", "folder": ""}))


def test_open_note(desk: Desk) -> None:
    assert desk.call("open_note", {"name": "shopping", "folder": None}) == "Milk, bread, olive oil, coffee."
    assert added(desk, "opened") == [{"kind": "note", "target": "Shopping List", "detail": "Notes"}]


def test_the_folder_decides_between_notes(desk: Desk) -> None:
    desk.call("create_note", {"name": "Ideas", "content": "a pump", "folder": "Work"})
    assert desk.call("open_note", {"name": "Ideas", "folder": "work"}) == "a pump"
    assert desk.call("open_note", {"name": "Ideas", "folder": ""}).startswith("A map of quiet places")
    assert is_failure(desk.call("open_note", {"name": "Ideas", "folder": "Garden"}))


def test_append_note_content(desk: Desk) -> None:
    for content in ("eggs", "flour"):
        answer = desk.call("append_note_content", {"name": "shopping list", "content": content, "folder": ""})
        assert answer == "Content added to note 'Shopping List'."
    changes = desk.changes()
    assert changes["added"] == {}
    assert [row["appended"] for row in changes["changed"]["notes"]] == [["eggs", "flour"]]
    text = desk.call("open_note", {"name": "Shopping List", "folder": ""})
    assert text == "Milk, bread, olive oil, coffee.\neggs\nflour"


@pytest.mark.parametrize(("name", "content"), [("Unknown", "x"), ("Ideas", ""), ("Ideas", None)])
def test_append_failures(desk: Desk, name: str, content: str | None) -> None:
    assert is_failure(desk.call("append_note_content", {"name": name, "content": content, "folder": ""}))
    assert unchanged(desk)


@pytest.mark.parametrize(
    ("due", "all_day", "stored"),
    [
        ("2026-03-05 12:00:00", False, "2026-03-05 12:00:00"),
        ("2026-03-05 12:00:00", True, "2026-03-05"),
        ("2026-03-05", True, "2026-03-05"),
        ("", False, ""),
        ("tomorrow", False, "2026-03-02 10:00:00"),
        ("tomorrow", True, "2026-03-02"),
    ],
)
def test_create_reminder(desk: Desk, due: str, all_day: bool, stored: str) -> None:
    answer = desk.call("create_reminder", REMINDER | {"due_date": due, "all_day": all_day, "priority": 1})
    assert added(desk, "reminders") == [
        {
            "name": "Submit essay",
            "due": stored,
            "all_day": all_day,
            "notes": "",
            "list": "Reminders",
            "priority": 1,
        }
    ]
    assert "high priority" in answer
    assert ("was replaced" in answer) == (due == "tomorrow")


@pytest.mark.parametrize(("priority", "words"), [(0, "no"), (1, "high"), (5, "medium"), (9, "low"), (2, "priority 2")])
def test_reminder_priorities(desk: Desk, priority: int, words: str) -> None:
    assert words in desk.call("create_reminder", REMINDER | {"priority": priority}).rpartition(",")[2]


def test_send_sms(desk: Desk) -> None:
    args = {"recipients": ["+1 555 7", "Dad", "dad@example.com"], "message": "On my way"}
    assert desk.call("send_sms", args) == "Text message draft composed to +1 555 7, +15550100112."
    assert added(desk, "messages") == [{"recipients": ["+1 555 7", "+15550100112"], "body": "On my way"}]


@pytest.mark.parametrize("recipients", [[], "", ["Zoe"], ["Dad", "Oscar"]])
def test_sms_failures(desk: Desk, recipients: str | list[str]) -> None:
    assert is_failure(desk.call("send_sms", {"recipients": recipients, "message": "Hi"}))
    assert unchanged(desk)


def test_zoom_link_depends_on_topic_and_start_alone(desk: Desk) -> None:
    link = desk.call("get_zoom_meeting_link", MEETING)
    assert link.startswith(LINK)
    same = MEETING | {"topic": " review", "start_time": "2026-03-04 10:00", "duration": 30, "meeting_invitees": "Sid"}
    assert desk.call("get_zoom_meeting_link", same) == link
    (row,) = added(desk, "meetings")
    assert (row["link"], row["duration"], row["invitees"]) == (link, 30, ["sid.sharma@example.com"])
    assert desk.call("get_zoom_meeting_link", MEETING | {"topic": "Retro"}) != link
    assert desk.call("get_zoom_meeting_link", MEETING | {"start_time": "2026-03-05 10:00:00"}) != link


def test_hostile_text_is_only_text(desk: Desk) -> None:
    evil = "x'); DROP TABLE notes; --"
    desk.call("create_note", {"name": evil, "content": evil, "folder": evil})
    assert added(desk, "notes") == [{"name": evil, "folder": evil, "body": evil, "appended": []}]
    assert desk.call("open_note", {"name": evil, "folder": evil}) == evil
    assert is_failure(desk.call("get_email_address", {"name": "' OR 1=1 --"}))


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("reply_to_email", {"cc": [], "context": "", "attachments": []}),
        ("forward_email", {"recipients": ["a@b.org"], "cc": [], "context": "", "attachments": []}),
    ],
)
def test_no_mail_selected(tool: str, args: dict[str, Any]) -> None:
    empty = Desk(datetime(2026, 3, 2))
    assert empty.call(tool, args).startswith("Not done: no mail is selected")
    assert unchanged(empty)
    empty.close()
