"""How hard a tool's calls are looked for, and how much they must help: the paper's two settings, by name.

Source: Toolformer (arXiv 2302.04761), section 4.1 and appendix A: calculator and translation are rare in texts, so more
places and samples are tried and less gain is asked of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from toolschool.config import Config


class Preset(Config):
    """One tool's settings; what the paper leaves open is said so."""

    tau_s: float = Field(default=0.05, ge=0, lt=1)
    """A place is tried when the start marker is more likely than this."""
    k: int = Field(default=5, ge=1)
    """Places per text, the likeliest."""
    m: int = Field(default=5, ge=1)
    """Samples per place."""
    tau_f: float = 1.0
    """Nats by which a call must lower the loss."""
    temperature: float = Field(default=1.0, gt=0)
    """Of the samples (the paper does not say)."""
    max_tokens: int = Field(default=28, ge=2)
    """Of a call (the paper does not say); longer ones are dropped."""
    inside_words: bool = False
    """Also try places inside words and numbers, as the paper's text does not exclude."""


PRESETS: Mapping[str, Preset] = {
    "default": Preset(),
    "calculator": Preset(tau_s=0.0, k=20, m=10, tau_f=0.5),
    "translation": Preset(tau_s=0.0, k=20, m=10, tau_f=0.5),
}
