"""Stories with whole numbers: common multiples and divisors, remainders, choices and orders."""

from __future__ import annotations

from toolschool.datasets.operations.numbers import (
    between,
    digits,
    divisible,
    everyone,
    fixed,
    leftover,
    leftover_small,
    picked,
    related,
    take,
)
from toolschool.datasets.operations.story import Story

LCM = (
    Story(related(2, 999), (
        "Two buoys off {town} flash every {a} and every {b} seconds. They have just flashed together. In how many seconds will they do so again?",
        "{name} calls home every {a} days, and {other} every {b} days. Both call today. In how many days will both call on the same day again?",
        "One pump is serviced every {a} hours, another every {b}. Both were serviced just now. After how many hours are both due at once?",
        "Boards of {a} {cm} lie end to end in one row, boards of {b} {cm} in the next. After how many {cm} do two joints first meet?",
        "What is the smallest number of {thing} that can be packed in {container} of {a} as well as in {container} of {b}, with none left over?",
        "Two gear wheels have {a} and {b} teeth. After how many teeth are both back where they [began|started] for the first time?",
        "Two runners need {a} and {b} seconds a lap. They start side by side. After how many seconds are both at the start together again?",
        "A planet goes round its star in {a} days, its neighbor in {b} days. They are in line today. In how many days are both back in these places?",
        "Two songs of {a} and {b} seconds play over and over, starting together. After how many seconds do they start together again?",
    ), ("The smallest number that both divide is", "The number asked for is", "This happens first at", "Both come together again at", "It must be")),
    Story(related(3, 999), (
        "Three bells in {town} ring every {all} minutes. They have just rung together. After how many minutes will all three ring together again?",
        "Three ferries leave {town} every {all} minutes and left together just now. After how many minutes do all leave together again?",
        "In a factory, three belts go round in {all} seconds. After how many seconds are all three back at their marks at once?",
    ), ("All three meet again after", "The number for all three is", "The smallest common time is")),
    Story(related(2, 9999), (
        "What is the least common multiple of {all}?", "What is the smallest positive number that {all} both divide?",
        "What is the lowest common denominator of 1/{a} and 1/{b}?", "[Find|Compute] lcm({a}, {b}).",
    ), ("The least common multiple is", "The smallest such number is", "The result is")),
    Story(related(3, 999), (
        "What is the lowest common multiple of the numbers {all}?", "Which is the smallest positive number that can be divided by {all}?",
    ), ("The smallest such number is", "The least common multiple is", "The number is")),
)  # fmt: skip

GCD = (
    Story(divisible(2), (
        "{name} has {a} {thing} and {b} {things} and makes gift bags that are all alike, using everything up. How many bags can there be at most?",
        "Two ribbons of {a} {cm} and {b} {cm} are cut into pieces of one length, with no waste. How long can the pieces be at most?",
        "A hall of {a} by {b} {cm} is laid with square tiles as large as possible, none of them cut. How long is a tile's side?",
        "{a} {people} from {town} and {b} from elsewhere form teams with the same mix in every team. What is the largest number of teams?",
        "{name} cuts two planks, {a} and {b} {cm} long, into shelves that are all as long as each other, with nothing left. How long is a shelf at most?",
        "{a} tulips and {b} roses are made into bunches that are all alike. How many bunches can there be at most, if no flower is left?",
        "The {seller} has {a} {liters} of {liquid} and {b} {liters} of {liquids}. What is the largest can that measures out both exactly?",
        "By which number can both sides of the fraction {a}/{b} be divided to bring it to lowest terms at once?",
    ), ("The largest number that fits into {a} and {b} is", "At most, that is", "The largest possible number is", "Both are divided exactly by", "It must be")),
    Story(divisible(3), (
        "Three classes collected {all} {thing} and pack them in {container} of one size, never mixing classes. What is the largest size that leaves none over?",
        "Posts stand evenly along three sides of a field of {all} {m}, with one at every corner. How far apart are they at most?",
        "The {group} has {all} copies of three books and makes sets that are all alike, with no copy left. How many sets are possible at most?",
    ), ("The largest number for all three is", "At most, that is", "The greatest one that fits all is")),
    Story(divisible(2), (
        "What is the greatest common divisor of {all}?", "What is the highest common factor of {all}?", "[Find|Compute] gcd({a}, {b}).",
        "Which is the largest number that divides both {a} and {b}?",
    ), ("The greatest common divisor is", "The largest such number is", "The result is", "The common factor is")),
    Story(divisible(3), (
        "What is the greatest common factor of the numbers {all}?", "What is the largest number that divides {all} without remainder?",
    ), ("The greatest common divisor is", "The largest such number is", "The number is")),
)  # fmt: skip

