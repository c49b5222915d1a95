"""Where in a file something stands, what can be wrong there, and the comparison with a table of known keys.

A table says what a value may be: a mapping of its known keys to their tables (`ANY` stands for every key), a list with
the table of its items, a set of strings to choose from, a type, or `FREE`. The Kubernetes tables are written down
(fields.py); those of the launcher and of Serve are made from what Ray ships, so that they cannot grow old.
"""

from __future__ import annotations

import difflib
import functools
import operator
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ANY = "*"
FREE = object
FILL_IN = re.compile(r"FILL_IN_\w+")  # not valid wherever it stands, so a forgotten one fails loudly
RUN_TIME_ENVIRONMENT = {"working_dir": str, "env_vars": {ANY: str}, "excludes": [str]}  # the rest is in the image


class ClusterFileError(ValueError):
    """A cluster file is wrong: file, dotted key, and what to do."""


@dataclass(frozen=True)
class Place:
    """A dotted key in a file."""

    file: str
    key: str = ""

    def __truediv__(self, part: str | int) -> Place:
        return replace(self, key=f"{self.key}.{part}" if self.key else str(part))

    def at(self, parts: Iterable[str | int]) -> Place:
        """The place that these keys lead to from here."""
        return functools.reduce(operator.truediv, parts, self)

    def error(self, problem: str) -> ClusterFileError:
        return ClusterFileError(f"{self.file}: {self.key}: {problem}" if self.key else f"{self.file}: {problem}")


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or the known words where none is near and they are few."""
    known = sorted(known)
    if near := difflib.get_close_matches(word, known, n=1):
        return f"; did you mean '{near[0]}'?"
    return f"; known: {', '.join(known)}" if len(known) <= 15 else ""


def compare(value: Any, table: Any, place: Place) -> None:
    """ClusterFileError at the first key, choice or type that the table does not know. A key without a value is as good as absent."""
    if value is None or table is FREE:
        return
    if isinstance(table, Mapping):
        _is(value, dict, place)
        for key, item in value.items():
            if key not in table and ANY not in table:
                raise (place / key).error(f"unknown key{meant(str(key), table)}")
            compare(item, table.get(key, table.get(ANY)), place / key)
    elif isinstance(table, list):
        _is(value, list, place)
        for number, item in enumerate(value):
            if item is None:
                raise (place / number).error("is empty")
            compare(item, table[0], place / number)
    elif isinstance(table, frozenset):
        if not isinstance(value, str) or value not in table:
            raise place.error(f"'{value}' is none of the choices{meant(str(value), table)}")
    else:
        _is(value, table, place)


_WORDS = {dict: "a mapping", list: "a list", str: "a string (quote it)", int: "a whole number", bool: "true or false"}


def _is(value: Any, wanted: type, place: Place) -> None:
    if (isinstance(value, bool) and wanted is not bool) or not isinstance(value, wanted):
        raise place.error(f"must be {_WORDS[wanted]}, not {value!r}")


def read(path: str | Path) -> tuple[Place, list[dict[str, Any]]]:
    """The mappings of a YAML file, one per document."""
    place = Place(str(path))
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise place.error(f"cannot be read: {error.strerror or error}") from error
    documents = [each for each in parse(text, place, yaml.safe_load_all) if each is not None]
    if not documents or not all(isinstance(each, dict) for each in documents):
        raise place.error("must hold a mapping at its top")
    return place, documents


def parse(text: str, place: Place, load: Any = yaml.safe_load) -> Any:
    """YAML text, also where it stands as a string in another file."""
    try:
        value = load(text)
        return list(value) if isinstance(value, Iterator) else value
    except yaml.YAMLError as error:
        raise place.error(f"is not valid YAML: {' '.join(str(error).split())}") from error


def to_fill_in(path: str | Path) -> list[str]:
    """The names that a user of the file still has to replace."""
    lines = [line.split("#")[0] for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return sorted(set(FILL_IN.findall("\n".join(lines))))


def pinned(package: str) -> str:
    """The version that constraints.txt has: what image and clusters must agree with."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return text.split(f"\n{package}==")[1].split()[0]


def check_image(image: Any, place: Place) -> None:
    """An image's tag begins with Ray's pinned version: all nodes and clients must run the same one."""
    version = pinned("ray")
    tag = str(image).rpartition(":")[2]
    if tag != version and not tag.startswith(f"{version}-"):
        raise place.error(
            f"the tag of '{image}' must be {version}, or begin with {version}-, as constraints.txt pins Ray"
        )
