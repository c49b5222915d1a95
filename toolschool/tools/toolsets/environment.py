"""Secrets: written as ${NAME} in a recipe, taken from the environment when a source is opened, and kept out of every text.

headers = filled({"Authorization": "Bearer ${SHOP_TOKEN}"})
covered("no such key: s3cret", headers.values())
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


def covered(text: str, values: Iterable[str]) -> str:
    """The text without the values, and without the words of which they consist ("Bearer s3cret")."""
    words = {word for value in values for word in (value, *value.split()) if len(word) >= MIN_SECRET}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "***")
    return text
