"""Arguments against a JSON schema that somebody else wrote, in a bounded time.

    for problem in validator(tool.parameters).iter_errors(args): ...

Patterns are the danger: `^(a|aa)+$` needs ages for a text of sixty letters, and nothing else runs meanwhile. Each gets PATTERN_S of computing.
Names of an object's fields are not held against patterns; whoever gets the call checks again.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

PATTERN_S = 0.1


def validator(schema: Mapping[str, Any]) -> Any:
    """A validator of jsonschema (draft 2020-12) for the schema."""
    return _validators()(dict(schema))


@functools.cache
def _validators() -> Any:
    from jsonschema import Draft202012Validator, validators

    additional = Draft202012Validator.VALIDATORS["additionalProperties"]

    def by_name(checker: Any, value: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
        if "patternProperties" not in schema:
            yield from additional(checker, value, instance, schema)

    words = {"pattern": _pattern, "patternProperties": _unchecked, "additionalProperties": by_name}
    return validators.extend(Draft202012Validator, words)


def _pattern(checker: Any, pattern: str, instance: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    import regex
    from jsonschema import ValidationError

    if not checker.is_type(instance, "string"):
        return
    try:
        found = regex.search(pattern, instance, timeout=PATTERN_S)
    except TimeoutError:
        yield ValidationError(f"its pattern could not be checked within {PATTERN_S:g} s")
        return
    except regex.error:  # a pattern of another dialect binds whoever wrote it
        return
    if not found:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _unchecked(*_: Any) -> Iterator[Any]:
    yield from ()
