"""Claims of speed and quality, measured side by side; `make bench` runs those that need no training."""
