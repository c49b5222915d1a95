"""Names that a plan can write, made of any text, the same way every time.

unique_names(map(identifier, ["get-weather", "get weather"]))       # ["get_weather", "get_weather_2"]
"""

from __future__ import annotations

from collections.abc import Iterable


def identifier(text: str) -> str:
    """A text as a name that a plan can write."""
    kept = text
    if not text.isidentifier():
        kept = "".join(character if f"a{character}".isidentifier() else " " for character in text)
    name = "_".join(kept.split()).strip("_") or "api"
    return name if name.isidentifier() else f"api_{name}"


def unique_names(names: Iterable[str], reserved: Iterable[str] = ()) -> list[str]:
    """The names in their order; the second of a name, and the first of a reserved one, becomes `name_2`, and so on."""
    taken = set(reserved)
    unique: list[str] = []
    for name in names:
        numbered, number = name, 1
        while numbered in taken:
            number += 1
            numbered = f"{name}_{number}"
        taken.add(numbered)
        unique.append(numbered)
    return unique
