"""Ray Tune and Optuna: one driver; the search spaces are in the recipes."""