REMAINDER = (
    Story(leftover, (
        "{name} packs {a} {thing} into {container} of {b} each. How many {thing} [are left over|do not fill a whole one]?",
        "A rope of {a} {cm} is cut into pieces of {b} {cm}. How many {cm} are left at the end?",
        "A counter goes back to 0 after every {b} steps. What does it show after {a} steps?",
        "The {seller} ships {thing} in lots of {b} only and has {a} of them. How many {thing} stay behind?",
        "{name} fills cans of {b} {liters} from a tank with {a} {liters} of {liquid}. What is left when no more can be filled?",
        "A tram circles {town} on a track of {b} {m}. It has gone {a} {m}. How many {m} is it past the start of its lap?",
        "{name} spends {a} points on prizes of {b} points each, as many as possible. How many points are left?",
        "A mill fills sacks of {b} {kg} from {a} {kg} of {solid}. How many {kg} are too few for another sack?",
        "Every {b} days, a calendar in {town} starts anew. {a} days have gone by. On which day of its round is it?",
    ), ("What is left over is", "The rest is", "After the full parts, what remains is", "The number left is", "Taking {b} off as often as possible leaves")),
    Story(leftover_small, (
        "{a} {people} line up in rows of {b}. How many are in the last row, which is not full?",
        "{name} puts {a} photos in an album, {b} to a page. How many photos are on the last page, which is not full?",
        "The {group} shares out {a} {thing} equally among {b} families and keeps what cannot be shared. How many does it keep?",
        "A teacher deals {a} cards to {b} pupils in turn, as many to each. How many cards cannot be dealt evenly?",
        "The {seller} packs {b} {thing} in each of its {container}. How many of {a} {thing} do not fill one more?",
    ), ("The last part holds", "What does not come out even is", "The remainder is", "The number left is")),
    Story(take(digits(4, 5), fixed("60")), (
        "A film lasts {a} seconds. How many seconds does it last beyond its full minutes?",
        "{name} worked {a} minutes. How many minutes is that on top of the full hours?",
    ), ("On top of the full ones, there remain", "The rest is", "What goes beyond the full ones is")),
    Story(leftover, (
        "What is {a} mod {b}?", "What is the remainder when {a} is divided by {b}?", "Divide {a} by {b}. What is the remainder?",
        "How much is left when {b} is taken from {a} as often as possible?", "[Find|Compute] {a} modulo {b}.",
    ), ("The remainder is", "What remains is", "The result is", "The rest is")),
)  # fmt: skip

