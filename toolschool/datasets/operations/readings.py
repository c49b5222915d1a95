"""Questions full of numbers that need no operation: their answer stands in them.

What they teach is when not to call. Two fifths of them ask for a number read off a text; the others show an operation whose result is
stated already, rightly or wrongly, so that a number after `=` alone says nothing. `compose.py` makes them from READINGS, STATED and TOLD.
"""

from __future__ import annotations

from typing import NamedTuple

from toolschool.datasets.operations.numbers import (
    Maker,
    between,
    decimal,
    descending,
    digits,
    mixed,
    money,
    several,
    take,
    years,
)


class Reading(NamedTuple):
    """Like a story; `answer` names the slot that is the answer: a, b, c, largest, smallest or count."""

    numbers: Maker
    answer: str
    questions: tuple[str, ...]
    leads: tuple[str, ...]


READINGS = (
    Reading(take(between(11, 480), between(2, 99), digits(4, 4)), "c", (
        "{name} lives at {a} Station Road, apartment {b}, and {name}'s phone number ends in {c}. What are the last digits of the phone number?",
        "{name} has room {a} on the list, seat {b}, and a ticket with the number {c}. What is the number of the ticket?",
        "The parcel for {name} goes to house {a}, floor {b}, and the code for the door is {c}. Which code opens the door?",
        "{name}'s locker is number {a}, in hall {b}, and the phone there has extension {c}. What is the extension?",
    ), ("The number asked for is", "It is", "In the text it is", "It reads")),
    Reading(take(between(11, 480), digits(3, 3), digits(5, 5)), "a", (
        "{name} stays at a hotel in {town}, in room {a}; {other} has room {b}. The hotel's postal code is {c}. Which room does {name} have?",
        "Bus {a} leaves from stop {b} and has {c} on its plate. What is the number of the bus?",
        "A cookbook has a recipe on page {a}, a picture on page {b}, and {c} on its cover. On which page is the recipe?",
        "{name} takes train {a} at platform 3 and sits in seat {b}; the booking number is {c}. Which train does {name} take?",
    ), ("The number asked for is", "It is", "The answer in the text is number")),
    Reading(years, "b", (
        "The bridge in {town} was planned in {a}, opened in {b}, and cost {c} crowns. In what year was it opened?",
        "The {group} was founded in {a}, moved to {town} in {b}, and has had {c} members in all. When did it move?",
        "{name} was born in {a}, {other} in {b}, and their house is worth {c} crowns. In what year was {other} born?",
        "A first map of {town} was drawn in {a}, a second one in {b}, and {c} copies were printed. In what year was the second one drawn?",
    ), ("The year is", "That was in", "According to the text, it was in")),
    Reading(descending(digits(3, 5), digits(3, 5)), "a", (
        "The {seller} sold {a} {thing} in {month} and {b} in {months}. How many did it sell in {month}?",
        "{name} had {a} {thing} and gave {b} to {other}. How many {thing} did {name} have at first?",
        "{name} packs {a} {thing} into {container} of {b} each. How many {thing} are there to pack?",
        "There are {a} {people} on the square and {b} in the hall. How many {people} are on the square?",
        "{name} works {a} hours for ${b} each. How many hours does {name} work?",
        "A rope of {a} {cm} is cut into pieces of {b} {cm}. How long was the rope before?",
        "The {group} has {a} members, of whom {b} have paid. How many members does it have?",
    ), ("The number is", "According to the text, the number is", "As it says, that is")),
    Reading(take(digits(3, 5), digits(3, 5), digits(3, 5)), "b", (
        "{name} has {a} {thing}, {b} {things}, and {c} points. How many {things} does {name} have?",
        "A form asks for {a} in the first field, {b} in the second, and {c} in the third. What belongs in the second field?",
        "{name} wrote down three numbers: {all}. Which one is in the middle of the list?",
        "{other} dialed {a}, then {b}, and finally {c}. What was dialed second?",
        "{name} scored {a} points in round one, {b} in round two, and {c} in round three. What was the score in round two?",
    ), ("The number is", "It is", "That one is")),
    Reading(take(mixed(3, 4), mixed(3, 4)), "largest", (
        "Which number is larger, {a} or {b}?",
        "{name} jumped {a} and {other} {b} {cm} far. How far is the longer of the two jumps?",
        "One sack of {solid} weighs {a} {kg} and another {b}. How many {kg} does the heavier one weigh?",
        "Which of the two is greater: {a} or {b}?",
    ), ("The larger one is", "Compared with the other, the larger is", "The greater number is")),
    Reading(several(3, 5, mixed(3, 4)), "smallest", (
        "Which is the smallest of {all}?",
        "The runs of the {group} took {all} {time}. How many {time} did the fastest one take?",
        "The {seller} offers lamps at {all} dollars. What does the cheapest one cost, in dollars?",
        "Which of these numbers is the lowest: {all}?",
    ), ("The smallest one is", "The lowest number is", "Of all these, the smallest is")),
    Reading(several(3, 7, digits(2, 4)), "count", (
        "{name} wrote these numbers on a slip: {all}. How many numbers are on the slip?",
        "The scores of the {group} were {all}. How many scores are listed?",
        "How many numbers are there in this list: {all}?", "How many numbers does this line hold: {all}?",
    ), ("The count is", "Listed there, their number is", "Counting them gives")),
    Reading(take(mixed(3, 5), mixed(3, 5)), "a", (
        "On {name}'s {surface} it says x={a} and y={b}. What is x?",
        "A program sets x={a} and then y={b}. What is the value of x?",
        "Let x={a} and y={b}. What is x?",
    ), ("Here x=", "In the text, x=", "According to the text, x=")),
    Reading(take(mixed(3, 5), digits(3, 4), mixed(3, 5)), "c", (
        "The {surface} says width={a}, depth={b}, height={c}. What is the height?",
        "A table has the entries width={a}, depth={b}, and height={c}. Which height does it give?",
        "In {name}'s file, width={a}, depth={b}, and height={c}. What does the file say about the height?",
    ), ("It says height=", "The entry is height=", "The height is")),
    Reading(take(money(3, 5), money(3, 5), decimal(3, 3)), "a", (
        "At the {seller}, a lamp costs ${a}, a chair ${b}, and a pen ${c}. What does the lamp cost, in dollars?",
        "{name} paid ${a} for {thing} and ${b} for {things}, and has ${c} in change. What did the {thing} cost, in dollars?",
        "The {surface} lists a coat at ${a}, a hat at ${b}, and gloves at ${c}. How many dollars is the coat?",
    ), ("The price in dollars is", "In dollars, it is", "The text gives a price of")),
)  # fmt: skip

