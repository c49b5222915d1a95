"""Stories that raise to a power, and that take roots and logarithms."""

from __future__ import annotations

from toolschool.datasets.operations.numbers import (
    between,
    decay,
    decimal,
    digits,
    fixed,
    growth,
    logarithm,
    mixed,
    multiplied,
    outgrown,
    perfect,
    take,
)
from toolschool.datasets.operations.story import Story

POWER = (
    Story(growth, (
        "The population of {town} grows by {rate}% every year. By what factor does it [grow|increase] in {n} years?",
        "A savings account pays {rate}% interest a year, which stays in it. How many times the deposit is there after {n} years?",
        "Prices at the {seller} go up by {rate}% each season. By what factor are they higher after {n} seasons?",
    ), ("The factor is", "After {n} of these steps, the factor is", "Growing by {rate}% each time, the factor becomes")),
    Story(decay, (
        "A truck loses {rate}% of its value every year. What part of the price is left after {n} years, as a decimal?",
        "Each of {n} filters in a row holds back {rate}% of the dust. What fraction of the dust gets through all of them?",
        "An open jar loses {rate}% of its {liquid} every day. What fraction is left in it after {n} days?",
    ), ("The part that is left is", "The remaining fraction is", "Losing {rate}% each time leaves a share of")),
    Story(multiplied, (
        "The number of cells in a dish {doubles} every hour. How many times as many are there after {n} hours?",
        "A video's number of viewers {doubles} every day. By what factor has it grown after {n} days?",
        "A patch of mold {doubles} in area every week. How many times its first area does it cover after {n} weeks?",
    ), ("The factor is", "After {n} rounds, the number has grown by a factor of", "The number of times is")),
    Story(take(between(6, 60), between(3, 8)), (
        "A lock has {b} wheels with {a} symbols on each. How many settings are there?",
        "A quiz has {b} questions, and each comes with {a} answers to pick from. In how many ways can the sheet be filled in?",
        "How many different words of {b} letters can be written in an alphabet of {a} letters when letters may come again?",
        "In a chain letter, everyone writes to {a} new people. How many letters are written in round {b}?",
    ), ("The number of possibilities is", "With {a} for each of {b} places, the number is", "The number asked for is")),
    Story(take(mixed(3, 4), fixed("2")), (
        "A square [lawn|roof|field] has sides of {a} {m}. What is its area in square {m}?",
        "What is the area of a square window whose sides are {a} {cm} long, in square {cm}?",
    ), ("The area is", "Squaring the side gives", "With sides of {a}, the area is")),
    Story(take(mixed(3, 4), fixed("2")), (
        "What is {a} squared?", "What is the square of {a}?",
    ), ("The square is", "Squared, that is", "The result is")),
    Story(take(mixed(3, 4), fixed("3")), (
        "A cube-shaped crate has edges of {a} {cm}. What is its volume in cubic {cm}?",
        "What is {a} cubed?",
    ), ("The cube is", "The third power is", "Raised to the third power, that is")),
    Story(take(mixed(3, 4), between(4, 12)), (
        "What is {a} to the power of {b}?", "[Raise|Please raise] {a} to the power of {b}.", "How much is {a}^{b}?",
        "[Find|Compute] {a}^{b}.", "What is the product of {b} factors that are all {a}?",
    ), ("The power is", "Raised to that power, it is", "The result is")),
    Story(take(digits(3, 4), fixed("-1")), (
        "What is the reciprocal of {a}?",
    ), ("The reciprocal is", "Turned upside down, {a} becomes")),
)  # fmt: skip

SQRT = (
    Story(take(mixed(3, 5)), (
        "A square [parking lot|meadow|plaza] in {town} covers {a} square {m}. How long is one [side|edge]?",
        "A square tablecloth has an area of {a} square {cm}. What is the length of its sides?",
        "{name} needs a fence for a square pen of {a} square {m}. How long must each side be?",
        "A square window lets light through {a} square {cm} of glass. How wide is it?",
        "The floor of a square hall in {town} measures {a} square {m}. How long is the hall?",
        "{name} buys a square piece of land of {a} square {m}. How long is its border on one side?",
        "The {group} wants a square stage with a floor of {a} square {m}. What is the length of each side?",
    ), ("One side has a length of", "The side length is", "Each side measures", "With an area of {a}, the side is")),
    Story(take(mixed(3, 5)), (
        "The weights of some {thing} have a variance of {a}. What is their standard deviation?",
        "{name} worked out a variance of {a} for the daily sales. What is the standard deviation?",
        "The variance of the waiting times is {a}. How large is the standard deviation?",
        "If the variance of {name}'s scores is {a}, what is their standard deviation?",
        "Measurements of the {liquid} spread with variance {a}. What is the standard deviation?",
    ), ("The standard deviation is", "From a variance of {a}, the deviation is")),
    Story(take(mixed(3, 5)), (
        "Which positive number [times itself|multiplied by itself] is {a}?", "If x^2={a} and x is positive, what is x?",
        "What is the positive solution of x^2 = {a}?", "A number squared is {a}. Which positive number is it?",
        "Which positive number has the square {a}?", "Solve x^2={a} for a positive x.",
    ), ("The number is", "The positive solution is", "It must be")),
    Story(take(mixed(3, 5)), (
        "A picture is enlarged until its area is {a} times as large. By what factor do its sides grow?",
    ), ("The factor is", "The sides grow by a factor of")),
    Story(perfect, (
        "{a} {people} form a square block, as many rows as columns. How many [stand|are] in each row?",
        "{a} square tiles fill a square hall exactly. How many tiles lie along one wall?",
    ), ("The number in one row is", "Along one side, that is", "Each row has")),
    Story(take(mixed(3, 5)), (
        "What is the square root of {a}?", "[Take|Find|Compute] the square root of {a}.", "What is √{a}?",
        "How much is sqrt({a})?", "What number is √{a}?", "What is the value of sqrt({a})?",
    ), ("The root is", "The square root is", "The result is", "Its value is")),
)  # fmt: skip

