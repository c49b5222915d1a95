"""The judge of a trial's call and answer, and how its words are read.

    judgement = await judge(example, tool, teacher, settings, prompts)      # three aspects: informative, faithful, appropriate
    judgement.passes()

Source: arXiv 2403.04746, section 3.3; the three aspects are those of the published prompt (reference 4). The published code drops a trial
whose judgement contains "No." anywhere and takes a reflection for a no that contains "No" ("Now", "None"); here the Yes or No that
leads each aspect counts, and an aspect without one is not passed. The published rule is there to compare with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from toolschool.methods.ste.examples import Example
from toolschool.methods.ste.prompts import SYSTEM, Prompts, call_text
from toolschool.methods.ste.settings import ExploitSettings
from toolschool.methods.ste.teachers.protocol import Request, Teacher
from toolschool.methods.ste.trials import Message, example_seed
from toolschool.records import Tool

ASPECTS = ("informative", "faithful", "appropriate")

_LEADING = re.compile(r"^\W*(yes|no)\b", re.IGNORECASE)
_STANDING = re.compile(r"\b(Yes|No)\b")
_ASPECT = re.compile(r"^\W*([123])\s*[).:]\W*(yes|no)\b", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Judgement:
    """What a judge said: by aspect yes, no, or None where it said neither; `text` in its words."""

    aspects: tuple[bool | None, ...]
    text: str = ""

    def passes(self, legacy: bool = False) -> bool:
        """All three; `legacy`: the published rule."""
        return "No." not in self.text if legacy else all(self.aspects)

    @property
    def reason(self) -> str:
        """The first aspect that is not passed, "" where all are."""
        return next((name for name, said in zip(ASPECTS, self.aspects, strict=True) if not said), "")


def says_yes(reflection: str) -> bool:
    """The Yes or No that a reflection begins with, else the first that stands in it; neither is a no."""
    found = _LEADING.search(reflection) or _STANDING.search(reflection)
    return bool(found and found[1].lower() == "yes")


def read_judgement(text: str) -> Judgement:
    """The three aspects, of each the first line with its number."""
    said: dict[str, bool] = {}
    for number, word in _ASPECT.findall(text):
        said.setdefault(number, word.lower() == "yes")
    return Judgement(tuple(said.get(number) for number in "123"), text)


async def judge(
    example: Example, tool: Tool, teacher: Teacher, settings: ExploitSettings, prompts: Prompts
) -> Judgement:
    """What the teacher says of one call, its result and the answer. Raises TeacherError as the teacher does."""
    call = call_text(example.tool, example.arguments, example.observation)
    question = prompts.ask_to_judge([tool], example.query, call, example.answer)
    messages = (Message("system", SYSTEM), Message("user", question))
    seed = example_seed(settings.seed, f"{example.id}/judge")
    request = Request("judge", messages, tool, seed, settings.judge_max_tokens, settings.temperature)
    return read_judgement((await teacher.reply(request)).text)
