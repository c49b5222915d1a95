"""How a tool is explored: the paper's numbers by default (arXiv 2403.04746, section 3; 15 episodes of 4 trials).

    ExploreSettings(episodes=5).trials      # 20 trials of every tool

The published code has 3 trials an episode (`trials_per_episode=3`), its README and the paper 4.
"""

from __future__ import annotations

from pydantic import Field

from toolschool.config import Config


class ExploreSettings(Config):
    """One exploration of each tool."""

    episodes: int = Field(default=15, ge=1)
    """Episodes of each tool; a new episode begins with an empty conversation."""
    trials_per_episode: int = Field(default=4, ge=1)
    """Trials that share one conversation, the short-term memory."""
    max_turns: int = Field(default=4, ge=1)
    """Observations of a trial at most."""
    max_tokens: int = Field(default=360, ge=16)
    """Longest reply."""
    temperature: float = Field(default=1.0, ge=0)
    """Of every reply."""
    observation_limit: int = Field(default=2048, ge=64)
    """Characters of a tool's result that go into the conversation."""
    short_term: bool = True
    """Keep the conversation from trial to trial (off: an ablation of the paper)."""
    long_term: bool = True
    """Tell the teacher which queries were tried before, and whether they were solved (off: an ablation)."""
    wave: int = Field(default=1, ge=1)
    """Episodes of one tool that run side by side on a frozen copy of the long-term memory. 1 is the paper; more is a DEVIATION: their
    queries do not know of each other."""
    seed: int = 0
    """Seed of every draw; with a tool, an episode and a trial it makes the trial's own seed."""

    @property
    def trials(self) -> int:
        """Trials of each tool."""
        return self.episodes * self.trials_per_episode


class ExploitSettings(Config):
    """How trials become examples: the published numbers by default (section 3.3 and the published code; reference 4)."""

    judge: bool = True
    """Drop what the teacher's judgement does not pass."""
    judge_max_tokens: int = Field(default=512, ge=16)
    """Longest judgement."""
    legacy: bool = False
    """Read judgements as the published code does ("No." anywhere), to compare with it; else aspect by aspect."""
    rows_per_tool: int = Field(default=150, ge=0)
    """Examples that paraphrases fill a tool up to, and at which it is cut; 0: no paraphrases and no cut."""
    max_paraphrases: int = Field(default=6, ge=1)
    """Paraphrases of one example at most."""
    paraphrase_max_tokens: int = Field(default=256, ge=16)
    """Longest paraphrase."""
    temperature: float = Field(default=1.0, ge=0)
    """Of judgements and paraphrases."""
    seed: int = 0
    """Seed of every request and of what is cut."""
