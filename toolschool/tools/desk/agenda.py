"""Actions on time: calendar events, reminders, meetings.

A date that cannot be read falls back to now (a start, one hour later an end or a due date), and the answer says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from toolschool.tools.desk.context import Context
from toolschool.tools.desk.failure import NotDone
from toolschool.tools.desk.text import key, parse_date, squeeze, stamp

HOUR = timedelta(hours=1)  # the default length of a meeting
PRIORITIES = {0: "no priority", 1: "high priority", 5: "medium priority", 9: "low priority"}


def create_calendar_event(
    desk: Context,
    title: str,
    start_date: str,
    end_date: str,
    location: str | None,
    invitees: str | Sequence[str] | None,
    notes: str | None,
    calendar: str | None,
) -> str:
    start = parse_date(start_date)
    end = parse_date(end_date)
    begins = start or desk.clock
    ends = end or begins + HOUR
    if ends < begins:
        raise NotDone(f"an event cannot end ({stamp(ends)}) before it starts ({stamp(begins)}).")
    desk.store.insert(
        "events",
        title=squeeze(title),
        start=stamp(begins),
        end=stamp(ends),
        location=squeeze(location),
        invitees=desk.emails(invitees),
        notes=notes or "",
        calendar=squeeze(calendar) or "Calendar",
    )
    note = "" if start and end else " (a date could not be read and was replaced)"
    return f"Event '{squeeze(title)}' created from {stamp(begins)} to {stamp(ends)}{note}."


def create_reminder(
    desk: Context,
    name: str,
    due_date: str | None,
    notes: str | None,
    list_name: str | None,
    priority: int,
    all_day: bool,
) -> str:
    due = _due(squeeze(due_date), all_day, desk.clock)
    desk.store.insert(
        "reminders",
        name=squeeze(name),
        due=due,
        all_day=all_day,
        notes=notes or "",
        list=squeeze(list_name) or "Reminders",
        priority=priority,
    )
    note = "" if not due_date or parse_date(due_date) else " (the date could not be read and was replaced)"
    when = f" due {due}{note}" if due else ""
    return f"Reminder '{squeeze(name)}' created{when}, {PRIORITIES.get(priority, f'priority {priority}')}."


def get_zoom_meeting_link(
    desk: Context, topic: str, start_time: str, duration: int, meeting_invitees: str | Sequence[str] | None
) -> str:
    """The link alone; topic and start decide it, so that asking twice sets up one meeting."""
    start = stamp(parse_date(start_time) or desk.clock)
    link = _link(topic, start)
    invitees = desk.emails(meeting_invitees)
    row = {"link": link, "topic": squeeze(topic), "start": start, "duration": duration, "invitees": invitees}
    known = next((meeting for meeting in desk.store.rows("meetings") if meeting["link"] == link), None)
    if known is None:
        desk.store.insert("meetings", **row)
    else:
        desk.store.update("meetings", known["id"], **row)
    return link


def _due(text: str, all_day: bool, now: datetime) -> str:
    """The day alone for a whole day, empty where no date is given; an unreadable date becomes one hour from now."""
    if not text:
        return ""
    due = parse_date(text) or now + HOUR
    return due.date().isoformat() if all_day else stamp(due)


def _link(topic: str, start: str) -> str:
    digest = hashlib.sha256(f"{key(topic)}|{start}".encode()).hexdigest()
    return f"https://zoom.us/j/{int(digest[:16], 16) % 10**11:011d}?pwd={digest[-8:]}"
