"""Search, `[WikiSearch("term")]`: BM25 over a folder of texts (`toolschool/tools/search.py`), the best passage as `Title > text`."""

from __future__ import annotations

from toolschool.methods.toolformer.tools import InlineTool
from toolschool.tools.search import Search, read_corpus, search_tool

PROMPT = """\
Your task is to complete a given piece of text. You can use a search API to look up information. Write a call as \
"[WikiSearch(term)]", where "term" is what you want to look up. Here are some examples of API calls:

Input: The dye indigo was once won from plants of the genus Indigofera.
Output: The dye indigo was once won from plants of the genus [WikiSearch("indigo dye plant")] Indigofera.

Input: A fathom, the old measure of depth, is six feet long.
Output: A fathom, the old measure of depth, is [WikiSearch("fathom length")] six feet long.

Input: Lake Titicaca lies between Bolivia and Peru, 3,812 metres above the sea.
Output: Lake Titicaca lies between Bolivia and [WikiSearch("Lake Titicaca countries")] Peru, [WikiSearch("Lake Titicaca elevation")] 3,812 \
metres above the sea.

Input: {text}
Output:"""


def tool(corpus: str, passages: int = 1) -> InlineTool:
    """Search over the folder `corpus`. DataError when it holds no text."""
    return InlineTool("WikiSearch", search_tool(Search(read_corpus(corpus)), passages), PROMPT)
