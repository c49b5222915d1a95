"""STE: a tool is explored by simulated trial and error, and what was learnt becomes training rows (arXiv 2403.04746)."""
