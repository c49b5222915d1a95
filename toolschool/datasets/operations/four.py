"""Stories that add, subtract, multiply and divide."""

from __future__ import annotations

from toolschool.datasets.operations.numbers import (
    between,
    decimal,
    descending,
    digits,
    mixed,
    money,
    parts,
    several,
    shares,
    take,
)
from toolschool.datasets.operations.story import Story

ADD = (
    Story(take(digits(3, 5), digits(3, 5)), (
        "The {seller} sold {a} {thing} in {month} and {b} in {months}. How many {thing} [did it sell|were sold] in the two months together?",
        "{name} counted {a} {thing} in one hall and {b} in the [other|next]. How many {thing} are there [altogether|in total|in both halls]?",
        "The {group} sold {a} raffle tickets before the party and {b} at the door. How many [tickets were sold|did it sell] [altogether|in all]?",
        "There are {a} {thing} in the {seller}'s cellar, and a truck brings {b} more. How many {thing} are there then?",
        "{a} {people} came on Saturday, and {b} on Sunday. How many {people} came over the whole weekend?",
        "{name} scored {a} points in the first game and {b} in the second. What is {name}'s total score?",
        "{town} has {a} households in the old quarter and {b} in the new one. How many households is that?",
        "The {seller} ordered {a} {thing} and {b} {things}. How many articles is that altogether?",
    ), ("The total is", "Together that makes", "The number for both together is", "Adding {b} to {a} makes", "So the total number is")),
    Story(several(3, 4, money(3, 5)), (
        "{name} paid these amounts [at|in] the {seller}, in dollars: {all}. How much did {name} pay [altogether|in total]?",
        "The prices on {name}'s receipt are, in dollars, {all}. What is the total?",
    ), ("The total in dollars is", "{name} paid", "All amounts together make", "The sum to pay is")),
    Story(several(3, 5, decimal(3, 4)), (
        "The stages of a [bicycle|hiking] tour around {town} are {all} {km} long. How long is the whole tour?",
        "On the way to {town}, {name} drove {all} {km} without a break. How far did {name} drive in all?",
        "{name} cut ribbons of {all} {cm} from a roll. What length of ribbon is that in total?",
        "The rainfall in {town}, month by month, was {all} {cm}. How much rain fell in all this time?",
    ), ("The whole length is", "That is a total of", "All parts together make", "The total length comes to")),
    Story(take(mixed(3, 5), mixed(3, 5)), (
        "A truck carries {a} {kg} of {solid} and {b} {kg} of {solids}. How heavy is the whole load?",
        "{name} pours {a} {liters} of {liquid} into a tank that already holds {b} {liters}. How much is in the tank now?",
        "A sack of {solid} weighs {a} {kg}, and {name} adds {b} {kg}. What does the sack weigh now?",
    ), ("The two amounts together are", "In all, that is", "This adds up to")),
    Story(several(2, 3, mixed(3, 5)), (
        "What is the sum of {all}?", "[Add up|Add] {all}. What do you get?", "What do {all} add up to?",
        "[Find|Work out|Compute] the total of {all}.",
    ), ("The sum is", "Added up, that is", "The total is", "These numbers add up to")),
)  # fmt: skip

