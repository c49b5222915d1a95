"""Which tool a head puts behind a text, where nothing is to be run: relations of KAMEL, plug-ins of MetaTool, items of a household plan.

    choices = Chooser(model, tokenizer, head).after(["User Query: ...\nTool: "])
    choices[0].tool, choices[0].margin          # the best tool, and how far it is ahead of the best word
    write_plan(model, tokenizer, head, "Task 4:\nI am in ...\nPlan:\n", objects=["desk", "computer"])

A plan obeys the grammar (ACTION OBJECT)* END with the objects that are there, and no line twice in a row; upstream forbids an action twice in a
row instead, which 30 of 247 published plans break. Limits: greedy.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from toolschool.methods.toolken.pieces import continued

if TYPE_CHECKING:
    from toolschool.models.tool_head import ToolHead

END = "END"
MAX_LINES = 32


class Choice(NamedTuple):
    """The likeliest tool behind a text, and its logit less the best word's."""

    tool: str
    margin: float


class Chooser:
    """A head over its frozen model; `allowed` are the tools it may choose from (all, if None)."""

    def __init__(self, model: Any, tokenizer: Any, head: ToolHead, allowed: Collection[str] | None = None) -> None:
        from toolschool.models.features import FeatureReader

        self.tokenizer, self.head = tokenizer, head
        self.reader = FeatureReader(model, head.layer)
        self.numbers = [number for number, name in enumerate(head.tools) if allowed is None or name in allowed]

    def after(self, texts: Sequence[str]) -> list[Choice]:
        """The choice behind each text."""
        import torch

        found = []
        for read in self.reader.ends([self.tokenizer(text)["input_ids"] for text in texts]):
            with torch.inference_mode():
                logits = self.head(torch.from_numpy(read.states[0]))[self.numbers]
            best = int(logits.argmax())
            found.append(Choice(self.head.tools[self.numbers[best]], float(logits[best]) - float(read.top[0])))
        return found


def write_plan(
    model: Any, tokenizer: Any, head: ToolHead, task: str, objects: Collection[str], actions: Collection[str]
) -> list[str]:
    """Lines `[ACTION] <object>` behind a task, without the END."""
    from toolschool.methods.toolken.reading import Reading

    reading = Reading.of(model, tokenizer(task)["input_ids"], head.layer)
    there = [name for name in head.tools if name in objects]
    lines: list[str] = []
    while len(lines) < MAX_LINES and there:
        action = _best(head, reading, [*actions, END])
        if action == END:
            break
        reading.feed(continued(tokenizer, f"[{action}] "))
        left = [name for name in there if lines[-1:] != [f"[{action}] <{name}>"]]
        if not left:
            break
        item = _best(head, reading, left)
        reading.feed(continued(tokenizer, f"<{item}>\n"))
        lines.append(f"[{action}] <{item}>")
    return lines


def _best(head: ToolHead, reading: Any, names: Sequence[str]) -> str:
    import torch

    with torch.inference_mode():
        logits = head(reading.state)
    numbers = {name: number for number, name in enumerate(head.tools)}
    return max(names, key=lambda name: float(logits[numbers[name]]) if name in numbers else float("-inf"))
