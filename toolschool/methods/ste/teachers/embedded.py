"""The embedded teacher: explores any tool without a language model, a hub or a key.

    teacher = EmbeddedTeacher()
    reply = await teacher.reply(request)          # the same request, the same reply

It makes up arguments that suit the names, types and documentation of a schema, and a request that says them (`invention/`); it acts on what it
reads in the request, mends what the tool refuses (`acting.py`), looks at the last observation to reflect, and judges by rule: the answer
tells something, all of it stands in the result, and the call is what the request says. Limits, measured in docs/ste.md: English templates;
values are those of its pools, not of the world; requests in others' words are read in part; of earlier trials it learns
which queries were tried, which arguments are not to be left out, and which values are taken (`invention/lessons.py`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.paraphrase import paraphrase as exchanged
from toolschool.datasets.splits import skeleton
from toolschool.methods.ste.teachers import conversation
from toolschool.methods.ste.teachers.acting import act, told_from
from toolschool.methods.ste.teachers.invention.leaves import read_leaves
from toolschool.methods.ste.teachers.invention.lessons import Failure, learnt
from toolschool.methods.ste.teachers.invention.reading import read_request
from toolschool.methods.ste.teachers.invention.values import draw_arguments
from toolschool.methods.ste.teachers.invention.wording import worded
from toolschool.methods.ste.teachers.protocol import Reply, Request
from toolschool.methods.toolgen.worlds import NO_CLOCK
from toolschool.records import Tool

TRIES = 12  # for a query or paraphrase unlike those before
_FACT = re.compile(r"\d[\d.,:/-]*\d|\d|\"[^\"]+\"")


@dataclass(frozen=True)
class EmbeddedTeacher:
    """`clumsiness`: the share of first calls that are wrong on purpose, so that errors and their mending are seen."""

    clumsiness: float = 0.2

    async def reply(self, request: Request) -> Reply:
        """Never raises; costs nothing."""
        rng = random.Random(f"{request.seed}/{request.purpose}/{len(request.messages)}")
        return Reply(self._said(request, rng))

    def _said(self, request: Request, rng: random.Random) -> str:
        messages, tool = request.messages, request.tool
        if request.purpose == "query":
            failures = [Failure(call, error) for call, error in conversation.failures(messages, tool.name)]
            return new_query(tool, conversation.tried_before(messages), rng, failures)
        if request.purpose == "act":
            query, turns = conversation.acted_on(messages)
            return act(tool, query, turns, rng, self.clumsiness)
        if request.purpose == "reflect":
            return reflection(conversation.last_observation(messages))
        if request.purpose == "judge":
            return judgement(tool, messages[-1].content)
        before = [message.content for message in messages if message.role == "assistant"]
        return paraphrase(tool, conversation.first_request(messages), before, rng)


def new_query(
    tool: Tool, tried: Sequence[tuple[str, bool]], rng: random.Random, failures: Sequence[Failure] = ()
) -> str:
    """A request unlike those tried before, numbers aside; the last one made up where there is none left."""
    leaves = read_leaves(tool)
    wanted = learnt(leaves, tried, failures)
    known = {skeleton(query) for query, _ in tried}
    query = ""
    for _ in range(TRIES):
        query = worded(tool, leaves, draw_arguments(wanted, rng), rng)
        if skeleton(query) not in known:
            break
    return query


def paraphrase(tool: Tool, query: str, before: list[str], rng: random.Random) -> str:
    """The same arguments in another request. What cannot be read is left as it is but for turns of phrase that mean the same."""
    leaves = read_leaves(tool)
    said = read_request(leaves, query)
    text = query
    for _ in range(TRIES):
        text = worded(tool, leaves, said, rng)
        if text not in (query, *before) and read_request(leaves, text) == said:
            return text
    return exchanged(Draw(rng, "train", NO_CLOCK), query, ())


def reflection(observation: str | None) -> str:
    """By the last observation."""
    if observation is None:
        return "No. Nothing was called."
    return (
        "No. The last call failed."
        if conversation.failed(observation)
        else "Yes. The call ran and the answer tells its result."
    )


def judgement(tool: Tool, prompt: str) -> str:
    """Three aspects, each with its reason."""
    judged = conversation.to_judge(prompt)
    if judged is None:
        return "1) No. There is nothing to judge.\n2) No. There is nothing to judge.\n3) No. There is nothing to judge."
    informative = not conversation.failed(judged.observation) and not judged.answer.startswith("Sorry")
    made_up = [fact for fact in _FACT.findall(judged.answer) if fact.strip('"') not in judged.observation]
    faithful = informative and not made_up and _shares(judged.answer, judged.observation)
    said = read_request(read_leaves(tool), judged.query)
    wrong = [name for name, value in said.items() if judged.arguments.get(name) != value]
    return "\n".join(
        (
            _aspect(1, informative, "The answer tells the result", "The request was not served"),
            _aspect(
                2,
                faithful,
                "All of it stands in the result",
                f"Not in the result: {', '.join(made_up) or 'the answer'}",
            ),
            _aspect(
                3,
                not wrong,
                "The call has what the request says",
                f"The request says something else for {', '.join(wrong)}",
            ),
        )
    )


def _shares(answer: str, observation: str) -> bool:
    """Whether an answer tells of a result, where the result says anything."""
    told = told_from(observation)
    return not told or told in answer or answer in observation


def _aspect(number: int, good: bool, why: str, why_not: str) -> str:
    return f"{number}) {'Yes' if good else 'No'}. {why if good else why_not}."
