"""KAMEL: questions about facts, each answered by one of 234 Wikidata relations, P17 being a country.

    for row in raw_rows(folder): marked(row)              # synthetic training texts, the answer marked with its relation
    question(row), answers(row), relation(row)            # rows of test_first_30.json, test_first_100.json: relations among the first n
    prompt(question(row))                                 # what a relation is to follow
    descriptions(folder)["P1408"]                         # "broadcasted_places(station): gets the places where ..."

Where a result stands is found from its call (`toolschool/datasets/places.py`): 8,464 of 9,096 texts hold it once. Refused are results that the text
does not hold, or holds only inside a word (Asia in "Asian"). A text that begins with its question and holds one result is laid out as questions
are asked, for a head learns the states it will meet; five of eight do. Limit: seven texts hold a second fact for the same relation, which stays unmarked.
Source: Ber666/ToolkenGPT.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolschool.datasets.gold_calls import Call, parse_call
from toolschool.datasets.json_rows import json_rows
from toolschool.datasets.marked import MarkedText, Span, about, check_marked
from toolschool.datasets.marking import from_offsets
from toolschool.datasets.places import word_place
from toolschool.errors import DataError, RowError

TRAIN = "train_clean"
_TEST = re.compile(r"test_first_(\d+)")
_QUESTION = re.compile(r"[^.!?\n]+\?(?=\s)")


def raw_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows of the training file and of every `test_first_*.json`; what is no object becomes `{"raw": text}`."""
    tests = sorted((int(found[1]), path) for path in folder.glob("*.json") if (found := _TEST.fullmatch(path.stem)))
    for path in [folder / f"{TRAIN}.json", *(path for _, path in tests)]:
        yield from json_rows(path, path.stem)


def marked(row: Mapping[str, Any]) -> MarkedText:
    """A training row's text with the answer marked; RowError for a malformed row or an answer that is not there."""
    with about(_key(row)):
        return from_offsets(row, _key(row)) if "start_str_idx" in row else _from_calls(row)


def prompt(question: str) -> str:
    """How a question is asked (ToolkenGPT's layout): the relation comes next."""
    return f"Question: {question}\nAnswer: The answer is"


def question(row: Mapping[str, Any]) -> str:
    """What a model is asked."""
    if not isinstance(row.get("question"), str):
        raise RowError(f"{_key(row)}: wants a text `question`")
    return row["question"].strip()


def relation(row: Mapping[str, Any]) -> str:
    """The relation that answers the question, such as P17. Compare ids as a whole: P17 is the start of P175."""
    if not isinstance(row.get("api"), str):
        raise RowError(f"{_key(row)}: wants a relation `api`")
    return row["api"]


def answers(row: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The right answers, each with all its names: the preferred one first, then aliases, none twice."""
    entries = row.get("answer")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise RowError(f"{_key(row)}: wants a list of answers")
    found = [_names(entry) for entry in entries]
    if not all(found):
        raise RowError(f"{_key(row)}: an answer has no name")
    return found


def descriptions(folder: Path) -> dict[str, str]:
    """What each relation gives, by its id: `name(argument): text`. DataError when the file is missing or no such table."""
    path = folder / "api_desc.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"cannot read the relations' descriptions in {path}: {error}") from None


def _from_calls(row: Mapping[str, Any]) -> MarkedText:
    text, written = row.get("text"), row.get("call")
    if not isinstance(text, str) or not isinstance(written, list) or not written:
        raise RowError("wants a text and call, the list of its calls")
    spans = sorted((_span(text, parse_call(call)) for call in written), key=lambda span: span.start)
    return _as_asked(check_marked(MarkedText(text, tuple(spans), _key(row))))


def _as_asked(marked: MarkedText) -> MarkedText:
    """The text as its question is asked, if it begins with one and holds a single result behind it."""
    asked = _QUESTION.match(marked.text)
    if asked is None or len(marked.spans) != 1 or marked.spans[0].start < asked.end():
        return marked
    span = marked.spans[0]
    before = f"{prompt(asked[0].strip())} "
    result = marked.text[span.start : span.end]
    moved = span._replace(start=len(before), end=len(before) + len(result))
    return marked._replace(text=f"{before}{result}.", spans=(moved,))


def _names(entry: Mapping[str, Any]) -> tuple[str, ...]:
    names = [entry.get("chosen"), entry.get("rdf"), *(entry.get("alternative") or ())]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def _span(text: str, call: Call) -> Span:
    return Span(call.tool, *word_place(text, call.result, call.arguments), call.arguments)


def _key(row: Mapping[str, Any]) -> str:
    return f"kamel/{row.get('file', '?')}/{row.get('index', '?')}"
