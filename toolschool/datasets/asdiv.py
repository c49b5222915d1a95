"""ASDiv: word problems of primary school in many wordings.

    question(row), answer(row)

Reads `ASDiv.xml`; a row is `{ID, Grade, Source, Body, Question, Solution-Type, Answer, Formula}`, all texts. Source: Miao, Liang
and Su (ACL 2020). A file with a DOCTYPE, which could expand entities, is refused. Limit: a problem whose answer is not one number
(a name, a ratio, a fraction, two numbers) has no answer here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from toolschool.errors import DataError, RowError

_ANSWER = re.compile(r"(-?\d[\d,]*(?:\.\d+)?)\s*(?:\([^()]*\))?")  # "9 (apples)"


class _Builder(ElementTree.TreeBuilder):
    """Asked by the parser itself: a DOCTYPE in another encoding would escape a search in the text."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise DataError("ASDiv.xml has a DOCTYPE; remove it, the set has none")


def raw_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Every `<Problem>`: its attributes and the texts of its children."""
    file = folder / "ASDiv.xml"
    try:
        root = ElementTree.fromstring(file.read_bytes(), ElementTree.XMLParser(target=_Builder()))
    except ElementTree.ParseError as error:
        raise DataError(f"{file} is no XML: {error}") from None
    for problem in root.iter("Problem"):
        yield {**problem.attrib, **{child.tag: (child.text or "").strip() for child in problem}}


def question(row: Mapping[str, Any]) -> str:
    """Body and question as one text; RowError when there is no question."""
    body, asked = row.get("Body", ""), row.get("Question")
    if not asked:
        raise RowError("an ASDiv problem wants a <Question>")
    return f"{body} {asked}".strip()


def answer(row: Mapping[str, Any]) -> str:
    """The number before the unit, without thousands separators; RowError when the answer is not one number."""
    found = _ANSWER.fullmatch(row.get("Answer", ""))
    if not found:
        raise RowError(f"the answer of an ASDiv problem is not one number: {row.get('Answer', '')!r}")
    return found[1].replace(",", "")
