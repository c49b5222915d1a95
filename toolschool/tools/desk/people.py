"""Actions on people: look up a number or an address, write a text message (a draft; nothing is sent)."""

from __future__ import annotations

from collections.abc import Sequence

from toolschool.tools.desk.context import Context
from toolschool.tools.desk.failure import NotDone
from toolschool.tools.desk.text import squeeze


def get_phone_number(desk: Context, name: str) -> str:
    """The number alone, so that a later step can use it as it is."""
    return desk.phone(squeeze(name))


def get_email_address(desk: Context, name: str) -> str:
    """The address alone, so that a later step can use it as it is."""
    return desk.email(squeeze(name))


def send_sms(desk: Context, recipients: str | Sequence[str], message: str) -> str:
    numbers = desk.phones(recipients)
    if not numbers:
        raise NotDone("a text message needs at least one recipient.")
    desk.store.insert("messages", recipients=numbers, body=message)
    return f"Text message draft composed to {', '.join(numbers)}."
