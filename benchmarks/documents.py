"""Generated parts of documents: what stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->` is a command's, the rest is written by hand."""

from __future__ import annotations

from pathlib import Path


def put(document: str, name: str, content: str) -> str:
    """The document with `content` between the marks of `name`. ValueError where it has no such marks, or several."""
    before, after = _around(document, name)
    return f"{before}\n{content.strip()}\n{after}"


def part(document: str, name: str) -> str:
    """What stands between the marks. ValueError as above."""
    before, after = _around(document, name)
    return document[len(before) : len(document) - len(after)].strip()


def write(path: Path, name: str, content: str) -> None:
    """Put it into a file."""
    path.write_text(put(path.read_text(encoding="utf-8"), name, content), encoding="utf-8")


def _around(document: str, name: str) -> tuple[str, str]:
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if document.count(begin) != 1 or document.count(end) != 1 or document.index(begin) > document.index(end):
        raise ValueError(f"the document wants {begin} once, and {end} behind it")
    return document[: document.index(begin) + len(begin)], document[document.index(end) :]