# An expression and its result, which is wrong (`{wrong}`) where somebody made a mistake.
STATED = (
    "The {surface} says that {signs} = {result}. According to the {surface}, what is {signs}?",
    "On {name}'s {surface} it says: {signs}={result}. What result is written there?",
    "{name} has worked out that {words} is {result}. What did {name} get for {words}?",
    "{name} asks {other} for {words}. {other} looks it up and says: {result}. What is {other}'s reply?",
    "A calculator shows {result} after {name} has typed {signs}. What does it show?",
    "By mistake, {name} wrote {signs}={wrong} on the {surface}. Which wrong result did {name} write?",
    "{name} guesses that {words} is {wrong}. What is {name}'s guess?",
    "It is known that {words} is {result}. So what number is {signs} equal to?",
    "The key in the back of the book gives {signs} = {result}. What does the key give?",
    "{other} remembers that {words} is {result}. What number does {other} remember?",
    "The {surface} reads {signs}={result}. What does it give for {signs}?",
    "{name} thinks that {signs} is {wrong}, but that is not so. What does {name} think it is?",
    "{name} says that {words} must be {wrong}. What number does {name} say?",
    "The {surface} has a misprint: {signs}={wrong}. What is printed there?",
    "On the {surface}, {name} has the wrong line {signs}={wrong}. What number is on the right of its equals sign?",
)
# What follows a whole story.
TOLD = (
    "{other} has [worked it out|calculated it] already: it is {result}. What did {other} [find|get]?",
    "The answer, {result}, is printed below. What is the printed answer?",
    "{other} looked it up and found {result}. Which number did {other} find?",
    "On the {surface}, the result is given as {result}. What result does the {surface} give?",
    "{other}'s guess is {wrong}. What number does {other} guess?",
    "{other} says {wrong}, which is wrong. What does {other} say?",
    "{name}'s {surface} says {result}, and that is right. What does it say?",
    "Earlier, {other} and {name} both came to {result}. What did they come to?",
    "The solution is {result}, says {other}. Which solution does {other} name?",
)
# How answers to these begin; with `=` as often as not.
SAID_LEADS = (
    "The number given is",
    "It is stated as",
    "According to the text, that is",
    "It says",
    "The number in the text is",
    "As stated, it is",
)
SAID_ENDINGS: dict[str, float] = {
    "{lead} {signs}=": 35,
    "{signs}=": 10,
    "{lead} ": 40,
    "{Words} is given as ": 15,
}
# The same where what is told is wrong: nothing false is said without saying whose it is.
WRONG_ENDINGS: dict[str, float] = {"{lead} ": 60, "It is [claimed|said] that {signs}=": 40}
