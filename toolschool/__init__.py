"""Toolschool teaches a small language model to use your tools; this package is the science, free of Ray."""
