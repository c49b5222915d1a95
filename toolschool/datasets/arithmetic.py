"""Seeded arithmetic in words: bare questions and short stories, with the answer, with and without calculator calls.

    for row in generate(seed=0, count=1000, split="train"): row["text"]

A row is `{id, split, question, expression, answer, call, text}`. `call` is the answer sentence with Toolformer's inline
call, `[Calculator(12 * 3)->36]`, right before the number it explains; `text` is what to train on: question and answer
sentence, with the call in half of the rows. Values come from `toolschool.tools.calculator`, so that text and tool agree.
Names and a part of the phrasings belong to one split only. Limits: one to three operations; whole numbers, prices with two decimals.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime

from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.desk.people import first_name
from toolschool.tools.calculator import calculate

THINGS = (
    "apples", "books", "marbles", "stickers", "pencils", "cookies", "tickets", "shells", "stamps", "cards",
    "flowers", "bottles", "boxes", "coins", "photos", "chairs", "candles", "beads", "toys", "plants", "muffins",
    "bricks", "shirts", "eggs", "kites", "postcards", "buttons", "lemons", "notebooks", "balloons",
)  # fmt: skip
CONTAINERS = ("boxes", "bags", "baskets", "jars", "shelves", "crates", "packs", "trays", "drawers", "rows")
PLACES = (
    "the market", "the school fair", "the library", "a shop", "the museum", "the harbor", "the farm", "the office",
)  # fmt: skip
Story = tuple[str, str, str]  # question, expression, answer sentence with {v}


def generate(seed: int, count: int, split: str) -> Iterator[dict[str, str]]:
    """`count` rows of a split; row `i` depends on (seed, split, i) only."""
    for index in range(count):
        draw = Draw(random.Random(f"arithmetic/{split}/{seed}/{index}"), split, datetime(2025, 1, 1))
        question, expression, sentence = draw.pick(FAMILIES)(draw)
        value = calculate(expression)
        call = sentence.replace("{v}", f"[Calculator({expression})->{value}] {value}")
        plain = sentence.replace("{v}", value)
        yield {
            "id": f"arithmetic-{split}-{seed}-{index}",
            "split": split,
            "question": question,
            "expression": expression,
            "answer": value,
            "call": call,
            "text": f"{question} {call if draw.chance(0.5) else plain}",
        }


def number(draw: Draw, digits: int = 0) -> int:
    """A whole number of one to four digits (or of `digits`), small ones more often."""
    digits = digits or draw.rng.choices((1, 2, 3, 4), (25, 45, 22, 8))[0]
    return draw.rng.randint(10 ** (digits - 1) + (digits == 1), 10**digits - 1)


def _bare(draw: Draw) -> Story:
    """An expression of two to four numbers, perhaps with brackets."""
    parts = [str(number(draw)) for _ in range(draw.rng.choices((2, 3, 4), (60, 30, 10))[0])]
    expression = parts[0]
    for part in parts[1:]:
        operator = draw.rng.choices("+-*/", (35, 30, 25, 10))[0]
        if operator in "*/" and " " in expression and draw.chance(0.6):
            expression = f"({expression})"
        expression = f"{expression} {operator} {part}"
    question = draw.say(
        "What is {e}?", "Calculate {e}.", "How much is {e}?", "Work out {e}.", "{e} =", "Compute {e}.",
        "What do you get for {e}?", e=expression,
    )  # fmt: skip
    return question, expression, draw.say(
        "It is {v}.", "The answer is {v}.", "{v}", "That makes {v}.", "The result is {v}.",
    )  # fmt: skip


def _percent(draw: Draw) -> Story:
    share, whole = draw.pick((5, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 80)), number(draw, 3)
    expression = f"{share} / 100 * {whole}"
    question = draw.say(
        "What is {s}% of {w}?", "How much is {s} percent of {w}?", "Find {s}% of {w}.", s=str(share), w=str(whole),
    )  # fmt: skip
    return question, expression, draw.say("It is {v}.", "{s}% of {w} is {v}.", s=str(share), w=str(whole))


def _add(draw: Draw) -> Story:
    name, thing, a, b = first_name(draw), draw.pick(THINGS), number(draw), number(draw)
    question = draw.say(
        "{n} has {a} {t} and gets {b} more. How many {t} does {n} have now?",
        "There were {a} {t} in the box. {n} put in {b} more. How many {t} are in the box?",
        "{n} collected {a} {t} on Monday and {b} on Tuesday. How many {t} is that in all?",
        "{n} bought {a} {t}, then another {b}. How many {t} did {n} buy altogether?", n=name, t=thing, a=str(a),
        b=str(b),
    )  # fmt: skip
    return (question, f"{a} + {b}", draw.say(
        "There are {v} {t}.", "That is {v} {t} in all.", "The total is {v} {t}.", t=thing,
    ),)  # fmt: skip


def _subtract(draw: Draw) -> Story:
    name, other, thing = first_name(draw), first_name(draw), draw.pick(THINGS)
    b = number(draw)
    a = b + number(draw)
    question = draw.say(
        "{n} had {a} {t} and gave {b} of them to {o}. How many {t} are left?",
        "Of {a} {t}, {n} sold {b} at {p}. How many {t} remain?",
        "{n} has {a} {t}, {o} has {b}. How many more {t} does {n} have?",
        "{n} lost {b} of {a} {t}. How many {t} does {n} still have?", n=name, o=other, t=thing, a=str(a), b=str(b),
        p=draw.pick(PLACES),
    )  # fmt: skip
    return (question, f"{a} - {b}", draw.say(
        "That leaves {v} {t}.", "It is {v} {t}.", "The difference is {v} {t}.", t=thing,
    ),)  # fmt: skip


def _multiply(draw: Draw) -> Story:
    name, thing, a, b = first_name(draw), draw.pick(THINGS), number(draw, draw.pick((1, 2))), number(draw,
            draw.pick((1, 2)))  # fmt: skip
    question = draw.say(
        "{n} has {a} {c} with {b} {t} in each. How many {t} does {n} have?",
        "Each of {a} {c} holds {b} {t}. How many {t} are there?",
        "{n} sells {b} {t} a day. How many {t} does {n} sell in {a} days?",
        "{a} {c} of {b} {t} each stand at {p}. How many {t} is that?", n=name, t=thing, a=str(a), b=str(b),
        c=draw.pick(CONTAINERS), p=draw.pick(PLACES),
    )  # fmt: skip
    return question, f"{a} * {b}", draw.say(
        "There are {v} {t}.", "That is {v} {t}.", "In all it is {v} {t}.", t=thing,
    )  # fmt: skip


def _divide(draw: Draw) -> Story:
    name, thing, b = first_name(draw), draw.pick(THINGS), draw.rng.randint(2, 24)
    a = b * number(draw, draw.pick((1, 2)))
    question = draw.say(
        "{n} shares {a} {t} equally among {b} friends. How many {t} does each get?",
        "{a} {t} are packed into {b} {c}, the same number in each. How many {t} go into one?",
        "{n} reads {a} pages in {b} days, the same number every day. How many pages is that a day?", n=name, t=thing,
        a=str(a), b=str(b), c=draw.pick(CONTAINERS),
    )  # fmt: skip
    return question, f"{a} / {b}", draw.say("It is {v} each.", "Each one is {v}.", "That is {v}.")


def _price(draw: Draw) -> Story:
    name, thing = first_name(draw), draw.pick(THINGS)
    count, cents, paid = draw.rng.randint(2, 12), draw.rng.randint(25, 999), draw.pick((20, 50, 100, 150))
    price = f"{cents / 100:.2f}"
    if draw.chance(0.5):
        question = draw.say(
            "{n} buys {c} {t} at ${p} each. How much does {n} pay?",
            "One of the {t} costs ${p}. What do {c} of them cost?", n=name, c=str(count), t=thing, p=price,
        )  # fmt: skip
        return question, f"{count} * {price}", draw.say("It costs {v} dollars.", "The price is {v} dollars.")
    question = draw.say(
        "{n} pays {c} {t} at ${p} each with ${b}. How much change does {n} get?",
        "What is left of ${b} after {n} has bought {c} {t} for ${p} each?", n=name, c=str(count), t=thing, p=price,
        b=str(paid + 100),
    )  # fmt: skip
    return (
        question,
        f"{paid + 100} - {count} * {price}",
        draw.say("{v} dollars are left.", "The change is {v} dollars."),
    )


def _two_steps(draw: Draw) -> Story:
    name, thing = first_name(draw), draw.pick(THINGS)
    a, b = number(draw, draw.pick((1, 2))), number(draw, draw.pick((1, 2)))
    c = draw.rng.randint(1, a * b)
    question = draw.say(
        "{n} fills {a} {k} with {b} {t} each and then gives {c} {t} away. How many {t} are left?",
        "There are {a} {k} of {b} {t}. {c} {t} are broken. How many {t} are good?",
        "{n} made {b} {t} an hour for {a} hours and sold {c} of them. How many {t} remain?", n=name, t=thing,
        a=str(a), b=str(b), c=str(c), k=draw.pick(CONTAINERS),
    )  # fmt: skip
    return question, f"{a} * {b} - {c}", draw.say("That leaves {v} {t}.", "There are {v} {t} left.", t=thing)


def _average(draw: Draw) -> Story:
    values = [str(number(draw, 2)) for _ in range(draw.pick((2, 3, 4)))]
    question = draw.say(
        "What is the average of {x}?", "Find the mean of {x}.", "{n} scored {x}. What is the average score?",
        x=", ".join(values[:-1]) + " and " + values[-1], n=first_name(draw),
    )  # fmt: skip
    return question, f"({' + '.join(values)}) / {len(values)}", draw.say("The average is {v}.", "It is {v}.")


FAMILIES: tuple[Callable[[Draw], Story], ...] = (
    _bare, _bare, _bare, _percent, _add, _subtract, _multiply, _divide, _price, _two_steps, _two_steps, _average,
)  # fmt: skip
