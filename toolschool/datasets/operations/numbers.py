"""Numbers of a story: the arguments of its call, and what else its words need.

    maker = descending(digits(3, 5), digits(3, 4))
    maker(random.Random(0))           # Drawn(arguments=("5572", "341"), slots={})

A `Draws` makes one number, a `Maker` the arguments of a call. Numbers are texts without trailing zeros, so that the same number is
always written alike. Sizes are chosen so that most results have several digits; `compose.py` drops the rest.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

Draws = Callable[[random.Random], str]


class Drawn(NamedTuple):
    """Arguments of a call, in order, and texts for the slots of its story."""

    arguments: tuple[str, ...]
    slots: Mapping[str, str] = {}


Maker = Callable[[random.Random], Drawn]
DOUBLES = {2: "doubles", 3: "triples", 4: "quadruples", 5: "grows fivefold", 6: "grows sixfold"}


def shifted(number: int, places: int) -> str:
    """A whole number with the point moved left: 5572 and 2 give 55.72; no trailing zeros."""
    if not places:
        return str(number)
    whole, rest = divmod(number, 10**places)
    return f"{whole}.{rest:0{places}}".rstrip("0").rstrip(".")


def between(low: int, high: int) -> Draws:
    """A whole number, both ends included."""
    return lambda rng: str(rng.randint(low, high))


def digits(low: int, high: int) -> Draws:
    """A whole number of `low` to `high` digits."""
    return lambda rng: str(_of_digits(rng, low, high))


def decimal(low: int, high: int, places: tuple[int, ...] = (1, 2)) -> Draws:
    """A number of `low` to `high` digits, some of them behind the point; its last one is not 0."""

    def draws(rng: random.Random) -> str:
        number = _of_digits(rng, low, high)
        number += rng.randint(1, 9) if number % 10 == 0 else 0
        return shifted(number, rng.choice(places))

    return draws


def mixed(low: int, high: int) -> Draws:
    """Whole or with one or two decimals, as often."""
    return decimal(low, high, (0, 0, 1, 2))


def money(low: int, high: int) -> Draws:
    return decimal(low, high, (2,))


def fixed(number: str) -> Draws:
    """What the story implies without saying it: the 60 of an hour, the 2 of a handshake."""
    return lambda rng: number


def take(*draws: Draws) -> Maker:
    """One argument for each."""
    return lambda rng: Drawn(tuple(draw(rng) for draw in draws))


def several(low: int, high: int, draws: Draws) -> Maker:
    """`low` to `high` arguments of a kind."""
    return lambda rng: Drawn(tuple(draws(rng) for _ in range(rng.randint(low, high))))


def descending(*draws: Draws) -> Maker:
    """The larger number first."""
    return lambda rng: Drawn(tuple(sorted((draw(rng) for draw in draws), key=float, reverse=True)))


def years(rng: random.Random) -> Drawn:
    """Two years in order, and a number that is none."""
    first = rng.randint(1780, 1999)
    return Drawn((str(first), str(rng.randint(first + 1, 2029)), str(_of_digits(rng, 4, 5))))


def parts(rng: random.Random) -> Drawn:
    """A whole and two parts of it, which leave something."""
    one, other, rest = (_of_digits(rng, 3, 4) for _ in range(3))
    return Drawn((str(one + other + rest), str(one), str(other)))


def shares(rng: random.Random) -> Drawn:
    """A whole number and one that divides it: nothing can be shared in fractions."""
    among = rng.randint(12, 399)
    return Drawn((str(rng.randint(10, min(999, 99999 // among)) * among), str(among)))


def growth(rng: random.Random) -> Drawn:
    """(1.04, 11) for 4 % and 11 times; slots rate and n."""
    return _rated(rng, 1, rng.choice((rng.randint(1, 19) * 10, rng.randint(5, 199))))


def decay(rng: random.Random) -> Drawn:
    """(0.96, 11) for 4 % and 11 times; slots rate and n."""
    return _rated(rng, -1, rng.choice((rng.randint(2, 40) * 10, rng.randint(15, 399))))


def multiplied(rng: random.Random) -> Drawn:
    """(3, 14) for what triples 14 times; slots doubles and n."""
    base = rng.randint(2, 6)
    times = rng.randint(*{2: (11, 48), 3: (7, 31), 4: (6, 24), 5: (5, 21), 6: (5, 19)}[base])
    return Drawn((str(base), str(times)), {"doubles": DOUBLES[base], "n": str(times)})


def outgrown(rng: random.Random) -> Drawn:
    """(5572, 3): after how many times tripling something is 5572 times as large; slot doubles."""
    base = rng.randint(2, 6)
    return Drawn((mixed(3, 5)(rng), str(base)), {"doubles": DOUBLES[base]})


def logarithm(rng: random.Random) -> Drawn:
    """A number and a base of 2 to 20 but for 10, which goes without saying."""
    return Drawn((mixed(3, 5)(rng), str(rng.choice([base for base in range(2, 21) if base != 10]))))


def perfect(rng: random.Random) -> Drawn:
    """The square of a number of two or three digits."""
    return Drawn((str(rng.randint(32, 316) ** 2),))


def related(count: int, most: int) -> Maker:
    """`count` different whole numbers of at least two digits below `most`, usually with a common factor."""

    def make(rng: random.Random) -> Drawn:
        factor = rng.choice((1, rng.randint(2, 30)))
        numbers = rng.sample(range(max(2, 99 // factor), most // factor), count)
        return Drawn(tuple(str(factor * number) for number in numbers))

    return make


def divisible(count: int) -> Maker:
    """`count` different whole numbers of three to five digits, mostly with a common factor of two or three digits."""

    def make(rng: random.Random) -> Drawn:
        if rng.random() < 0.1:
            return Drawn(tuple(str(number) for number in rng.sample(range(100, 9999), count)))
        factor = rng.randint(11, 320)
        numbers = rng.sample(range(max(2, 100 // factor + 1), rng.choice((999, 9999, 29999)) // factor + 12), count)
        return Drawn(tuple(str(factor * number) for number in numbers))

    return make


def leftover(rng: random.Random) -> Drawn:
    """A whole number and a smaller one of at least two digits."""
    return _uneven(rng, 12, 9999)


def leftover_small(rng: random.Random) -> Drawn:
    """The same, the second one no larger than people and things fit in a row or a box."""
    return _uneven(rng, 12, 480)


def picked(low: int, high: int, few: int, many: int) -> Maker:
    """n of `low` to `high` and r of `few` to `many`, less than n."""

    def make(rng: random.Random) -> Drawn:
        n = rng.randint(low, high)
        return Drawn((str(n), str(rng.randint(few, min(many, n - 2)))))

    return make


def everyone(rng: random.Random) -> Drawn:
    """(12, 12): all of them are put in order."""
    n = str(rng.randint(6, 17))
    return Drawn((n, n))


def _of_digits(rng: random.Random, low: int, high: int) -> int:
    count = rng.randint(low, high)
    return rng.randint(10 ** (count - 1), 10**count - 1)


def _rated(rng: random.Random, sign: int, tenths: int) -> Drawn:
    times = rng.randint(3, 40)
    factor = shifted(1000 + sign * tenths, 3)
    return Drawn((factor, str(times)), {"rate": shifted(tenths, 1), "n": str(times)})


def _uneven(rng: random.Random, low: int, high: int) -> Drawn:
    whole = _of_digits(rng, 3, 5)
    return Drawn((str(whole), str(rng.randint(low, min(high, whole - 1)))))