LOG = (
    Story(take(mixed(3, 5)), (
        "An earthquake near {town} shook the ground {a} times as much as the reference. Its magnitude is the base-10 logarithm of that. What is it?",
        "A machine is {a} times as loud as the quietest sound one can hear. How many bels is that, the logarithm to base 10?",
        "{name} draws a chart with a logarithmic scale to base 10. At which height does {a} stand?",
        "A brightness of {a} is stored as its common logarithm. What number is stored?",
    ), ("The base-10 logarithm is", "On that scale, the value is", "As a logarithm, {a} becomes", "The number asked for is")),
    Story(take(mixed(3, 5)), (
        "If 10^x={a}, what is x?", "To what power must 10 be raised to give {a}?", "Solve 10^x = {a} for x.",
        "For which x is 10^x equal to {a}?", "Given that 10^x={a}, what is x?",
        "The number {a} is written as a power of 10. What is the exponent?",
    ), ("The exponent is", "It must be", "As an exponent of 10, that is")),
    Story(take(mixed(3, 5)), (
        "What is the common logarithm of {a}?", "What is the logarithm of {a} to base 10?", "What is log({a})?",
        "[Find|Compute|Work out] log10({a}).", "How much is log {a}?",
    ), ("The logarithm is", "The value is", "To base 10, it is", "The result is")),
    Story(outgrown, (
        "A colony of ants {doubles} every month. After how many months is it {a} times as large, fractions included?",
        "The membership of the {group} {doubles} every year. How many years does it take to become {a} times as large?",
        "A debt {doubles} every decade. After how many decades has it grown to {a} times its size?",
        "The number of files on {name}'s disk {doubles} every season. In how many seasons is it {a} times as large?",
        "A reef {doubles} in size every century. How many centuries does it take to become {a} times as large?",
    ), ("The time it takes is", "The number of steps is", "It gets there after")),
    Story(take(digits(3, 5), fixed("2")), (
        "One of {a} equally likely {thing} is drawn. How many bits of information is that?",
        "How often must {a} be halved until 1 is left, fractions of a step included?",
    ), ("To base 2, that is", "The logarithm to base 2 is", "As a power of 2, the exponent is")),
    Story(logarithm, (
        "What is log base {b} of {a}?", "What is the logarithm of {a} to base {b}?", "If {b}^x={a}, what is x?",
        "As a power of {b}, what exponent does {a} have?",
    ), ("To base {b}, the logarithm is", "With base {b}, it is", "The number asked for is", "It must be")),
)  # fmt: skip

LN = (
    Story(take(mixed(3, 5)), (
        "A fund grows continuously at a rate of 100% a year. After how many years is it {a} times as large?",
        "A culture of yeast grows e-fold every day. After how many days is it {a} times as large?",
        "The heat of an oven falls by a factor of e every hour. After how many hours has it fallen by a factor of {a}?",
        "With continuous growth at 100% per month, how many months does it take until a website has {a} times its visitors?",
    ), ("The time it takes is", "It gets there after a time of", "The number of steps, each by a factor of e, is")),
    Story(take(mixed(3, 5)), (
        "A rocket weighs {a} times as much full as empty. Its gain in speed is the natural logarithm of that, in units of the exhaust speed. What is it?",
        "One of {a} equally likely messages arrives. How many nats of information, by the natural logarithm, is that?",
        "What is the area under the curve 1/x between 1 and {a}?",
        "A table lists natural logarithms. What does it give for {a}?",
        "What is the integral of 1/x from 1 to {a}?",
        "{name} replaces a yearly sale of {a} {thing} by its natural logarithm. What number does {name} write down?",
    ), ("The natural logarithm is", "The number asked for is", "As a natural logarithm, {a} becomes", "That is")),
    Story(take(mixed(3, 5)), (
        "If e^x={a}, what is x?", "To what power must e be raised to give {a}?", "Solve e^x = {a} for x.",
        "The number {a} is written as a power of e. What is the exponent?", "For which x is e^x equal to {a}?",
    ), ("The exponent is", "The solution is", "It must be", "As an exponent of e, that is")),
    Story(take(decimal(3, 5, (0, 1, 2))), (
        "What is the natural [logarithm|log] of {a}?", "What is ln({a})?", "[Find|Compute|Work out] ln {a}.",
        "How much is the logarithm of {a} to base e?", "What is the value of ln {a}?",
    ), ("The logarithm is", "The value is", "The result is", "To base e, that is")),
)  # fmt: skip
