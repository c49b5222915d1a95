"""What a running exploration looks like: on a terminal a table of the tools at work, in a log file a line now and then.

    with ExploreView("explore mine", tools, trials_each=60, prices=prices) as view:
        view.hear(said)                     # what the actors tell (pipelines/ste_workers.py)

The time left goes by the trials of this run alone: what an earlier one left on disk took no time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from jobs.progress import LINE_EVERY_S, duration, eta
from pipelines.ste_explorer import Found
from pipelines.ste_workers import Ended

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN = 16  # tools at work in the table
Price = Callable[[int, int], float]  # of prompt and completion tokens


@dataclass
class Tally:
    """Of one tool, or of all."""

    trials: int = 0
    solved: int = 0
    new: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, said: Found) -> None:
        self.trials += 1
        self.solved += said.solved
        self.new += said.new
        self.prompt_tokens += said.prompt_tokens
        self.completion_tokens += said.completion_tokens

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    @property
    def success(self) -> str:
        return f"{100 * self.solved / self.trials:.0f} %" if self.trials else "–"


class ExploreView:
    """Counts what it hears and shows it."""

    def __init__(
        self,
        name: str,
        tools: Sequence[str],
        trials_each: int,
        price: Price | None = None,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.tools, self.total, self.trials_each = name, tools, len(tools) * trials_each, trials_each
        self.price = price
        self.all, self.by_tool = Tally(), {tool: Tally() for tool in tools}
        self.ended: dict[str, Ended] = {}
        self._seen: set[tuple[str, int, int]] = set()
        self._stream = stream or sys.stderr
        self._clock = clock
        self._started = self._last = clock()
        self._live: Any = None

    def __enter__(self) -> ExploreView:
        if self._stream.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(get_renderable=self.render, console=Console(file=self._stream), transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
        self._write()

    def hear(self, said: Found | Ended) -> None:
        """Count a trial, once, or a tool that has ended."""
        if isinstance(said, Ended):
            self.ended[said.tool] = said
        elif (trial := (said.tool, said.episode, said.number)) not in self._seen:
            self._seen.add(trial)
            self.all.add(said)
            self.by_tool[said.tool].add(said)
        if not self._live and self._clock() - self._last >= LINE_EVERY_S:
            self._write()

    def line(self) -> str:
        """All of it in one line."""
        ended = [each.how for each in list(self.ended.values())]  # the live view has a thread of its own
        parts = [
            f"{self.all.trials:,}/{self.total:,} trials",
            f"{ended.count('done')}/{len(self.tools)} tools",
            f"{self.all.success} solved",
            f"{self.all.tokens:,} tokens",
        ]
        if self.price:
            parts.append(f"cost {self.price(self.all.prompt_tokens, self.all.completion_tokens):.4f}")
        if given_up := len(ended) - ended.count("done"):
            parts.append(f"{given_up} ended early")
        elapsed = self._clock() - self._started
        left = eta(self.all.new, self.all.new + self._to_come(), elapsed)
        parts += [duration(elapsed)] + ([f"{duration(left)} left"] if left else [])
        return f"{self.name}: {', '.join(parts)}"

    def _to_come(self) -> int:
        return sum(self.trials_each - tally.trials for name, tally in self.by_tool.items() if name not in self.ended)

    def render(self) -> RenderableType:
        """The table of tools at work, and the line."""
        from rich.console import Group
        from rich.markup import escape
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False)
        for name in ("tool", "trials", "solved", "tokens"):
            table.add_column(name, justify="left" if name == "tool" else "right")
        at_work = [name for name in self.tools if name not in self.ended and self.by_tool[name].trials]
        for name in at_work[:SHOWN]:
            tally = self.by_tool[name]
            table.add_row(escape(name), f"{tally.trials}/{self.trials_each}", tally.success, f"{tally.tokens:,}")
        more = [Text(f"and {len(at_work) - SHOWN} more")] if len(at_work) > SHOWN else []
        return Group(table, *more, Text(self.line()))

    def _write(self) -> None:
        self._last = self._clock()
        print(self.line(), file=self._stream, flush=True)
