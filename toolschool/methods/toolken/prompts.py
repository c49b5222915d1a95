"""What stands before a question in token mode, and before the same text in tool mode.

    prompts = Prompts(context="Q: …\nA: …\n\n", tools={"add": "Q: …\nA: 2+3=<add>(2, 3)=5 …\n\n"})
    prompts.before("What is 2+3?")          # context and question: what features are read behind, too
    prompts.opening("add", question, said)  # demonstrations, question, the text so far with its calls, `<add>(`

One object for training, mining and answering, so that they cannot differ. It travels with the head.
"""

from __future__ import annotations

import re
from functools import cached_property

from pydantic import Field

from toolschool.config import Config

QUESTION = "{question}"


class Prompts(Config):
    """The texts round a question. Solved examples end as the blank line between two of them does."""

    context: str = ""
    """Token mode: solved examples, without calls."""
    question: str = f"Q: {QUESTION}\nA:"
    """How a question is put; {question} is where it comes in."""
    tools: dict[str, str] = Field(default_factory=dict)
    """Tool mode: for each tool solved examples with its calls; a tool without any is shown the context."""
    end: str = r"\n"
    """Regular expression that ends an answer; what it matches is cut off."""

    def before(self, question: str) -> str:
        """Everything before the answer in token mode."""
        return self.context + self.asked(question)

    def asked(self, question: str) -> str:
        return self.question.replace(QUESTION, question)

    def demonstrations(self, tool: str) -> str:
        return self.tools.get(tool, self.context)

    @staticmethod
    def opening(tool: str) -> str:
        """What the model goes on from in tool mode, up to the closing bracket."""
        return f"<{tool}>("

    @staticmethod
    def call(tool: str, written: str, result: str) -> str:
        """A call as demonstrations show it and as tool mode reads earlier ones."""
        return f"<{tool}>({written})={result}"

    @cached_property
    def _end(self) -> re.Pattern[str]:
        return re.compile(self.end)

    def cut(self, text: str) -> tuple[str, bool]:
        """An answer up to its end, and whether it has one."""
        found = self._end.search(text)
        return (text[: found.start()], True) if found else (text, False)
