"""How an agent names its next tool: as one of those it has, or in whatever words it likes.

    actions = Actions(model, tokenizer, index, keys)       # FINISH among them
    actions.choose(draft)                                  # a key; nothing else can come out
    actions.write_freely(draft)                            # a key, or the text that is none

Both write into the draft. A tool of one token takes no forward but that of what stands before it. Imports torch: import lazily.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolschool.datasets.api_docs import Key
from toolschool.methods.toolgen.drafting import Draft
from toolschool.methods.toolgen.indexing import ToolIndex
from toolschool.models.trie import Trie, TrieMask

MOST_FREE = 32  # tokens of an action that is no tool


class Actions:
    """What can be written as an action: the tools `keys` of an index."""

    def __init__(self, model: Any, tokenizer: Any, index: ToolIndex, keys: Sequence[Key]) -> None:
        codes = dict(zip(index.keys, index.codes(tokenizer), strict=True))
        self.tokenizer = tokenizer
        self.keys = {tuple(codes[key]): key for key in keys}
        self.trie = Trie(
            list(self.keys), vocabulary=model.config.vocab_size, end=int(tokenizer.eos_token_id), device=model.device
        )
        self.longest = self.trie.depth - 1  # the trie's depth counts the end

    def choose(self, draft: Draft) -> Key:
        """The tool that greedy decoding under the trie writes."""
        return self.keys[tuple(draft.write(self.longest, TrieMask(self.trie, len(draft.ids))))]

    def write_freely(self, draft: Draft) -> Key | str:
        """What greedy decoding over the whole vocabulary writes; where all tools are one token, such a token ends it."""
        likeliest = int(draft.logits().argmax())
        one = self.longest == 1 and (likeliest,) in self.keys
        written = draft.write(1 if one else max(self.longest, MOST_FREE))
        return self.keys.get(tuple(written)) or str(self.tokenizer.decode(written))
