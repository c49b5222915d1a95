"""Answers of STE's APIs that their names let us know: a date plus days, a number in words, a password of a length.

    computed(("", "", "add_date"), {"date": "2024-02-28", "days": 2}, random.Random(0))       # "2024-03-01"

Only APIs whose documentation says nothing of the answer are computed (their answer has a line of text, `result`); where nothing is
known the line stays made up. What the real APIs wrote around their results is not published. The clock, the weather and
passwords are of the world's seed.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from toolschool.errors import ToolError
from toolschool.records import JsonValue
from toolschool.tools.calculator import calculate
from toolschool.tools.simulated.number_words import LIMIT, number_words

Arguments = Mapping[str, JsonValue]

MAX_DAYS = 14  # of a forecast
MAX_PASSWORD = 1000  # characters
MAX_FACTORED = 10**10  # a hundredth of a second by division

_SKIES = "sunny|partly cloudy|cloudy|light rain|showers|fog|windy".split("|")
_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)
_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]{1,2})?", re.ASCII)
_SIGNS = string.ascii_letters + string.digits + "!#$%&*+-=?@^_"


def computed(key: tuple[str, str, str], arguments: Arguments, seed: int) -> str | None:
    """What the API of this key answers in the world of this seed; None where only the API knows. ToolError for arguments that it cannot take."""
    rule = _RULES.get(key)
    return rule(arguments, seed) if rule else None


def day_of(seed: int) -> date:
    """Today in the world of this seed."""
    return date(2024, 1, 1) + timedelta(days=random.Random(f"today/{seed}").randrange(731))


def _add_date(arguments: Arguments, seed: int) -> str:
    try:
        return str(date.fromisoformat(str(arguments["date"])) + timedelta(days=int(arguments["days"])))
    except (ValueError, OverflowError) as error:
        raise ToolError(f"date must be a day such as 2024-02-28, and stay one ({error})") from error


def _today(arguments: Arguments, seed: int) -> str:
    return str(day_of(seed))


def _words(arguments: Arguments, seed: int) -> str:
    return number_words(_whole(arguments, "text")).capitalize()


def _amount(arguments: Arguments, seed: int) -> str:
    """In English, with the hundredths as on a cheque."""
    text = str(arguments["monto"]).strip()
    if not _AMOUNT.fullmatch(text) or Decimal(text) >= LIMIT:
        raise ToolError("monto must be an amount such as 1234.50")
    whole, _, part = text.partition(".")
    return f"{number_words(int(whole))} {arguments['moneda']} {part.ljust(2, '0')}/100"


def _password(arguments: Arguments, seed: int) -> str:
    text = str(arguments.get("length", "16")).strip()
    if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= MAX_PASSWORD:
        raise ToolError(f"length must be a whole number from 1 to {MAX_PASSWORD}")
    rng = random.Random(f"password/{seed}/{text}")
    return "".join(rng.choice(_SIGNS) for _ in range(int(text)))


def _fact(arguments: Arguments, seed: int) -> str:
    number = _whole(arguments, "number")
    if number < 2:
        return f"{number} is neither a prime number nor a product of prime numbers."
    if number > MAX_FACTORED:
        return f"{number} is an {'odd' if number % 2 else 'even'} number of {len(str(number))} digits."
    factors = _factors(number)
    if len(factors) == 1:
        return f"{number} is a prime number."
    return f"{number} is the product of the prime numbers {' × '.join(map(str, factors))}."


def _weather(arguments: Arguments, seed: int) -> str:
    return _sky(str(arguments["location"]), day_of(seed), seed)


def _forecast(arguments: Arguments, seed: int) -> str:
    days = arguments["days"]
    if not 1 <= days <= MAX_DAYS:
        raise ToolError(f"days must be from 1 to {MAX_DAYS}")
    coming = (day_of(seed) + timedelta(days=ahead) for ahead in range(1, days + 1))
    return "; ".join(f"{day}: {_sky(str(arguments['location']), day, seed)}" for day in coming)


def _arithmetic(arguments: Arguments, seed: int) -> str | None:
    """What the calculator can read; of the rest only Wolfram|Alpha knows."""
    try:
        return calculate(str(arguments["input"]), decimals=6)
    except ToolError:
        return None


def _sky(place: str, day: date, seed: int) -> str:
    where = f"{seed}/{' '.join(place.casefold().split())}"
    rng = random.Random(f"weather/{where}/{day}")
    low = random.Random(f"climate/{where}").randint(-5, 25) + rng.randint(-4, 4)
    return f"{rng.choice(_SKIES)}, {low} to {low + rng.randint(3, 10)} °C"


def _whole(arguments: Arguments, name: str) -> int:
    text = str(arguments[name]).strip()
    if not _WHOLE.fullmatch(text) or len(text) > len(str(LIMIT)) - 1:
        raise ToolError(f"{name} must be a whole number of less than {len(str(LIMIT))} digits, such as 1729")
    return int(text)


def _factors(number: int) -> list[int]:
    """The prime factors, by division."""
    found, divisor = [], 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return [*found, number] if number > 1 else found


_RULES: Mapping[tuple[str, str, str], Callable[[Arguments, int], str | None]] = {
    ("", "", "add_date"): _add_date,
    ("", "", "get_today_date"): _today,
    ("", "", "get_weather_today"): _weather,
    ("", "", "forecast_weather"): _forecast,
    ("", "", "getWolframAlphaResults"): _arithmetic,
    ("", "Numbers Translator", "Numbers Translator"): _words,
    ("", "NumbersToLetters", "Convertir cantidad a letra Moneda MXN Ingles"): _amount,
    ("", "Numbers", "Get math fact"): _fact,
    ("", "Password Generator API", "Base"): _password,
    ("", "Password Generator API", "Password of length 50"): _password,
}
