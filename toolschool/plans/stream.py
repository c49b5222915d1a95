"""Reads a plan while it is being written, in chunks cut anywhere.

    parser = StreamParser()
    for chunk in chunks:
        for item in parser.feed(chunk): ...
    for item in parser.finish(): ...      # the last line often has no line break

Gives exactly the items of `grammar.parse_lines` on the whole text, each as soon as its line is complete. All state is
in the object; one parser reads one plan.
"""

from __future__ import annotations

from toolschool.plans.grammar import MAX_LINE, Item, Join, parse_line


class StreamParser:
    """`ended` turns true at `join()` or `<END_OF_PLAN>`, `joined` only at `join()`; later text is ignored."""

    def __init__(self) -> None:
        self.ended = False
        self.joined = False
        self._lines = 0
        self._pieces: list[str] = []  # the line being written
        self._length = 0

    def feed(self, chunk: str) -> list[Item]:
        """Items of the lines that `chunk` completes, in order."""
        items: list[Item] = []
        first, *more = chunk.split("\n")
        self._keep(first)
        for piece in more:
            items += self._close_line()
            self._keep(piece)
            if self.ended:
                break
        return items

    def finish(self) -> list[Item]:
        """Items of a last line without line break; call once at the end of the stream."""
        return self._close_line()

    def _keep(self, piece: str) -> None:
        # One character more than allowed is enough to see that the line is too long.
        piece = piece[: max(0, MAX_LINE + 1 - self._length)]
        if piece and not self.ended:
            self._pieces.append(piece)
            self._length += len(piece)

    def _close_line(self) -> list[Item]:
        if self.ended:
            return []
        line = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        self._lines += 1
        item, self.ended = parse_line(line, self._lines)
        self.joined = isinstance(item, Join)
        return [] if item is None else [item]
