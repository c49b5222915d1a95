"""An agent from trained folders: a head, the frozen model it names, perhaps a reranker.

    agent = open_agent("runs/toolken/model", reranker="runs/reranker/model")
    agent.answer("How many apples of 5572 are left over in rows of 3241?")

Tools are the thirteen operators; a head of other tools has nothing to run here. Nothing that a model writes is evaluated (`arguments.py`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from toolschool.errors import ModelError
from toolschool.methods.toolken.agent import ToolkenAgent
from toolschool.methods.toolken.arguments import run_written
from toolschool.methods.toolken.prompts import Prompts
from toolschool.tools.arithmetic import OPERATORS

if TYPE_CHECKING:
    from toolschool.models.reranker import Reranker
    from toolschool.models.tool_head import ToolHead


def open_heads(head: str, reranker: str | None = None) -> tuple[ToolHead, Reranker | None]:
    """Both from their folders. ModelError for folders that are none, or not over one model."""
    from toolschool.models.reranker import Reranker
    from toolschool.models.tool_head import ToolHead

    opened = ToolHead.from_pretrained(head)
    if reranker is None:
        return opened, None
    second = Reranker.from_pretrained(reranker)
    if second.card["base"] != opened.card["base"]:
        raise ModelError(
            f"head and reranker are over {opened.card['base']} and {second.card['base']}; train both on one model"
        )
    return opened, second


def check_runs(head: ToolHead) -> None:
    """ModelError for a head with a tool that is none of the operators."""
    if strange := [name for name in head.tools if name not in OPERATORS]:
        raise ModelError(f"{strange[0]} cannot be run; answers come from heads of {', '.join(OPERATORS)}")


def open_agent(
    head: str,
    reranker: str | None = None,
    prompts: Prompts | None = None,
    bias: float | None = None,
    *,
    max_calls: int = 10,
    max_new_tokens: int = 128,
) -> ToolkenAgent:
    """The trained parts as an agent, on a GPU if there is one. `bias`, if given, replaces the head's calibrated one. ModelError for folders
    that do not fit together, or tools that cannot run."""
    import torch

    from toolschool.methods.toolken.reranking import SecondLook
    from toolschool.models.backbone import open_model

    opened, learnt = open_heads(head, reranker)
    check_runs(opened)
    if bias is not None:
        opened.bias.fill_(bias)
    model, tokenizer = open_model(opened.card["base"])
    for part in (model, opened, learnt):
        if part is not None and torch.cuda.is_available():
            part.to("cuda")
    second, slack = None, 0.0
    if learnt:
        documentation = {name: operator.description for name, operator in OPERATORS.items()}
        second, slack = SecondLook(model, tokenizer, learnt, documentation, learnt.card["k"]), learnt.card["slack"]
    return ToolkenAgent(
        model,
        tokenizer,
        opened,
        {name: partial(run_written, name) for name in opened.tools},
        prompts or Prompts(),
        rerank=second,
        slack=slack,
        max_calls=max_calls,
        max_new_tokens=max_new_tokens,
    )
