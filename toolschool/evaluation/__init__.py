"""Metrics, their intervals, and how they are shown: tables, plots and one page per run."""