SUBTRACT = (
    Story(descending(digits(3, 5), digits(3, 5)), (
        "The {seller} had {a} {thing} in stock and has sold {b} of them. How many {thing} [are left|remain]?",
        "Of the {a} {thing} that {name} ordered, {b} have arrived. How many {thing} are [still on their way|still missing]?",
        "{name} wants to collect {a} {thing} and has {b} so far. How many more does {name} need?",
        "{a} {people} signed up for the fair in {town}, but only {b} turned up. How many stayed away?",
        "{town} used to have {a} inhabitants and now has {b}. By how many has the population shrunk?",
        "A printer should make {a} copies. {b} are done. How many copies are still to come?",
        "{name} has {b} {thing}, and {other} has {a}. How many more {thing} does {other} have than {name}?",
    ), ("What remains is", "The difference is", "Taking {b} from {a} leaves", "The number asked for is", "That leaves")),
    Story(descending(mixed(3, 5), mixed(3, 5)), (
        "A tank held {a} {liters} of {liquid}, and {b} {liters} were [drained|pumped out]. How many {liters} are left?",
        "The road to {town} is {a} {km} long. {name} has driven {b} {km} of it. How many {km} are still ahead?",
        "A sack held {a} {kg} of {solid}. {name} used {b} {kg}. How many {kg} are in the sack now?",
    ), ("The amount left is", "The rest is", "What is still there is", "The remaining part is")),
    Story(descending(money(4, 5), money(4, 5)), (
        "{name} had ${a} in the account and paid ${b} for [rent|repairs]. What is the balance now?",
        "A bicycle costs ${a} at the {seller} and ${b} elsewhere. How large is the difference in price?",
    ), ("In dollars, that is", "The difference in dollars is", "The amount is")),
    Story(parts, (
        "Of {a} {thing}, {name} first gave away {b} and later another {c}. How many {thing} are left?",
        "The {group} printed {a} programs. {b} were handed out on Friday and {c} on Saturday. How many programs are left over?",
    ), ("What is left in the end is", "Without these two parts, the rest is", "That leaves")),
    Story(take(mixed(3, 5), mixed(3, 5)), (
        "What is {a} minus {b}?", "Subtract {b} from {a}. What do you get?", "How much is {a} less {b}?", "[Compute|Work out] {a} - {b}.",
    ), ("The difference is", "The result of the subtraction is", "This is")),
    Story(descending(mixed(3, 5), mixed(3, 5)), (
        "By how much is {a} greater than {b}?", "What is the difference between {b} and {a}?", "What must be added to {b} to reach {a}?",
    ), ("The difference is", "The number asked for is", "That is a difference of")),
)  # fmt: skip

MULTIPLY = (
    Story(take(digits(3, 4), between(12, 999)), (
        "The {seller} has {a} {container} with {b} {thing} in each. How many {thing} is that?",
        "A machine makes {a} {thing} a day. How many does it make in {b} days?",
        "{b} trucks bring {a} {thing} each to the {seller}. How many {thing} [do they bring|are delivered] in all?",
        "A stadium in {town} has {b} rows with {a} seats each. How many seats does it have?",
        "{name} reads {a} pages a month. How many pages is that in {b} months?",
        "If each of {a} {people} [brings|donates] {b} {thing}, how many {thing} are there?",
    ), ("The total number is", "That makes", "Altogether that is", "With {a} times {b}, the number is", "The number asked for is")),
    Story(take(money(4, 4), mixed(3, 4)), (
        "{name} earns ${a} an hour and worked {b} hours this season. How much did {name} earn, in dollars?",
        "A cab to {town} costs ${a} a mile, and the way is {b} miles long. What is the fare, in dollars?",
        "The {seller} sells {solid} at ${a} a pound. What do {b} pounds cost, in dollars?",
        "The {seller} rents out a boat for ${a} a day. How many dollars does it take in over {b} days?",
    ), ("The amount in dollars is", "In dollars, that comes to", "The sum of money is")),
    Story(take(decimal(3, 4), decimal(3, 4)), (
        "A rectangular field is {a} {m} long and {b} {m} wide. What is its area in square {m}?",
        "A train runs at {a} {km} an hour for {b} hours. How many {km} does it [cover|travel]?",
        "A cubic foot of {solid} weighs {a} pounds. How many pounds do {b} cubic feet weigh?",
    ), ("Multiplied, that is", "The product of the two is", "That comes to")),
    Story(take(mixed(3, 3), mixed(3, 3), mixed(3, 3)), (
        "A box is {a} {cm} long, {b} {cm} wide, and {c} {cm} high. What is its volume in cubic {cm}?",
        "A [trench|pit] near {town} is {a} {m} long, {b} {m} wide, and {c} {m} deep. How many cubic {m} of earth were dug out?",
    ), ("The product of the three is", "Multiplying all three, the volume is", "The volume is")),
    Story(take(digits(3, 4), between(12, 99), between(3, 12)), (
        "{a} {people} work {b} days of {c} hours each. How many hours of work is that?",
        "The {seller} has {a} shelves with {b} {container} on each, and {c} {thing} in every one of these. How many {thing} are there?",
    ), ("The product of the three is", "Multiplying all three, the result is", "In all, that is")),
    Story(take(mixed(3, 5), mixed(3, 5)), (
        "What is {a} times {b}?", "What is the product of {a} and {b}?", "[Multiply|Please multiply] {a} by {b}.",
        "How much is {a} multiplied by {b}?",
    ), ("The product is", "The result is", "This makes", "Multiplied, they give")),
)  # fmt: skip

