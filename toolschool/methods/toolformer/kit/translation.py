"""Translation into English, `[MT(text)]`: a larger model behind any OpenAI-compatible server (the paper: NLLB).

Tried are English texts with a passage in another language (appendix A): ten words that are surely not English, with English before and
behind. A call is refused if what it translates does not stand in the text before it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from toolschool.methods.toolformer.documents import Document
from toolschool.methods.toolformer.kit._endpoint import asking_tool
from toolschool.methods.toolformer.presets import PRESETS
from toolschool.methods.toolformer.tools import InlineTool

CHUNK = 10  # words whose language is asked for
SURE = 0.8

PROMPT = """\
Your task is to complete a given piece of text by using a Machine Translation API. Write a call as "[MT(text)]", where "text" is what \
should be translated into English. Here are some examples of API calls:

Input: Over the gate stood "Arbeit ist des Bürgers Zierde", work is the citizen's ornament, in gold letters.
Output: Over the gate stood "Arbeit ist des Bürgers Zierde", [MT(Arbeit ist des Bürgers Zierde)] work is the citizen's ornament, in gold \
letters.

Input: The sign on the door said "cerrado por vacaciones" (closed for holidays).
Output: The sign on the door said "cerrado por vacaciones" ([MT(cerrado por vacaciones)] closed for holidays).

Input: His book is called Le vent dans les arbres, in English: The Wind in the Trees.
Output: His book is called Le vent dans les arbres, in English: [MT(Le vent dans les arbres)] The Wind in the Trees.

Input: {text}
Output:"""


def wants_translation(document: Document) -> bool:
    """Ten words in a row that are not English, English before and behind."""
    words = document.text.split()
    chunks = [" ".join(words[i : i + CHUNK]) for i in range(0, len(words), CHUNK)]
    languages = [_language(chunk) for chunk in chunks]
    foreign = [i for i, language in enumerate(languages) if language not in (None, "en")]
    return any("en" in languages[:i] and "en" in languages[i + 1 :] for i in foreign)


def stands_before(argument: str, before: str) -> bool:
    """Whether the text to translate has been read already."""
    return argument.strip().strip("\"'") in before


def _language(chunk: str) -> str | None:
    """The language of a chunk, None where it is not sure or the chunk has no words."""
    if not re.search(r"[^\W\d_]{2}", chunk):
        return None
    language, probability = _identifier().classify(chunk)
    return str(language) if probability > SURE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def tool(url: str, model: str) -> InlineTool:
    """Asks `model` at `url` (such as http://127.0.0.1:8001/v1)."""
    instruction = "Translate the text into English. Write the translation only."
    asked = asking_tool("mt", "Translates into English.", "text", url, model, instruction)
    return InlineTool("MT", asked, PROMPT, wants=wants_translation, fits=stands_before, preset=PRESETS["translation"])
