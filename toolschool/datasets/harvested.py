"""Rows of recorded runs that went well (`jobs.harvest`): `plans.jsonl`, an object a line as `Example.to_row` writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolschool.errors import RowError
from toolschool.records import Example


def to_example(row: Mapping[str, Any]) -> Example:
    """The row as an example. RowError where it is none."""
    try:
        return Example.from_row(row)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RowError(f"not a harvested row: {type(error).__name__} {error}") from None
