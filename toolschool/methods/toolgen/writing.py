"""Requests that a language model writes from documentation: what `synthesis.py` makes by templates, in more ways of speaking.

    writer = open_writer("Qwen/Qwen3-8B", url)                                   # toolschool/models/chat.py
    (answer,) = writer.generate([asking(doc, 5)], max_new_tokens=5 * TOKENS_EACH)
    written(answer.text, doc, 5)                                                 # ["Will I need an umbrella in Bonn?", ...]

What comes back is taken as a list of lines and nothing else: numbers and bullets go, and so do lines that are too short or too long, come
twice, or name the API's token. Limit: whether a line asks for this API is not checked; look at the requests before training on them.
"""

from __future__ import annotations

import json
import re

from toolschool.datasets.api_docs import ApiDoc
from toolschool.errors import RowError

SHORTEST, LONGEST = 8, 400  # characters of a request
TOKENS_EACH = 60  # of a written request
_BULLET = re.compile(r"^\s*(?:[-*•]|\(?\d+[.):]\)?)\s*")


def asking(doc: ApiDoc, count: int) -> str:
    """What a writer is told."""
    parameters = [parameter.to_dict() for parameter in (*doc.required, *doc.optional)]
    about = {"category": doc.category, "tool": doc.tool, "api": doc.api, "description": doc.description}
    document = json.dumps({**about, "parameters": parameters}, ensure_ascii=False)
    return (
        f"Here is the documentation of an API:\n{document}\n\n"
        f"Write {count} different requests that people could make of an assistant that has this API. "
        "They do not know that the API exists: never mention its name, nor that of any parameter. "
        "Say concrete values for what the API needs. Let the people differ: some are brief, some tell why they ask, some are chatty. "
        "Answer with one request on each line and with nothing else."
    )


def written(text: str, doc: ApiDoc, count: int) -> list[str]:
    """At most `count` requests of a writer's answer. RowError where it has none."""
    lines = [_BULLET.sub("", line).strip().strip('"“”') for line in text.splitlines()]
    fitting = [line for line in lines if SHORTEST <= len(line) <= LONGEST and doc.token not in line]
    found = list({line.lower(): line for line in fitting}.values())[:count]
    if not found:
        raise RowError(f"the model wrote no request for {doc.api}: {text[:80]!r}; use another model, or templates")
    return found
