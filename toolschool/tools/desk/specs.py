"""What the 16 desk tools look like to a planner: names in label-id order, arguments, rules, flags.

The order of `DESK_TOOLS` and of every tool's arguments follows `reference/tinyagent.md` §2, because class ids and
positional arguments of trained models depend on both. The wording of descriptions and rules is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolschool.records import Tool
from toolschool.tools.catalog import Catalog

Schema = Mapping[str, Any]

_TEXT: Schema = {"type": "string"}
_OPTIONAL: Schema = {"type": ["string", "null"]}
_LIST: Schema = {"type": ["array", "string", "null"], "items": {"type": "string"}}
_FLAG: Schema = {"type": "boolean"}

_DATE_RULE = "Dates are written YYYY-MM-DD HH:MM:SS."
_EMAILS_RULE = "People are e-mail addresses; get them with get_email_address unless the user gives them. [] for nobody."
_ATTACH_RULE = "attachments holds file paths; get them with open_and_get_file_path. [] for none."


def _tool(
    name: str,
    description: str,
    properties: dict[str, Schema],
    *rules: str,
    writes: bool = False,
    idempotent: bool = False,
) -> Tool:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return Tool(name, description, parameters, rules=rules, side_effects=writes, idempotent=idempotent, timeout_s=10.0)


def _calendar() -> list[Tool]:
    arguments: dict[str, Schema] = {
        "title": _TEXT,
        "start_date": _TEXT,
        "end_date": _TEXT,
        "location": _OPTIONAL,
        "invitees": _LIST,
        "notes": _OPTIONAL,
        "calendar": _OPTIONAL,
    }
    return [
        _tool(
            "create_calendar_event",
            "Puts an event into the calendar and returns whether it was created.",
            arguments,
            _DATE_RULE,
            _EMAILS_RULE,
            'location, notes and calendar may be "" or None.',
            writes=True,
        )
    ]


def _contacts() -> list[Tool]:
    return [
        _tool(
            "get_phone_number",
            "Looks up a contact by name and returns the phone number.",
            {"name": _TEXT},
            idempotent=True,
        ),
        _tool(
            "get_email_address",
            "Looks up a contact by name and returns the e-mail address.",
            {"name": _TEXT},
            idempotent=True,
        ),
    ]


def _files() -> list[Tool]:
    return [
        _tool(
            "open_and_get_file_path",
            "Finds a file by name, opens it and returns its path.",
            {"file_name": _TEXT},
            idempotent=True,
        ),
        _tool(
            "summarize_pdf",
            "Returns a summary of a PDF file.",
            {"pdf_path": _TEXT},
            "pdf_path is the output of open_and_get_file_path, which comes first.",
            idempotent=True,
        ),
    ]


def _mail() -> list[Tool]:
    context_rule = 'context carries results of earlier steps; "" if there are none.'
    return [
        _tool(
            "compose_new_email",
            "Writes a new e-mail draft and returns whether it was composed.",
            {"recipients": _LIST, "cc": _LIST, "subject": _TEXT, "context": _OPTIONAL, "attachments": _LIST},
            _EMAILS_RULE,
            context_rule,
            "A map location or a Zoom link to be mailed goes into context.",
            _ATTACH_RULE,
            writes=True,
        ),
        _tool(
            "reply_to_email",
            "Writes a reply draft to the mail that is selected now and returns whether it was composed.",
            {"cc": _LIST, "context": _OPTIONAL, "attachments": _LIST},
            "The sender of the selected mail is the recipient; only others go into cc.",
            context_rule,
            _ATTACH_RULE,
            writes=True,
        ),
        _tool(
            "forward_email",
            "Writes a draft that forwards the mail selected now and returns whether it was composed.",
            {"recipients": _LIST, "cc": _LIST, "context": _OPTIONAL, "attachments": _LIST},
            _EMAILS_RULE,
            context_rule,
            _ATTACH_RULE,
            writes=True,
        ),
    ]


def _maps() -> list[Tool]:
    transport = {"type": ["string", "null"], "enum": ["d", "w", "r", "", None]}
    return [
        _tool(
            "maps_open_location",
            "Opens a place on the map and returns its maps URL.",
            {"location": _TEXT},
            "location is a place name, an address or coordinates.",
            idempotent=True,
        ),
        _tool(
            "maps_show_directions",
            "Opens the way between two places on the map and returns its maps URL.",
            {"start_location": _OPTIONAL, "end_location": _TEXT, "transport": transport},
            'start_location "" means where the user is now.',
            'transport is "d" for driving (default), "w" for walking, "r" for public transport.',
            idempotent=True,
        ),
    ]


def _notes() -> list[Tool]:
    folder_rule = 'folder is "" unless the user names one.'
    return [
        _tool(
            "create_note",
            "Creates a note and returns whether it was created.",
            {"name": _TEXT, "content": _OPTIONAL, "folder": _OPTIONAL},
            "name is the title of the note.",
            folder_rule,
            writes=True,
        ),
        _tool(
            "open_note",
            "Opens a note by name and returns its text.",
            {"name": _TEXT, "folder": _OPTIONAL},
            folder_rule,
            idempotent=True,
        ),
        _tool(
            "append_note_content",
            "Adds content to the end of a note that exists and returns whether it was added.",
            {"name": _TEXT, "content": _OPTIONAL, "folder": _OPTIONAL},
            "The note need not be opened first.",
            folder_rule,
            writes=True,
        ),
    ]


def _reminders() -> list[Tool]:
    arguments: dict[str, Schema] = {
        "name": _TEXT,
        "due_date": _OPTIONAL,
        "notes": _OPTIONAL,
        "list_name": _OPTIONAL,
        "priority": {"type": "integer", "minimum": 0, "maximum": 9},
        "all_day": _FLAG,
    }
    return [
        _tool(
            "create_reminder",
            "Creates a reminder and returns whether it was created.",
            arguments,
            "due_date is written YYYY-MM-DD HH:MM:SS, or YYYY-MM-DD when all_day is True.",
            'list_name is "" unless the user names one.',
            "priority is 0 for none (default), 1 high, 5 medium, 9 low; all_day is False unless asked for.",
            writes=True,
        )
    ]


def _messages() -> list[Tool]:
    return [
        _tool(
            "send_sms",
            "Writes a text message draft and returns whether it was composed.",
            {"recipients": _LIST, "message": _TEXT},
            "recipients are phone numbers; get them with get_phone_number unless the user gives them.",
            "One message goes to several people unless the user wants it otherwise.",
            writes=True,
        )
    ]


def _meetings() -> list[Tool]:
    arguments: dict[str, Schema] = {
        "topic": _TEXT,
        "start_time": _TEXT,
        "duration": {"type": "integer", "minimum": 1},
        "meeting_invitees": _LIST,
    }
    return [
        _tool(
            "get_zoom_meeting_link",
            "Sets up a Zoom meeting and returns its link.",
            arguments,
            "start_time is written YYYY-MM-DD HH:MM:SS; duration is in minutes, 60 unless asked otherwise.",
            _EMAILS_RULE,
            "Pass the link on: as notes of create_calendar_event or as context of compose_new_email.",
            writes=True,
            idempotent=True,
        )
    ]


def _all_tools() -> list[Tool]:
    groups = (_calendar, _contacts, _files, _mail, _maps, _notes, _reminders, _messages, _meetings)
    return [tool for group in groups for tool in group()]


_CATALOG = Catalog(_all_tools())

DESK_TOOLS: tuple[str, ...] = _CATALOG.names


def desk_catalog() -> Catalog:
    """The 16 tools in label-id order without a desk behind them (`run=None`): enough to plan, train and score text."""
    return _CATALOG
