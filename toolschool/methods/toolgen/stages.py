"""ToolGen's first two stages as texts: from documentation to the tool, from a request to the tool.

    template = StageTemplate()                                      # of a configuration; it travels with the model
    template.memorize(doc, tokenizer)                               # "Tool Name: Open Forecast. Tool Description: None Api Name: ..."
    template.retrieve("Is it going to rain in Rome?", tokenizer)    # the request
    memorize_row(template, tokenizer, doc, index, max_length=512)   # ids and labels
    retrieve_rows(template, tokenizer, query, gold, index, 512)     # of each tool that the request wants

Rows are made of the prompts that `ToolChooser` continues: no other place renders any. What is learnt is the tool's text in its indexing
and the end of the sequence.
Sources: ToolGen (arXiv 2410.03439), reference 1.2. No catalogue here describes its tools, only their APIs, so "Tool Description" is None.
Limit: ten of ToolBench's 2,569 documentations say what another one says word for word; nobody can tell these apart.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from pydantic import Field

from toolschool.config import Config
from toolschool.datasets.api_docs import ApiDoc, Key
from toolschool.errors import ConfigError
from toolschool.methods.toolgen.indexing import ToolIndex

DATE = "26 Jul 2024"  # Llama 3's chat template says today's date: training and inference must name the same
TokenRow = dict[str, list[int]]  # input_ids and labels


class StageTemplate(Config):
    """How a prompt of stage 1 or 2 is rendered."""

    wrapper: Literal["plain", "chat"] = "plain"
    """A line of text, or one user turn of the tokenizer's chat template."""
    description_length: int = Field(default=600, ge=1)
    """Characters that are kept of an API's description."""

    def memorize(self, doc: ApiDoc, tokenizer: Any = None) -> str:
        """The documentation that the tool's text follows."""
        tool, api, description = (text.strip() or None for text in (doc.tool, doc.api, self._cut(doc.description)))
        said = f"Tool Name: {tool}. Tool Description: None Api Name: {api} Api Description: {description}."
        return self._turn(said, tokenizer)

    def retrieve(self, query: str, tokenizer: Any = None) -> str:
        """The request that a tool's text follows."""
        return self._turn(query.strip(), tokenizer)

    def _cut(self, description: str) -> str:
        return description.strip()[: self.description_length]

    def _turn(self, text: str, tokenizer: Any) -> str:
        if self.wrapper == "plain":
            return f"{text}\n"
        if tokenizer is None or not getattr(tokenizer, "chat_template", None):
            raise ConfigError("template.wrapper=chat needs a tokenizer with a chat template; use plain")
        turn = [{"role": "user", "content": text}]
        return str(tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True, date_string=DATE))


def memorize_row(template: StageTemplate, tokenizer: Any, doc: ApiDoc, index: ToolIndex, max_length: int) -> TokenRow:
    """The row of stage 1. RowError for more than `max_length` tokens."""
    from toolschool.models.templates import encode_row

    return encode_row(tokenizer, template.memorize(doc, tokenizer), index.texts[doc.key], max_length)


def retrieve_rows(
    template: StageTemplate, tokenizer: Any, query: str, gold: Collection[Key], index: ToolIndex, max_length: int
) -> list[TokenRow]:
    """The rows of stage 2, one for each tool that the request wants. RowError for more than `max_length` tokens."""
    from toolschool.models.templates import encode_row

    prompt = template.retrieve(query, tokenizer)
    return [encode_row(tokenizer, prompt, index.texts[key], max_length) for key in sorted(gold)]
