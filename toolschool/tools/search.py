"""Full-text search (BM25) over a folder of texts.

    tool = search_tool(Search(read_corpus("handbook/")))

Reads `.txt` and `.md` files (a passage per paragraph, titled by the file's name) and `.jsonl` files with rows
`{"title", "text"}`. The index lives in memory: made for up to some hundred thousand passages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from toolschool.errors import DataError
from toolschool.records import JsonValue, Tool
from toolschool.tools.run import threaded

NOTHING = "Nothing found."

_PARAGRAPH = re.compile(r"\n\s*\n")


class Passage(NamedTuple):
    """A piece of text with the title of what it comes from."""

    title: str
    text: str


class Search:
    """A BM25 index of passages. Raises DataError where there are none."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        import bm25s

        if not passages:
            raise DataError("nothing to search: give at least one passage")
        self._passages = tuple(passages)
        self._index = bm25s.BM25()
        self._index.index(_tokens([f"{p.title} {p.text}" for p in self._passages]), show_progress=False)

    def top(self, query: str, k: int = 3) -> list[Passage]:
        """At most k passages that share a word with the query, best first; ties in the order of the corpus."""
        import numpy as np

        (tokens,) = _tokens([query])
        if not tokens:
            return []
        scores = self._index.get_scores(tokens)
        best = np.argsort(-scores, kind="stable")[:k]
        return [self._passages[i] for i in best if scores[i] > 0]


def search_tool(search: Search, k: int = 3) -> Tool:
    """The search as a tool; its answer has a line `title > text` for each passage."""

    def run(query: str) -> JsonValue:
        lines = [f"{passage.title} > {' '.join(passage.text.split())}" for passage in search.top(query, k)]
        return "\n".join(lines) or NOTHING

    return Tool(
        name="search",
        description="Searches a collection of texts and returns the passages that fit best.",
        parameters={
            "type": "object",
            "properties": {"query": {"type": "string", "minLength": 1}},
            "required": ["query"],
            "additionalProperties": False,
        },
        rules=("query holds the few words that matter.",),
        idempotent=True,
        run=threaded(run),
    )


def read_corpus(folder: str | Path) -> list[Passage]:
    """All passages below a folder, files by path. Raises DataError naming what cannot be read."""
    root = Path(folder)
    if not root.is_dir():
        raise DataError(f"{root} is not a folder; give one with .txt, .md or .jsonl files")
    files = sorted(path for path in root.rglob("*") if path.suffix in (".txt", ".md", ".jsonl"))
    passages = [passage for path in files for passage in _read(path)]
    if not passages:
        raise DataError(f"{root} holds no text in .txt, .md or .jsonl files")
    return passages


def _read(path: Path) -> Iterator[Passage]:
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path} as UTF-8 text: {error}") from error
    if path.suffix == ".jsonl":
        yield from _rows(path, content)
        return
    for paragraph in _PARAGRAPH.split(content):
        if paragraph.strip():
            yield Passage(path.stem, paragraph.strip())


def _rows(path: Path, content: str) -> Iterator[Passage]:
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield Passage(str(row["title"]), str(row["text"]))
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(f'{path}:{number} is not a row {{"title": …, "text": …}}') from error


def _tokens(texts: list[str]) -> list[list[str]]:
    import bm25s

    tokens: list[list[str]] = bm25s.tokenize(texts, stopwords="en", return_ids=False, show_progress=False)
    return tokens
