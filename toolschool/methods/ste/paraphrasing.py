"""The same request in other words, by the teacher; the call is copied.

    wanted(40)                                                  # 3 paraphrases of each of 40 examples
    await paraphrases(example, tool, teacher, settings, count=3)

Source: arXiv 2403.04746, section 3.3; how many is the published code's rule (reference 4). What is new here: a paraphrase that lost a value
which the request said is dropped, because the call could not be told from it.
"""

from __future__ import annotations

from dataclasses import replace

from toolschool.methods.ste.examples import Example, said_values
from toolschool.methods.ste.prompts import SYSTEM, ask_to_paraphrase, plain_query
from toolschool.methods.ste.settings import ExploitSettings
from toolschool.methods.ste.teachers.protocol import Request, Teacher
from toolschool.methods.ste.trials import Message, example_seed
from toolschool.records import Tool


def wanted(examples: int, settings: ExploitSettings) -> int:
    """Paraphrases of each of a tool's examples: p = min(round(150 / (n + 0.001)) - 1, 6), but the first is always made."""
    return max(1, min(round(settings.rows_per_tool / (examples + 0.001)) - 1, settings.max_paraphrases))


async def paraphrases(
    example: Example, tool: Tool, teacher: Teacher, settings: ExploitSettings, count: int
) -> list[Example]:
    """At most `count`, asked for in one conversation; none twice, none that lost a value. Raises TeacherError as the teacher does."""
    messages = [Message("system", SYSTEM)]
    kept = said_values(example.query, example.arguments)
    found: dict[str, Example] = {}
    for number in range(1, count + 1):
        messages.append(Message("user", ask_to_paraphrase(example.query, first=number == 1)))
        seed = example_seed(settings.seed, f"{example.id}#{number}")
        request = Request(
            "paraphrase", tuple(messages), tool, seed, settings.paraphrase_max_tokens, settings.temperature
        )
        query = plain_query((await teacher.reply(request)).text)
        messages.append(Message("assistant", query))
        made = replace(example, id=f"{example.id}#{number}", query=query)
        if query and made.same != example.same and all(value in query for value in kept):
            found.setdefault(made.same, made)
    return list(found.values())
