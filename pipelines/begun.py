"""What the results of a run depend on: a run that goes on must have the settings that it was begun with.

refuse_others(run, list(differences(before, now)))      # ConfigError: "RUN was begun with other settings: explore.seed was 0, now 1; ..."
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolschool.errors import ConfigError


def differences(before: Any, now: Any, key: str = "") -> Iterator[str]:
    """`key was ..., now ...` for every value of two JSON values that is not the same."""
    if isinstance(before, Mapping) and isinstance(now, Mapping) and before and now:
        for name in dict.fromkeys([*before, *now]):
            yield from differences(before.get(name), now.get(name), f"{key}.{name}" if key else name)
    elif before != now:
        yield f"{key} was {json.dumps(before)}, now {json.dumps(now)}"


def refuse_others(run: str, changed: Sequence[str]) -> None:
    """ConfigError where something has changed since the run was begun."""
    if changed:
        raise ConfigError(
            f"{run} was begun with other settings: {'; '.join(changed)}; put them back, or choose another output.name"
        )
