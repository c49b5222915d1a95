"""Models that answer by their own method, a file for each; `opening.py` finds out which one a folder is of. Free of Ray."""