DIVIDE = (
    Story(shares, (
        "{name} deals out {a} {thing} equally to {b} {people}. How many {thing} does each of them get?",
        "{a} {thing} are packed in {b} {container}, the same number in each. How many go in each one?",
        "The {group} splits {a} {thing} into {b} equal heaps. How many {thing} are in one heap?",
        "A grant pays for {a} hours of lessons, shared evenly among {b} {people}. How many hours is that for each?",
    ), ("Each share is", "The number for each is", "Shared equally, that is", "Everyone's part is")),
    Story(take(digits(3, 5), between(12, 999)), (
        "The {seller} sold {a} {thing} in {b} days. How many was that per day on average?",
        "In {b} hours, {a} {people} went through the gate. How many was that an hour, on average?",
        "{name} scored {a} points in {b} games. What is {name}'s average per game?",
        "In {town}, {a} books were borrowed by {b} readers. How many books is that per reader?",
        "A server answers {a} requests in {b} seconds. How many requests is that per second?",
        "The {a} pages of a diary cover {b} days. How many pages are there for each day, on average?",
    ), ("The average is", "On average that is", "The mean number is")),
    Story(take(mixed(4, 5), mixed(3, 3)), (
        "{name} cycled {a} {km} in {b} hours. What was the average speed per hour?",
        "A garden with an area of {a} square {m} is a rectangle and {b} {m} wide. How many {m} long is it?",
        "A car went {a} {km} on {b} {liters} of fuel. How far does it go on one?",
        "How many pieces of {b} {m} can be measured off on a line of {a} {m}, parts of a piece included?",
    ), ("Divided, that is", "The quotient is", "Dividing {a} by {b} gives", "The number asked for is")),
    Story(take(mixed(4, 5), between(12, 999)), (
        "{b} {container} weigh {a} {kg} together, each as much as the next. What is the weight of [one of them|a single one]?",
        "A cable {a} {m} long is cut into {b} equal parts. How long is each part?",
        "{name}'s {a} {kg} of {solid} must last for {b} days. How much is that for one day?",
        "{name} pours {a} {liters} of {liquid} evenly into {b} jars. How much is in each jar?",
    ), ("Divided, that is", "One part of it is", "Each of the {b} gets", "Spread evenly, that is")),
    Story(take(money(4, 5), between(12, 99)), (
        "A bill of ${a} is split evenly among {b} guests. How much does each guest pay, in dollars?",
        "{b} tickets to {town} cost ${a} in all. What does one ticket cost, in dollars?",
    ), ("In dollars, each one is", "The price for one, in dollars, is", "Per head, that is")),
    Story(take(mixed(3, 5), mixed(3, 5)), (
        "What is {a} divided by {b}?", "[Divide|Please divide] {a} by {b}.", "How many times does {b} go into {a}?",
        "What is the ratio of {a} to {b}, as a decimal number?",
    ), ("The quotient is", "The result of the division is", "As a decimal, that is", "The ratio is")),
)  # fmt: skip
