"""Requests out of clauses: how many, in which order, how they are joined, and the noise of real typing.

    for example in generate(seed=0, count=100_000, split="train"): ...

Example `i` depends on (seed, split, i) only. Each has its own clock, a minute of 2023-2027. More than 2,000 a second.
Limits: English only; one sentence pattern per clause; dependencies reach back to earlier clauses, never forward.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from toolschool.datasets.desk.build import Build
from toolschool.datasets.desk.clauses import CLAUSES, QUESTIONS
from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.desk.noise import lowered, mistyped
from toolschool.datasets.desk.refusals import refusal
from toolschool.datasets.desk.words import capital
from toolschool.plans.grammar import format_plan
from toolschool.records import Example, Plan

MAX_CALLS = 8
FIRST_DAY = datetime(2023, 1, 1)
MINUTES = 5 * 365 * 24 * 60
COUNTS = {1: 24.0, 2: 19.0, 3: 24.0, 4: 23.0, 5: 10.0}
FOLLOWERS = {
    "summarize": ("compose", "append_note", "create_note", "sms", "reply", "forward", "event"),
    "open_map": ("compose", "reply", "append_note", "event", "forward"),
    "directions": ("compose", "append_note", "sms", "reply"),
    "zoom": ("compose", "event", "append_note", "sms", "reply"),
    "open_file": ("summarize", "compose", "reply", "forward"),
    "open_note": ("append_note", "forward", "compose", "sms"),
    "create_note": ("append_note", "append_note", "reminder"),
    "phone_lookup": ("append_note", "sms", "create_note", "reminder", "reminder"),
    "email_lookup": ("compose", "append_note", "sms", "event", "forward"),
    "event": ("sms", "compose", "open_map", "directions"),
    "reminder": ("sms",),
}  # fmt: skip
FOLLOW_RATE = 0.34
REFUSAL_RATE = 0.02


def generate(seed: int, count: int, split: str) -> Iterator[Example]:
    """`count` examples of a split; the same arguments give the same examples on every machine."""
    for index in range(count):
        yield make(seed, index, split)


def make(seed: int, index: int, split: str) -> Example:
    """Example `index` of the stream."""
    rng = random.Random(f"desk/{split}/{seed}/{index}")
    now = some_moment(rng)
    draw = Draw(rng, split, now)
    build, clauses = (Build(), [refusal(draw)]) if draw.chance(REFUSAL_RATE) else _clauses(draw)
    query = join(draw, clauses)
    calls = tuple(build.calls)
    query = mistyped(draw, query, calls) if draw.chance(0.05) else query
    if draw.chance(0.09):
        query, calls = lowered(query, calls)
    plan = Plan(calls)
    return Example(f"desk-{split}-{seed}-{index}", query, plan, "desk", format_plan(plan), now)


def some_moment(rng: random.Random) -> datetime:
    """A clock: any minute of 2023-2027."""
    return FIRST_DAY + timedelta(minutes=rng.randrange(MINUTES))


def _clauses(draw: Draw) -> tuple[Build, list[str]]:
    """Clause texts (questions end in '?') and the plan they make together."""
    wanted = draw.weighted(COUNTS)
    build, texts, names = Build(), [], []
    if draw.chance({1: 0.3, 2: 0.12}.get(wanted, 0.03)):
        name = draw.weighted({key: weight for key, (_, weight) in QUESTIONS.items()})
        texts.append(QUESTIONS[name][0](draw, build))
        names.append(name)
    while len(texts) < wanted:
        name = _next(draw, names, wanted)
        trial = build.copy()
        trial.clause = len(texts)
        draw.final = len(texts) == wanted - 1
        text = CLAUSES[name][0](draw, trial)
        if len(trial.calls) > MAX_CALLS:
            if texts:
                break
            draw.days.clear()
            continue
        build = trial
        texts.append(text)
        names.append(name)
    return build, texts


def _next(draw: Draw, names: list[str], wanted: int) -> str:
    if names and names[-1] in FOLLOWERS and draw.chance(FOLLOW_RATE):
        return draw.pick(FOLLOWERS[names[-1]])
    column = 1 if wanted == 1 or (wanted == 2 and draw.chance(0.6)) else 0
    weights = {name: row[column] * (0.1 if name in names else 1.0) for name, (_, row) in CLAUSES.items()}
    return draw.weighted(weights)


POLITE = (
    "please {x}", "can you {x}?", "could you {x}?", "could you please {x}?", "can you please {x}?",
    "I need you to {x}", "I'd like you to {x}", "would you {x}?", "I want you to {x}", "please {x}, thanks",
    "hey, {x}", "hi, please {x}", "I need to {x}", "{x}, please", "{x} please", "hello, can you {x}?",
    "go ahead and {x}", "I would like to {x}", "just {x}", "help me {x}", "kindly {x}", "quick one: {x}",
    "okay, {x}", "{x} for me", "{x}, thank you",
)  # fmt: skip
FOR_MYSELF = frozenset({"I need to {x}", "I would like to {x}", "help me {x}"})
ASIDES = (
    "I'm in a hurry.", "I'm getting ready for the big day.", "We are a little behind.", "Sorry for the rush.",
    "I'm at my desk.", "Busy day ahead!", "My hands are full.", "Let's get organized.", "I have a lot on my plate.",
    "Good morning!", "Hello there.", "I'm about to board.", "Time to plan.", "It's been a long day.",
    "Here is what I need.", "Hi!",
)  # fmt: skip
REASONS = (
    "because I keep forgetting", "since I'm busy", "because it is urgent", "so that everyone is on the same page",
    "so nothing gets lost", "as soon as you can", "as I promised", "because the trip is important to us",
)  # fmt: skip
MIDDLE = (
    ", ", ", ", ", ", ", then ", ", and then ", " and ", " and then ", ". Then, ", ". Then ", ". Next, ",
    ". After that, ", ". Also, ", ". Additionally, ", ", also ", ". ", ". ", ". Afterwards, ", "; ", ". Please ",
)  # fmt: skip
LAST = (
    ", and ", ", and ", ", and ", ", and ", " and ", ", and finally, ", ", and finally ", ". Finally, ",
    ". Finally, ", ". Lastly, ", ", then ", ". Then, ", ", and then ", ". After that, ", " and then ", ". Also, ",
    ", and also ", ". Once done, ", ", as well as ", ". Then ", ". ",
)  # fmt: skip


def join(draw: Draw, texts: list[str]) -> str:
    """Clauses as a request: joined, capitalised, sometimes polite or with an aside."""
    if len(texts) == 1 and texts[0].endswith("?"):
        query = texts[0]
    elif len(texts) == 1:
        query = _polite(draw, texts[0], 0.36)
    else:
        query = _polite(draw, texts[0], 0.14) if not texts[0].endswith("?") else texts[0]
        for index, text in enumerate(texts[1:], 1):
            query = _link(draw, query, text, last=index == len(texts) - 1)
    if draw.chance(0.025) and not query.endswith("?"):
        query = f"{query} {draw.pick(REASONS)}"
    query = capital(query)
    if (not query.endswith(("?", ".", "!", '"')) and draw.chance(0.85)) or (query.endswith('"') and draw.chance(0.7)):
        query += "."
    if draw.chance(0.035):
        query = f"{draw.pick(ASIDES)} {query}"
    return query


def _link(draw: Draw, query: str, text: str, last: bool) -> str:
    glue = draw.pick(LAST if last else MIDDLE)
    if glue == ", as well as ":  # would want a gerund
        glue = ", and "
    if query.endswith("?"):
        glue = draw.pick((" Then ", " Also, ", " And then ", " "))
        return query + glue + (capital(text) if glue == " " else text)
    if query.endswith('"') and glue[0] in ",." and draw.chance(0.25):  # the comma inside the quotation marks
        query, glue = f'{query[:-1]}{glue[0]}"', glue[1:]
    return query + glue + (capital(text) if glue.endswith((". ", ".", '" ')) or glue == " " else text)


def _polite(draw: Draw, text: str, rate: float) -> str:
    if not draw.chance(rate) or re.match(r"(don't|make sure)", text):
        return text
    form = draw.pick(POLITE)
    while re.match(r"\w+ me\b", text) and form in FOR_MYSELF:  # not "I would like to tell me"
        form = draw.pick(POLITE)
    return form.replace("{x}", text)
