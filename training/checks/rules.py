"""Preflight's verdict as findings: what training itself would refuse, each problem under the name of its symptom.

Preflight is the one place that knows the rules and raises a single line with all problems; here the line is only taken
apart, so doctor and training cannot disagree. A problem without a known symptom is still shown, as "preflight".
"""

from __future__ import annotations

from toolschool.errors import PreflightError
from training.checks import Finding

SYMPTOMS = {
    "padding token is missing": "padding token",
    "hold ids outside": "id range",
    "outside the encoder's vocabulary": "id range",
    "another number of labels": "labels",
    "neither -100 nor": "labels",
    "rows do not have": "labels",
    "are longer than": "too long",
    "the longest row": "too long",
    "supervise nothing": "nothing supervised",
    "end-of-sequence": "end of sequence",
    "so the prompt": "prompt",
    "all prompts share": "prompt",
    "ids of another tokenizer": "tokenizer",
    "tokenizer or other markers": "tokenizer",
    "marker ": "markers",
    "does not learn": "markers",
    "see each other": "packing",
    "no row needs": "tools",
}


def named(error: PreflightError) -> list[Finding]:
    """One finding per problem in the line."""
    problems: list[tuple[str, str]] = []
    for part in str(error).split("; "):
        name = next((name for symptom, name in SYMPTOMS.items() if symptom in part), None)
        if name is None and problems:  # the advice that belongs to the problem in front
            name, before = problems.pop()
            part = f"{before}; {part}"
        problems.append((name or "preflight", part))
    return [Finding(name, "error", text) for name, text in problems]
