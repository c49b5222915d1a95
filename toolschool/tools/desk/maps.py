"""Actions on the map. They answer with the URL alone, and remember what is shown as a row."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from toolschool.tools.desk.context import Context
from toolschool.tools.desk.documents import mark_opened
from toolschool.tools.desk.failure import NotDone
from toolschool.tools.desk.text import key, squeeze

MAPS = "https://maps.apple.com/"

_COORDINATES = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*")


def maps_open_location(desk: Context, location: str) -> str:
    place = _place(desk, location)
    if not place:
        raise NotDone("no location was given.")
    url = _url({"ll" if _COORDINATES.fullmatch(place) else "q": place})
    mark_opened(desk, "location", place, url)
    return url


def maps_show_directions(desk: Context, start_location: str | None, end_location: str, transport: str | None) -> str:
    """Transport: d(riving), w(alking), r (public transport). No start means where the user is now."""
    start, end = _place(desk, start_location), _place(desk, end_location)
    if not end:
        raise NotDone("no destination was given.")
    query = {"saddr": start} if start else {}
    url = _url({**query, "daddr": end, "dirflg": transport or "d"})
    mark_opened(desk, "directions", end, url)
    return url


def _url(query: dict[str, str]) -> str:
    return f"{MAPS}?{urlencode(query)}"


def _place(desk: Context, location: str | None) -> str:
    """A saved place by its address, a maps URL of an earlier step by what it shows, coordinates bare, else the text."""
    text = squeeze(location)
    if text.startswith(MAPS):
        query = parse_qs(urlsplit(text).query)
        return next((query[name][0] for name in ("q", "ll", "daddr") if name in query), "")
    coordinates = _COORDINATES.fullmatch(text)
    if coordinates:
        return ",".join(coordinates.groups())
    saved = (row["address"] for row in desk.store.rows("places") if key(row["name"]) == key(text))
    return str(next(saved, text))
