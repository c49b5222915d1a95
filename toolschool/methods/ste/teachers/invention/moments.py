"""Dates and times as documentation wants them and as requests say them.

form = form_of(leaf)                           # "%d/%m/%Y" where the documentation says DD/MM/YYYY
written(moment, form), said(moment, form, rng), read("March 5, 2026 at 14:00", form)
"""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

from toolschool.methods.ste.teachers.invention.kinds import CLOCK, DAY

DATE_FORM, DATETIME_FORM, TIME_FORM = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%H:%M"
DATETIME = rf"(?:{DAY})(?:(?: at |T| ){CLOCK}Z?)?"
_WORDED = "%B %d, %Y"
_FORMS: tuple[tuple[str, str], ...] = (
    (r"YYYY-MM-DD HH:MM:SS|%Y-%m-%d %H:%M:%S", DATETIME_FORM), (r"YYYY-MM-DDTHH:MM:SSZ", "%Y-%m-%dT%H:%M:%SZ"),
    (r"YYYY-MM-DDTHH:MM:SS", "%Y-%m-%dT%H:%M:%S"), (r"YYYY-MM-DDTHH:MM", "%Y-%m-%dT%H:%M"), (r"YYYY-MM-DD HH:MM", "%Y-%m-%d %H:%M"),
    (r"YYYY-MM-DD|%Y-%m-%d|ISO", DATE_FORM), (r"DD/MM/YYYY", "%d/%m/%Y"), (r"MM/DD/YYYY", "%m/%d/%Y"), (r"DD-MM-YYYY", "%d-%m-%Y"),
    (r"MM-DD-YYYY", "%m-%d-%Y"), (r"DD\.MM\.YYYY", "%d.%m.%Y"), (r"YYYY/MM/DD", "%Y/%m/%d"), (r"YYYYMMDD", "%Y%m%d"), (r"HH:MM:SS", "%H:%M:%S"),
)  # fmt: skip
_CLOCKED = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", DATETIME_FORM, "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


def form_of(kind: str, hint: str, json_format: str = "") -> str:
    """The form that the documentation names, else the usual one of its kind."""
    if json_format == "date-time":
        return "%Y-%m-%dT%H:%M:%SZ"
    for pattern, form in _FORMS:
        if re.search(pattern, hint, re.IGNORECASE if "YYYY" in pattern and "M:S" not in pattern else 0) and _suits(
            kind, form
        ):
            return form
    return {"date": DATE_FORM, "datetime": DATETIME_FORM}.get(kind, TIME_FORM)


def drawn(kind: str, form: str, rng: random.Random) -> datetime:
    """A moment that the form can write without loss."""
    day = datetime(2024, 1, 1) + timedelta(days=rng.randrange(1400))
    return (
        day if kind == "date" else day + timedelta(hours=rng.randrange(7, 21), minutes=rng.choice((0, 0, 15, 30, 45)))
    )


def written(moment: datetime, form: str) -> str:
    """As the tool wants it."""
    return moment.strftime(form)


def said(moment: datetime, kind: str, form: str, rng: random.Random) -> str:
    """As a request says it: mostly as the tool wants it."""
    if kind == "time":
        return written(moment, form)
    usual = form if kind == "date" and re.fullmatch(DAY, written(moment, form)) else DATE_FORM
    day = moment.strftime(usual) if rng.random() < 0.85 else f"{moment:%B} {moment.day}, {moment.year}"
    return day if kind == "date" else f"{day}{rng.choice((' at ', ' at ', ' '))}{moment:%H:%M}"


def read(text: str, kind: str, form: str) -> str | None:
    """A moment of a request as the tool wants it; None where it is none."""
    if kind == "time":
        forms = ("%H:%M:%S", "%H:%M")
        return next((written(found, form) for found in (parsed(text, one) for one in forms) if found), None)
    day = re.match(DAY, text)
    if day is None:
        return None
    clock = re.search(rf"{CLOCK}(?=Z?$)", text[day.end() :])
    days = (parsed(day[0], one) for one in (form, DATE_FORM, _WORDED, "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%Y"))
    found = next((one for one in days if one), None)
    if found is None:
        return None
    time = parsed(clock[0][:5], TIME_FORM) if clock else None
    return written(found.replace(hour=time.hour, minute=time.minute) if time else found, form)


def _suits(kind: str, form: str) -> bool:
    if kind == "time":
        return form in ("%H:%M:%S", TIME_FORM)
    return (form in _CLOCKED) == (kind == "datetime") and form != "%H:%M:%S"


def parsed(text: str, form: str) -> datetime | None:
    """A moment written in a form; None where it is not."""
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None
