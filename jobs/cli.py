"""The command `toolschool VERB ...`, the same as `python -m jobs.VERB ...`.

toolschool prepare --config recipes/tinyagent/prepare.yaml
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence

VERBS = {
    "prepare": "queries and plans to training rows (Ray Data)",
    "plan": "which layout a training should have on your GPUs: memory, time, cost",
    "doctor": "look over a training recipe before it costs anything",
    "explore": "a teacher tries your tools out, trial by trial (STE, Ray)",
    "harvest": "recorded runs of your server to training rows, and tools to explore (Ray Data)",
    "annotate": "texts to texts with the calls that help (Toolformer, Ray Data)",
    "mine": "what a tool head proposes, as rows for its reranker (Toolken+, Ray Data)",
    "decide": "what a tool head and its reranker call in texts they never saw (Toolken+, Ray Data)",
    "bias": "the bias of a tool head by what its agent writes (Toolken, Ray Data)",
    "train": "train a model (Ray Train, DeepSpeed)",
    "tune": "search for better settings (Ray Tune)",
    "predict": "have a model write the calls of test requests (STE)",
    "forgetting": "what a model keeps of earlier rounds of tools (STE)",
    "evaluate": "score models on a file of plans (Ray Data), or a file of written calls (STE)",
    "quiz": "answer questions with tools and without (Toolformer, Toolken, Ray Data)",
    "rank": "how well a model knows and finds tools, beside BM25 and MiniLM (ToolGen)",
    "ask": "the same tasks for any OpenAI-compatible endpoints, side by side",
    "compare": "teach one base by all methods, ask the same tasks, and put them side by side",
    "solve": "how many tasks an agent gets done (ToolGen)",
    "chain": "several jobs one after the other",
    "publish": "put a finished model on the hub, or into a folder",
    "serve": "serve the agent (Ray Serve)",
    "demo": "all of it on this machine, from rows to an answered query",
}


def usage() -> str:
    lines = ["usage: toolschool VERB [--config FILE ...] [key.path=value ...]", "", "verbs:"]
    return "\n".join([*lines, *(f"  {verb:10} {about}" for verb, about in VERBS.items()), "", "toolschool VERB --help"])


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the verb; 2 for an unknown one."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help"):
        print(usage())
        return 0 if words else 2
    verb, *rest = words
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(VERBS)}"
        print(f"toolschool: unknown verb '{verb}'; {hint}", file=sys.stderr)
        return 2
    return int(importlib.import_module(f"jobs.{verb}").main(rest))


if __name__ == "__main__":
    sys.exit(main())
