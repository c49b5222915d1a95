"""The calendar, `[Calendar()]`: what day it was when the text was written. Texts without a date are not tried."""

from __future__ import annotations

from datetime import datetime

from toolschool.methods.toolformer.tools import InlineTool
from toolschool.records import Tool
from toolschool.tools.calendar import today

PROMPT = """\
Your task is to add calls to a Calendar API to a piece of text. The calls should help you to know what day it is. \
Write a call as "[Calendar()]". Here are some examples of API calls:

Input: The council meets again this Thursday, two days from now.
Output: The council meets again this [Calendar()] Thursday, two days from now.

Input: The director of the museum is Ada Ferrante.
Output: The [Calendar()] director of the museum is Ada Ferrante.

Input: The shop is closed today, as on every Sunday.
Output: The shop is closed today, as on every [Calendar()] Sunday.

Input: The festival began on May 3, 2019, that is 30 days ago.
Output: The festival began on May 3, 2019, that is [Calendar()] 30 days ago.

Input: In this year, 2016, the harbor freezes over late.
Output: In this year, [Calendar()] 2016, the harbor freezes over late.

Input: {text}
Output:"""


async def _calendar(date: str) -> str:
    return today(datetime.fromisoformat(date))


def tool() -> InlineTool:
    """The tool; the date of a document comes from its row (`documents.py`)."""
    calendar = Tool(
        name="calendar",
        description="Returns the date of the text.",
        parameters={
            "type": "object",
            "properties": {"date": {"type": "string"}},
            "required": ["date"],
            "additionalProperties": False,
        },
        idempotent=True,
        run=_calendar,
    )
    return InlineTool("Calendar", calendar, PROMPT, wants=lambda document: document.date is not None, dated=True)
