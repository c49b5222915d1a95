"""The open world: a contact, file, note or mail that is made up from its name, always the same way.

Real queries mention people and files that no desk holds. To compare the effects of two plans on such a query both run
on a desk where every look-up succeeds: equal names (up to case, spaces and punctuation) get equal inventions, different
names get different ones. Not for serving.
"""

from __future__ import annotations

import hashlib

from toolschool.tools.desk import text
from toolschool.tools.desk.store import Row

FOLDER = "/files/"
SENDER = "sender@example.com"


def contact(name: str) -> Row:
    return {
        "name": name,
        "email": f"{text.key(name)}.{_digest(name):06x}@example.com",
        "phone": f"+1555{_digest(name) % 10**7:07d}",
    }


def file(name: str) -> Row:
    """A file keeps the suffix it is asked for, PDF otherwise; an invented path names the same file again."""
    base = text.key(text.stem(name))
    body = f"This is the text of {base}. Its number is {_digest(base)}. It was invented to compare plans."
    return {"path": f"{FOLDER}{base}{text.suffix(name) or '.pdf'}", "text": body}


def note(name: str, folder: str) -> Row:
    body = f"Note {text.key(name)}, number {_digest(name)}."
    return {"name": name, "folder": folder, "body": body, "appended": []}


def selected_mail() -> Row:
    return {"sender": SENDER, "subject": "Selected mail"}


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.sha256(text.key(name).encode()).digest()[:3], "big")