CHOOSE = (
    Story(picked(9, 60, 3, 9), (
        "The {group} has {a} members and sends {b} of them to a meeting. How many different delegations are possible?",
        "{name} may take {b} of {a} {thing} home, and the order does not matter. How many different choices are there?",
        "A pizzeria in {town} offers {a} toppings. How many pizzas with exactly {b} different toppings can be ordered?",
        "A lottery draws {b} balls out of {a}, in no order. How many different draws are there?",
        "A hand of {b} cards is dealt from {a} cards. How many different hands are there?",
        "From {a} {people}, {name} invites {b} to dinner. In how many ways can the guests be picked?",
        "The {seller} puts any {b} of its {a} kinds of {thing} in a sample pack. How many different packs are possible?",
        "{name} has to answer {b} of the {a} questions in an exam, whichever they are. How many selections are there?",
        "The {group} gives free tickets to {b} of its {a} members. How many groups of winners are possible?",
        "Out of {a} colors, {name} takes {b} to mix. How many different mixes are there?",
        "In {town}, {b} of {a} streets will be repaired this year. In how many ways can they be selected?",
        "{a} {people} want to go, but only {b} fit in the boat. How many different crews are possible?",
    ), ("The number of choices is", "Picking {b} out of {a}, the number is", "The number of different groups is", "The number asked for is")),
    Story(take(between(30, 900), fixed("2")), (
        "{a} {people} all shake hands with each other once. How many handshakes is that?",
        "In a league of {a} teams, every team meets every other team once. How many matches are played?",
        "Each of {a} towns is joined to each of the others by a road of its own. How many roads are there?",
    ), ("The number of pairs is", "Picking two out of {a}, the number is", "As each pair counts once, that is")),
    Story(take(between(15, 300), fixed("3")), (
        "{a} points lie on a circle. How many triangles have three of them as corners?",
        "{name} needs a trio from {a} {people}. How many different trios are there?",
    ), ("The number of threes is", "Picking three out of {a}, the number is", "That makes")),
    Story(picked(9, 60, 3, 9), (
        "In how many ways can {b} things be chosen from {a}?", "What is {a} choose {b}?", "What is C({a}, {b})?",
        "How many subsets with {b} elements does a set of {a} elements have?", "How many combinations of {b} out of {a} things are there?",
        "In how many ways can one pick {b} out of {a} without regard to order?",
    ), ("The number of combinations is", "The number of ways is", "The result is", "The count is")),
)  # fmt: skip

PERMUTATE = (
    Story(picked(8, 40, 3, 8), (
        "{name} owns {a} books and lines up {b} of them on a shelf. How many different line-ups are there?",
        "A playlist has {b} different songs in a certain order, taken from {a} songs. How many playlists are possible?",
        "A code is {b} symbols long, made of {a} symbols, and uses none twice. How many codes are there?",
        "{b} {people} sit down in a waiting room with {a} chairs. In how many ways can they take their seats?",
        "A ship from {town} shows {b} flags one above the other and has {a} different flags. How many signals can it give?",
        "{a} {people} run a race. In how many ways can the first {b} places be filled?",
        "{name} paints {b} doors, each in another of {a} colors. In how many ways can the doors be painted?",
        "Of {a} {thing}, {b} are hung in a row from left to right. How many arrangements are there?",
        "The {group} gives {b} different tasks to {b} of its {a} members. In how many ways can it do that?",
    ), ("The number of orders is", "Since the order counts, the number is", "Placing {b} out of {a}, the number is", "The number asked for is")),
    Story(take(between(20, 400), fixed("3")), (
        "{a} {people} take part in a contest. In how many ways can gold, silver, and bronze be given out?",
        "The {group} has {a} members and elects a chair, a deputy, and a treasurer. How many outcomes are possible?",
    ), ("For three places in order, the number is", "The number of outcomes is", "That makes")),
    Story(take(between(30, 900), fixed("2")), (
        "A committee of {a} {people} names a speaker and a different person as secretary. In how many ways can it do so?",
        "A railway has {a} stations and prints a ticket for every trip from one to another. How many kinds of tickets are there?",
    ), ("For two places in order, the number is", "The number of ordered pairs is", "That comes to")),
    Story(everyone, (
        "In how many orders can {a} {people} stand in a line?", "{name} plays {a} songs one after the other, each once. How many running orders are there?",
        "In how many ways can {a} different {thing} be put in a row?",
    ), ("Since all take part, the number of orders is", "The number of orders is", "That makes")),
    Story(picked(8, 40, 3, 8), (
        "What is P({a}, {b})?", "How many permutations of {b} out of {a} things are there?", "In how many ways can {b} of {a} things be put in order?",
        "How many ordered selections of {b} can be made from {a} things?",
    ), ("The number of permutations is", "The number of ordered ways is", "The result is", "The count is")),
)  # fmt: skip
