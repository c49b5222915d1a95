"""Secrets: written as ${NAME} in a recipe, taken from the environment when a source is opened, and kept out of every text.

    headers = filled({"Authorization": "Bearer ${SHOP_TOKEN}"})
    covered("no such key: s3cret", secrets("Bearer ${SHOP_TOKEN}"))         # "no such key: ***"

Limit: a server that repeats a secret in another spelling (encoded, in capitals) is not seen through.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from toolschool.errors import ConfigError
from toolschool.tools.toolsets.config import VARIABLE

MIN_SECRET = 4  # characters; shorter ones occur in any text


def filled(values: Mapping[str, str]) -> dict[str, str]:
    """The values with their variables. ConfigError names one that is not set."""
    return {name: VARIABLE.sub(lambda found: variable(found[1]), value) for name, value in values.items()}


def variable(name: str) -> str:
    """The value of an environment variable. ConfigError where it is not set, or empty."""
    value = os.environ.get(name, "")
    if not value:
        raise ConfigError(f"the environment variable {name} is not set; set it where the tools run")
    return value


def secrets(*templates: str) -> list[str]:
    """What the variables of the texts hold, and the words of it, longest first. ConfigError names one that is not set."""
    values = [variable(name) for template in templates for name in VARIABLE.findall(template)]
    words = {word for value in values for word in (value, *value.split()) if len(word) >= MIN_SECRET}
    return sorted(words, key=len, reverse=True)


def covered(text: str, hidden: Iterable[str]) -> str:
    """The text without the secrets."""
    for word in hidden:
        text = text.replace(word, "***")
    return text
