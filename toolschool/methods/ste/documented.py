"""The prompt of a model that was not trained on the tools: their documentation, the form of a call, solved examples, the request.

    said = documentation_of(items)                        # "API_name: ..\\nDescription: .." by API, from a file of items
    offered = offers(said, Documents())                   # the APIs in the prompt of each API's requests, itself among them
    documented_prompt(read_template(), [said[name] for name in offered["add_date"]], offered["add_date"], query)

"Oracle retrieval" (arXiv 2403.04746, section 4.1; reference 6): for small models a prompt has 15 APIs, the wanted one somewhere among its
neighbours. The structure is the published one, the words are ours; `template: FILE` takes the published words from a copy of yours.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from toolschool.config import Config
from toolschool.datasets.ste import NEIGHBOURS_FILE, ToolItem, read_neighbours
from toolschool.errors import ConfigError, DataError

if TYPE_CHECKING:
    import numpy as np

SYSTEM = "You help people by calling tools."
QUERY = "User Query:"
TEMPLATE = """Serve the user's request. You can call these APIs:

{api_descriptions}

Call an API by writing its name after "Action:" and its arguments, as one JSON object, after "Action Input:". What it returns will be shown
after "Observation:". Make one call at a time.

Only these names may follow "Action:":
{api_names}

Arguments are written like this:

Action Input:
{{
    "argument": "value",
    ...
}}

Keep to this form:

User Query: what the user wants
Action: the name of one API
Action Input: its arguments as a JSON object
Observation: what it returned
... (more calls where they are needed)
Final Answer: what you tell the user

As soon as you know the answer, write it after "Final Answer:"."""


class Documents(Config):
    """What of the tools is in the prompt."""

    count: int | None = Field(default=15, ge=1)
    """APIs of a prompt, the wanted one among them; null: all of the file."""
    neighbours: str | None = None
    """JSON {API: [names, itself among them]}; default: STE's own, where `$TOOLSCHOOL_DATA/ste` has it and it knows all APIs of the file,
    else APIs with the nearest documentation."""
    template: str | None = None
    """File with {api_descriptions} and {api_names}, such as STE's prompts/prompt_template.txt; default: our own words."""
    encoder: str = "minilm"
    """What compares documentation where there are no neighbours."""


def read_template(file: str | None = None) -> str:
    """The text before the request. ConfigError for a file that cannot take documentation and names."""
    if file is None:
        return TEMPLATE
    try:
        text = Path(file).read_text(encoding="utf-8")
        filled = text.format(api_descriptions="\0D", api_names="\0N")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the prompt {file}: {error}") from None
    except (KeyError, IndexError, ValueError) as error:
        raise ConfigError(f"{file}: {error} is no placeholder; write other braces twice") from None
    if "\0D" not in filled or "\0N" not in filled:
        raise ConfigError(f"{file} needs the placeholders {{api_descriptions}} and {{api_names}}")
    return text


def documented_prompt(
    template: str, documents: Sequence[str], names: Sequence[str], query: str, examples: Sequence[ToolItem] = ()
) -> str:
    """The user's turn: documentation, examples, request. What the model goes on with begins with `Action:`."""
    head = template.format(api_descriptions="\n\n".join(documents), api_names="\n".join(names)).rstrip()
    solved = "---\n".join(example_text(example) for example in examples)
    shown = f"Examples:\n\n{solved}\nNow the next request.\n\n" if examples else ""
    return f"{head}\n\n{shown}{QUERY} {query.strip()}\n"


def example_text(item: ToolItem) -> str:
    """A solved request in the form that is asked for."""
    return f"{QUERY} {item.query.strip()}\nAction: {item.api}\nAction Input: {item.raw['action_input']}\n"


def documentation_of(items: Mapping[str, Sequence[ToolItem]]) -> dict[str, str]:
    """What a prompt shows of each API that has an item. DataError for one without documentation."""
    found = {
        name: next((item.documentation for item in group if item.documentation.strip()), "")
        for name, group in items.items()
        if group
    }
    bare = [name for name, said in found.items() if not said]
    if bare:
        raise DataError(f"{len(bare)} APIs have no 'api_descriptions' (first: {bare[0]}); a prompt needs them")
    return found


def offers(documentation: Mapping[str, str], documents: Documents) -> dict[str, list[str]]:
    """The names in the prompt of each API's requests."""
    names = list(documentation)
    if documents.count is None or len(names) <= documents.count:
        return dict.fromkeys(names, names)
    given = _given(names, documents)
    if given is None:
        given = _nearest(documentation, documents)
    return {
        name: _cut([other for other in given[name] if other in documentation], name, documents.count) for name in names
    }


def _given(names: Sequence[str], documents: Documents) -> dict[str, list[str]] | None:
    """Neighbours of a file: the configured one must know all names, the published one may."""
    root = os.environ.get("TOOLSCHOOL_DATA")
    published = Path(root, "ste", NEIGHBOURS_FILE) if root else None
    if documents.neighbours is None and not (published and published.is_file()):
        return None
    found = read_neighbours(documents.neighbours or str(published))
    missing = [name for name in names if name not in found]
    if missing and documents.neighbours:
        raise DataError(f"{documents.neighbours} knows no neighbours of {len(missing)} APIs (first: {missing[0]})")
    return None if missing else found


def _nearest(documentation: Mapping[str, str], documents: Documents) -> dict[str, list[str]]:
    """By documentation, the API itself at a place of its own lot."""
    from toolschool.models.encoder import SentenceEncoder

    names, count = list(documentation), int(documents.count or 0)
    vectors = SentenceEncoder.load(documents.encoder).embed(list(documentation.values()))
    found = {}
    for place, order in enumerate(ranked(vectors @ vectors.T, count + 1)):
        others = [names[other] for other in order if other != place][: count - 1]
        others.insert(random.Random(names[place]).randint(0, len(others)), names[place])
        found[names[place]] = others
    return found


def ranked(scores: np.ndarray, count: int) -> np.ndarray:
    """The `count` best columns of each row (n, m) -> (n, count), best first, equal ones in their order."""
    import numpy as np

    count = min(count, scores.shape[1])
    best = np.sort(np.argpartition(-scores, count - 1, axis=1)[:, :count], axis=1)
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def _cut(names: Sequence[str], wanted: str, count: int) -> list[str]:
    """The first names, the wanted one always among them."""
    others = [name for name in names if name != wanted][: count - 1]
    return [name for name in names if name == wanted or name in others]
